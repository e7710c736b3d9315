// @vitest-environment jsdom
/** A cell asks for an input out of sight: something leads to it, and is gone when it is answered. */
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import * as Y from "yjs";
import { Value } from "../../core/observable.ts";
import { NotebookDoc } from "../../doc/notebook-doc.ts";
import { formatRoot } from "../../doc/schema.ts";
import { setLanguage } from "../../i18n/t.ts";
import { AskingHint } from "./asking-hint.tsx";
import type { NotebookController } from "./controller.ts";
import { SectionModel } from "./section-model.ts";
import type { FocusWish } from "./selection-model.ts";
import type { StdinQuestion } from "./services.ts";
import { StdinRow } from "./stdin-row.tsx";

/** The browser's word on what is in sight; jsdom lays nothing out. */
let tellSight: (isIntersecting: boolean) => void;

beforeAll(async () => {
  await setLanguage("en");
  Element.prototype.scrollIntoView = () => {};
});
beforeEach(() => {
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(fn: (entries: readonly { readonly isIntersecting: boolean }[]) => void) {
        tellSight = (isIntersecting) => fn([{ isIntersecting }]);
      }
      observe() {}
      disconnect() {}
    },
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** Only what these parts read of a page. */
function opened() {
  const doc = new NotebookDoc(new Y.Doc(), { now: () => 1 });
  formatRoot(doc.doc).set("schema", 1);
  doc.pasteCells([{ type: "code", source: "input()" }], null);
  const id = doc.cellIds()[0] ?? "";
  const stdin = new Value<StdinQuestion | null>({ cellId: id, prompt: "", password: false });
  const interrupt = vi.fn();
  const focus = new Value<FocusWish | null>(null);
  const controller = {
    services: { doc, actions: { stdin, interrupt } },
    sections: new SectionModel(doc),
    inputInSight: new Value(false),
    focus,
    focusGranted: () => focus.set(null),
    toInput: (cellId: string) => focus.set({ cellId, where: "input", serial: 1 }),
  } as unknown as NotebookController;
  return { controller, doc, id, stdin, interrupt };
}

const hint = (): string | null => screen.queryByRole("button", { name: /^(Cell|Code) / })?.textContent ?? null;

test("what asks out of sight is led to, under its present number, until it is answered", () => {
  const { controller, doc, id, stdin } = opened();
  render(<AskingHint controller={controller} />);
  expect(hint()).toBe("Cell 1 waits for your input");
  act(() => void doc.insertCell({ after: null, type: "code" }));
  expect(hint()).toBe("Cell 2 waits for your input");
  render(<StdinRow controller={controller} id={id} />);
  document.body.tabIndex = -1;
  act(() => (document.activeElement as HTMLElement).blur());
  act(() => screen.getByRole("button", { name: "Cell 2 waits for your input" }).click());
  expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Input for the running code" }));
  act(() => stdin.set(null));
  expect(hint()).toBeNull();
});

test("nothing leads to a field that is in sight, until it is scrolled away", () => {
  const { controller, id } = opened();
  render(<AskingHint controller={controller} />);
  const row = render(<StdinRow controller={controller} id={id} />);
  act(() => tellSight(true));
  expect(hint()).toBeNull();
  act(() => tellSight(false));
  expect(hint()).not.toBeNull();
  act(() => tellSight(true));
  row.unmount();
  expect(hint()).not.toBeNull();
});

test("a deleted cell that asks can be interrupted: it has no field", () => {
  const { controller, doc, id, interrupt } = opened();
  render(<AskingHint controller={controller} />);
  act(() => doc.deleteCells([id]));
  expect(interrupt).not.toHaveBeenCalled();
  act(() => screen.getByRole("button", { name: /^Code that is not in the notebook any more/ }).click());
  expect(interrupt).toHaveBeenCalledOnce();
});

test("an answer that is half typed is there again when its row is; a password is not", () => {
  const { controller, id, stdin } = opened();
  const typedThenBack = (answer: string): string => {
    const row = render(<StdinRow controller={controller} id={id} />);
    fireEvent.change(row.container.querySelector("input") as Element, { target: { value: answer } });
    row.unmount();
    const back = render(<StdinRow controller={controller} id={id} />);
    const { value } = back.container.querySelector("input") as HTMLInputElement;
    back.unmount();
    return value;
  };
  expect(typedThenBack("half")).toBe("half");
  stdin.set({ cellId: id, prompt: "", password: false });
  expect(typedThenBack("")).toBe("");
  stdin.set({ cellId: id, prompt: "", password: true });
  expect(typedThenBack("secret")).toBe("");
});
