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
    ["a = 1", "b = 2", "c = 3"].map((text) => ({ type: "code" as const, source: text })),
    seededRandom(99),
  );

test("keys, deletions and indents are typing", () => {
  const { doc, typing } = page(seeded());
  const before = typing.revision(source(doc, "c0"));
  put(doc, "c0", "x");
  put(doc, "c0", "\n        ");
  doc.doc.transact(() => source(doc, "c0").delete(0, 4), doc.origin);
  expect(typing.revision(source(doc, "c0"))).toBe(before);
});

test("a piece that is put in is not, nor is undo, a command, or an edit by somebody else", () => {
  const document = seeded();
  const { doc, typing } = page(document);
  const others = replica(document);
  const seen = [typing.revision(source(doc, "c0"))];
  const untouched = typing.revision(source(doc, "c2"));
  const look = () => seen.push(typing.revision(source(doc, "c0")));
  put(doc, "c0", "import os");
  look();
  doc.undo.undo();
  look();
  doc.mergeCells(["c0", "c1"]);
  look();
  const there = new NotebookDoc(others, { now: () => 1_000, random: seededRandom(8), typingPauseMs: 0 });
  ends.push(() => there.destroy());
  put(there, "c0", "x");
  exchange(document, others);
  look();
  // Another text in the place of this one, with nothing changed since it is there.
  others.getMap<Y.Map<unknown>>("cells").get("c0")?.set("source", new Y.Text("theirs()"));
  exchange(document, others);
  look();
  expect(new Set(seen).size).toBe(6);
  expect(typing.revision(source(doc, "c2"))).toBe(untouched);
});
