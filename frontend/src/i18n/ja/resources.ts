import type { resources as english } from "../en/resources.ts";
import type { Translated } from "../messages.ts";

export const resources: Translated<typeof english> = {
  waiting: "ランタイムからの数値を待っています…",
  cut: "数値が届かなくなりました。表示は直前のものです。ランタイムが応答すると再開します。",
  postponed: "このカーネルは、セルの実行中は使用量を知らせられません。実行中のセルが終わると数値が届きます。",
  untold:
    "このカーネルは使用量を知らせません。Python のカーネル（ipykernel とパッケージ psutil）は知らせます。コンパニオン「runhere-runtime」なら、カーネルの種類によらずマシン全体を知らせます。",
  plain:
    "このサーバーが知らせるのは、このノートブックのカーネルとマシンのメモリだけです。通常の Jupyter の代わりにコンパニオン「runhere-runtime」をそのマシンで動かすと、ディスク、GPU、ほかのカーネルも表示されます。",
  cpu: "CPU",
  cpuUsed: { other: "{count} コア中 {used} コアを使用" },
  cpuCount: { other: "{count} コア" },
  memory: "メモリ",
  usedOf: "{total} 中 {used} を使用",
  memoryUsedOfLimit: "{used} を使用（上限 {total}）",
  gpu: "GPU {index}: {name}",
  gpuShort: "GPU メモリ",
  gpuBusy: "使用率 {percent} %",
  gpuBusyLine: "使用率",
  gpuMemory: "{total} 中 {used}",
  gpuMemoryLine: "メモリ",
  temperature: "{degrees} °C",
  noGpu: "このマシンに NVIDIA の GPU は見つかりませんでした。",
  gpuTrouble: "GPU はありますが、ドライバーが応答しません: {reason}",
  disks: "ディスク",
  diskOf: "{path} のディスク",
  kernels: "カーネル",
  kernel: "カーネル",
  thisNotebook: "このノートブック",
  otherKernel: "カーネル {id}",
  memoryLow: "メモリがほとんど残っていません。ランタイムのマシンの残りは {left} です。",
  warning:
    "メモリがほとんど残っていません。ランタイムのマシンの残りは {left} で、システムがカーネルを終了させるおそれがあります。このノートブックは {mine} を使っています。不要なものを削除するか、実行を中断するか、ランタイムを再起動してください。",
  warningOthers:
    "メモリがほとんど残っていません。ランタイムのマシンの残りは {left} で、システムがカーネルを終了させるおそれがあります。不要なものを削除するか、実行を中断するか、ランタイムを再起動してください。",
  show: "リソースを表示",
  meter: "リソース: CPU {cpu} %、メモリ {memory} %",
  meterMemory: "リソース: メモリ {memory} %",
};
