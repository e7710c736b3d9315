import type { runtime as english } from "../en/runtime.ts";
import type { Translated } from "../messages.ts";

export const runtime = {
  connect: "接続",
  connectedTo: "{name} に接続済み",
  connectingTo: "{name} に接続中…",
  lostTo: "{name} との接続が切れました",
  endedAt: "{name} のカーネルが終了しました",
  needsToken: "{name} がトークンを求めています",
  waitsForYou: "{name} が確認を待っています",
  connectedBrief: "接続済み",
  connectingBrief: "接続中…",
  lostBrief: "接続が切れました",
  endedBrief: "終了しました",
  tokenBrief: "トークン",
  kernelBrief: "カーネル",
  askedBrief: "確認を待っています",
  options: "接続オプション",
  localRuntime: "ローカル ランタイムに接続…",
  hostedRuntime: "ホスト型ランタイムに接続",
  noHosted: "このハブにはありません",
  manageSessions: "セッションの管理",
  disconnect: "切断",
  changeKernel: "カーネル",
  moreKernels: "ほかの環境…",
  maybeIncomplete: "コードの実行中に接続が切れました。出力の一部が欠けている可能性があります。",
  queueStopped: { other: "エラーで停止しました。待機中の {count} 個のセルは実行されませんでした。" },
  queueInterrupted: { other: "別の場所から中断されました。待機中の {count} 個のセルは実行されませんでした。" },
  showCell: "セルを表示",
  notRun: {
    other:
      "順番が来る前にページが閉じられたため、待機中の {count} 個のセルは実行されませんでした。セルには以前の出力が表示されています。結果が必要な場合は、もう一度実行してください。",
  },
  kernelInstead:
    "ノートブックが指定するカーネル「{wanted}」はこのサーバーにありません。同じ言語の「{taken}」で実行します。",
  choosesKernel: "{name}: カーネルを選んでください",
  cannotCancel:
    "このセルはすでにカーネルに渡っていて、カーネルは先にほかの処理をしています。中断するか、実行が終わるまでお待ちください。",
  notInterrupted: "ランタイムから応答がないため、実行中のコードを中断できませんでした。",
  notInterruptedQueue: {
    other:
      "ランタイムから応答がないため、実行中のコードを中断できませんでした。待機中の {count} 個のセルは実行されません。",
  },
  startedElsewhere:
    "カーネルはランタイム自身のフォルダーで起動しました。このノートブックのフォルダーはその中にありません。ノートブックと同じ場所にあるファイルは絶対パスで指定してください。",
  variablesLost_kernel_died: "カーネルが予期せず停止し、変数が失われました。",
  variablesLost_kernel_restarted: "カーネルが再起動され、変数が失われました。",
  variablesLost_kernel_gone: "カーネルがなくなり、変数が失われました。",
} as const satisfies Translated<typeof english>;
