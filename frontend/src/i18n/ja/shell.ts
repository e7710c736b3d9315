import type { shell as english } from "../en/shell.ts";
import type { Translated } from "../messages.ts";

export const shell = {
  productName: "Runhere",
  notebookName: "ノートブックの名前",
  menus: "ノートブックのメニュー",
  home: "ホーム",
  skipToContent: "本文へ移動",
  settings: "設定",
  close: "閉じる",
  cancel: "キャンセル",
  retry: "もう一度試す",
  reload: "再読み込み",
  partMissing: "ハブが応答しないため、ページのこの部分を取得できませんでした。ハブが戻ると自動的に表示されます。",
  partNotOpened: "ハブが応答しないため、開けませんでした。ハブが戻ってから、もう一度お試しください。",
  copy: "コピー",
  copied: "コピーしました",
  copyRefused: "ブラウザーがコピーを許可しませんでした。テキストを選択して Ctrl+C（⌘C）を押してください。",
  loading: "読み込み中…",
  notifications: "通知",
  dismiss: "閉じる",
  resizePane: "ペインの幅を変える",
  goHome: "ホームに戻る",
  notFoundTitle: "このアドレスには何もありません",
  notFoundText: "リンクが途中で切れているか、ノートブックが別のハブに移された可能性があります。",
  noNotebookTitle: "このノートブックはここにはもうありません",
  noNotebookText: "削除されたか、フォルダーがこのハブから外されました。ホームで今あるものを確認できます。",
  signedOutTitle: "コマンドラインからサインインしてください",
  signedOutText:
    "このハブは一人用です。ハブが動いているターミナルを使える人だけが入れます。そのターミナルで次のコマンドを実行し、表示されたリンクをこのブラウザーで開いてください。",
  signedOutHint:
    "Runhere のクローンで「make run」を使った場合、コマンドは「make login」です。リンクは10分間有効で、一度だけ使えます。フォルダーを指定して「runhere」をもう一度実行してもリンクが表示されます。",
  signInFailedTitle: "このリンクではサインインできません",
  signInUsed: "このリンクはすでに使われています。リンクは一度だけ使えます。新しいリンクを発行してください。",
  signInExpired: "発行から10分を過ぎています。新しいリンクを発行してください。",
  signInNoCode: "リンクが途中で切れています。新しいリンクを発行し、全体を開いてください。",
  hubUnreachableTitle: "ハブが応答しません",
  hubRefusedTitle: "開けませんでした",
  hubUnreachableText:
    "ターミナルで「runhere」はまだ動いていますか。もう一度起動してください。入力した内容はこのブラウザーに残っていて、起動後に保存されます。",
  crashTitle: "ページの一部で問題が起きました",
  crashText:
    "ここまでに入力した内容は残っています。ページを再読み込みして続けてください。繰り返し起きる場合は、下の内容を添えてお知らせください。",
  viewFailedTitle: "ページのこの部分を読み込めませんでした",
  viewFailedText: "ページを開いている間にハブが更新された可能性があります。ページを再読み込みしてください。",

  duplicated: "「{name}」を作成しました。",
  open: "開く",
  trashed: "「{name}」をゴミ箱に移動しました。",
  undo: "元に戻す",
  share: "共有",
} as const satisfies Translated<typeof english>;
