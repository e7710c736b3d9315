import { useState } from "react";
import type { HubClient } from "../../api/client.ts";
import type { CellId } from "../../core/cell.ts";
import type { RunRecord } from "../../core/notebook.ts";
import { errorText } from "../../i18n/error-text.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useText } from "../../ui/use-observable.ts";
import { withOutputs } from "./with-outputs.ts";

interface Shown {
  readonly services: {
    readonly doc: { cellIds(): readonly CellId[] };
    readonly runs: { headOf(cellId: CellId): RunRecord | null };
  };
}

export interface DownloadDialogProps {
  readonly hub: Pick<HubClient, "downloadUrl">;
  readonly notebookId: string;
  readonly controller: Shown;
  /** All outputs stay at home; else those of some cells. */
  readonly isWhole: boolean;
  readonly onClose: () => void;
}

/** The outputs of this notebook are in this browser only: a file with them is put together here. */
export function DownloadDialog({ hub, notebookId, controller, isWhole, onClose }: DownloadDialogProps) {
  const t = useText();
  const [failure, setFailure] = useState<string | null>(null);
  const download = async (isWith: boolean) => {
    try {
      // What the hub has of outputs is what does not stay at home.
      const outputs = !isWhole && !isWith;
      const answer = await fetch(hub.downloadUrl(notebookId, { outputs }), { credentials: "same-origin" });
      if (!answer.ok) throw new Error(t("private.downloadFailed", { status: answer.status }));
      const text = await answer.text();
      const { doc, runs } = controller.services;
      const heads = doc.cellIds().map((id) => runs.headOf(id));
      save(nameOf(answer), isWith ? withOutputs(text, heads) : text);
      onClose();
    } catch (error) {
      setFailure(errorText(error));
    }
  };
  return (
    <Dialog
      title={t("private.downloadTitle")}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={() => void download(true)}>{t("private.downloadWith")}</Button>
          <Button variant="primary" onPress={() => void download(false)}>
            {t(isWhole ? "private.downloadWithout" : "private.downloadWithoutSome")}
          </Button>
        </>
      }
    >
      <p>{t(isWhole ? "private.downloadText" : "private.downloadSome")}</p>
      {failure === null ? null : (
        <Notice tone="danger" isLive>
          {failure}
        </Notice>
      )}
    </Dialog>
  );
}

function nameOf(answer: Response): string {
  const found = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get("Content-Disposition") ?? "");
  return found?.[1] === undefined ? "notebook.ipynb" : decodeURIComponent(found[1]);
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
