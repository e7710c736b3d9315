import { X } from "lucide-react";
import { type FormEvent, type ReactNode, useId } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { Button, IconButton } from "./button.tsx";
import { cx } from "./cx.ts";
import styles from "./dialog.module.css";
import { useText } from "./use-observable.ts";

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

/** A modal dialog with title, close button, body and a row of buttons. The focus goes back to where it was. */
export function Dialog(props: DialogProps) {
  const { title, isOpen, onClose, size = "normal", role = "dialog", footer, onSubmit, children } = props;
  const t = useText();
  const content = (
    <>
      <div className={styles.body}>{children}</div>
      {footer ? <div className={styles.footer}>{footer}</div> : null}
    </>
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <ModalOverlay
      className={styles.scrim ?? ""}
      isOpen={isOpen}
      onOpenChange={(open) => open || onClose()}
      isDismissable={role === "dialog"}
    >
      <Modal className={cx(styles.modal, size === "wide" && styles.wide)}>
        <AriaDialog role={role} className={styles.dialog ?? ""}>
          <div className={styles.head}>
            <Heading slot="title" className={styles.title ?? ""}>
              {title}
            </Heading>
            <IconButton label={t("shell.close")} size="small" onPress={onClose}>
              <X size={18} aria-hidden />
            </IconButton>
          </div>
          {onSubmit ? (
            <form onSubmit={submit} noValidate className={styles.form}>
              {content}
            </form>
          ) : (
            content
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
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

/** A question with two answers; *Cancel* has the focus when the other one destroys something. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, isOpen, confirm, tone = "primary", isBusy = false, onConfirm, onClose, children } = props;
  const t = useText();
  const description = useId();
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onClose={onClose}
      role="alertdialog"
      footer={
        <>
          <Button onPress={onClose} autoFocus={tone === "danger"}>
            {t("shell.cancel")}
          </Button>
          <Button
            variant={tone}
            onPress={onConfirm}
            isPending={isBusy}
            autoFocus={tone !== "danger"}
            aria-describedby={description}
          >
            {confirm}
          </Button>
        </>
      }
    >
      <div id={description}>{children}</div>
    </Dialog>
  );
}
