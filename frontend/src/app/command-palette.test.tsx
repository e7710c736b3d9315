// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { setLanguage } from "../i18n/t.ts";
import { CommandPalette } from "./command-palette.tsx";
import type { CommandContext } from "./commands.ts";

beforeAll(() => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
});
afterEach(async () => {
  cleanup();
  await setLanguage("en");
});

/** A palette of what can be called in a notebook without cells, which hears of changes by `tell`. */
function opened() {
  const told = new Set<() => void>();
  const actions = { interrupt: vi.fn(), restart: vi.fn() };
  const context = {
    notebook: { activeId: null, isReadOnly: true, canRestoreOutputs: false, services: { actions } },
    page: { hasHosted: false, isStopped: () => false, isPanelOpen: () => false, restart: actions.restart },
    isConnected: false,
  };
  const room = { state: { get: () => ({ hello: { role: "viewer" } }) } };
  Object.assign(context.notebook.services, { room });
  const onClose = vi.fn();
  render(
    <CommandPalette
      context={context as unknown as CommandContext}
      follow={(fn) => {
        told.add(fn);
        return () => told.delete(fn);
      }}
      onClose={onClose}
    />,
  );
  const field = screen.getByRole("combobox");
  return {
    context,
    actions,
    field,
    type: (text: string) => fireEvent.change(field, { target: { value: text } }),
    tell: () => act(() => told.forEach((fn) => void fn())),
    options: () => screen.queryAllByRole("option").map((option) => option.firstChild?.textContent),
    marked: () => screen.queryByRole("option", { selected: true })?.firstChild?.textContent,
  };
}

test("in Japanese a command is found by its Japanese name and by its English one", async () => {
  await setLanguage("ja");
  const { type, options } = opened();
  type("Run all");
  expect(options()[0]).toBe("すべてのセルを実行");
  type("すべてのセルを実行");
  expect(options()[0]).toBe("すべてのセルを実行");
  type("xyzzy");
  expect(options()).toEqual([]);
});

test("what can be called meanwhile is listed, and what was marked stays so", () => {
  const { context, type, tell, options, marked } = opened();
  type("re");
  const before = marked();
  expect(options()).not.toContain("Restart runtime…");
  context.isConnected = true;
  tell();
  expect(options()).toContain("Restart runtime…");
  expect(marked()).toBe(before);
});

test("what can be called no longer goes", () => {
  const { context, type, tell, options } = opened();
  context.isConnected = true;
  tell();
  type("restart runtime");
  expect(options()).toContain("Restart runtime…");
  context.isConnected = false;
  tell();
  expect(options()).not.toContain("Restart runtime…");
});
