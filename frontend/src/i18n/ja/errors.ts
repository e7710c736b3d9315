import type { errors as english } from "../en/errors.ts";
import type { Translated } from "../messages.ts";

export const errors = {
  hub_unreachable: "ハブが応答しません。端末で「runhere」はまだ動いていますか。",
  signed_out: "サインアウトしています。端末で「runhere login」を実行し、新しいリンクを開いてください。",
  cross_site: "別のサイトからの要求とみなされ、ハブに拒否されました。ページを再読み込みしてもう一度試してください。",
  too_many: "短い時間に試した回数が多すぎます。1分ほど待ってからもう一度試してください。",
  too_large: "このファイルは、ハブが受け取れる上限の50 MBを超えています。",
  not_found: "すでに存在しません。誰かが移動または削除した可能性があります。",
  missing: "ファイルがなくなっています。Runhereの外で移動または削除された可能性があります。",
  unreadable: "ファイルを読み取れません。アクセス権を確認してください。",
  read_only: "このフォルダーには書き込めません。アクセス権を確認してください。",
  disk_full: "ハブのディスクがいっぱいです。空きを作ってからもう一度試してください。",
  conflict: "このフォルダーには同じ名前のファイルがすでにあります。",
  database_damaged: "ハブのデータベースが壊れています。そのまま残してあります。続け方はハブの端末に表示されています。",
  database_unavailable: "ハブが今データベースを使えません。理由はハブの端末に表示されています。",
  unavailable: "今は実行できませんでした。少し待ってからもう一度試してください。",
  forbidden: "この操作は許可されていません。",
  invalid: "ハブが要求を理解できませんでした。ページを再読み込みしてもう一度試してください。",
  unexpected_answer:
    "ハブの応答を理解できませんでした。ブラウザーとハブの間で内容が書き換えられている可能性があります。",
  runtime_unreachable: "ランタイムが応答していません。",
  runtime_refused_token: "ランタイムがトークンを受け付けませんでした。",
  runtime_not_found: "ランタイムのマシン上にはもうありません。",
  runtime_failed: "ランタイムで処理できませんでした。",
  journal_on:
    "何も実行していません。このノートブックの出力は手元にだけ残す設定ですが、ホスト型ランタイムがジャーナルを止められませんでした。もう一度試すか、ホスト型ランタイムを再起動するか、自分のランタイムに接続してください。",
  insecure_page:
    "何も実行していません。このページは暗号化されていない http で開かれており、実行前のコードの確認に必要な機能をブラウザーが提供しません。https でハブを開くか、ハブが動いているマシンで開いてください。",
  something: "うまくいきませんでした: {message}",
} as const satisfies Translated<typeof english>;
