import { HardDrive, HardDriveDownload, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { DiskState } from "../../core/disk-file.ts";
import type { Observable } from "../../core/observable.ts";
import { text } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./disk-status.module.css";

export interface DiskStatusProps {
  readonly state: Observable<DiskState>;
  /** The runtime for people, and the path on it. */
  readonly label: string;
  readonly path: string;
  readonly onTryNow: () => void;
  readonly onWriteMine: () => void;
  readonly onTakeTheirs: () => void;
  readonly onKeepBoth: () => void;
  readonly onUnlink: () => void;
}

/** In the header: whether the notebook's file on the runtime's disk is as the notebook; behind it, why not and what can be done. */
export function DiskStatus(props: DiskStatusProps) {
  const { label, path } = props;
  const t = useText();
  const state = useObservable(props.state);
  const [isOpen, setOpen] = useState(false);
  const place = `${label}:${path}`;
  const tone = toneOf(state);
  const Icon = tone === "bad" ? TriangleAlert : state.phase === "saved" ? HardDrive : HardDriveDownload;
  const said =
    state.phase === "saved"
      ? t("disk.saved", { place })
      : state.phase === "saving"
        ? t("disk.saving", { place })
        : t("disk.notSaved", { place });
  return (
    <>
      <Button variant="quiet" className={styles.status} data-tone={tone} title={said} onPress={() => setOpen(true)}>
        <Icon size={16} aria-hidden className={styles.icon} />
        {/* "Saved" after every sentence would be too much to hear. */}
        <span className={styles.words} role={tone === "good" ? undefined : "status"}>
          {said}
        </span>
      </Button>
      <Dialog
        title={t("disk.title")}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        footer={
          <>
            <Button onPress={props.onUnlink}>{t("disk.unlink")}</Button>
            <Button variant="primary" onPress={() => setOpen(false)}>
              {t("disk.close")}
            </Button>
          </>
        }
      >
        <div className={styles.facts}>
          <div className={styles.place}>{place}</div>
          <div role={tone === "bad" ? "alert" : "status"}>
            <p>{reasonOf(state, label)}</p>
            {state.phase === "stopped" && state.reason !== "" ? (
              <p className={styles.quiet}>{t("disk.reason", { reason: state.reason })}</p>
            ) : null}
            {state.phase === "saved" && state.isMetadataKept ? <p>{t("disk.metadataKept")}</p> : null}
          </div>
          <Choices {...props} now={state} />
          <p className={styles.quiet}>{t("disk.lead")}</p>
          <p className={styles.quiet}>{t("disk.unlinkText")}</p>
        </div>
      </Dialog>
    </>
  );
}

function Choices(props: DiskStatusProps & { readonly now: DiskState }) {
  const { now, onTryNow, onWriteMine, onTakeTheirs, onKeepBoth } = props;
  const t = useText();
  if (now.phase === "saved" || now.phase === "saving") return null;
  const trouble = now.phase === "stopped" ? now.trouble : null;
  return (
    <div className={styles.choices}>
      {trouble === "another" ? (
        <>
          <Button onPress={onKeepBoth}>{t("disk.keepBoth")}</Button>
          <Button onPress={onTakeTheirs}>{t("disk.takeTheirs")}</Button>
        </>
      ) : (
        <Button onPress={onTryNow}>{t("disk.tryNow")}</Button>
      )}
      {trouble === "missing" ? <Button onPress={onWriteMine}>{t("disk.writeAnew")}</Button> : null}
      {trouble === "another" || trouble === "invalid" ? (
        <Button variant="danger" onPress={onWriteMine}>
          {t("disk.writeMine")}
        </Button>
      ) : null}
    </div>
  );
}

function toneOf(state: DiskState): "good" | "waiting" | "bad" {
  if (state.phase === "stopped") return "bad";
  if (state.phase === "waiting") return "waiting";
  return state.phase === "saved" && state.conflicts > 0 ? "bad" : "good";
}

function reasonOf(state: DiskState, label: string): string {
  switch (state.phase) {
    case "saved":
      return state.conflicts > 0 ? text("disk.conflicts", { count: state.conflicts }) : text("disk.isSaved");
    case "saving":
      return text("disk.isSaving");
    case "waiting":
      return text(`disk.waiting_${state.why}`, { label });
    case "stopped":
      return text(`disk.stopped_${state.trouble}`);
  }
}
