// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import { Value } from "../core/observable.ts";
import { type BarMenu, MenuBar } from "./menu-bar.tsx";
import "./patience-for-tests.ts";

beforeAll(() => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  globalThis.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
});
afterEach(cleanup);

interface Moment {
  readonly isRunning: boolean;
  readonly hasSteps: boolean;
}

test("an open menu follows what can be chosen, and a closed one asks nobody", async () => {
  const moment = new Value<Moment>({ isRunning: false, hasSteps: false });
  let followers = 0;
  const menus = (): readonly BarMenu[] => {
    const { isRunning, hasSteps } = moment.get();
    const item = { kind: "item", isDisabled: !isRunning, isChecked: undefined, onAction: () => {} } as const;
    const entries = [{ ...item, id: "interrupt", label: "Interrupt" }];
    return [
      {
        id: "runtime",
        label: "Runtime",
        entries: hasSteps ? [...entries, { ...item, id: "step", label: "Step" }] : entries,
      },
    ];
  };
  const follow = (fn: () => void) => {
    followers += 1;
    const end = moment.subscribe(fn);
    return () => {
      followers -= 1;
      end();
    };
  };
  render(<MenuBar label="Menus" menus={menus} follow={follow} />);
  expect(followers).toBe(0);
  fireEvent.keyDown(screen.getByRole("menuitem", { name: "Runtime" }), { key: "Enter" });
  const entry = () => screen.getByRole("menuitem", { name: "Interrupt" });
  await screen.findByRole("menuitem", { name: "Interrupt" });
  expect([entry().getAttribute("aria-disabled"), followers]).toEqual(["true", 1]);
  act(() => moment.set({ isRunning: true, hasSteps: false }));
  expect(entry().getAttribute("aria-disabled")).toBeNull();
  act(() => moment.set({ isRunning: true, hasSteps: true }));
  expect(screen.getByRole("menuitem", { name: "Step" })).toBeTruthy();
  act(() => moment.set({ isRunning: false, hasSteps: false }));
  expect([entry().getAttribute("aria-disabled"), screen.queryByRole("menuitem", { name: "Step" })]).toEqual([
    "true",
    null,
  ]);
  fireEvent.keyDown(entry(), { key: "Escape" });
  expect([screen.queryByRole("menu"), followers]).toEqual([null, 0]);
});
