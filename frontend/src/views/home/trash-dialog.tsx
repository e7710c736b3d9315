import { useCallback, useEffect, useState } from "react";
import type { Folder, HubClient, TrashEntry } from "../../api/client.ts";
import { errorText } from "../../i18n/error-text.ts";
import { formatAgo } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog, Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { toast } from "../../ui/toast.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./trash-dialog.module.css";

export interface TrashDialogProps {
  readonly hub: HubClient;
  readonly folders: readonly Folder[];
  readonly now: number;
  readonly onRestore: (id: string) => Promise<void>;
  readonly onClose: () => void;
}

/** Deleted notebooks: put back, or deleted for good after a question. */
export function TrashDialog({ hub, folders, now, onRestore, onClose }: TrashDialogProps) {
  const t = useText();
  const [entries, setEntries] = useState<readonly TrashEntry[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [asked, setAsked] = useState<TrashEntry | null>(null);
  const load = useCallback(async () => {
    try {
      setEntries(await hub.trash());
    } catch (reason) {
      setError(errorText(reason));
    }
  }, [hub]);
  useEffect(() => void load(), [load]);
  const act = async (work: () => Promise<void>) => {
    setError(null);
    try {
      await work();
      await load();
    } catch (reason) {
      setError(errorText(reason));
    }
  };
  const restore = (entry: TrashEntry) =>
    act(async () => {
      await onRestore(entry.id);
      toast({ text: t("home.restored", { name: entry.name }) });
    });
  const deleteForever = async (entry: TrashEntry) => {
    setAsked(null);
    await act(() => hub.deleteForever(entry.id));
  };
  return (
    <Dialog title={t("home.trashTitle")} isOpen onClose={onClose} size="wide">
      {error ? (
        <Notice tone="danger" isLive>
          {error}
        </Notice>
      ) : null}
      {entries === null ? (
        error ? null : (
          <Spinner label={t("shell.loading")} />
        )
      ) : entries.length === 0 ? (
        <p className={styles.hint}>{t("home.trashEmpty")}</p>
      ) : (
        <>
          <p className={styles.hint}>{t("home.trashHint")}</p>
          <ul className={styles.list}>
            {entries.map((entry) => (
              <li key={entry.id}>
                <div className={styles.what}>
                  <div>{entry.name}</div>
                  <div className={styles.info}>
                    {placeText(entry, folders)} · {t("home.trashedWhen", { when: formatAgo(entry.trashed_at, now) })}
                  </div>
                </div>
                <Button size="small" onPress={() => void restore(entry)}>
                  {t("home.restore")}
                </Button>
                <Button size="small" variant="quiet" onPress={() => setAsked(entry)}>
                  {t("home.deleteForever")}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
      <ConfirmDialog
        title={t("home.deleteForeverTitle", { name: asked?.name ?? "" })}
        isOpen={asked !== null}
        confirm={t("home.deleteForever")}
        tone="danger"
        onConfirm={() => asked && void deleteForever(asked)}
        onClose={() => setAsked(null)}
      >
        {t("home.deleteForeverText")}
      </ConfirmDialog>
    </Dialog>
  );
}

function placeText(entry: TrashEntry, folders: readonly Folder[]): string {
  const folder = folders.find((one) => one.id === entry.folder_id);
  return folder ? `${folder.name}/${entry.path}` : entry.path;
}
