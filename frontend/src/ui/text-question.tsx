import { type ReactNode, useState } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { TextField } from "./text-field.tsx";
import { useText } from "./use-observable.ts";

export interface TextQuestionProps {
  readonly title: string;
  readonly label: string;
  readonly description?: ReactNode;
  readonly initial: string;
  readonly confirm: string;
  /** What is selected when the dialog opens, of `initial`; default: all of it. */
  readonly selects?: (text: string) => number;
  /** Why this text cannot be taken; null when it can. */
  readonly problem?: (text: string) => string | null;
  /** Rejects with an error that `why` puts into words; the dialog stays open and shows them. */
  readonly onAnswer: (text: string) => Promise<void> | void;
  readonly why?: (error: unknown) => string;
  readonly onClose: () => void;
}

/** A dialog that asks for one line of text. */
export function TextQuestion(props: TextQuestionProps) {
  const { title, label, description, initial, confirm, selects, problem, onAnswer, why = String, onClose } = props;
  const t = useText();
  const [text, setText] = useState(initial);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async () => {
    const wrong = problem?.(text.trim()) ?? null;
    setError(wrong);
    if (wrong !== null) return;
    setBusy(true);
    try {
      await onAnswer(text.trim());
      onClose();
    } catch (reason) {
      setError(why(reason));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      onSubmit={() => void submit()}
      footer={
        <>
          <Button onPress={onClose}>{t("shell.cancel")}</Button>
          <Button variant="primary" type="submit" isPending={isBusy}>
            {confirm}
          </Button>
        </>
      }
    >
      <TextField
        label={label}
        description={description}
        value={text}
        onChange={(value) => {
          setText(value);
          setError(null);
        }}
        error={error}
        autoFocus
        onFocus={(event) => {
          const field = event.target as HTMLInputElement;
          field.setSelectionRange(0, selects?.(field.value) ?? field.value.length);
        }}
        autoComplete="off"
      />
    </Dialog>
  );
}
