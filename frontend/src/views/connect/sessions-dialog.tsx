import { useCallback, useEffect, useState } from "react";
import type { HostedState } from "../../core/hosted.ts";
import { ownSessionName, sessionName } from "../../core/session-name.ts";
import { errorText } from "../../i18n/error-text.ts";
import { formatAgo, isTextKey, looseText, withWords } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog, Dialog } from "../../ui/dialog.tsx";
import { latePart } from "../../ui/late-part.ts";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./connect.module.css";
import type { ConnectRuntime, HostedAccess, RunningSession, SessionList } from "./runtime.ts";

const hostedSessions = latePart(
  () => withWords(import("./hosted-sessions.tsx"), "connect", "hosted"),
  (module) => module.HostedSessions,
);

export interface SessionsDialogProps {
  readonly runtime: ConnectRuntime & SessionList;
  /** Null: this hub has no hosted runtimes. */
  readonly hosted: HostedAccess | null;
  readonly notebookName: string;
  readonly now: () => number;
  readonly onConnect: () => void;
  readonly onClose: () => void;
}

/** The kernels of the bound server, each with its end. */
export function SessionsDialog({ runtime, hosted, notebookName, now, onConnect, onClose }: SessionsDialogProps) {
  const t = useText();
  const binding = useObservable(runtime.binding);
  const [sessions, setSessions] = useState<readonly RunningSession[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [asked, setAsked] = useState<RunningSession | null>(null);
  const [hostedState, setHostedState] = useState<HostedState | null>(null);
  const isBound = binding.phase === "ready" || binding.phase === "interrupted" || binding.phase === "gone";
  const isHosted = isBound && binding.target.kind === "hosted";
  // What has stopped has no kernels, and its state stands above.
  const hasKernels = isBound && !(isHosted && hostedState !== null && hostedState !== "ready");
  const load = useCallback(async () => {
    if (!hasKernels) {
      setSessions(null);
      setError(null);
      return;
    }
    try {
      setSessions(await runtime.listSessions());
      setError(null);
    } catch (reason) {
      setError(errorText(reason));
    }
  }, [runtime, hasKernels]);
  useEffect(() => void load(), [load]);
  const end = async (session: RunningSession) => {
    setAsked(null);
    try {
      await runtime.shutdownSession(session);
      await load();
    } catch (reason) {
      setError(errorText(reason));
    }
  };
  const known = ({ path, isMine }: RunningSession): string =>
    isMine ? ownSessionName(path, notebookName) : sessionName(path);
  const nameOf = (session: RunningSession): string => known(session) || t("connect.noPath");
  const name = binding.phase === "unbound" ? "" : binding.target.label;
  return (
    <Dialog
      title={t("connect.sessionsTitle")}
      isOpen
      onClose={onClose}
      size="wide"
      footer={
        isBound ? (
          <Button onPress={onClose}>{t("shell.close")}</Button>
        ) : (
          <Button variant="primary" onPress={onConnect}>
            {t("runtime.localRuntime")}
          </Button>
        )
      }
    >
      {error ? (
        <Notice tone="danger" isLive>
          {error}
        </Notice>
      ) : null}
      {hosted ? <hostedSessions.Part access={hosted} onState={setHostedState} /> : null}
      {isBound ? null : <p>{t("connect.sessionsUnbound")}</p>}
      {hasKernels && sessions === null && !error ? <Spinner label={t("shell.loading")} /> : null}
      {sessions ? (
        <p className={styles.muted}>
          {t(sessions.length > 0 ? "connect.sessionsIntro" : "connect.sessionsNone", { name })}
        </p>
      ) : null}
      {sessions && sessions.length > 0 ? (
        <ul className={styles.sessions}>
          {sessions.map((session) => (
            <li key={session.kernelId}>
              <div>
                <span title={session.path}>{nameOf(session)}</span>
                {session.isMine ? <span className={styles.badge}>{t("connect.sessionMine")}</span> : null}
                <div className={styles.small}>
                  {session.kernelspec} · {statusText(session.status)} ·{" "}
                  {t("connect.sessionUsed", { when: formatAgo(session.lastActivity, now()) })}
                </div>
              </div>
              <Button
                size="small"
                onPress={() => setAsked(session)}
                aria-label={`${t("connect.shutDown")}: ${nameOf(session)}`}
              >
                {t("connect.shutDown")}
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
      <ConfirmDialog
        title={t("connect.shutDownTitle", { name: asked === null ? "" : known(asked) || asked.kernelspec })}
        isOpen={asked !== null}
        confirm={t("connect.shutDown")}
        tone="danger"
        onConfirm={() => asked && void end(asked)}
        onClose={() => setAsked(null)}
      >
        {t("connect.shutDownText")}
      </ConfirmDialog>
    </Dialog>
  );
}

function statusText(status: string): string {
  const key = `connect.status_${status}`;
  return isTextKey(key) ? looseText(key, {}) : status;
}
