// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { StoredOutputs } from "../../api/client.ts";
import { Value } from "../../core/observable.ts";
import { NotebookSettingsDialog } from "./notebook-settings-dialog.tsx";

beforeAll(() => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
});
afterEach(cleanup);

const hello = (omit_outputs: boolean, private_cells: readonly string[] = [], role = "owner") => ({
  hello: { role, omit_outputs, private_cells },
});

function opened(cell?: { id: string; position: number }) {
  const room = new Value(hello(false));
  const omitOutputs = vi.fn(async () => undefined);
  const storedOutputs = vi.fn(async () => {
    const said = room.get().hello;
    const omit = cell ? said.private_cells.includes(cell.id) : said.omit_outputs;
    return { omit, may_store: said.role === "owner", runs: 0, revisions: 0, blobs: 0, blob_bytes: 0 } as StoredOutputs;
  });
  const hub = { storedOutputs, omitOutputs } as unknown as Parameters<typeof NotebookSettingsDialog>[0]["hub"];
  const onClose = vi.fn();
  render(<NotebookSettingsDialog hub={hub} notebookId="n" room={room} onClose={onClose} {...(cell ? { cell } : {})} />);
  return { room, storedOutputs, omitOutputs, onClose };
}

const box = () => screen.getByRole<HTMLInputElement>("checkbox");

test.each([
  ["the notebook", undefined, hello(true)],
  ["a cell", { id: "c1", position: 1 }, hello(false, ["c1"])],
])("what somebody else changes for %s is shown, also that only the owner may take it back", async (_, cell, then) => {
  const { room } = opened(cell);
  await waitFor(() => expect(box().disabled).toBe(false));
  expect(box().checked).toBe(false);
  act(() => room.set(then));
  await waitFor(() => expect(box().checked).toBe(true));
  expect(box().disabled).toBe(false);
  act(() => room.set({ hello: { ...then.hello, role: "editor" } }));
  await waitFor(() => expect(box().disabled).toBe(true));
  act(() => room.set(hello(false, [], "editor")));
  await waitFor(() => expect([box().checked, box().disabled]).toEqual([false, false]));
});

test("what this person chose and did not save stays, and is asked for no second time where it holds already", async () => {
  const { room, storedOutputs, omitOutputs, onClose } = opened();
  await waitFor(() => expect(box().disabled).toBe(false));
  fireEvent.click(box());
  act(() => room.set(hello(true)));
  await waitFor(() => expect(storedOutputs.mock.calls.length).toBe(2));
  expect(box().checked).toBe(true);
  await act(async () => void fireEvent.click(screen.getByRole("button", { name: "Save" })));
  expect([onClose.mock.calls.length, omitOutputs.mock.calls.length]).toEqual([1, 0]);
});
