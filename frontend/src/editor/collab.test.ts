// @vitest-environment jsdom
import { EditorView } from "@codemirror/view";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { collab } from "./collab.ts";

const views: EditorView[] = [];
afterEach(() => {
  for (const view of views.splice(0)) view.destroy();
});

function editorOn(doc: Y.Doc): { view: EditorView; source: Y.Text; origin: object } {
  const source = doc.getText("source");
  const origin = { editor: true };
  const view = new EditorView({
    doc: source.toString(),
    extensions: [collab({ source, origin, isUndo: (other) => other === "undo" })],
  });
  views.push(view);
  return { view, source, origin };
}

function exchange(one: Y.Doc, other: Y.Doc): void {
  Y.applyUpdate(one, Y.encodeStateAsUpdate(other), "remote");
  Y.applyUpdate(other, Y.encodeStateAsUpdate(one), "remote");
}

describe("collab", () => {
  it("writes what is typed under the notebook's origin", () => {
    const doc = new Y.Doc();
    const { view, source, origin } = editorOn(doc);
    const origins: unknown[] = [];
    doc.on("afterTransaction", (transaction) => origins.push(transaction.origin));
    view.dispatch({ changes: [{ from: 0, insert: "a\nb" }] });
    view.dispatch({
      changes: [
        { from: 0, to: 1, insert: "xy" },
        { from: 3, insert: "!" },
      ],
    });
    expect([source.toString(), origins]).toEqual(["xy\nb!", [origin, origin]]);
  });

  it("keeps the cursor where it is while others type, and follows undo", () => {
    const doc = new Y.Doc();
    doc.getText("source").insert(0, "hello");
    const { view, source } = editorOn(doc);
    view.dispatch({ selection: { anchor: 5 } });
    doc.transact(() => source.insert(0, "ab "), "remote");
    expect([view.state.doc.toString(), view.state.selection.main.head]).toEqual(["ab hello", 8]);
  });

  it("shows what a command changes under the same origin", () => {
    const doc = new Y.Doc();
    const { view, source, origin } = editorOn(doc);
    view.dispatch({ changes: [{ from: 0, insert: "hello" }] });
    doc.transact(() => source.delete(2, 3), origin);
    expect(view.state.doc.toString()).toBe("he");
  });

  it("stops with the editor", () => {
    const doc = new Y.Doc();
    const { view, source } = editorOn(doc);
    view.destroy();
    source.insert(0, "x");
    expect(view.state.doc.toString()).toBe("");
  });

  it("converges whatever two people type", () => {
    const edit = fc.record({
      who: fc.boolean(),
      at: fc.nat(30),
      remove: fc.nat(4),
      text: fc.string({ unit: "binary-ascii", maxLength: 4 }),
      sync: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
        const docs = [new Y.Doc(), new Y.Doc()] as const;
        const editors = [editorOn(docs[0]), editorOn(docs[1])] as const;
        for (const { who, at, remove, text, sync } of edits) {
          const { view } = editors[who ? 1 : 0];
          const from = Math.min(at, view.state.doc.length);
          const to = Math.min(from + remove, view.state.doc.length);
          view.dispatch({ changes: { from, to, insert: text.replaceAll("\r", "") } });
          if (sync) exchange(...docs);
        }
        exchange(...docs);
        const texts = editors.flatMap(({ view, source }) => [view.state.doc.toString(), source.toString()]);
        expect(new Set(texts).size).toBe(1);
      }),
      { numRuns: 60 },
    );
  });
});
