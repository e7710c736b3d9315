import { expect, test } from "vitest";
import * as Y from "yjs";
import { markedText, markOf } from "./marks.ts";

function sourceOf(text: string): Y.Text {
  const source = new Y.Doc().getText("t");
  source.insert(0, text);
  return source;
}

test("a mark follows its piece through edits around and in it", () => {
  const source = sourceOf("one two three");
  const mark = markOf(source, 4, 7);
  expect(markedText(source, mark)).toBe("two");
  source.insert(0, "zero ");
  source.insert(12, "!");
  expect(markedText(source, mark)).toBe("two");
  source.insert(10, "-");
  expect(markedText(source, mark)).toBe("t-wo");
});

test("nothing is left of a mark whose piece was deleted, and of one that is none", () => {
  const source = sourceOf("one two three");
  const mark = markOf(source, 4, 7);
  source.delete(3, 5);
  expect(markedText(source, mark)).toBeNull();
  expect(markedText(source, { start: "////", end: "AAAA" })).toBeNull();
  expect(markedText(sourceOf("another"), mark)).toBeNull();
});
