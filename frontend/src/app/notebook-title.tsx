import { useEffect, useRef, useState } from "react";
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
  /** A number that grows when a command asks to rename: the field takes the focus. */
  readonly focusWish: number;
}

/** The notebook's name, edited in place: Enter or leaving keeps it, Escape brings the old one back. */
export function NotebookTitle({ name, path, isReadOnly, onRename, focusWish }: NotebookTitleProps) {
  const t = useText();
  const [draft, setDraft] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useValuesFromScripts(field, setDraft);
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
  return (
    <input
      ref={field}
      className={styles.title}
      aria-label={t("shell.notebookName")}
      title={path}
      value={draft ?? name}
      size={Math.max(6, Math.min(36, (draft ?? name).length))}
      readOnly={isReadOnly}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => void keep()}
      onKeyDown={(event) => {
        // A Japanese input method uses Enter to accept its conversion.
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") setDraft(null);
      }}
    />
  );
}
