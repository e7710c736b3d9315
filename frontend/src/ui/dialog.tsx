/** Dialogs as the rest of the page uses them. What draws an open one is loaded when it is wanted. */
import { lazy, type ReactNode, Suspense } from "react";

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  /** Asked for by the close button, Escape or a click beside the dialog. */
  readonly onClose: () => void;
  readonly size?: "normal" | "wide";
  /** `alertdialog` for a question that must be answered: a click beside it does not close it. */
  readonly role?: "dialog" | "alertdialog";
  /** Buttons, the leading one last. */
  readonly footer?: ReactNode;
  /** Present: body and footer stand in a form, and Enter in a field submits. */
  readonly onSubmit?: () => void;
  readonly children: ReactNode;
}

export interface ConfirmDialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly confirm: string;
  readonly tone?: "danger" | "primary";
  readonly isBusy?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

const LazyDialog = lazy(async () => ({ default: (await import("./dialog-frame.tsx")).Dialog }));
const LazyConfirmDialog = lazy(async () => ({ default: (await import("./dialog-frame.tsx")).ConfirmDialog }));

/** A modal dialog with title, close button, body and a row of buttons. The focus goes back to where it was. */
export function Dialog(props: DialogProps) {
  if (!props.isOpen) return null;
  return (
    <Suspense>
      <LazyDialog {...props} />
    </Suspense>
  );
}

/** A question with two answers; *Cancel* has the focus when the other one destroys something. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  if (!props.isOpen) return null;
  return (
    <Suspense>
      <LazyConfirmDialog {...props} />
    </Suspense>
  );
}
