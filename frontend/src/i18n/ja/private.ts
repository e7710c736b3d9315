import type { privateOutputs as english } from "../en/private.ts";
import type { Translated } from "../messages.ts";

export const privateOutputs: Translated<typeof english> = {
  omit: "このノートブックの保存時にコードセルの出力を省略する",
  save: "保存",
  explained:
    "出力、実行回数、実行時刻は、お使いのブラウザーとランタイムにのみ残ります。このノートブックを編集する全員について、ハブは保存を拒否します。コンパニオンランタイムでは、再読み込み後も出力が戻ります。",
  hosted:
    "ホスト型ランタイムでは、出力はハブのメモリーを経由して届きます。保存はされず、ランタイムは記録を残しません。",
  ownerOnly: "出力の保存を再開できるのは、このノートブックの所有者だけです。",
  nowHome: "このノートブックの出力は、今後ハブに送られません。",
  nowStored: "このノートブックの出力は、今後また保存されます。",
  cellTitle: "セル {position} の出力",
  omitCell: "このノートブックの保存時に、このセルの出力を省略する",
  cellExplained:
    "このセルの出力、実行回数、実行時刻は、お使いのブラウザーとランタイムにのみ残ります。このノートブックを編集する全員について、ハブは保存を拒否します。セルを複製・分割しても、この設定は引き継がれます。",
  cellNowHome: "このセルの出力は、今後ハブに送られません。",
  cellNowStored: "このセルの出力は、今後また保存されます。",
  newNotebooks: "新しいノートブック",
  omitNew: "新しいノートブックの保存時にコードセルの出力を省略する",
  asHub: "まだ選択していない人に対する、このハブの既定値です。",
  purgeTitle: "保存済みの出力を削除しますか?",
  purge: "削除して出力を手元に残す",
  purgeText: "以下はハブから削除され、元に戻せません。",
  purgeRuns: { other: "{count} 件の実行の出力、回数、時刻" },
  purgeRevisions: { other: "{count} 件の版に表示されていた内容" },
  purgeBlobs: { other: "{count} 件の大きな値 ({size})" },
  purgeFile: "ノートブックのファイルにある出力と実行の詳細(ファイルがある場合)",
  purgeStays:
    "ほかの人がダウンロードしたコピー、ハブのディスクのバックアップ、git の過去のコミットには及びません。いま見えている内容は、このページに残ります。",
  downloadTitle: "出力を含めてダウンロードしますか?",
  downloadText:
    "このノートブックの出力は、このブラウザーにしかありません。出力を含むファイルには、いまこのページに見えている内容が入り、ファイルを受け取った人にも見えます。",
  downloadSome:
    "一部のセルの出力は、このブラウザーにしかありません。それを含むファイルには、いまこのページに見えている内容が入り、ファイルを受け取った人にも見えます。",
  downloadWithoutSome: "手元の出力を含めない",
  downloadWith: "出力を含める",
  downloadWithout: "出力を含めない",
  downloadFailed:
    "ハブからノートブックを取得できませんでした (状態 {status})。ハブに接続できるときにもう一度お試しください。",
};
