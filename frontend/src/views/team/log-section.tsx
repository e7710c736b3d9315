import { useEffect, useState } from "react";
import type { AuditEntry, TeamClient } from "../../api/team-client.ts";
import { formatDateTime } from "../../i18n/t.ts";
import { useText } from "../../ui/use-observable.ts";
import { Failure } from "./failure.tsx";
import { logLine } from "./log-line.ts";
import { useWork } from "./sign-in-page.tsx";
import styles from "./team.module.css";

export interface LogSectionProps {
  readonly team: TeamClient;
  readonly whose: "own" | "all";
  /** Names of people by their id; empty where all lines are one's own. */
  readonly names: ReadonlyMap<string, string>;
}

/** The audit log, newest first: one's own lines, or everybody's. */
export function LogSection({ team, whose, names }: LogSectionProps) {
  const t = useText();
  const [entries, setEntries] = useState<readonly AuditEntry[] | null>(null);
  const { error, run } = useWork();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `run` is another function each time; once is meant.
  useEffect(() => void run(async () => setEntries(await team.log(whose))), [team, whose]);
  return (
    <section className={styles.section}>
      <h2>{t("team.log")}</h2>
      <p className={styles.muted}>{t(whose === "own" ? "team.logText" : "team.logAllText")}</p>
      <Failure error={error} />
      {entries?.length === 0 ? <p className={styles.small}>{t("team.logEmpty")}</p> : null}
      <ul className={`${styles.list} ${styles.log}`}>
        {entries?.slice(0, 50).map((entry) => {
          const { what, more } = logLine(entry, names, whose);
          return (
            <li key={`${entry.at} ${entry.action} ${entry.object_id}`}>
              <span>
                {what} <span className={styles.small}>{more.join(" · ")}</span>
              </span>
              <time className={styles.small} dateTime={new Date(entry.at).toISOString()}>
                {formatDateTime(entry.at)}
              </time>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
