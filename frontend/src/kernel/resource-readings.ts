/** What runtimes say of their resources, read into `core/resources.ts`. Everything they say is checked: it is drawn and compared. */
import type { Disk, Gpu, KernelUse, Memory, Snapshot } from "../core/resources.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A companion's snapshot (SPEC: resources of a companion runtime); null for what is none. `now`: ms since 1970. */
export function readSnapshot(text: unknown, now: number): Snapshot | null {
  const value = fields(parsed(text));
  if (value["type"] !== "resources") return null;
  const memory = fields(value["memory"]);
  return {
    at: now,
    cpu: size(value["cpu"]),
    cpuCount: size(value["cpu_count"]),
    memory: {
      totalBytes: size(memory["total_bytes"]),
      availableBytes: size(memory["available_bytes"]),
      isLimited: memory["is_limited"] === true,
    },
    disks: list(value["disks"]).map(disk),
    gpus: list(value["gpus"]).map(gpu),
    gpuTrouble: typeof value["gpu_trouble"] === "string" ? value["gpu_trouble"] : null,
    kernels: list(value["kernels"]).map(kernelUse),
  };
}

/** ipykernel's `usage_reply`: of this kernel, and of its machine's memory. Null when it tells nothing (psutil is missing there). */
export function readUsage(content: Fields, kernelId: string, now: number): Snapshot | null {
  const { kernel_cpu: kernelCpu, kernel_memory: kernelMemory, host_cpu_percent: hostCpu, cpu_count: count } = content;
  if (typeof kernelMemory !== "number" || typeof kernelCpu !== "number") return null;
  const cpuCount = size(count);
  return {
    at: now,
    cpu: typeof hostCpu === "number" ? (size(hostCpu) / 100) * cpuCount : null,
    cpuCount,
    memory: hostMemory(fields(content["host_virtual_memory"])),
    disks: [],
    gpus: [],
    gpuTrouble: null,
    kernels: [{ kernelId, cpu: size(kernelCpu) / 100, memoryBytes: size(kernelMemory), gpuMemoryBytes: 0 }],
  };
}

function hostMemory({ total, available }: Fields): Memory | null {
  if (typeof total !== "number" || typeof available !== "number") return null;
  return { totalBytes: size(total), availableBytes: size(available), isLimited: false };
}

function disk(value: Fields): Disk {
  return {
    label: text(value["label"]),
    path: text(value["path"]),
    totalBytes: size(value["total_bytes"]),
    usedBytes: size(value["used_bytes"]),
  };
}

function gpu(value: Fields): Gpu {
  const { utilization, temperature_c: temperature } = value;
  return {
    index: size(value["index"]),
    name: text(value["name"]),
    memoryUsedBytes: size(value["memory_used_bytes"]),
    memoryTotalBytes: size(value["memory_total_bytes"]),
    utilization: typeof utilization === "number" ? Math.min(1, size(utilization)) : null,
    temperatureC: typeof temperature === "number" ? temperature : null,
  };
}

function kernelUse(value: Fields): KernelUse {
  return {
    kernelId: text(value["kernel_id"]),
    cpu: size(value["cpu"]),
    memoryBytes: size(value["memory_bytes"]),
    gpuMemoryBytes: size(value["gpu_memory_bytes"]),
  };
}

function parsed(data: unknown): unknown {
  try {
    return typeof data === "string" ? JSON.parse(data) : null;
  } catch {
    // Not the stream's protocol; there is nothing to show of it.
    return null;
  }
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fields) : [];
}

function fields(value: unknown): Fields {
  // Known to be an object by the test beside it.
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 200) : "";
}

/** A number that can be drawn: 0 for everything else. */
function size(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}
