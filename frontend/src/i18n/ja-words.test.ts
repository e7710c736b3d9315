/** One thing has one name, and one spelling, in Japanese too. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ja } from "./ja.ts";

const folder = new URL("./ja/", import.meta.url);
const lines = readdirSync(folder).flatMap((name) =>
  readFileSync(new URL(name, folder), "utf8")
    .split("\n")
    .filter((line) => /[ぁ-ん]/.test(line))
    .map((line) => `${name}: ${line.trim()}`),
);

test.each<[string, RegExp]>([
  ["a long vowel at the end is written", /(フォルダ|ブラウザ|ユーザ|サーバ|コンピュータ|ビューア)(?!ー)/],
  ["but in memory, as the panel has it", /メモリー/],
  ["cells are one word", /(コード|テキスト) セル/],
  ["the program beside the notebook is a terminal", /端末/],
  ["questions and brackets are of full width after Japanese", /[ぁ-んァ-ヶー一-龠」][?(]/],
])("%s", (_, wrong) => {
  expect(lines.length).toBeGreaterThan(500);
  expect(lines.filter((line) => wrong.test(line))).toEqual([]);
});

test("what always stands in a phone's toolbar fits there whole", () => {
  expect(ja.notebook.saved.length).toBeLessThanOrEqual(8);
});
