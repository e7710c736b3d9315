import { useState } from "react";
import { errorText } from "../../i18n/error-text.ts";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useText } from "../../ui/use-observable.ts";

export interface CopyDialogProps {
  /** Makes the copy and goes there. */
  readonly onCopy: () => Promise<void>;
  readonly onClose: () => void;
}

/** For somebody who may read a notebook and pressed *Run*. */
export function CopyDialog({ onCopy, onClose }: CopyDialogProps) {
  const t = useText();
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const copy = async () => {
    setBusy(true);
    try {
      await onCopy();
    } catch (reason) {
      setError(errorText(reason));
      setBusy(false);
    }
  };
  return (
    <ConfirmDialog
      title={t("sharing.copyTitle")}
      isOpen
      confirm={t("sharing.copyDo")}
      isBusy={isBusy}
      onConfirm={() => void copy()}
      onClose={onClose}
    >
      <p>{t("sharing.copyText")}</p>
      {error === null ? null : (
        <Notice tone="danger" isLive>
          {error}
        </Notice>
      )}
    </ConfirmDialog>
  );
}
