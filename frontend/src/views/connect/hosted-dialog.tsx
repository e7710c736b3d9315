import { useEffect, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./connect.module.css";
import { HostedPanel, useHosted } from "./hosted-panel.tsx";
import { FailureNotice } from "./local-dialog.tsx";
import type { ConnectRuntime, HostedAccess } from "./runtime.ts";

export interface HostedDialogProps {
  readonly runtime: ConnectRuntime;
  readonly access: HostedAccess;
  readonly origin: string;
  readonly onLocal: () => void;
  readonly onClose: () => void;
}

/** **Connect to a hosted runtime**: starts it where it does not run, shows how far that is, and binds the notebook to it. */
export function HostedDialog({ runtime, access, origin, onLocal, onClose }: HostedDialogProps) {
  const t = useText();
  const now = useHosted(access);
  const binding = useObservable(runtime.binding);
  const [isWanted, setWanted] = useState(false);
  const { status } = now;
  const isReady = status?.state === "ready";
  const begun = useRef(false);
  useEffect(() => {
    if (!isWanted || !isReady || begun.current) return;
    begun.current = true;
    void runtime.connectHosted(status.id, t("hosted.name")).finally(() => {
      begun.current = false;
      setWanted(false);
    });
  }, [isWanted, isReady, runtime, status, t]);
  const connect = async () => {
    setWanted(true);
    if (isReady) return;
    const found = await now.ask(() => access.start());
    if (found === null) setWanted(false);
  };
  const hasFailed = status?.state === "failed" || now.error !== null;
  const failure = binding.phase === "unbound" ? binding.failure : null;
  return (
    <Dialog
      title={t("hosted.title")}
      isOpen
      onClose={onClose}
      size="wide"
      footer={
        <>
          <Button variant="quiet" onPress={onLocal}>
            {t("hosted.local")}
          </Button>
          <Button onPress={onClose}>{t("shell.close")}</Button>
          <Button
            variant="primary"
            autoFocus
            isDisabled={(isWanted && !hasFailed) || status === null}
            onPress={() => void connect()}
          >
            {t(isReady ? "hosted.connect" : "hosted.startAndConnect")}
          </Button>
        </>
      }
    >
      <p className={styles.muted}>{t("hosted.intro")}</p>
      {access.omitsOutputs ? <Notice tone="warning">{t("hosted.outputs")}</Notice> : null}
      {failure ? <FailureNotice failure={failure} origin={origin} /> : null}
      <HostedPanel access={access} now={now} />
    </Dialog>
  );
}
