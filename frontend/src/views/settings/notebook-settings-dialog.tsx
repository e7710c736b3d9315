import { useEffect, useState } from "react";
import type { HubClient, StoredOutputs } from "../../api/client.ts";
import type { CellId } from "../../core/cell.ts";
import { errorText } from "../../i18n/error-text.ts";
import { formatBytes } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { ConfirmDialog, Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSelected, useText } from "../../ui/use-observable.ts";
import styles from "./settings-dialog.module.css";

interface Said {
  readonly hello: {
    readonly role: string;
    readonly omit_outputs: boolean;
    readonly private_cells?: readonly string[];
  } | null;
}

interface Readable {
  get(): Said;
  subscribe(watcher: () => void): () => void;
}

export interface NotebookSettingsDialogProps {
  readonly hub: Pick<HubClient, "storedOutputs" | "omitOutputs">;
  readonly notebookId: string;
  /** What the hub says of the open notebook; where that is another thing than before, it is asked again. */
  readonly room: Readable;
  /** Given: of this cell only. */
  readonly cell?: { readonly id: CellId; readonly position: number };
  readonly onClose: () => void;
}

/** Edit ▸ Notebook settings: whether the outputs of this notebook, or of one cell, stay at home. */
export function NotebookSettingsDialog({ hub, notebookId, room, cell, onClose }: NotebookSettingsDialogProps) {
  const t = useText();
  const [stored, setStored] = useState<StoredOutputs | null>(null);
  /** What this person chose and did not save yet; null: nothing else than what holds. */
  const [wish, setWish] = useState<boolean | null>(null);
  const omit = wish ?? stored?.omit ?? false;
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const cellId = cell?.id ?? null;
  const said = useSelected(room, ({ hello }) => hello && saidOf(hello, cellId));
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was said is not read, it says that there is something to ask
  useEffect(() => {
    let isGone = false;
    hub.storedOutputs(notebookId, cellId).then(
      (found) => isGone || setStored(found),
      (error: unknown) => isGone || setFailure(errorText(error)),
    );
    return () => {
      isGone = true;
    };
  }, [hub, notebookId, cellId, said]);
  const save = async () => {
    setBusy(true);
    setAsking(false);
    try {
      await hub.omitOutputs(notebookId, omit, cellId);
      const said = cellId === null ? ({ on: "nowHome", off: "nowStored" } as const) : CELL_SAID;
      toast({ text: t(`private.${omit ? said.on : said.off}`) });
      onClose();
    } catch (error) {
      setFailure(errorText(error));
      setBusy(false);
    }
  };
  const submit = () => {
    if (stored === null || omit === stored.omit) onClose();
    else if (omit) setAsking(true);
    else void save();
  };
  const isLocked = stored?.omit === true && !stored.may_store;
  if (isAsking && stored !== null) {
    return (
      <ConfirmDialog
        title={t("private.purgeTitle")}
        isOpen
        confirm={t("private.purge")}
        tone="danger"
        onConfirm={() => void save()}
        onClose={() => setAsking(false)}
      >
        <Purged stored={stored} />
      </ConfirmDialog>
    );
  }
  return (
    <Dialog
      title={cell ? t("private.cellTitle", { position: String(cell.position) }) : t("commands.notebookSettings")}
      isOpen
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <Button onPress={onClose}>{t("shell.cancel")}</Button>
          <Button type="submit" variant="primary" isPending={isBusy} isDisabled={stored === null}>
            {t("private.save")}
          </Button>
        </>
      }
    >
      <Checkbox
        isSelected={omit}
        onChange={(next) => setWish(next === stored?.omit ? null : next)}
        isDisabled={stored === null || isLocked || isBusy}
      >
        {t(cell ? "private.omitCell" : "private.omit")}
      </Checkbox>
      <p className={styles.note}>{t(cell ? "private.cellExplained" : "private.explained")}</p>
      <p className={styles.note}>{t("private.hosted")}</p>
      {isLocked ? <Notice>{t("private.ownerOnly")}</Notice> : null}
      {failure === null ? null : (
        <Notice tone="danger" isLive>
          {failure}
        </Notice>
      )}
    </Dialog>
  );
}

function saidOf(hello: NonNullable<Said["hello"]>, cellId: CellId | null): string {
  return `${hello.role} ${cellId === null ? hello.omit_outputs : (hello.private_cells?.includes(cellId) ?? false)}`;
}

const CELL_SAID = { on: "cellNowHome", off: "cellNowStored" } as const;

/** What goes, by name and number. */
function Purged({ stored }: { readonly stored: StoredOutputs }) {
  const t = useText();
  return (
    <>
      <p>{t("private.purgeText")}</p>
      <ul>
        <li>{t("private.purgeRuns", { count: stored.runs })}</li>
        <li>{t("private.purgeRevisions", { count: stored.revisions })}</li>
        <li>{t("private.purgeBlobs", { count: stored.blobs, size: formatBytes(stored.blob_bytes) })}</li>
        <li>{t("private.purgeFile")}</li>
      </ul>
      <p>{t("private.purgeStays")}</p>
    </>
  );
}
