import { errorText } from "../../i18n/error-text.ts";
import { text } from "../../i18n/t.ts";
import { FileError } from "../../kernel/files.ts";

/** What to tell a person about something that did not work with a file. */
export function troubleText(error: unknown): string {
  if (!(error instanceof FileError)) return errorText(error);
  if (error.trouble === "refused" && error.reason !== "") return text("files.trouble_told", { reason: error.reason });
  return text(`files.trouble_${error.trouble}`);
}

/** Why a file or folder cannot be called so; null when it can. */
export function nameProblem(name: string): string | null {
  if (name === "") return text("files.nameNeeded");
  if (name.includes("/") || name === "." || name === "..") return text("files.nameSlash");
  return name.startsWith(".") ? text("files.nameHidden") : null;
}
