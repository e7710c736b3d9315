import { ApiError } from "../../api/errors.ts";
import { errorText } from "../../i18n/error-text.ts";
import { isTextKey, looseText } from "../../i18n/t.ts";

/** What to tell about a failure of accounts or sharing: our words where there are some, else those of `errorText`. */
export function teamErrorText(error: unknown): string {
  if (!(error instanceof ApiError)) return errorText(error);
  const key = `team.error_${error.code}`;
  return isTextKey(key) ? looseText(key, { message: error.message }) : errorText(error);
}
