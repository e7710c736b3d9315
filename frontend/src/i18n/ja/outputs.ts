import type { outputs as english } from "../en/outputs.ts";
import type { Translated } from "../messages.ts";

export const outputs = {
  showAll: "すべて表示",
  showLess: "折りたたむ",
  copyAll: "すべてコピー",
  copy: "コピー",
  copied: "コピーしました",
  linesHidden: "{count} 行を省略",
  outputsHidden: "{count} 件の出力を省略",
  allLines: "全 {count} 行",
  lineCut: "（{count} 文字の行をここで省略）",
  showMore: "残り {count} 件",
  traceback: "トレースバック",
  imageAlt: "画像の出力",
  cannotShow: "この出力（{types}）を表示する方法がありません。",
  loading: "出力を読み込んでいます…",
  notStored: "この出力をハブから読み込めませんでした。セルをもう一度実行してください。",
} as const satisfies Translated<typeof english>;
