// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { CellId } from "../../core/cell.ts";
import { Value } from "../../core/observable.ts";
import { CellToolbar } from "./cell-toolbar.tsx";
import { CELLS_MIME } from "./clipboard.ts";
import type { NotebookController } from "./controller.ts";

beforeAll(() => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
});
afterEach(cleanup);

test.each(["Copy cell", "Cut cell"])(
  "%s in a cell's menu gives other programs the text, and other windows the cells",
  async (name) => {
    const taken = { cells: '[{"type":"code","source":"rain"}]', plain: "rain" };
    const id = "c0" as CellId;
    const cell = { type: "code" };
    const controller = {
      readOnly: new Value(false),
      activeId: id,
      services: { doc: { cell: () => cell, subscribeCell: () => () => {} } },
      copy: () => taken,
      cut: () => taken,
    };
    const put = new Map<string, string>();
    const clipboardData = { setData: (mime: string, text: string) => put.set(mime, text) };
    document.execCommand = vi.fn(() => fireEvent.copy(document.body, { clipboardData }));
    render(<CellToolbar controller={controller as unknown as NotebookController} id={id} />);
    fireEvent.click(screen.getByRole("button", { name: "More cell actions" }));
    const entry = await screen.findByRole("menuitem", { name });
    expect(put.size).toBe(0);
    fireEvent.click(entry);
    expect(Object.fromEntries(put)).toEqual({ [CELLS_MIME]: taken.cells, "text/plain": "rain" });
  },
);
