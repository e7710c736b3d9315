import { useEffect } from "react";
import type { Observable } from "../../core/observable.ts";
import { isMemoryLow, type Resources, type Snapshot, shareUsed } from "../../core/resources.ts";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./meter.module.css";

export interface MeterProps {
  readonly resources: Observable<Resources>;
  readonly watch: () => () => void;
  readonly onPress: () => void;
}

/** Two bars in the header: CPU and memory. Nothing while the runtime tells nothing. */
export function ResourceMeter({ resources, watch, onPress }: MeterProps) {
  const t = useText();
  const { phase, history } = useObservable(resources);
  useEffect(() => watch(), [watch]);
  const now = history.at(-1);
  const memory = now?.memory;
  if (now === undefined || !memory) return null;
  const memoryPercent = Math.round(shareUsed(memory) * 100);
  const cpu = cpuPercent(now);
  const label =
    cpu === null
      ? t("resources.meterMemory", { memory: memoryPercent })
      : t("resources.meter", { cpu, memory: memoryPercent });
  const alarm = isMemoryLow(memory, false);
  return (
    <button
      type="button"
      className={styles.meter}
      aria-label={label}
      data-tooltip={label}
      data-cut={phase === "cut" || phase === "postponed"}
      onClick={onPress}
    >
      {cpu === null ? null : <Bar percent={cpu} isAlarming={false} />}
      <Bar percent={memoryPercent} isAlarming={alarm} />
    </button>
  );
}

function Bar({ percent, isAlarming }: { readonly percent: number; readonly isAlarming: boolean }) {
  return (
    <span className={styles.bar} aria-hidden>
      <span className={styles.fill} data-alarm={isAlarming} style={{ height: `${Math.max(4, percent)}%` }} />
    </span>
  );
}

function cpuPercent({ cpu, cpuCount }: Snapshot): number | null {
  return cpu === null || cpuCount === 0 ? null : Math.min(100, Math.round((cpu / cpuCount) * 100));
}
