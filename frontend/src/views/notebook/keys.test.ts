// @vitest-environment jsdom
import { afterEach, expect, test } from "vitest";
import { listenToKeys } from "./keys.ts";

afterEach(() => document.body.replaceChildren());

/** Which commands a key calls that is pressed in the last element of this HTML. */
function called(html: string, key: string, more: KeyboardEventInit = {}): readonly string[] {
  const box = document.createElement("div");
  box.innerHTML = html;
  document.body.append(box);
  const target = [...box.querySelectorAll("*")].at(-1);
  const done: string[] = [];
  const listener = listenToKeys(
    [
      { command: "run", keys: "Shift-Enter", mode: "any" },
      { command: "leave", keys: "Escape", mode: "edit" },
      { command: "below", keys: "b", mode: "command" },
      { command: "find", keys: "Mod-f", mode: "any" },
      { command: "home", keys: "Mod-o", mode: "any" },
    ],
    (command) => {
      done.push(command);
      return true;
    },
  );
  target?.addEventListener("keydown", (event) => {
    if (event instanceof KeyboardEvent) listener.press(event);
  });
  target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
  return done;
}

const EDITOR = '<div class="cm-editor"><div class="cm-content" contenteditable="true"></div></div>';
const SHIFT = { shiftKey: true };

test("keys in a cell's editor and on a cell are the notebook's", () => {
  expect(called(EDITOR, "Enter", SHIFT)).toEqual(["run"]);
  expect(called(EDITOR, "Escape")).toEqual(["leave"]);
  expect(called(EDITOR, "b")).toEqual([]);
  expect(called("<div role='group'></div>", "b")).toEqual(["below"]);
});

test.each([
  ["a dialog", `<div role="dialog">${EDITOR}</div>`],
  ["a question", `<div role="alertdialog">${EDITOR}</div>`],
  ["a panel", `<section data-panel="">${EDITOR}</section>`],
  ["a field", "<input>"],
])("keys in %s are not, also when it has an editor: no cell runs while somebody writes there", (_, html) => {
  expect(called(html, "Enter", SHIFT)).toEqual([]);
  expect(called(html, "Escape")).toEqual([]);
  expect(called(html, "b")).toEqual([]);
});

test.each([
  ["a field", "<input>"],
  ["the find bar", "<search><button></button></search>"],
])("what a browser would find by itself is the notebook's in %s, too, and nothing else", (_, html) => {
  expect(called(html, "f", { ctrlKey: true })).toEqual(["find"]);
  expect(called(html, "o", { ctrlKey: true })).toEqual([]);
  expect(called(`<div role="dialog">${html}</div>`, "f", { ctrlKey: true })).toEqual([]);
});

test("a button that was pressed takes Enter alone: Shift+Enter runs the cell and goes on", () => {
  expect(called("<button></button>", "Enter")).toEqual([]);
  expect(called("<button></button>", "Enter", SHIFT)).toEqual(["run"]);
});

test.each([
  ["pressed quickly, and heard late", 300, ["twice"]],
  ["pressed long after one another, and heard together", 3_000, []],
])("two keys that make one command, %s", (_, apartMs, wanted) => {
  const done: string[] = [];
  const listener = listenToKeys([{ command: "twice", keys: "d d", mode: "command" }], (command) => {
    done.push(command);
    return true;
  });
  for (const at of [1_000, 1_000 + apartMs]) {
    const event = new KeyboardEvent("keydown", { key: "d" });
    Object.defineProperty(event, "timeStamp", { value: at });
    listener.press(event);
  }
  expect(done).toEqual(wanted);
});
