// @vitest-environment jsdom
/** Somebody gets another role while the page is open: what may be pressed is another thing at once. */
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import * as Y from "yjs";
import { Value } from "../../core/observable.ts";
import { NotebookDoc } from "../../doc/notebook-doc.ts";
import { formatRoot } from "../../doc/schema.ts";
import { setLanguage, withWords } from "../../i18n/t.ts";
import { ConflictNote } from "./conflict-note.tsx";
import type { NotebookController } from "./controller.ts";
import { FindBar } from "./find-bar.tsx";
import { FindDesk } from "./find-desk.ts";

beforeAll(async () => {
  await setLanguage("en");
  await withWords(Promise.resolve(), "find");
});
afterEach(cleanup);

/** Only what these parts read of a page. */
function opened() {
  const doc = new NotebookDoc(new Y.Doc(), { now: () => 1 });
  formatRoot(doc.doc).set("schema", 1);
  doc.pasteCells([{ type: "code", source: "rain", metadata: { runhere: { conflict: true } } }], null);
  const cell = doc.cell(doc.cellIds()[0] ?? "");
  if (cell === null) throw new Error("no cell");
  const readOnly = new Value(true);
  const find = new FindDesk();
  const rest = { services: { doc }, find, readOnly, activeId: null, showMatch: () => {} };
  const controller = Object.defineProperty(rest, "isReadOnly", { get: () => readOnly.get() });
  return { controller: controller as unknown as NotebookController, cell, find, readOnly };
}

const isDead = (name: string) => screen.getByRole("button", { name }).hasAttribute("disabled");

test("a conflict can be settled by a reader who became an editor", () => {
  const { controller, cell, readOnly } = opened();
  render(<ConflictNote controller={controller} cell={cell} />);
  expect(isDead("Mark as settled")).toBe(true);
  act(() => readOnly.set(false));
  expect(isDead("Mark as settled")).toBe(false);
});

test("what was found can be replaced by a reader who became an editor, and no longer by an editor who became one", () => {
  const { controller, find, readOnly } = opened();
  find.open("rain", { withReplace: true });
  render(<FindBar controller={controller} />);
  expect(isDead("Replace all")).toBe(true);
  act(() => readOnly.set(false));
  expect(isDead("Replace all")).toBe(false);
  act(() => readOnly.set(true));
  expect(isDead("Replace all")).toBe(true);
});
