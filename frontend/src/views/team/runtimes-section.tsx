import { useCallback, useEffect, useState } from "react";
import type { HeldRuntime, TeamClient } from "../../api/team-client.ts";
import { formatAgo, formatBytes, formatDateTime } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { useText } from "../../ui/use-observable.ts";
import { Failure } from "./failure.tsx";
import { useWork } from "./sign-in-page.tsx";
import styles from "./team.module.css";

export interface RuntimesSectionProps {
  readonly team: TeamClient;
  readonly now: () => number;
}

/** For administrators: whose hosted runtimes there are, what goes on in them, and their end. */
export function RuntimesSection({ team, now }: RuntimesSectionProps) {
  const t = useText();
  const [runtimes, setRuntimes] = useState<readonly HeldRuntime[] | null>(null);
  const [asked, setAsked] = useState<HeldRuntime | null>(null);
  const { error, isBusy, run } = useWork();
  const load = useCallback(async () => setRuntimes(await team.runtimes()), [team]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `run` is another function each time; once is meant.
  useEffect(() => void run(load), [load]);
  const stop = (one: HeldRuntime) => {
    setAsked(null);
    return run(async () => {
      await team.stopRuntime(one.user_name);
      await load();
    });
  };
  return (
    <section className={styles.section} aria-label={t("team.runtimes")}>
      <h2>{t("team.runtimes")}</h2>
      <p className={styles.muted}>{t("team.runtimesText")}</p>
      <Failure error={error} />
      {runtimes?.length === 0 ? <p className={styles.small}>{t("team.runtimesNone")}</p> : null}
      <ul className={styles.list}>
        {runtimes?.map((one) => (
          <li key={one.person_id}>
            <span>
              {t("team.accountOf", { name: one.name, userName: one.user_name })}{" "}
              <span className={styles.small}>{notesOf(one, now(), t).join(" · ")}</span>
            </span>
            <Button
              size="small"
              variant="quiet"
              isDisabled={isBusy}
              onPress={() => setAsked(one)}
              aria-label={t("team.runtimeStopOf", { name: one.name })}
            >
              {t("team.runtimeStop")}
            </Button>
          </li>
        ))}
      </ul>
      <div>
        <Button size="small" isPending={isBusy} onPress={() => void run(load)}>
          {t("team.runtimesAgain")}
        </Button>
      </div>
      <ConfirmDialog
        title={t("team.runtimeStopTitle", { name: asked?.name ?? "" })}
        isOpen={asked !== null}
        confirm={t("team.runtimeStop")}
        tone="danger"
        onConfirm={() => asked && void stop(asked)}
        onClose={() => setAsked(null)}
      >
        {t("team.runtimeStopText")}
      </ConfirmDialog>
    </section>
  );
}

/** What is known of it; a provider that cannot tell something leaves it out. */
function notesOf(one: HeldRuntime, nowMs: number, t: ReturnType<typeof useText>): readonly string[] {
  return [
    t(`team.runtime_${one.state}`),
    t("team.runtimeSince", { when: formatDateTime(one.since) }),
    ...(one.is_busy === null ? [] : [t(one.is_busy ? "team.runtimeBusy" : "team.runtimeIdle")]),
    ...(one.used_at === null ? [] : [t("team.runtimeUsed", { when: formatAgo(one.used_at, nowMs) })]),
    ...(one.memory_bytes === null ? [] : [t("team.runtimeMemory", { size: formatBytes(one.memory_bytes) })]),
  ];
}
