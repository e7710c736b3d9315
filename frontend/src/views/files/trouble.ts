import { errorText } from "../../i18n/error-text.ts";
import { text } from "../../i18n/t.ts";
import { FileError } from "../../kernel/files.ts";

/** What to tell a person about something that did not work with a file. */
export function troubleText(error: unknown): string {
  if (!(error instanceof FileError)) return errorText(error);
  if (error.trouble === "refused" && error.reason !== "") return text("files.trouble_told", { reason: error.reason });
  return text(`files.trouble_${error.trouble}`);
}

/** Of a name on nearly every disk, less what is put before or behind it while it is written. */
const NAME_BYTES = 255 - ".part".length;

/** What Jupyter leaves out of its lists. */
const HIDDEN = /^\.|~$|\.py[co]$|^__pycache__$/;

/** Why a file or folder cannot be called so; null when it can. */
export function nameProblem(name: string): string | null {
  if (name === "") return text("files.nameNeeded");
  if (name.includes("/") || name === "." || name === "..") return text("files.nameSlash");
  if (HIDDEN.test(name)) return text("files.nameHidden");
  return new TextEncoder().encode(name).length > NAME_BYTES ? text("files.trouble_name_too_long") : null;
}
