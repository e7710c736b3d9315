/** What a collapsed section hides, while its headings change. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as Y from "yjs";
import { NotebookDoc } from "../../doc/notebook-doc.ts";
import { formatRoot } from "../../doc/schema.ts";
import { SectionModel } from "./section-model.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function collapsed(...sources: string[]) {
  const doc = new NotebookDoc(new Y.Doc(), { now: () => 1 });
  formatRoot(doc.doc).set("schema", 1);
  const cells = sources.map((source) => ({ type: source.startsWith("#") ? "markdown" : "code", source }) as const);
  doc.pasteCells(cells, null);
  const ids = doc.cellIds();
  const sections = new SectionModel(doc);
  sections.toggle(ids[0] ?? "");
  const shown = () => sections.view.get().visible.map((id) => doc.cell(id)?.source.toString());
  return { doc, ids, sections, shown, later: () => vi.advanceTimersByTime(1_000) };
}

test("a heading that becomes code, or a text without one, hides nothing any more", () => {
  const { doc, ids, shown, later } = collapsed("# one", "a", "# two");
  expect(shown()).toEqual(["# one", "# two"]);
  doc.setType(ids[0] ?? "", "code");
  later();
  expect(shown()).toEqual(["# one", "a", "# two"]);
  doc.setType(ids[0] ?? "", "markdown");
  later();
  expect(shown()).toEqual(["# one", "# two"]);
  doc.setSource(ids[0] ?? "", "no heading");
  later();
  expect(shown()).toEqual(["no heading", "a", "# two"]);
});

test("a heading of another level hides what belongs to it then", () => {
  const { doc, ids, shown, later } = collapsed("# one", "a", "## two", "b");
  expect(shown()).toEqual(["# one"]);
  doc.setSource(ids[0] ?? "", "## one");
  later();
  expect(shown()).toEqual(["## one", "## two", "b"]);
});

test("what is typed beside headings draws nothing anew", () => {
  const { doc, ids, sections, later } = collapsed("# one", "a", "# two");
  const before = sections.view.get();
  doc.setSource(ids[1] ?? "", "b");
  later();
  expect(sections.view.get()).toBe(before);
});
