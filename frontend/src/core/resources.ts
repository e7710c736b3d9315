/** What a runtime's machine has and uses, and when a person must be warned. Sizes in bytes; shares 0 to 1; `cpu` in processors (1: one is busy). */

export interface Memory {
  readonly totalBytes: number;
  /** What can still be taken before something is killed. */
  readonly availableBytes: number;
  /** A limit set for the runtime (a container's), below what the machine has. */
  readonly isLimited: boolean;
}

export interface Disk {
  readonly label: string;
  readonly path: string;
  readonly totalBytes: number;
  readonly usedBytes: number;
}

export interface Gpu {
  readonly index: number;
  readonly name: string;
  readonly memoryUsedBytes: number;
  readonly memoryTotalBytes: number;
  /** Null where the driver does not tell. */
  readonly utilization: number | null;
  readonly temperatureC: number | null;
}

export interface KernelUse {
  readonly kernelId: string;
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly gpuMemoryBytes: number;
}

export interface Snapshot {
  /** Milliseconds since 1970, this browser's clock. */
  readonly at: number;
  /** Processors busy, as a mean since the snapshot before; null while that is not known yet. */
  readonly cpu: number | null;
  readonly cpuCount: number;
  readonly memory: Memory | null;
  readonly disks: readonly Disk[];
  readonly gpus: readonly Gpu[];
  /** The driver's own word when there is one that does not answer. */
  readonly gpuTrouble: string | null;
  readonly kernels: readonly KernelUse[];
}

/** `machine`: the companion tells everything. `kernel`: only what this kernel tells of itself and its host's memory. */
export type Reach = "machine" | "kernel";

export interface Resources {
  /** `postponed`: the kernel can only be asked when the running cell has ended. */
  readonly phase: "waiting" | "live" | "cut" | "postponed" | "untold";
  readonly reach: Reach | null;
  /** Oldest first; at most five minutes. */
  readonly history: readonly Snapshot[];
}

export const NOTHING_TOLD: Resources = { phase: "waiting", reach: null, history: [] };
export const HISTORY_MS = 5 * 60_000;

export function withSnapshot(before: Resources, reach: Reach, snapshot: Snapshot): Resources {
  const recent = before.history.filter(({ at }) => at > snapshot.at - HISTORY_MS && at < snapshot.at);
  return { phase: "live", reach, history: [...recent, snapshot] };
}

/** Share in use, 0 to 1; 0 where the total is not known. */
export function shareUsed({ totalBytes, availableBytes }: Memory): number {
  return totalBytes > 0 ? Math.min(1, Math.max(0, 1 - availableBytes / totalBytes)) : 0;
}

const LOW_SHARE = 0.05;
const LOW_BYTES = 300e6;
/** Once warned, nothing is said again before so many times the limit is free. */
const EASED = 1.5;

/** Bytes below which what runs may be killed any moment: 5 %, at least 300 MB; never more than a fifth of a small machine. */
export function lowMark({ totalBytes }: Memory): number {
  return Math.min(Math.max(LOW_SHARE * totalBytes, LOW_BYTES), totalBytes / 5);
}

/** Whether a warning is in force after this reading; it holds until memory has clearly eased. */
export function isMemoryLow(memory: Memory, wasLow: boolean): boolean {
  return memory.availableBytes < lowMark(memory) * (wasLow ? EASED : 1);
}
