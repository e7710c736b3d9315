import type { hosted as english } from "../en/hosted.ts";
import type { Translated } from "../messages.ts";

export const hosted: Translated<typeof english> = {
  title: "ホスト型ランタイムに接続",
  intro: "ハブがあなた専用のランタイムを起動します。利用できるのはあなただけです。停止してもファイルは残ります。",
  outputs:
    "このノートブックの出力は手元にだけ残る設定です。ホスト型ランタイムでは、出力はハブのメモリを通るだけで、どこにも保存されません。ランタイムはジャーナルを止め、最後の数メガバイトだけをメモリに持ちます。カーネルの実行中に再読み込みすると、その分が戻ります。",
  heading: "あなたのホスト型ランタイム",
  state_absent: "停止中",
  state_starting: "起動しています…",
  state_ready: "実行中",
  state_failed: "起動できませんでした",
  connect: "接続",
  startAndConnect: "起動して接続",
  start: "起動",
  stop: "停止",
  restart: "再起動",
  stopTitle: "ホスト型ランタイムを停止しますか？",
  restartTitle: "ホスト型ランタイムを再起動しますか？",
  stopText: "すべてのカーネルが終了し、変数は失われます。ファイルは残ります。",
  stopsAt: "しばらく何も実行されていません。{time} に停止します。",
  keep: "停止しない",
  notKept: "ハブが応答しません。ホスト型ランタイムが停止する可能性があります。もう一度お試しください。",
  local: "ローカル ランタイムに接続…",
  name: "ホスト型ランタイム",
};
