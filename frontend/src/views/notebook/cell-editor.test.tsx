// @vitest-environment jsdom
/** The likeness of an editor, for as long as it stands in its place. */
import { act, cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";
import { Value } from "../../core/observable.ts";
import { NotebookDoc } from "../../doc/notebook-doc.ts";
import { formatRoot } from "../../doc/schema.ts";
import { CellEditor } from "./cell-editor.tsx";
import type { NotebookController } from "./controller.ts";

afterEach(cleanup);

test("while the page is scrolled and no editor is made, what others type is shown all the same", () => {
  const doc = new NotebookDoc(new Y.Doc(), { now: () => 1 });
  formatRoot(doc.doc).set("schema", 1);
  doc.pasteCells([{ type: "code", source: "one" }], null);
  const id = doc.cellIds()[0] ?? "";
  const cell = doc.cell(id);
  if (cell === null) throw new Error("no cell");
  const scrolled = {
    selection: new Value({ active: null }),
    editorTurns: { ask: () => () => {} },
    services: { language: new Value("python") },
  } as unknown as NotebookController;
  const { container } = render(<CellEditor controller={scrolled} cell={cell} position={1} />);
  expect(container.textContent).toBe("one");
  act(() => doc.setSource(id, "two"));
  expect(container.textContent).toBe("two");
});
