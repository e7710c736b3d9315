import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";
import { NotebookDoc } from "./notebook-doc.ts";
import { exchange, replica, seededDoc, seededRandom } from "./seed-for-tests.ts";
import { Typing } from "./typing.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function page(document: Y.Doc): { doc: NotebookDoc; typing: Typing } {
  const doc = new NotebookDoc(document, { now: () => 1_000, random: seededRandom(7), typingPauseMs: 0 });
  const typing = new Typing(document, doc.origin);
  ends.push(
    () => typing.close(),
    () => doc.destroy(),
  );
  return { doc, typing };
}

const source = (doc: NotebookDoc, id: string): Y.Text => doc.cell(id)?.source ?? new Y.Text();
const put = (doc: NotebookDoc, id: string, text: string): void =>
  doc.doc.transact(() => source(doc, id).insert(0, text), doc.origin);
const seeded = (): Y.Doc =>
  seededDoc(
    ["a = 1", "b = 2"].map((text) => ({ type: "code" as const, source: text })),
    seededRandom(99),
  );

test("keys, deletions and indents are typing", () => {
  const { doc, typing } = page(seeded());
  put(doc, "c0", "x");
  put(doc, "c0", "\n        ");
  doc.doc.transact(() => source(doc, "c0").delete(0, 4), doc.origin);
  expect(typing.changes(source(doc, "c0"))).toBe(0);
});

test("a piece that is put in is not, nor is undo, a command, or an edit by somebody else", () => {
  const document = seeded();
  const { doc, typing } = page(document);
  const others = replica(document);
  put(doc, "c0", "import os");
  expect(typing.changes(source(doc, "c0"))).toBe(1);
  doc.undo.undo();
  expect(typing.changes(source(doc, "c0"))).toBe(2);
  doc.mergeCells(["c0", "c1"]);
  expect(typing.changes(source(doc, "c0"))).toBe(3);
  const there = new NotebookDoc(others, { now: () => 1_000, random: seededRandom(8), typingPauseMs: 0 });
  ends.push(() => there.destroy());
  put(there, "c0", "x");
  exchange(document, others);
  expect(typing.changes(source(doc, "c0"))).toBe(4);
  expect(typing.changes(source(doc, "c1"))).toBe(0);
});
