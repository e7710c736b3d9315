import type { settings as english } from "../en/settings.ts";
import type { Translated } from "../messages.ts";

export const settings = {
  language: "言語",
  theme: "テーマ",
  themeSystem: "システムに合わせる",
  themeLight: "ライト",
  themeDark: "ダーク",
  editorFontSize: "コードの文字サイズ",
  pixels: "{size} ピクセル",
  lineNumbers: "コードセルに行番号を表示する",
  keptHere: "これらの設定はこのブラウザーに保存されます。",
  version: "Runhere {version}",
} as const satisfies Translated<typeof english>;
