import type { frames as english } from "../en/frames.ts";
import type { Translated } from "../messages.ts";

export const frames = {
  diagram: "図",
  title: "インタラクティブな出力",
  stopped: "この出力は許可されていないメッセージを送ったため停止しました。表示するにはセルをもう一度実行してください。",
  blocked: "この出力は {hosts} から読み込もうとしました。管理者が許可しない限り、出力はネットワークを使えません。",
  deaf: "このウィジェットに応答するカーネルがないため、最後の状態を表示しています。使うにはセルをもう一度実行してください。",
  scriptFrameGone: "スクリプトを実行していた出力がなくなりました。セルをもう一度実行してください。",
  scriptTooLong: "スクリプトが {seconds} 秒以内に終わりませんでした。",
  notJson: "スクリプトの結果は JSON ではありません。",
  notOwn: "カーネルに届くのは、自分で実行した出力だけです。この出力を使うにはセルを実行してください。",
  noKernel: "カーネルから応答がありません。ランタイムに接続して、セルをもう一度実行してください。",
  saved: "保存されたこの出力にはコードが含まれています。表示すると、隔離されたフレームの中で実行されます。",
  show: "表示する",
  pageInside: "この出力は {host} のページです。表示すると、そこから読み込まれます。",
  openPage: "新しいタブで開く",
} as const satisfies Translated<typeof english>;
