// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { NotebookTitle } from "./notebook-title.tsx";

afterEach(cleanup);

async function typed(...keys: readonly { readonly key: string; readonly isComposing?: boolean }[]) {
  const onRename = vi.fn(async (_name: string) => {});
  const onDone = vi.fn();
  render(
    <NotebookTitle
      name="Rain"
      path="Rain.ipynb"
      isReadOnly={false}
      focusWish={0}
      onRename={onRename}
      onDone={onDone}
    />,
  );
  const field = screen.getByRole<HTMLTextAreaElement>("textbox");
  field.focus();
  fireEvent.change(field, { target: { value: "Snow" } });
  for (const key of keys) await act(async () => void fireEvent.keyDown(field, key));
  return { field, onRename, done: onDone.mock.calls.length, isThere: document.activeElement === field };
}

test("Enter keeps the new name, and one goes on elsewhere", async () => {
  const { onRename, done, isThere } = await typed({ key: "Enter" });
  expect(onRename.mock.calls).toEqual([["Snow"]]);
  expect([done, isThere]).toEqual([1, false]);
});

test("Escape brings the old name back, and one goes on elsewhere", async () => {
  const { field, onRename, done, isThere } = await typed({ key: "Escape" });
  expect([field.value, onRename.mock.calls]).toEqual(["Rain", []]);
  expect([done, isThere]).toEqual([1, false]);
});

test.each(["Enter", "Escape"])("%s of an input method is its own", async (key) => {
  const { field, onRename, done, isThere } = await typed({ key, isComposing: true });
  expect([field.value, onRename.mock.calls, done, isThere]).toEqual(["Snow", [], 0, true]);
});
