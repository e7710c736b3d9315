import { noticeCode } from "../core/run-notice.ts";
import { text } from "../i18n/t.ts";

/** Null for a notice that this page does not know. */
export function noticeText(value: unknown): string | null {
  switch (noticeCode(value)) {
    case "maybe_incomplete":
      return text("notices.maybeIncomplete");
    case "too_fast":
      return text("notices.tooFast");
    case "kernel_dropped":
      return text("notices.kernelDropped");
    case null:
      return null;
  }
}
