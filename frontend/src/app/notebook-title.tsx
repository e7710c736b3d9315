import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { errorText } from "../i18n/error-text.ts";
import { toast } from "../ui/toast.tsx";
import { useText } from "../ui/use-observable.ts";
import { useValuesFromScripts } from "../ui/use-values-from-scripts.ts";
import styles from "./notebook-header.module.css";

export interface NotebookTitleProps {
  readonly name: string;
  /** Full path of the file, as a hint. */
  readonly path: string;
  readonly isReadOnly: boolean;
  readonly onRename: (name: string) => Promise<void>;
  /** A key ended the editing: the field has given the focus away, and a person goes on elsewhere. */
  readonly onDone: () => void;
  /** A number that grows when a command asks to rename: the field takes the focus. */
  readonly focusWish: number;
}

/** The notebook's name, whole however long it is, edited in place: Enter or leaving keeps it, Escape brings the old one back. */
export function NotebookTitle({ name, path, isReadOnly, onRename, onDone, focusWish }: NotebookTitleProps) {
  const t = useText();
  const [draft, setDraft] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  useValuesFromScripts(field, (value) => setDraft(oneLine(value)));
  useEffect(() => {
    if (focusWish > 0) field.current?.select();
  }, [focusWish]);
  const keep = async () => {
    const wanted = draft?.trim() ?? name;
    setDraft(null);
    if (wanted === "" || wanted === name) return;
    try {
      await onRename(wanted);
    } catch (error) {
      toast({ text: errorText(error), tone: "error" });
    }
  };
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // A Japanese input method uses Enter to accept its conversion, and Escape to give it up.
    if (event.nativeEvent.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    // Drawn before the field is left, which keeps what stands in it.
    if (event.key === "Escape") flushSync(() => setDraft(null));
    event.currentTarget.blur();
    onDone();
  };
  return (
    // The hidden text gives the field its size: a field alone does not grow with what it holds in every browser.
    <h1 className={styles.title}>
      <span aria-hidden className={styles.titleSize}>
        {draft ?? name}
      </span>
      <textarea
        ref={field}
        aria-label={t("shell.notebookName")}
        title={path}
        value={draft ?? name}
        rows={1}
        readOnly={isReadOnly}
        spellCheck={false}
        autoComplete="off"
        // A name is one line, however it is shown; what is pasted may hold more.
        onChange={(event) => setDraft(oneLine(event.target.value))}
        onBlur={() => void keep()}
        onKeyDown={onKey}
      />
    </h1>
  );
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}
