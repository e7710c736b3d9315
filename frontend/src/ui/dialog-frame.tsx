// The heavy half of dialogs, loaded when the first one is wanted: see dialog.tsx.
import { X } from "lucide-react";
import { type FormEvent, useId } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { Button, IconButton } from "./button.tsx";
import { cx } from "./cx.ts";
import styles from "./dialog.module.css";
import type { ConfirmDialogProps, DialogProps } from "./dialog-props.ts";
import { useText } from "./use-observable.ts";

/** A modal dialog with title, close button, body and a row of buttons. The focus goes back to where it was. */
export function Dialog({ footer, onSubmit, children, ...frame }: DialogProps) {
  return (
    <DialogFrame {...frame}>
      <DialogContent footer={footer} {...(onSubmit ? { onSubmit } : {})}>
        {children}
      </DialogContent>
    </DialogFrame>
  );
}

/** A dialog whose content changes while it is open: holds a `DialogContent`. */
export function DialogFrame(props: Omit<DialogProps, "footer" | "onSubmit">) {
  const { title, isOpen, onClose, size = "normal", role = "dialog", children } = props;
  const t = useText();
  return (
    <ModalOverlay
      className={styles.scrim ?? ""}
      isOpen={isOpen}
      onOpenChange={(open) => open || onClose()}
      isDismissable={role === "dialog"}
    >
      <Modal className={cx(styles.modal, size !== "normal" && styles[size])}>
        <AriaDialog role={role} className={styles.dialog ?? ""}>
          <div className={styles.head}>
            <Heading slot="title" className={styles.title ?? ""}>
              {title}
            </Heading>
            <IconButton label={t("shell.close")} size="small" onPress={onClose}>
              <X size={18} aria-hidden />
            </IconButton>
          </div>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Body and buttons of a `DialogFrame`; a form when `onSubmit` is there. */
export function DialogContent({ footer, onSubmit, children }: Pick<DialogProps, "footer" | "onSubmit" | "children">) {
  const content = (
    <>
      <div className={styles.body}>{children}</div>
      {footer ? <div className={styles.footer}>{footer}</div> : null}
    </>
  );
  if (!onSubmit) return content;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit} noValidate className={styles.form}>
      {content}
    </form>
  );
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
