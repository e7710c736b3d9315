// @vitest-environment jsdom
/** Choosing a folder by the keyboard alone. */
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { HomeState } from "./home-model.ts";
import { MoveDialog } from "./move-dialog.tsx";
import { keyOf } from "./tree-model.ts";

beforeAll(() => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  Element.prototype.scrollIntoView ??= () => {};
});
afterEach(cleanup);

test("a folder that was not listed yet can be opened, and says that it is being read", async () => {
  const place = { folderId: "f1", path: "" };
  const state = {
    folders: [{ id: "f1", name: "notes", root: "", state: "ok" }],
    listings: new Map(),
    expanded: new Set<string>(),
  } as unknown as HomeState;
  const onExpand = vi.fn<(keys: ReadonlySet<string>) => void>();
  const dialog = (shown: HomeState) => (
    <MoveDialog
      place={{ folderId: "f1", path: "sub/a.ipynb" }}
      state={shown}
      onExpand={onExpand}
      onMove={async () => {}}
      onClose={() => {}}
    />
  );
  const { rerender } = render(dialog(state));
  const row = within(await screen.findByRole("treegrid")).getByRole("row", { name: "notes" });
  expect(row.getAttribute("aria-expanded")).toBe("false");
  await act(async () => row.focus());
  await act(async () => void fireEvent.keyDown(row, { key: "ArrowRight" }));
  expect(onExpand).toHaveBeenCalledWith(new Set([keyOf(place)]));
  rerender(dialog({ ...state, expanded: new Set([keyOf(place)]) }));
  expect(screen.getByRole("row", { name: "notes" }).getAttribute("aria-expanded")).toBe("true");
  expect(screen.getByRole("row", { name: /Reading|Loading/ }).getAttribute("aria-disabled")).toBe("true");
});
