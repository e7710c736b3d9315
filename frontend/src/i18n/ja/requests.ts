import type { requests as english } from "../en/requests.ts";
import type { Translated } from "../messages.ts";

export const requests = {
  secretTitle: "このノートブックがシークレットを求めています",
  secretIntro: "実行したコードが {name} を求めています。渡す相手は、このノートブックのカーネルだけです。",
  secretValue: "{name} の値",
  secretKept: "{name} はこのブラウザーに保存されています。このノートブックに渡しますか？",
  secretRemember: "このブラウザーに保存し、今後このノートブックに渡す",
  give: "渡す",
  refuse: "渡さない",
  uploadTitle: "このノートブックがファイルを求めています",
  uploadIntro: "ノートブックを実行しているマシンにコピーします。既存のファイルは上書きしません。",
  chooseFiles: "ファイルを選択",
  send: "送信",
  sendNothing: "何も送らない",
  chosen: { other: "{count} 個のファイルを選択しました" },
  downloadTitle: "このノートブックからファイルが渡されました",
  downloadIntro:
    "{name}（{size}）。ノートブックを実行しているマシンから届きました。信頼できるノートブックの場合だけ開いてください。",
  keep: "ダウンロード",
  doNotKeep: "ダウンロードしない",
  settings: "このブラウザーに保存したシークレット",
  settingsNone: "保存したシークレットはありません。ノートブックが求めたとき（userdata.get）に保存できます。",
  forget: "{name} を削除",
  forgotten: "{name} を削除しました。次に求められたときは、また確認します。",
  unknown: "このページは要求 {kind} に対応していません。",
  elsewhere: "{kind} は Google Colab のマシンのための機能で、ここでは使えません。",
  malformed: "要求の {key} の値が正しくありません。",
  uploadGone: "ページが再読み込みされたため、選択したファイルは失われました。セルをもう一度実行してください。",
  downloadGone: "ページが再読み込みされたため、ダウンロードは中断しました。セルをもう一度実行してください。",
  tooLarge: "{name} は大きすぎるため、この方法では渡せません。ファイル パネルから取得してください。",
  notWanted: "{name} のダウンロードは拒否されました。",
} as const satisfies Translated<typeof english>;
