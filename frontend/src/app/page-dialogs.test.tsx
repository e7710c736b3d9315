// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { withWords } from "../i18n/t.ts";
import { RuntimeError } from "../kernel/errors.ts";
import { Toasts } from "../ui/toast.tsx";
import { PageDialogs, type PageDialogsProps } from "./page-dialogs.tsx";

beforeAll(async () => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  await withWords(Promise.resolve(), "connect");
});
afterEach(cleanup);

test.each([
  ["restart", "Restart", /was not restarted.*The runtime does not answer\..*try again/],
  ["restart_and_run_all", "Restart", /was not restarted, and nothing was run/],
  ["shutdown", "Shut down", /was not shut down/],
] as const)("of a %s that fails the person hears why and what to do", async (dialog, button, told) => {
  const fail = vi.fn(() => Promise.reject(new RuntimeError("runtime_unreachable", "The runtime does not answer.")));
  const onClose = vi.fn();
  const props = {
    dialog,
    driver: { restart: fail, restartAndRunAll: fail, shutdown: fail },
    page: {},
    notebook: { id: "n" },
    onClose,
  } as unknown as PageDialogsProps;
  render(
    <>
      <PageDialogs {...props} />
      <Toasts />
    </>,
  );
  expect(screen.queryByText(told)).toBeNull();
  fireEvent.click(await screen.findByRole("button", { name: button }));
  expect((await screen.findAllByText(told)).length).toBe(1);
  expect([fail.mock.calls.length, onClose.mock.calls.length]).toEqual([1, 1]);
  fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
});
