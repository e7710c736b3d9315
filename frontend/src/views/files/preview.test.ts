import { expect, test } from "vitest";
import { previewOf, readTable, separatorOf } from "./preview.ts";

test("a table keeps quoted separators, quotes and line ends, and knows its limit", () => {
  const text = 'day,"mm, total"\r\n1,"say ""hi""\nthere"\n\n2,\n';
  expect(readTable(text, ",", 10)).toEqual([
    ["day", "mm, total"],
    ["1", 'say "hi"\nthere'],
    ["2", ""],
  ]);
  expect(readTable(text, ",", 1)).toEqual([["day", "mm, total"]]);
  expect(readTable("a\tb", "\t", 5)).toEqual([["a", "b"]]);
});

test("the separator is the one that the first line has most of", () => {
  expect([separatorOf("x.csv", "a;b;c\n1,2"), separatorOf("x.csv", "a,b"), separatorOf("x.tsv", "a,b")]).toEqual([
    ";",
    ",",
    "\t",
  ]);
});

test("what a file is shown as goes by its name and size", () => {
  expect([
    previewOf("a.PNG", 10),
    previewOf("a.csv", 10),
    previewOf("Makefile", 10),
    previewOf("a.txt", 3_000_000),
    previewOf("a.pdf", 10),
    previewOf("a.pdf", 300_000_000),
    previewOf(".gitignore", null),
  ]).toEqual(["image", "table", "text", "none", "pdf", "none", "text"]);
});
