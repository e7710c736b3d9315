import type { forms as en } from "../en/forms.ts";
import type { Translated } from "../messages.ts";

export const forms: Translated<typeof en> = {
  other: "{name}: その他の値",
  notTaken: "この項目には使えない値です。コードは {value} のままです。",
};
