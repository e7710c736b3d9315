import fc from "fast-check";
import { expect, test } from "vitest";
import { type ComparedCell, compareCells, isDifference } from "./compare-cells.ts";

const cell = (id: string, source = id): ComparedCell => ({ id, type: "code", source });
const rows = (before: readonly ComparedCell[], after: readonly ComparedCell[]) =>
  compareCells(before, after).map((row) => `${row.kind}${"isMoved" in row && row.isMoved ? " moved" : ""} ${row.id}`);

test("a cell is found by its id, whatever became of its text", () => {
  expect(rows([cell("a"), cell("b")], [cell("a"), cell("b", "other")])).toEqual(["same a", "changed b"]);
});

test("another type is a change", () => {
  expect(compareCells([cell("a")], [{ ...cell("a"), type: "markdown" }])[0]?.kind).toBe("changed");
});

test("a removed cell stands where it stood", () => {
  expect(rows([cell("a"), cell("b"), cell("c"), cell("d")], [cell("b"), cell("d")])).toEqual([
    "removed a",
    "same b",
    "removed c",
    "same d",
  ]);
});

test("only the cell that was moved is called moved", () => {
  const [a, b, c, d] = [cell("a"), cell("b"), cell("c"), cell("d")];
  expect(rows([a, b, c, d], [d, a, b, c])).toEqual(["same moved d", "same a", "same b", "same c"]);
});

test("numbers are those of each version", () => {
  const [removed, added, changed] = compareCells([cell("a"), cell("b")], [cell("n"), cell("b", "x")]);
  expect(removed).toMatchObject({ kind: "removed", before: { number: 1 } });
  expect(added).toMatchObject({ kind: "added", after: { number: 1 } });
  expect(changed).toMatchObject({ kind: "changed", before: { number: 2 }, after: { number: 2 } });
});

const versions = fc.uniqueArray(fc.record({ id: fc.constantFrom(..."abcdefgh"), source: fc.constantFrom("", "x") }), {
  selector: (one) => one.id,
});

test("every cell of both versions is shown once, and the later version can be read off", () => {
  fc.assert(
    fc.property(versions, versions, (one, other) => {
      const before = one.map(({ id, source }) => cell(id, source));
      const after = other.map(({ id, source }) => cell(id, source));
      const found = compareCells(before, after);
      expect(found.map((row) => row.id).sort()).toEqual([...new Set([...before, ...after].map((c) => c.id))].sort());
      expect(found.flatMap((row) => (row.kind === "removed" ? [] : [row.id]))).toEqual(after.map((c) => c.id));
    }),
  );
});

test("a version has no difference to itself", () => {
  fc.assert(
    fc.property(versions, (one) => {
      const cells = one.map(({ id, source }) => cell(id, source));
      expect(compareCells(cells, cells).filter(isDifference)).toEqual([]);
    }),
  );
});
