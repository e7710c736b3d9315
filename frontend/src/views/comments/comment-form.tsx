import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { ApiError } from "../../api/errors.ts";
import { errorText } from "../../i18n/error-text.ts";
import { Button } from "../../ui/button.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./comments.module.css";
import type { CommentsModel } from "./model.ts";

interface CommentFormProps {
  readonly label: string;
  readonly isLabelHidden?: boolean;
  readonly placeholder?: string;
  readonly send: string;
  readonly model: Pick<CommentsModel, "drafts">;
  /** Under which name what is written is kept until it is sent. */
  readonly draft: string;
  readonly initial?: string;
  /** Grows when the focus is to come here. */
  readonly focusWish?: number;
  /** Takes the focus of a panel that is opened. */
  readonly isPanelFocus?: boolean;
  readonly onFocus?: () => void;
  /** Rejects with what went wrong; the text stays. */
  readonly onSend: (body: string) => Promise<void>;
  readonly onCancel?: () => void;
  readonly children?: ReactNode;
}

/** A few lines of plain text and a button. Ctrl+Enter (Cmd+Enter) sends. */
export function CommentForm(props: CommentFormProps) {
  const { label, isLabelHidden, placeholder, send, model, draft, initial = "", focusWish = 0, isPanelFocus } = props;
  const { onFocus, onSend, onCancel, children } = props;
  const t = useText();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [body, setBody] = useState(model.drafts.get(draft) ?? initial);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (focusWish > 0) field.current?.focus();
  }, [focusWish]);
  const write = (next: string): void => {
    setBody(next);
    setError(null);
    if (next.trim() === "") model.drafts.delete(draft);
    else model.drafts.set(draft, next);
  };
  const submit = async (): Promise<void> => {
    if (isBusy || body.trim() === "") return;
    setBusy(true);
    try {
      await onSend(body);
      write("");
    } catch (reason) {
      setError(reason instanceof ApiError ? reason.message : errorText(reason));
    }
    setBusy(false);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void submit();
    } else if (event.key === "Escape" && onCancel) {
      event.stopPropagation();
      onCancel();
    }
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label htmlFor={id} className={isLabelHidden ? "visually-hidden" : styles.label}>
        {label}
      </label>
      {children}
      <textarea
        ref={field}
        id={id}
        className={styles.field}
        value={body}
        rows={isLabelHidden ? 1 : 2}
        maxLength={4000}
        dir="auto"
        placeholder={placeholder ?? t("comments.placeholder")}
        aria-describedby={error === null ? undefined : `${id}-error`}
        data-panel-focus={isPanelFocus ? "" : undefined}
        onChange={(event) => write(event.target.value)}
        onFocus={onFocus}
        onKeyDown={onKeyDown}
      />
      {error === null ? null : (
        <p id={`${id}-error`} role="alert" className={styles.error}>
          {error}
        </p>
      )}
      {body.trim() === "" && !onCancel ? null : (
        <div className={styles.actions}>
          <Button size="small" variant="primary" type="submit" isPending={isBusy} title={t("comments.sendHint")}>
            {send}
          </Button>
          {onCancel ? (
            <Button size="small" variant="quiet" onPress={onCancel}>
              {t("comments.cancel")}
            </Button>
          ) : null}
        </div>
      )}
    </form>
  );
}
