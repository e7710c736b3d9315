import type { DebugState } from "../../core/debug-session.ts";
import { text } from "../../i18n/t.ts";

/** Why there is no debugging now. */
export function cannotText({ cannot }: DebugState): string {
  if (cannot === null) return text("debugger.resting");
  if (cannot.code !== "no_debugger") return text(`debugger.cannot_${cannot.code}`);
  return cannot.language === "python"
    ? text("debugger.cannot_noDebugpy")
    : text("debugger.cannot_language", { language: cannot.language });
}
