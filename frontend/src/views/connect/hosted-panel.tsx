import { useCallback, useEffect, useState } from "react";
import type { HostedStatus } from "../../core/hosted.ts";
import { errorText } from "../../i18n/error-text.ts";
import { formatDateTime, looseText } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Progress, Spinner } from "../../ui/progress.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./connect.module.css";
import type { HostedAccess } from "./runtime.ts";

const lookMs = 1_000;
const restMs = 15_000;

export interface HostedNow {
  readonly status: HostedStatus | null;
  readonly error: string | null;
  /** Asks for something, and shows what came of it. Resolves null when it could not be asked. */
  ask(wish: () => Promise<HostedStatus>): Promise<HostedStatus | null>;
}

/** How the runtime is: asked every second while it starts, now and then otherwise. */
export function useHosted(access: HostedAccess): HostedNow {
  const [status, setStatus] = useState<HostedStatus | null>(null);
  const [error, setError] = useState<string | null>(null);
  const ask = useCallback(async (wish: () => Promise<HostedStatus>) => {
    try {
      const found = await wish();
      setStatus(found);
      setError(null);
      return found;
    } catch (reason) {
      setError(errorText(reason));
      return null;
    }
  }, []);
  const state = status?.state ?? null;
  useEffect(() => {
    const look = () => void ask(() => access.status());
    if (state === null) look();
    const timer = setInterval(look, state === "starting" ? lookMs : restMs);
    return () => clearInterval(timer);
  }, [access, ask, state]);
  return { status, error, ask };
}

/** State, progress and the buttons of one's hosted runtime. */
export function HostedPanel({ access, now }: { readonly access: HostedAccess; readonly now: HostedNow }) {
  const t = useText();
  const [asked, setAsked] = useState<"stop" | "restart" | null>(null);
  const { status, error, ask } = now;
  const end = async (how: "stop" | "restart") => {
    setAsked(null);
    await ask(() => access.stop());
    if (how === "restart") await ask(() => access.start());
  };
  return (
    <section aria-label={t("hosted.heading")} className={styles.hosted}>
      <div className={styles.hostedHead}>
        <strong>{t("hosted.heading")}</strong>
        {status ? (
          <span role="status" className={styles.badge}>
            {looseText(`hosted.state_${status.state}`, {})}
          </span>
        ) : error ? null : (
          <Spinner label={t("shell.loading")} />
        )}
      </div>
      {error ? (
        <Notice tone="danger" isLive>
          {error}
        </Notice>
      ) : null}
      {status?.state === "failed" ? (
        <Notice tone="danger" isLive>
          {status.message}
        </Notice>
      ) : null}
      {status?.state === "starting" ? (
        <>
          {status.percent === null ? (
            <Spinner label={t("hosted.state_starting")} />
          ) : (
            <Progress label={t("hosted.state_starting")} value={status.percent} />
          )}
          {status.message ? <p className={styles.small}>{status.message}</p> : null}
        </>
      ) : null}
      {status?.stopsAt != null ? (
        <Notice tone="warning" isLive>
          <p>{t("hosted.stopsAt", { time: formatDateTime(status.stopsAt) })}</p>
          <Button size="small" onPress={() => void ask(() => access.keep())}>
            {t("hosted.keep")}
          </Button>
        </Notice>
      ) : null}
      <div className={styles.actions}>
        {status?.state === "absent" || status?.state === "failed" ? (
          <Button size="small" onPress={() => void ask(() => access.start())}>
            {t("hosted.start")}
          </Button>
        ) : null}
        {status?.state === "ready" || status?.state === "starting" ? (
          <>
            <Button size="small" onPress={() => setAsked("stop")}>
              {t("hosted.stop")}
            </Button>
            <Button size="small" onPress={() => setAsked("restart")}>
              {t("hosted.restart")}
            </Button>
          </>
        ) : null}
      </div>
      <ConfirmDialog
        title={t(asked === "restart" ? "hosted.restartTitle" : "hosted.stopTitle")}
        isOpen={asked !== null}
        confirm={t(asked === "restart" ? "hosted.restart" : "hosted.stop")}
        tone="danger"
        onConfirm={() => asked && void end(asked)}
        onClose={() => setAsked(null)}
      >
        {t("hosted.stopText")}
      </ConfirmDialog>
    </section>
  );
}
