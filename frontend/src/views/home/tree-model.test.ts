import { expect, test } from "vitest";
import type { Entry } from "../../api/client.ts";
import {
  childOf,
  keyOf,
  nameOf,
  nameProblem,
  parentOf,
  placeOf,
  rowsOf,
  shownOtherFiles,
  splitAtMatches,
} from "./tree-model.ts";

const directory = { folderId: "a1", path: "work" };
const entry = (kind: Entry["kind"], name: string): Entry => ({
  kind,
  name,
  path: `work/${name}`,
  size_bytes: 1,
  modified_at: 0,
});
const shown = (rows: ReturnType<typeof rowsOf>) =>
  rows.map((row) => (row.kind === "note" ? row.note : `${row.kind} ${nameOf(row.key)}`));

test("a key leads back to its place, whatever the path holds", () => {
  for (const path of ["", "a", "a/b:c.ipynb", "日本/新しい\nノート.ipynb"]) {
    expect(placeOf(keyOf({ folderId: "a1", path }))).toEqual({ folderId: "a1", path });
  }
  expect(placeOf("note-empty:a1:")).toBeNull();
});

test("parents and children", () => {
  expect(childOf({ folderId: "a1", path: "" }, "x")).toEqual({ folderId: "a1", path: "x" });
  expect(childOf(directory, "x")).toEqual({ folderId: "a1", path: "work/x" });
  expect(parentOf({ folderId: "a1", path: "work/deep/x.ipynb" })).toEqual({ folderId: "a1", path: "work/deep" });
  expect(parentOf({ folderId: "a1", path: "x.ipynb" })).toEqual({ folderId: "a1", path: "" });
});

test("folders stand first, then notebooks in the order people count, then other files", () => {
  const entries = [
    entry("file", "a.csv"),
    entry("notebook", "n10.ipynb"),
    entry("notebook", "n2.ipynb"),
    entry("folder", "z"),
  ];
  expect(shown(rowsOf(directory, { phase: "ready", entries }))).toEqual([
    "folder z",
    "notebook n2",
    "notebook n10",
    "file a.csv",
  ]);
});

test("a copy stands behind what it is a copy of: names count as they are shown", () => {
  const entries = [entry("notebook", "Sales (copy).ipynb"), entry("notebook", "Sales.ipynb")];
  expect(shown(rowsOf(directory, { phase: "ready", entries }))).toEqual(["notebook Sales", "notebook Sales (copy)"]);
});

test("many other files are cut, notebooks never", () => {
  const entries = [
    ...Array.from({ length: 300 }, (_, n) => entry("notebook", `n${n}.ipynb`)),
    ...Array.from({ length: shownOtherFiles + 7 }, (_, n) => entry("file", `d${n}.csv`)),
  ];
  const rows = rowsOf(directory, { phase: "ready", entries });
  expect(rows).toHaveLength(300 + shownOtherFiles + 1);
  expect(shown(rows).at(-1)).toEqual({ about: "more_files", count: 7 });
});

test("what is not there yet, empty or failed is said in the row's place", () => {
  expect(shown(rowsOf(directory, undefined))).toEqual([{ about: "loading" }]);
  expect(shown(rowsOf(directory, { phase: "ready", entries: [] }))).toEqual([{ about: "empty" }]);
  expect(shown(rowsOf(directory, { phase: "failed", message: "no" }))).toEqual([{ about: "failed", message: "no" }]);
});

test.each([
  ["Sales 2026", null],
  ["売上", null],
  ["  ", "needed"],
  ["..", "needed"],
  ["a/b", "slash"],
  ["a\\b", "slash"],
])("name %j", (name, problem) => {
  expect(nameProblem(name)).toBe(problem);
});

test("matches are cut out whole, and the query is no pattern", () => {
  expect(splitAtMatches("Plot a.b and PLOT", "plot")).toEqual(["", "Plot", " a.b and ", "PLOT", ""]);
  expect(splitAtMatches("axb a.b", "a.b")).toEqual(["axb ", "a.b", ""]);
  expect(splitAtMatches("text", " ")).toEqual(["text"]);
});
