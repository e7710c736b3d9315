import type { FileReason } from "../../core/notebook.ts";
import { isTextKey, looseText } from "../../i18n/t.ts";

/** What is to be said of a file beside its state, in our own words. A code that we have none for is left out. */
export function FileParticulars({ reasons }: { readonly reasons: readonly FileReason[] }) {
  return reasons.flatMap(({ code, facts }) => {
    const key = `filenotes.${code}`;
    return isTextKey(key) ? [looseText(key, facts)] : [];
  });
}
