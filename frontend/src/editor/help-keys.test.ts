// @vitest-environment jsdom
import { EditorState } from "@codemirror/state";
import { EditorView, runScopeHandlers } from "@codemirror/view";
import { expect, test } from "vitest";
import { HelpWishes, shiftTabInspects, tabCompletes } from "./help-keys.ts";

test.each([
  ["n", true, true],
  [".", true, true],
  [")", true, true],
  [" ", true, false],
  ["", true, false],
  ["n", false, false],
])("Tab behind %o, nothing selected: %s, completes: %s", (before, isEmpty, completes) => {
  expect(tabCompletes(before, isEmpty)).toBe(completes);
});

test.each([
  ["  print(", true, true],
  ["    ", true, false],
  ["", true, false],
  ["print(", false, false],
])("Shift+Tab behind %o, nothing selected: %s, inspects: %s", (before, isEmpty, inspects) => {
  expect(shiftTabInspects(before, isEmpty)).toBe(inspects);
});

function editor(doc: string) {
  const wishes = new HelpWishes();
  let isComing = true;
  const extensions = wishes.keys(() => isComing);
  const view = new EditorView({ state: EditorState.create({ doc, extensions, selection: { anchor: doc.length } }) });
  const press = (key: string, more: KeyboardEventInit = {}): boolean =>
    runScopeHandlers(view, new KeyboardEvent("keydown", { key, ...more }), "editor");
  return { view, wishes, press, end: () => (isComing = false) };
}

test("a key that asks for help is answered once it can be, once", () => {
  const { view, wishes, press } = editor("os.");
  expect(press("Tab")).toBe(true);
  expect(wishes.take(view)).toBe("complete");
  expect(wishes.take(view)).toBeNull();
  expect(press("Tab", { shiftKey: true })).toBe(true);
  expect(wishes.take(view)).toBe("inspect");
});

test("who wrote or moved since is not answered", () => {
  const { view, wishes, press } = editor("os.");
  press("Tab");
  view.dispatch({ changes: { from: 3, insert: "p" } });
  expect(wishes.take(view)).toBeNull();
  press("Tab");
  view.dispatch({ selection: { anchor: 0 } });
  expect(wishes.take(view)).toBeNull();
});

test("keys that ask for nothing, or whom nobody will answer, are the editor's", () => {
  const { view, wishes, press, end } = editor("if x:\n  ");
  expect(press("Tab")).toBe(false);
  view.dispatch({ changes: { from: 8, insert: "os." }, selection: { anchor: 11 } });
  end();
  expect(press("Tab")).toBe(false);
  expect(wishes.take(view)).toBeNull();
});
