import type { find as english } from "../en/find.ts";
import type { Translated } from "../messages.ts";

export const find = {
  find: "検索",
  findIn: "ノートブック内を検索",
  replace: "置換",
  replaceWith: "置換後の文字列",
  replaceAll: "すべて置換",
  replaced: "{count} 件を置換しました",
  nextMatch: "次の一致",
  previousMatch: "前の一致",
  matchCase: "大文字と小文字を区別",
  wholeWord: "単語単位",
  regExp: "正規表現",
  matchOf: "{current} / {total} 件",
  matchOfInOutput: "{current} / {total} 件(出力)",
  inOutputs: "出力も検索",
  looking: "検索しています…",
  missed: "{count} 件の出力は、大きすぎるか、ここにないため、最後までは検索していません",
  noMatches: "一致なし",
  invalidExpression: "正規表現を解釈できません",
  closeFind: "検索を閉じる",
  toggleReplace: "置換欄の表示を切り替え",
} as const satisfies Translated<typeof english>;
