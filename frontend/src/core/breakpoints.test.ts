import { describe, expect, it } from "vitest";
import {
  findLines,
  firstRunLine,
  keptLines,
  lineNumbersOf,
  markLines,
  moveLines,
  type TextPart,
  toggleLine,
} from "./breakpoints.ts";

/** `text` with `[a|b]` for: a is replaced by b. Gives the text before, the change as Yjs tells it, and the text after. */
function change(script: string): { before: string; after: string; parts: readonly TextPart[] } {
  const match = /^([^[]*)\[([^|]*)\|([^\]]*)\](.*)$/s.exec(script);
  if (match === null) throw new Error(script);
  const [, head = "", gone = "", come = "", tail = ""] = match;
  return {
    before: head + gone + tail,
    after: head + come + tail,
    parts: [
      ...(head ? [{ retain: head.length }] : []),
      ...(come ? [{ insert: come }] : []),
      ...(gone ? [{ delete: gone.length }] : []),
    ],
  };
}

function moved(script: string, ...lines: readonly number[]): readonly number[] {
  const { before, after, parts } = change(script);
  return lineNumbersOf(moveLines(markLines(lines, before), parts, after), after);
}

describe("breakpoints follow what is typed", () => {
  it("stay with their line when lines come and go above", () => {
    expect(moved("[|new\n]a\nb", 2)).toEqual([3]);
    expect(moved("[a\n|]b\nc", 2, 3)).toEqual([1, 2]);
  });

  it("go down with the line when Enter is pressed at its beginning, and stay when it is pressed in it", () => {
    expect(moved("a\n[|\n]b", 2)).toEqual([3]);
    expect(moved("a\nb[|\n]c", 2)).toEqual([2]);
    expect(moved("a\n[|x]b", 2)).toEqual([2]);
  });

  it("go with a line that is deleted as a whole, and not with one that is only changed", () => {
    expect(moved("a\n[b\n|]c", 2)).toEqual([]);
    expect(moved("a[\nb|]", 2)).toEqual([]);
    expect(moved("a\n[b|]\nc", 2)).toEqual([2]);
    expect(moved("a\n[b|other]\nc", 2, 3)).toEqual([2, 3]);
  });

  it("become one where two lines become one", () => {
    expect(moved("a[\n|]b\nc", 1, 2)).toEqual([1]);
  });

  it("are the same object when nothing moved", () => {
    const { before, after, parts } = change("a\nb\nc[|d]");
    const marked = markLines([1, 2], before);
    expect(moveLines(marked, parts, after)).toBe(marked);
  });

  it("end as if they were looked for in the new text, whatever is typed", () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    let text = "l0\nl1\nl2\nl3\nl4";
    let marked = markLines([2, 4], text);
    for (let step = 0; step < 500; step += 1) {
      const at = random(text.length + 1);
      const gone = random(3) === 0 ? Math.min(random(4), text.length - at) : 0;
      const come = ["x", "\n", "yy\n", ""][random(4)] ?? "";
      const parts: TextPart[] = [{ retain: at }, { insert: come }, { delete: gone }];
      text = text.slice(0, at) + come + text.slice(at + gone);
      marked = moveLines(marked, parts, text);
      // Each is a whole line of the text, once, in order.
      expect(markLines(lineNumbersOf(marked, text), text)).toEqual(marked);
    }
  });
});

describe("setting and keeping", () => {
  it("a line is set and taken away from anywhere in it", () => {
    const set = toggleLine([], "a\nbcd\ne", 4);
    expect(lineNumbersOf(set, "a\nbcd\ne")).toEqual([2]);
    expect(toggleLine(set, "a\nbcd\ne", 2)).toEqual([]);
    expect(lineNumbersOf(toggleLine([], "", 0), "")).toEqual([1]);
    expect(lineNumbersOf(toggleLine([], "\nx", 1), "\nx")).toEqual([2]);
  });

  it("kept ones are found at the nearest line that says the same, and dropped where none does", () => {
    const kept = keptLines(markLines([2, 3], "a\nb\nc"), "a\nb\nc");
    const changed = "b\nnew\na\nb\nd";
    expect(lineNumbersOf(findLines(kept, changed), changed)).toEqual([1]);
  });
});

describe("where a cell without breakpoints stops", () => {
  it.each([
    ["x = 1", 1],
    ["\n# why\n%matplotlib inline\n!ls\nimport os", 5],
    ["@cache\ndef f():\n    pass", 2],
    ["# nothing", null],
    ["%%bash\nls", null],
    ["", null],
  ])("%j: line %j", (source, line) => {
    expect(firstRunLine(source)).toBe(line);
  });
});
