/** The trust dialog, a part of its own: fetched with the gate, so that a question can be asked when the hub is gone. */
import { withWords } from "../i18n/t.ts";
import { latePart } from "../ui/late-part.ts";

export const reviewDialog = latePart(
  () => withWords(import("../views/trust/review-dialog.tsx"), "trust"),
  (module) => module.ReviewDialog,
);
