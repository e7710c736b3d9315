import { describe, expect, it } from "vitest";
import {
  type FindOptions,
  findAll,
  findExpression,
  indexOfSame,
  inOrder,
  type Match,
  matchFrom,
  replacementFor,
} from "./find.ts";

const usual: FindOptions = { text: "a", matchCase: false, wholeWord: false, isRegExp: false };

function find(cells: readonly (readonly [string, string])[], options: Partial<FindOptions>) {
  const expression = findExpression({ ...usual, ...options });
  if (!(expression instanceof RegExp)) throw new Error("no expression");
  return findAll(cells, expression).map(({ cellId, from, to }) => [cellId, from, to]);
}

describe("find", () => {
  it("finds in every cell, ignoring case unless asked", () => {
    const cells = [
      ["1", "Abc a"],
      ["2", "x"],
      ["3", "a"],
    ] as const;
    expect(find(cells, {})).toEqual([
      ["1", 0, 1],
      ["1", 4, 5],
      ["3", 0, 1],
    ]);
    expect(find(cells, { matchCase: true })).toEqual([
      ["1", 4, 5],
      ["3", 0, 1],
    ]);
  });

  it("takes signs as they are unless it is an expression", () => {
    expect(find([["1", "a.b axb"]], { text: "a.b" })).toEqual([["1", 0, 3]]);
    expect(find([["1", "a.b axb"]], { text: "a.b", isRegExp: true })).toEqual([
      ["1", 0, 3],
      ["1", 4, 7],
    ]);
  });

  it("knows words of any script", () => {
    expect(find([["1", "cat concat cat_2 cat"]], { text: "cat", wholeWord: true })).toEqual([
      ["1", 0, 3],
      ["1", 17, 20],
    ]);
    expect(find([["1", "東京 東京都"]], { text: "東京", wholeWord: true })).toEqual([["1", 0, 2]]);
  });

  it("says when an expression cannot be read, and never ends in an empty match", () => {
    expect(findExpression({ ...usual, text: "(", isRegExp: true })).toBe("invalid");
    expect(findExpression({ ...usual, text: "" })).toBeNull();
    expect(find([["1", "aab"]], { text: "x*", isRegExp: true })).toEqual([]);
  });

  it("fills groups in", () => {
    const expression = findExpression({ ...usual, text: "(\\w+)=(\\w+)", isRegExp: true }) as RegExp;
    const whole = { cellId: "1", from: 0, to: 3 };
    expect(replacementFor("a=b", whole, expression, "$2=$1", true)).toBe("b=a");
    expect(replacementFor("a=b", whole, expression, "$$ $& $3 $12 $<no>", true)).toBe("$ a=b $3 a2 $<no>");
    expect(replacementFor("a=b", whole, expression, "$2", false)).toBe("$2");
    expect(replacementFor("a=bc", whole, expression, "$2", true)).toBeNull();
  });

  it("replaces what is found by what stands around it", () => {
    const expression = findExpression({ ...usual, text: "(?<=a )(?<name>b)(?= c)", isRegExp: true }) as RegExp;
    expect(replacementFor("a b c", { cellId: "1", from: 2, to: 3 }, expression, "<$<name>>", true)).toBe("<b>");
  });

  it("starts at the cursor and comes round", () => {
    const matches = [
      { cellId: "1", from: 5, to: 6 },
      { cellId: "2", from: 0, to: 1 },
    ];
    expect([
      matchFrom(matches, ["1", "2"], "1", 6),
      matchFrom(matches, ["1", "2"], "2", 3),
      matchFrom([], [], null, 0),
    ]).toEqual([1, 0, -1]);
  });

  it("puts what outputs hold behind what their cell's source holds", () => {
    const source = (cellId: string, from: number): Match => ({ cellId, from, to: from + 1 });
    const output = (cellId: string, index: number): Match => ({
      ...source(cellId, 0),
      output: { index, line: 0, nth: 0 },
    });
    const all = inOrder(
      ["1", "2", "3"],
      [source("1", 0), source("3", 4)],
      [output("1", 0), output("1", 1), output("2", 0), output("gone", 0)],
    );
    expect(all.map(({ cellId, output: place }) => [cellId, place?.index])).toEqual([
      ["1", undefined],
      ["1", 0],
      ["1", 1],
      ["2", 0],
      ["3", undefined],
    ]);
    expect([indexOfSame(all, output("1", 1)), indexOfSame(all, source("2", 0)), indexOfSame(all, undefined)]).toEqual([
      2, -1, -1,
    ]);
    expect(matchFrom(all, ["1", "2", "3"], "1", 50)).toBe(1);
  });
});
