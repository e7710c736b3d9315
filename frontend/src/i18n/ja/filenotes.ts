import type { fileNotes as english } from "../en/filenotes.ts";
import type { Translated } from "../messages.ts";

export const fileNotes: Translated<typeof english> = {
  cells_twice:
    "{cells} 個のセルが、ここと外部とで別々に変更されました。両方の版を前後に並べて残しています。不要なほうを削除してください。",
  outputs_lost:
    "{cells} 個のセルの出力の一部がハブから失われています。ファイルにはもとの出力が残ります。もう一度実行してください。",
  metadata_kept: "メタデータが、ここと外部とで別々に変更されました。ここで設定した内容を残しています。",
  conflict_markers:
    "ファイルの {line} 行目から git の競合マーカー（<<<<<<<、=======、>>>>>>>）があります。git などで競合を解決してください。",
  invalid_at: "{line} 行目の {column} 文字目に誤りがあります。直ると書き込みを再開します。",
  invalid_notebook: "JSON ですが、ノートブックの形になっていません。直ると書き込みを再開します。",
  old_format: "古い形式（nbformat {format}）です。形式 4 になると書き込みを再開します。",
  no_file: "通常のファイルではありません。",
  too_large: "{mib} MiB を超えています。",
  no_text: "UTF-8 のテキストではありません（{byte} バイト目）。",
  not_allowed: "ハブにはこのファイルを読む権限がありません。",
  not_read: "ディスクがエラーを返しました。",
};
