// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
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
afterEach(() => {
  vi.useRealTimers();
  cleanup();
});

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

test.each([
  ["restart", "restarted"],
  ["restart_and_run_all", "failed"],
] as const)("a %s that takes long is told of until it has %s, and one that does not is not", async (dialog, end) => {
  let over = { restarted: () => {}, failed: () => {} };
  const restart = vi.fn(
    () =>
      new Promise<void>((restarted, fail) => {
        over = {
          restarted,
          failed: () => fail(new RuntimeError("runtime_unreachable", "The runtime does not answer.")),
        };
      }),
  );
  const props = {
    dialog,
    driver: { restart, restartAndRunAll: restart },
    page: {},
    notebook: { id: "n" },
    onClose: () => {},
  } as unknown as PageDialogsProps;
  const going = () => screen.queryByText(/^The kernel is being restarted/);
  const press = async (): Promise<void> => {
    const { unmount } = render(<PageDialogs {...props} />);
    const button = await screen.findByRole("button", { name: "Restart" });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    fireEvent.click(button);
    unmount();
  };
  const pass = async (ms: number): Promise<void> => act(() => vi.advanceTimersByTimeAsync(ms).then(() => {}));
  render(<Toasts />);
  await press();
  await pass(2_500);
  await act(async () => over.restarted());
  await pass(60_000);
  expect(going()).toBeNull();
  vi.useRealTimers();
  await press();
  await pass(60_000);
  expect(going()).not.toBeNull();
  await act(async () => over[end]());
  expect(going()).toBeNull();
  if (end === "failed") fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
});
