import type { variables as english } from "../en/variables.ts";
import type { Translated } from "../messages.ts";

export const variables: Translated<typeof english> = {
  waiting: "カーネルの変数を待っています…",
  silent: "カーネルが変数を知らせませんでした。次の実行の後にもう一度尋ねます。",
  foreign:
    "変数を表示できるのは Python のカーネルだけです。このカーネルの言語は {language} で、変数をページに知らせる手段がありません。見たい値はセルで出力してください。",
  empty: "変数はまだありません。変数を作るセルを実行してください。",
  noneMatch: "一致する変数はありません。",
  filter: "変数を絞り込む",
  others: "モジュール、関数、クラス",
  list: "変数",
  refresh: "更新",
  plain: "形状、サイズ、中身は、実行中のセルが終わると表示されます。",
  more: { other: "ほかに {count} 個（表示していません）" },
  opening: "開いています…",
  openingLater: "カーネルは実行中です。実行中のセルが終わると開きます。",
  notOpened: "カーネルが応答しませんでした。次の実行の後にもう一度お試しください。",
  gone: "もう存在しないか、中身を見ることができません。",
  nothing: "中身はありません。",
  table: "{name} を表として開く",
  rows: "{total} 行中 {from}～{to} 行",
  columns: "{total} 列のうち最初の {shown} 列を表示しています。",
  noRows: "行がありません",
  previous: "前の行",
  next: "次の行",
  row: "行",
  showMore: "さらに表示",
  cut: "{total} 文字のうち最初の {shown} 文字を表示しています。",
  length: { other: "{count} 個" },
};
