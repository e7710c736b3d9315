import type { panels as en } from "../en/panels.ts";
import type { Translated } from "../messages.ts";

export const panels: Translated<typeof en> = {
  rail: "パネル",
  close: "パネルを閉じる",
  connect: "接続",
  why_unbound: "このパネルは、ノートブックを実行しているマシンの様子を表示します。先にランタイムに接続してください。",
  why_connecting: "ランタイムに接続しています…",
  why_no_kernel: "カーネルは終了しています。続けるには「接続」から新しいカーネルを起動してください。",
  away: "ランタイムが応答していません。ここに表示されている内容は最新ではない可能性があります。",
  notLoaded:
    "このパネルを読み込めませんでした。ハブが応答していないか、更新された可能性があります。再試行するか、ページを再読み込みしてください。",
  noHeadings: "まだ見出しがありません。テキストセルに「# タイトル」のような行を書くと、ここに表示されます。",
};
