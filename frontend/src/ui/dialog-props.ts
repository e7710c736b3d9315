import type { ReactNode } from "react";

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  /** Asked for by the close button, Escape or a click beside the dialog. */
  readonly onClose: () => void;
  readonly size?: "normal" | "wide" | "full";
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
