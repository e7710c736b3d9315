/** Dialogs as the rest of the page uses them. What draws an open one is loaded when it is wanted. */
import type { ConfirmDialogProps, DialogProps } from "./dialog-props.ts";
import { closable, latePart } from "./late-part.ts";

export type { ConfirmDialogProps, DialogProps } from "./dialog-props.ts";

const loadFrame = () => import("./dialog-frame.tsx");
const dialog = latePart(loadFrame, (module) => module.Dialog, closable);
const confirmDialog = latePart(loadFrame, (module) => module.ConfirmDialog, closable);

/** A modal dialog with title, close button, body and a row of buttons. The focus goes back to where it was. */
export function Dialog(props: DialogProps) {
  return props.isOpen ? <dialog.Part {...props} /> : null;
}

/** A question with two answers; *Cancel* has the focus when the other one destroys something. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return props.isOpen ? <confirmDialog.Part {...props} /> : null;
}
