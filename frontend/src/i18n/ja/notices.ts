import type { notices as en } from "../en/notices.ts";
import type { Translated } from "../messages.ts";

export const notices: Translated<typeof en> = {
  maybeIncomplete: "実行中に接続が切れました。ここで出力の一部が欠けている可能性があります。",
  tooFast:
    "出力が速すぎたため、Jupyter サーバーがここで出力の一部を破棄しました。すべて受け取るには、出力の回数を減らすか、--ServerApp.iopub_msg_rate_limit=0 --ServerApp.iopub_data_rate_limit=0 を付けてサーバーを起動するか、何も破棄しない runhere-runtime をお使いください。",
  kernelDropped:
    "Jupyter サーバーの受け取りが追いつかなかったため、カーネルがこのセルの出力の一部を破棄しました。上の出力には欠けている行があります。すべて受け取るには、出力の回数を減らすか、何も破棄しない runhere-runtime をお使いください。",
};
