import { useEffect, useRef, useState } from "react";
import type { Observable } from "../../core/observable.ts";
import {
  type Disk,
  type Gpu,
  HISTORY_MS,
  isMemoryLow,
  type KernelUse,
  type Resources,
  type Snapshot,
  shareUsed,
} from "../../core/resources.ts";
import { sessionName } from "../../core/session-name.ts";
import { formatBytes, formatNumber } from "../../i18n/t.ts";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import { type Line, ShareChart } from "./chart.ts";
import styles from "./resources-panel.module.css";

export interface ResourcesPanelProps {
  readonly resources: Observable<Resources>;
  /** Follows the runtime until the returned function is called. */
  readonly watch: () => () => void;
  /** Of this notebook; null while none is attached. */
  readonly kernelId: () => string | null;
  /** Kernel id → path of what uses it, as the server lists them. Rejects when it does not answer. */
  readonly names: () => Promise<ReadonlyMap<string, string>>;
}

/** What the runtime's machine has and uses, live. */
export function ResourcesPanel({ resources, watch, kernelId, names }: ResourcesPanelProps) {
  const t = useText();
  const told = useObservable(resources);
  useEffect(() => watch(), [watch]);
  const now = told.history.at(-1);
  if (now === undefined)
    return told.phase === "untold" || told.phase === "postponed" ? (
      <p className={styles.note}>{t(`resources.${told.phase}`)}</p>
    ) : (
      <div className={styles.note}>
        <Spinner label={t("resources.waiting")} />
      </div>
    );
  return (
    <div className={styles.panel}>
      {told.phase === "cut" || told.phase === "postponed" ? (
        <p className={styles.cut} role="status">
          {t(`resources.${told.phase}`)}
        </p>
      ) : null}
      {now.memory !== null && isMemoryLow(now.memory, false) ? (
        <Notice tone="danger">{t("resources.memoryLow", { left: formatBytes(now.memory.availableBytes) })}</Notice>
      ) : null}
      <Processors now={now} history={told.history} />
      <MemoryChart now={now} history={told.history} />
      {now.gpus.map((gpu) => (
        <GpuChart key={gpu.index} gpu={gpu} history={told.history} />
      ))}
      {told.reach === "machine" ? <NoGpu now={now} /> : null}
      {now.disks.length > 0 ? <Disks disks={now.disks} /> : null}
      <Kernels kernels={now.kernels} mine={kernelId()} names={names} hasGpu={now.gpus.length > 0} />
      {told.reach === "kernel" ? <p className={styles.missing}>{t("resources.plain")}</p> : null}
    </div>
  );
}

interface NowProps {
  readonly now: Snapshot;
  readonly history: readonly Snapshot[];
}

function Processors({ now, history }: NowProps) {
  const t = useText();
  const share = (one: Snapshot): number | null =>
    one.cpu === null || one.cpuCount === 0 ? null : one.cpu / one.cpuCount;
  const used =
    now.cpu === null
      ? t("resources.cpuCount", { count: now.cpuCount })
      : t("resources.cpuUsed", { used: oneDigit(now.cpu), count: now.cpuCount });
  return <Section title={t("resources.cpu")} value={used} history={history} lines={[{ of: share }]} />;
}

function MemoryChart({ now, history }: NowProps) {
  const t = useText();
  const { memory } = now;
  if (memory === null) return null;
  const value = t(memory.isLimited ? "resources.memoryUsedOfLimit" : "resources.usedOf", {
    used: formatBytes(memory.totalBytes - memory.availableBytes),
    total: formatBytes(memory.totalBytes),
  });
  const share = (one: Snapshot): number | null => (one.memory === null ? null : shareUsed(one.memory));
  return (
    <Section
      title={t("resources.memory")}
      value={value}
      history={history}
      lines={[{ of: share }]}
      isAlarming={isMemoryLow(memory, false)}
    />
  );
}

function GpuChart({ gpu, history }: { readonly gpu: Gpu; readonly history: readonly Snapshot[] }) {
  const t = useText();
  const then = (one: Snapshot): Gpu | undefined => one.gpus.find(({ index }) => index === gpu.index);
  const memory = t("resources.gpuMemory", {
    used: formatBytes(gpu.memoryUsedBytes),
    total: formatBytes(gpu.memoryTotalBytes),
  });
  const facts = [
    gpu.utilization === null ? null : t("resources.gpuBusy", { percent: Math.round(gpu.utilization * 100) }),
    memory,
    gpu.temperatureC === null ? null : t("resources.temperature", { degrees: gpu.temperatureC }),
  ];
  return (
    <Section
      title={t("resources.gpu", { index: gpu.index, name: gpu.name })}
      value={facts.filter((fact) => fact !== null).join(" · ")}
      history={history}
      lines={[
        { of: (one) => then(one)?.utilization ?? null, label: t("resources.gpuBusyLine") },
        { of: (one) => gpuMemoryShare(then(one)), label: t("resources.gpuMemoryLine") },
      ]}
    />
  );
}

function gpuMemoryShare(gpu: Gpu | undefined): number | null {
  return gpu === undefined || gpu.memoryTotalBytes === 0 ? null : gpu.memoryUsedBytes / gpu.memoryTotalBytes;
}

function NoGpu({ now }: { readonly now: Snapshot }) {
  const t = useText();
  if (now.gpuTrouble !== null)
    return <Notice tone="warning">{t("resources.gpuTrouble", { reason: now.gpuTrouble })}</Notice>;
  return now.gpus.length === 0 ? <p className={styles.missing}>{t("resources.noGpu")}</p> : null;
}

interface SectionProps {
  readonly title: string;
  readonly value: string;
  readonly history: readonly Snapshot[];
  readonly lines: readonly { readonly of: (one: Snapshot) => number | null; readonly label?: string }[];
  readonly isAlarming?: boolean;
}

/** A heading, what is used in words, and the last minutes as a picture, which says nothing more than the words do. */
function Section({ title, value, history, lines, isAlarming = false }: SectionProps) {
  const host = useRef<HTMLDivElement>(null);
  const inks = useRef<HTMLDivElement>(null);
  const chart = useRef<ShareChart | null>(null);
  useEffect(() => {
    if (host.current === null || inks.current === null) return;
    const colours = [...inks.current.querySelectorAll<HTMLElement>("[data-line]")];
    const made = new ShareChart(host.current, colours, 56, HISTORY_MS);
    chart.current = made;
    return () => {
      chart.current = null;
      made.close();
    };
  }, []);
  useEffect(() => {
    const drawn: Line[] = lines.map(({ of }) => history.map(of));
    chart.current?.draw(
      history.map(({ at }) => at),
      drawn,
    );
  }, [history, lines]);
  return (
    <section aria-label={title} className={styles.section}>
      <h3 className={styles.title}>{title}</h3>
      <p className={styles.value}>{value}</p>
      <div ref={host} className={styles.chart} aria-hidden />
      <div ref={inks} className={styles.legend} data-alarm={isAlarming}>
        {lines.map(({ label = "" }, index) => (
          <span key={label} data-line={index}>
            {label}
          </span>
        ))}
      </div>
    </section>
  );
}

function Disks({ disks }: { readonly disks: readonly Disk[] }) {
  const t = useText();
  return (
    <section aria-label={t("resources.disks")} className={styles.section}>
      <h3 className={styles.title}>{t("resources.disks")}</h3>
      {disks.map((disk) => {
        const value = t("resources.usedOf", {
          used: formatBytes(disk.usedBytes),
          total: formatBytes(disk.totalBytes),
        });
        return (
          <div key={disk.path} className={styles.disk}>
            <div className={styles.path} title={disk.path}>
              {disk.label}
            </div>
            <p className={styles.value}>{value}</p>
            <meter
              className={styles.meter}
              aria-label={t("resources.diskOf", { path: disk.label })}
              min={0}
              max={Math.max(1, disk.totalBytes)}
              high={0.9 * disk.totalBytes}
              value={disk.usedBytes}
            />
          </div>
        );
      })}
    </section>
  );
}

interface KernelsProps {
  readonly kernels: readonly KernelUse[];
  readonly mine: string | null;
  readonly names: () => Promise<ReadonlyMap<string, string>>;
  readonly hasGpu: boolean;
}

function Kernels({ kernels, mine, names, hasGpu }: KernelsProps) {
  const t = useText();
  const known = useNames(kernels, mine, names);
  if (kernels.length === 0) return null;
  const nameOf = (id: string): string =>
    id === mine
      ? t("resources.thisNotebook")
      : sessionName(known.get(id) ?? "") || t("resources.otherKernel", { id: id.slice(0, 8) });
  const ordered = [...kernels].sort(
    (a, b) => Number(b.kernelId === mine) - Number(a.kernelId === mine) || b.memoryBytes - a.memoryBytes,
  );
  return (
    <section aria-label={t("resources.kernels")} className={styles.section}>
      <h3 className={styles.title}>{t("resources.kernels")}</h3>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t("resources.kernel")}</th>
            <th scope="col">{t("resources.cpu")}</th>
            <th scope="col">{t("resources.memory")}</th>
            {hasGpu ? <th scope="col">{t("resources.gpuShort")}</th> : null}
          </tr>
        </thead>
        <tbody>
          {ordered.map((kernel) => (
            <tr key={kernel.kernelId}>
              <th scope="row" title={known.get(kernel.kernelId)}>
                {nameOf(kernel.kernelId)}
              </th>
              <td>{oneDigit(kernel.cpu)}</td>
              <td>{formatBytes(kernel.memoryBytes)}</td>
              {hasGpu ? <td>{formatBytes(kernel.gpuMemoryBytes)}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Asked again only when a kernel comes that has no name here. */
function useNames(kernels: readonly KernelUse[], mine: string | null, names: KernelsProps["names"]) {
  const [known, setKnown] = useState<ReadonlyMap<string, string>>(new Map());
  const others = kernels.map(({ kernelId }) => kernelId).filter((id) => id !== mine);
  const key = others.sort().join();
  useEffect(() => {
    let isGone = false;
    if (key !== "")
      names().then(
        (found) => {
          if (!isGone) setKnown(found);
        },
        () => {
          // Without names the kernels are shown by their ids.
        },
      );
    return () => {
      isGone = true;
    };
  }, [key, names]);
  return known;
}

function oneDigit(value: number): string {
  return formatNumber(Math.round(value * 10) / 10);
}
