// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { type BindingState, UNBOUND } from "../../core/binding.ts";
import { Value } from "../../core/observable.ts";
import { withWords } from "../../i18n/t.ts";
import { useObservable } from "../../ui/use-observable.ts";
import { ConnectDesk } from "./connect-desk.ts";
import { ConnectDialogs } from "./connect-dialogs.tsx";
import type { ConnectControlsProps } from "./connect-props.ts";
import type { RunningSession } from "./runtime.ts";

beforeAll(async () => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  Element.prototype.scrollIntoView ??= () => {};
  await withWords(Promise.resolve(), "connect");
});
afterEach(cleanup);

const bound: BindingState = {
  phase: "ready",
  target: { baseUrl: "http://127.0.0.1:8888/", label: "127.0.0.1:8888", kind: "jupyter" },
  attachment: { kernelId: "k", kernelspec: "python3", displayName: "Python 3", folder: { path: "", place: "root" } },
};

/** The dialogs of a notebook whose runtime takes every wish and does nothing. */
function dialogs(state: BindingState = UNBOUND, sessions: readonly RunningSession[] = []) {
  const binding = new Value<BindingState>(state);
  const trial = new Value<BindingState>(UNBOUND);
  const callOff = vi.fn(() => trial.set(UNBOUND));
  const disconnect = vi.fn();
  const desk = new ConnectDesk(binding);
  const newKernel = vi.fn(async () => {});
  const giveToken = vi.fn(async () => {});
  const runtime: ConnectControlsProps["runtime"] = {
    binding,
    trial,
    callOff,
    kernel: new Value({ status: "idle", name: "python3", displayName: "Python 3" } as const),
    kernelspecs: new Value([
      { name: "python3", displayName: "Python 3" },
      { name: "ir", displayName: "R" },
    ]),
    lastAddress: null,
    connect: async () => {},
    connectHosted: async () => {},
    permitAsked: () => {},
    giveToken,
    disconnect,
    reconnectNow: () => {},
    newKernel,
    lookForKernels: async () => [],
    listSessions: async () => sessions,
    shutdownSession: async () => {},
  };
  render(<Open runtime={runtime} desk={desk} notebookName="Snow" origin="https://hub" now={Date.now} />);
  return { desk, newKernel, giveToken, binding, trial, callOff, disconnect };
}

function Open(props: ConnectControlsProps) {
  const open = useObservable(props.desk.open);
  return open && <ConnectDialogs {...props} open={open} />;
}

async function pick(name: string): Promise<void> {
  fireEvent.click(await screen.findByRole("button", { name: /Kernel$/ }));
  fireEvent.click(await screen.findByRole("option", { name }));
}

test("kernels are called by what a person knows, without the ids of their paths", async () => {
  const running = { sessionId: "s", kernelspec: "python3", status: "idle", lastActivity: Date.now() };
  const { desk } = dialogs(bound, [
    { ...running, kernelId: "k", path: "team/rain-runhere-1a2b3c4d.ipynb", isMine: true },
    { ...running, kernelId: "h", path: "team/hail-runhere-5e6f7a8b.ipynb", isMine: false },
    { ...running, kernelId: "l", path: "", isMine: false },
  ]);
  act(() => desk.show("sessions"));
  const rows = await screen.findAllByRole("listitem");
  expect(rows.map((row) => row.firstElementChild?.firstElementChild?.textContent)).toEqual([
    "team/Snow", // renamed since
    "team/hail",
    "without a notebook",
  ]);
  fireEvent.click(screen.getByRole("button", { name: "Shut down: team/Snow" }));
  expect((await screen.findByRole("alertdialog")).textContent).toContain("Shut down “team/Snow”?");
});

test("another kernel is asked about, and the ticked one is left alone", async () => {
  const { desk, newKernel } = dialogs(bound);
  act(() => desk.show("details"));
  await pick("Python 3");
  expect([desk.open.get(), newKernel.mock.calls]).toEqual(["details", []]);
  await pick("R");
  expect((await screen.findByRole("alertdialog")).textContent).toContain("its variables are lost");
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect([desk.open.get(), newKernel.mock.calls]).toEqual([null, []]);
  act(() => desk.show("details"));
  await pick("R");
  fireEvent.click(await screen.findByRole("button", { name: "Change kernel" }));
  expect([desk.open.get(), newKernel.mock.calls]).toEqual([null, [["ir"]]]);
});

test("what is tried beside a runtime is told, with the word that this one stays, and is called off alone", async () => {
  const { desk, trial, callOff, disconnect } = dialogs(bound);
  const target = { baseUrl: "http://127.0.0.1:9000/", label: "127.0.0.1:9000", kind: null };
  act(() => desk.show("local"));
  act(() => trial.set({ phase: "authenticating", target, step: "token", failure: null }));
  expect(await screen.findByText("Token needed")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect([callOff.mock.calls.length, disconnect.mock.calls.length, desk.open.get()]).toEqual([1, 0, "local"]);
  const facts = { address: "127.0.0.1:9000" };
  act(() =>
    trial.set({ phase: "unbound", failure: { ok: false, code: "nothing_listening", facts, needsToken: false } }),
  );
  expect((await screen.findByRole("alert")).textContent).toContain("Nothing answers at 127.0.0.1:9000");
  expect(screen.getByText("The notebook is still connected to 127.0.0.1:8888.")).toBeTruthy();
  act(() => desk.close());
  expect([callOff.mock.calls.length, trial.get()]).toEqual([2, UNBOUND]);
});

test("what is no address is said also while a runtime is bound, and what is one is not", async () => {
  const { desk } = dialogs(bound);
  act(() => desk.show("local"));
  const press = async (typed: string) => {
    fireEvent.change(await screen.findByRole("textbox", { name: "Backend URL" }), { target: { value: typed } });
    fireEvent.click(screen.getByRole("button", { name: "Connect" }));
  };
  await press("hello world");
  expect((await screen.findByRole("alert")).textContent).toContain("This is not an address");
  await press("localhost:9000");
  expect(screen.queryByRole("alert")).toBeNull();
});

test("that there is no token in what was given is said", async () => {
  const { target } = bound as Extract<BindingState, { phase: "ready" }>;
  const { desk, binding } = dialogs({ phase: "authenticating", target, step: "token", failure: null });
  act(() => desk.show("local"));
  fireEvent.click(await screen.findByRole("button", { name: "Connect" }));
  expect((await screen.findByRole("alert")).textContent).toContain("There is no token");
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "abc" } });
  fireEvent.click(screen.getByRole("button", { name: "Connect" }));
  expect(screen.queryByRole("alert")).toBeNull();
  act(() => binding.set(bound));
});
