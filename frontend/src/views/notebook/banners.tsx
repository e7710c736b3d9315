import { useCallback, useSyncExternalStore } from "react";
import { canComment, type FileState } from "../../core/notebook.ts";
import { hubText } from "../../i18n/error-text.ts";
import { language, type TextKey, withWords } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { latePart } from "../../ui/late-part.ts";
import { Notice, type NoticeTone } from "../../ui/notice.tsx";
import { useObservable, useSelected, useText } from "../../ui/use-observable.ts";
import type { NotebookController } from "./controller.ts";
import styles from "./notebook-view.module.css";

type MessageKey = Extract<
  TextKey,
  | "notebook.fileConflict"
  | "notebook.fileInvalid"
  | "notebook.fileUnreadable"
  | "notebook.fileReadOnly"
  | "notebook.fileDiskFull"
  | "notebook.fileMissing"
  | "notebook.fileNote"
>;

const FILE: Readonly<Partial<Record<FileState["state"], readonly [NoticeTone, MessageKey]>>> = {
  conflict: ["warning", "notebook.fileConflict"],
  invalid: ["warning", "notebook.fileInvalid"],
  missing: ["warning", "notebook.fileMissing"],
  unreadable: ["warning", "notebook.fileUnreadable"],
  read_only: ["warning", "notebook.fileReadOnly"],
  disk_full: ["danger", "notebook.fileDiskFull"],
};

const particulars = latePart(
  () => withWords(import("./file-particulars.tsx"), "filenotes"),
  (module) => module.FileParticulars,
);

/** What a person must know about where their changes go: the file, the hub, text that lost its cell. */
export function Banners({ controller }: { readonly controller: NotebookController }) {
  const t = useText();
  // Part by part: every key makes the whole "saving" and "saved" again.
  const { state } = controller.services.room;
  const file = useSelected(state, (now) => now.file);
  const notSaved = useSelected(state, (now) => now.notSaved);
  const refusedCode = useSelected(state, (now) => now.refusedCode);
  const isReader = useObservable(controller.isReader);
  const role = useSelected(state, (now) => now.hello?.role ?? null);
  // A file that is written may still have something to say: metadata that clashed, an output that is lost.
  const note: readonly [NoticeTone, MessageKey] | undefined = file?.message
    ? ["warning", "notebook.fileNote"]
    : undefined;
  const told = (file ? FILE[file.state] : undefined) ?? note;
  // The hub speaks English and knows the particulars; other languages have words for its reasons.
  const isEnglish = language.get() === "en";
  return (
    <div className={styles.banners}>
      {refusedCode !== null ? (
        <Notice tone="danger" isLive>
          {t("notebook.refused", { message: t(`notebook.refused_${refusedCode}`) })}
        </Notice>
      ) : null}
      {notSaved ? (
        <Notice tone="danger" isLive>
          {t("notebook.notSavedBecause", { message: hubText(notSaved) })}
        </Notice>
      ) : null}
      {told && file ? (
        <Notice tone={told[0]} isLive>
          {t(told[1] as "notebook.fileInvalid", { message: isEnglish ? (file.message ?? "") : "" })}
          {isEnglish || !file.reasons ? null : <particulars.Part reasons={file.reasons} />}
        </Notice>
      ) : null}
      {isReader ? (
        <Notice>{t(role !== null && canComment(role) ? "notebook.commentOnly" : "notebook.readOnly")}</Notice>
      ) : null}
      <Orphans controller={controller} />
    </div>
  );
}

/** Text that was typed into a cell while somebody deleted it is never lost: it is offered back. */
function Orphans({ controller }: { readonly controller: NotebookController }) {
  const t = useText();
  const { doc } = controller.services;
  const isReadOnly = useObservable(controller.readOnly);
  const orphans = useSyncExternalStore(
    useCallback((fn) => doc.subscribeOrphans(fn), [doc]),
    useCallback(() => doc.orphans(), [doc]),
  );
  return orphans.map((orphan) => (
    <Notice key={orphan.cellId} tone="warning" isLive>
      {t("notebook.orphan")}
      <pre className={styles.orphan}>{orphan.text}</pre>
      <span className={styles.noticeButtons}>
        {isReadOnly ? null : (
          <Button size="small" onPress={() => doc.restoreCell(orphan.cellId)}>
            {t("notebook.orphanRestore")}
          </Button>
        )}
        <Button size="small" variant="quiet" onPress={() => doc.dismissOrphan(orphan.cellId)}>
          {t("notebook.orphanDismiss")}
        </Button>
      </span>
    </Notice>
  ));
}
