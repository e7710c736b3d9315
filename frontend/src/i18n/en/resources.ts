export const resources = {
  waiting: "Waiting for the runtime’s numbers…",
  cut: "The numbers stopped coming. What stands here is from before; they come again as soon as the runtime answers.",
  postponed:
    "This kernel can tell what it uses only when no cell runs. The numbers come when the running cell has ended.",
  untold:
    "This kernel does not tell what it uses. Python’s does (ipykernel with its package psutil), and the companion “runhere-runtime” tells of the whole machine, whatever the kernel.",
  plain:
    "This server tells only of this notebook’s kernel and the machine’s memory. Disks, GPUs and other kernels are shown when the companion “runhere-runtime” runs on that machine in place of plain Jupyter.",
  cpu: "CPU",
  cpuUsed: { one: "{used} of {count} core busy", other: "{used} of {count} cores busy" },
  cpuCount: { one: "{count} core", other: "{count} cores" },
  memory: "Memory",
  usedOf: "{used} of {total} used",
  memoryUsedOfLimit: "{used} used; the limit is {total}",
  gpu: "GPU {index}: {name}",
  gpuShort: "GPU memory",
  gpuBusy: "{percent} % busy",
  gpuBusyLine: "Busy",
  gpuMemory: "{used} of {total}",
  gpuMemoryLine: "Memory",
  temperature: "{degrees} °C",
  noGpu: "No NVIDIA GPU was found on this machine.",
  gpuTrouble: "There is a GPU, but its driver does not answer: {reason}",
  disks: "Disks",
  diskOf: "Disk of {path}",
  kernels: "Kernels",
  kernel: "Kernel",
  thisNotebook: "This notebook",
  otherKernel: "Kernel {id}",
  memoryLow: "Memory is almost used up: {left} are left on the runtime’s machine.",
  warning:
    "Memory is almost used up: {left} are left on the runtime’s machine, and its system may end the kernel. This notebook uses {mine}. Delete what you no longer need, interrupt, or restart the runtime.",
  warningOthers:
    "Memory is almost used up: {left} are left on the runtime’s machine, and its system may end the kernel. Delete what you no longer need, interrupt, or restart the runtime.",
  show: "Show resources",
  meter: "Resources: CPU {cpu} %, memory {memory} %",
  meterMemory: "Resources: memory {memory} %",
} as const;
