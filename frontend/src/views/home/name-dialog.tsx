import { useState } from "react";
import { errorText } from "../../i18n/error-text.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useText } from "../../ui/use-observable.ts";
import { nameProblem } from "./tree-model.ts";

export interface NameDialogProps {
  readonly title: string;
  readonly label: string;
  readonly initial: string;
  readonly confirm: string;
  /** Rejects with what the dialog then shows. */
  readonly onName: (name: string) => Promise<void>;
  readonly onClose: () => void;
}

/** Asks for one name; stays open and says why when the name cannot be had. */
export function NameDialog({ title, label, initial, confirm, onName, onClose }: NameDialogProps) {
  const t = useText();
  const [name, setName] = useState(initial);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async () => {
    const problem = nameProblem(name);
    if (problem) {
      setError(t(problem === "needed" ? "home.nameNeeded" : "home.nameSlash"));
      return;
    }
    setBusy(true);
    try {
      await onName(name.trim());
      onClose();
    } catch (reason) {
      setError(errorText(reason));
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
        value={name}
        onChange={(value) => {
          setName(value);
          setError(null);
        }}
        error={error}
        autoFocus
        onFocus={(event) => (event.target as HTMLInputElement).select()}
        autoComplete="off"
      />
    </Dialog>
  );
}
