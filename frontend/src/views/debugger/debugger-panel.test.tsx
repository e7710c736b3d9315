// @vitest-environment jsdom
/** The panel by the keyboard alone, and what a screen reader is told. The session is set by hand; real kernels are in `debug-desk.server.test.ts`. */
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, expect, test } from "vitest";
import { DEBUG_OFF, type DebugState, type Halt, type Move } from "../../core/debug-session.ts";
import { Value } from "../../core/observable.ts";
import { MemoryStorage } from "../../kernel/testing/memory-storage.ts";
import { systemClock } from "../../sync/clock.ts";
import { BreakpointBook } from "./breakpoint-book.ts";
import type { DebugDesk } from "./debug-desk.ts";
import { DebuggerPanel } from "./debugger-panel.tsx";
import { Cells } from "./desk-for-tests.ts";
import { heldText } from "./words.ts";

afterEach(cleanup);

const HALT: Halt = {
  threadId: 1,
  reason: "breakpoint",
  text: "",
  frames: [
    { id: 1, name: "area", path: "c0", line: 2 },
    { id: 2, name: "<module>", path: "c1", line: 1 },
  ],
  frameId: 1,
  scopes: [{ name: "Locals", reference: 5 }],
  values: new Map([
    [
      5,
      [
        { name: "width", type: "int", value: "2", reference: 0 },
        { name: "found", type: "dict", value: "{'a': 1}", reference: 7 },
      ],
    ],
    [7, [{ name: "'a'", type: "int", value: "1", reference: 0 }]],
  ]),
  isMoving: false,
};

function opened(state: Partial<DebugState>) {
  const cells = new Cells(["def area(width):\n    return width", "area(2)"]);
  const book = new BreakpointBook({ doc: cells, store: new MemoryStorage(), key: "debug", clock: systemClock });
  const now = new Value<DebugState>({ ...DEBUG_OFF, isLinked: true, ...state });
  const moves: Move[] = [];
  const asked: string[] = [];
  const desk = {
    book,
    state: now,
    move: (how: Move) => void moves.push(how),
    turnOn: () => void asked.push("on"),
    turnOff: () => void asked.push("off"),
    toggle: (id: string, offset: number) => book.toggle(id, offset),
    clearBreakpoints: () => book.clear(),
    selectFrame: (id: number) => void asked.push(`frame ${id}`),
    placeOf: ({ path, line }: { path: string; line: number }) => ({ cellId: path, line, source: "", isCurrent: true }),
    sourceOf: async () => "def area(width):\n    return width",
  };
  const went: string[] = [];
  const { container } = render(
    <DebuggerPanel
      // What the panel uses of it, no more.
      desk={desk as unknown as DebugDesk}
      positionOf={(id) => cells.cellIds().indexOf(id) + 1}
      onGo={(id, line) => void went.push(`${id} ${line}`)}
    />,
  );
  return { now, book, moves, asked, went, container };
}

test("everything has a role and a name, running and standing still", async () => {
  const { book, container } = opened({ phase: "on", halt: HALT });
  act(() => book.toggle("c0", 20));
  await screen.findByText("return width", { selector: "code" });
  const rules = { "color-contrast": { enabled: false } };
  expect((await axe.run(container, { rules })).violations.map(({ id }) => id)).toEqual([]);
  expect(screen.getAllByRole("region").map((one) => one.getAttribute("aria-label"))).toEqual([
    "Call stack",
    "Code",
    "Variables",
    "Breakpoints",
  ]);
});

test("how it stands is told as it changes, also why there is no debugging", () => {
  const { now } = opened({});
  const told = screen.getByRole("status");
  expect(told.textContent).toMatch(/^Off\./);
  const says = (state: Partial<DebugState>) => {
    act(() => now.set({ ...now.get(), ...state }));
    return told.textContent;
  };
  expect(says({ phase: "on" })).toBe("On. Run a cell, and it stops at its breakpoints.");
  expect(says({ halt: HALT })).toBe("Stopped at a breakpoint");
  expect(says({ isLinked: false })).toMatch(/^The runtime does not answer/);
  expect(
    says({ isLinked: true, phase: "cannot", halt: null, cannot: { code: "no_debugger", language: "julia" } }),
  ).toBe(
    "Only kernels with Jupyter’s debugger can do this, such as Python’s. This kernel speaks julia and does not offer one. Print what you want to see in a cell.",
  );
  expect(says({ cannot: { code: "no_debugger", language: "python" } })).toMatch(/debugpy is missing/);
});

test("the keys of the buttons work anywhere in the panel, and only while a cell stands still", () => {
  const { now, moves, container } = opened({ phase: "on" });
  const panel = container.firstElementChild as HTMLElement;
  for (const key of ["F8", "F10", "F11"]) fireEvent.keyDown(panel, { key });
  expect(moves).toEqual([]);
  expect(screen.getByRole("button", { name: "Step over" }).hasAttribute("disabled")).toBe(true);
  act(() => now.set({ ...now.get(), halt: HALT }));
  for (const key of ["F8", "F5", "F10", "F11"]) fireEvent.keyDown(panel, { key });
  fireEvent.keyDown(panel, { key: "F11", shiftKey: true });
  fireEvent.keyDown(panel, { key: "F5", ctrlKey: true });
  expect(moves).toEqual(["continue", "continue", "next", "stepIn", "stepOut"]);
});

test("frames, values and breakpoints are buttons that say what they are", () => {
  const { book, asked, went } = opened({ phase: "on", halt: HALT });
  const frames = within(screen.getByRole("list", { name: "Call stack" })).getAllByRole("button");
  expect(frames.map((one) => [one.textContent, one.getAttribute("aria-current")])).toEqual([
    ["areacell 1, line 2", "true"],
    ["<module>cell 2, line 1", null],
  ]);
  fireEvent.click(frames[1] as HTMLElement);
  expect([asked, went]).toEqual([["frame 2"], ["c1 1"]]);
  const found = screen.getByRole("button", { name: /^found/ });
  expect(found.getAttribute("aria-expanded")).toBe("false");
  fireEvent.click(found);
  expect(found.getAttribute("aria-expanded")).toBe("true");
  expect(screen.getByRole("list", { name: "found" }).textContent).toContain("'a'");
  act(() => book.toggle("c0", 20));
  fireEvent.click(screen.getByRole("button", { name: "Remove the breakpoint in cell 1, line 2" }));
  expect(screen.getByText(/^None yet/)).not.toBeNull();
});

test("what is run while a cell stands still is told to wait for the cell that runs, not for what it called", () => {
  const inCells = ({ path, line }: { readonly path: string; readonly line: number }) =>
    path.startsWith("c") ? { cellId: path, line, source: "", isCurrent: true } : null;
  const cells = ["c0", "c1"];
  expect(heldText(HALT, { placeOf: inCells }, cells)).toMatch(/^Cell 2 stands still in the debugger.*F8.*interrupt/);
  const library: Halt = { ...HALT, frames: [{ id: 1, name: "area", path: "/lib/area.py", line: 2 }] };
  expect(heldText(library, { placeOf: inCells }, cells)).toMatch(/^The debugger holds the kernel.*F8.*interrupt/);
});
