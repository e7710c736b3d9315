import { useState } from "react";
import { errorText } from "../../i18n/error-text.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useText } from "../../ui/use-observable.ts";

export interface NameVersionDialogProps {
  readonly initial: string;
  readonly hint: string | null;
  /** Rejects with what the dialog then shows. */
  readonly onSave: (name: string) => Promise<void>;
  readonly onClose: () => void;
}

export function NameVersionDialog({ initial, hint, onSave, onClose }: NameVersionDialogProps) {
  const t = useText();
  const [name, setName] = useState(initial);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async () => {
    if (name.trim() === "") {
      setError(t("revisions.nameNeeded"));
      return;
    }
    setBusy(true);
    try {
      await onSave(name.trim());
      onClose();
    } catch (reason) {
      setError(errorText(reason));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t("revisions.nameTitle")}
      isOpen
      onClose={onClose}
      onSubmit={() => void submit()}
      footer={
        <>
          <Button onPress={onClose}>{t("shell.cancel")}</Button>
          <Button variant="primary" type="submit" isPending={isBusy}>
            {t("revisions.save")}
          </Button>
        </>
      }
    >
      <TextField
        label={t("revisions.nameLabel")}
        value={name}
        onChange={(value) => {
          setName(value);
          setError(null);
        }}
        description={hint}
        error={error}
        maxLength={255}
        autoFocus
        autoComplete="off"
      />
    </Dialog>
  );
}
