import { expect, test } from "vitest";
import { headingsOf } from "./headings.ts";

test("each heading of a cell is listed with its level and its words", () => {
  expect(headingsOf("a", "# One\ntext\n## *Two* of `x` ##\n####### no\n#no\n# [Link](http://x) snake_case")).toEqual([
    { cellId: "a", level: 1, title: "One", place: 0 },
    { cellId: "a", level: 2, title: "Two of x", place: 1 },
    { cellId: "a", level: 1, title: "Link snake_case", place: 2 },
  ]);
});

test("a comment in fenced code is no heading, and the text behind the fence is read again", () => {
  expect(headingsOf("a", "```python\n# no\n~~~\n# nor this\n```\n# yes").map(({ title }) => title)).toEqual(["yes"]);
});

test("a heading without words is left out", () => {
  expect(headingsOf("a", "# \n#\n# ``")).toEqual([]);
});
