import { expect, test } from "vitest";
import { changedAt, dueAt, isHalf, isRelated, wishesHome, withoutHome } from "./disk-file.ts";
import { NOWHERE } from "./private-outputs.ts";

interface MadeCell {
  readonly source: string | readonly string[];
  readonly id?: string;
  readonly metadata?: object;
  readonly outputs?: readonly unknown[];
  readonly execution_count?: number | null;
}

function file(cells: readonly MadeCell[], metadata: object = {}): string {
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 2)}\n`;
}

test("it is written a second after the last key, five seconds after the first, outputs alone half a minute", () => {
  const typed = changedAt(changedAt(null, 1_000, true), 1_500, true);
  expect(dueAt(typed, 0)).toBe(2_500);
  expect(dueAt({ ...typed, last: 5_900 }, 0)).toBe(6_000);
  const shown = changedAt(changedAt(null, 1_000, false), 20_000, false);
  expect(dueAt(shown, 0)).toBe(21_000);
  expect(dueAt({ ...shown, last: 30_900 }, 0)).toBe(31_000);
  expect(changedAt(shown, 20_001, true).hasEdits).toBe(true);
});

test("a file that takes long is carried around at most a fifth of the time", () => {
  expect(dueAt(changedAt(null, 1_000, true), 3_000)).toBe(13_000);
});

test("a file is what became of another when one cell is the same, by id or by text", () => {
  const base = file([{ id: "a", source: "x = 1" }, { source: ["y", " = 2"] }]);
  expect(isRelated(base, file([{ id: "a", source: "other" }]))).toBe(true);
  expect(isRelated(base, file([{ id: "b", source: "y = 2" }]))).toBe(true);
  expect(isRelated(base, file([{ id: "b", source: "z = 3" }]))).toBe(false);
  // Nothing to tell by: an empty notebook may become anything, and anything may be emptied.
  expect(isRelated(file([{ source: "" }]), base)).toBe(true);
  expect(isRelated(base, file([]))).toBe(true);
  // What is no notebook is the hub's to refuse.
  expect(isRelated(base, "<<<<<<<")).toBe(true);
});

test("the beginning of what was being written is our own half, and nothing else is", () => {
  const kept = { text: "old\n", pending: "new text\n" };
  expect(["", "new", "new text"].map((file) => isHalf(file, kept))).toEqual([true, true, true]);
  expect(["old\n", "new text\n", "new text\nmore", "theirs"].map((file) => isHalf(file, kept))).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(isHalf("", { text: "", pending: "new" })).toBe(false);
  expect(isHalf("new", { text: "old", pending: null })).toBe(false);
});

test("outputs that stay at home are not told to the hub, and all else is", () => {
  const shown = { outputs: [{ output_type: "stream", name: "stdout", text: "secret" }], execution_count: 3 };
  const cells = [
    { id: "a", source: "1", ...shown },
    { id: "b", source: "2", ...shown },
  ];
  const text = file(cells, { kept: true });
  expect(withoutHome(text, NOWHERE)).toBe(text);
  const bare = { outputs: [], execution_count: null };
  expect(withoutHome(text, { everything: true, cells: new Set() })).toBe(
    file(
      cells.map((cell) => ({ ...cell, ...bare })),
      { kept: true },
    ),
  );
  expect(withoutHome(text, { everything: false, cells: new Set(["b"]) } as never)).toBe(
    file([cells[0] as MadeCell, { ...(cells[1] as MadeCell), ...bare }], { kept: true }),
  );
});

test("the file's own word counts too", () => {
  const shown = { source: "1", outputs: [{}], execution_count: 3 };
  const asked = file([shown], { colab: { private_outputs: true } });
  expect(wishesHome(asked)).toBe(true);
  expect(JSON.parse(withoutHome(asked, NOWHERE)).cells[0].outputs).toEqual([]);
  const marked = file([{ ...shown, metadata: { runhere: { private_outputs: true } } }, shown]);
  expect(wishesHome(marked)).toBe(false);
  const outputs = JSON.parse(withoutHome(marked, NOWHERE)).cells.map((cell: MadeCell) => cell.outputs?.length);
  expect(outputs).toEqual([0, 1]);
});

test("what is no notebook, and one without outputs, keep every byte", () => {
  for (const text of ["{", "[]", '{"cells": 1}', file([{ source: "1", outputs: [], execution_count: null }])])
    expect(withoutHome(text, { everything: true, cells: new Set() })).toBe(text);
});
