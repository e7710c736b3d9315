import { expect, test } from "vitest";
import { diffLines } from "./line-diff.ts";

const shown = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => ({ same: " ", added: "+", removed: "-" })[kind] + text);

test("what both have stands once, what only one has is marked", () => {
  expect(shown("a\nb\nc", "a\nx\nc\nd")).toEqual([" a", "-b", "+x", " c", "+d"]);
  expect(shown("a", "a")).toEqual([" a"]);
  expect(shown("", "a")).toEqual(["-", "+a"]);
});

test("both texts can be read off it again", () => {
  const before = "1\n2\n3\n4\n5";
  const after = "0\n2\n4\n3\n5\n5";
  const lines = diffLines(before, after);
  expect(lines.flatMap(({ kind, text }) => (kind === "added" ? [] : [text])).join("\n")).toBe(before);
  expect(lines.flatMap(({ kind, text }) => (kind === "removed" ? [] : [text])).join("\n")).toBe(after);
});
