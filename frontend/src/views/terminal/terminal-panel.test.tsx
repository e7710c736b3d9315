// @vitest-environment jsdom
/** The panel by the keyboard alone, and what a screen reader is told. The server is played; real ones are in `kernel/terminals.server.test.ts`. */
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { JupyterServer } from "../../kernel/server.ts";
import type { RequestOptions, SocketLike, Transport } from "../../kernel/transport.ts";
import { systemClock } from "../../sync/clock.ts";
import { press } from "../../ui/keys-for-tests.ts";
import { TerminalPanel } from "./terminal-panel.tsx";

beforeAll(() => {
  // What jsdom lacks.
  const never = () => {};
  const query = { matches: false, addEventListener: never, removeEventListener: never, addListener: never };
  vi.stubGlobal("matchMedia", () => ({ ...query, removeListener: never }));
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = () => {};
      unobserve = () => {};
      disconnect = () => {};
    },
  );
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  Element.prototype.scrollIntoView ??= () => {};
  // xterm writes a rule for each of its colours, anew at each change: reading those would take jsdom most of the time.
  Object.defineProperty(HTMLStyleElement.prototype, "textContent", { get: () => "", set: () => {} });
});
beforeEach(() => localStorage.clear());
afterEach(cleanup);

/** A shell that says what it was sent, and nothing of itself. */
class PlayedShell implements SocketLike {
  binaryType = "";
  readonly protocol = "";
  readyState = 1;
  readonly bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly wasClean: boolean }) => void) | null = null;
  onerror: (() => void) | null = null;
  typed = "";

  constructor() {
    queueMicrotask(() => {
      this.onopen?.();
      this.onmessage?.({ data: JSON.stringify(["setup", {}]) });
    });
  }
  send(data: string | Uint8Array<ArrayBuffer>): void {
    const [kind, text] = JSON.parse(String(data)) as [string, unknown];
    if (kind === "stdin") this.typed += String(text);
  }
  close(): void {
    this.readyState = 3;
  }
}

class PlayedServer implements Transport {
  readonly baseUrl = "http://127.0.0.1:8888/";
  readonly shells = new Map<string, PlayedShell>();
  #next = 1;
  readonly #running: string[] = [];

  request = async (path: string, { method = "GET" }: RequestOptions = {}): Promise<unknown> => {
    if (method === "GET") return this.#running.map((name) => ({ name }));
    if (method === "POST") {
      const name = String(this.#next++);
      this.#running.push(name);
      return { name };
    }
    this.#running.splice(this.#running.indexOf(path.split("/").at(-1) ?? ""), 1);
    return null;
  };
  bytes = async () => ({ body: new ArrayBuffer(0), headers: new Headers() });
  piece = async () => new ArrayBuffer(0);
  socket = (path: string): SocketLike => {
    const shell = new PlayedShell();
    this.shells.set(path.split("/").at(-1) ?? "", shell);
    return shell;
  };
}

async function opened() {
  const server = new PlayedServer();
  const { container } = render(
    <TerminalPanel
      server={new JupyterServer(server)}
      label="127.0.0.1:8888"
      folder={() => ""}
      clock={systemClock}
      onWake={() => () => {}}
    />,
  );
  return { server, container, start: await screen.findByRole("button", { name: "New terminal" }) };
}

/** Quicker than by role: a screen has a thousand elements. */
const tab = (name: string): HTMLElement => {
  const found = [...document.querySelectorAll<HTMLElement>("[role=tab]")].find((one) => one.textContent === name);
  if (found === undefined) throw new Error(`no tab ${name}`);
  return found;
};
const has = (element: Element) => waitFor(() => expect(document.activeElement).toBe(element));
/** Where the terminal that is shown takes what is typed. */
const input = (): HTMLElement => {
  const found = document.querySelector<HTMLElement>("div:not([hidden]) > .xterm textarea");
  if (found === null) throw new Error("no terminal is shown");
  return found;
};

test("a shell is started, typed into, left by Shift+Escape and come back to; Escape is the program's", async () => {
  const { server, start } = await opened();
  act(() => start.focus());
  await press("Enter");
  await waitFor(() => tab("Terminal 1"));
  await has(input());
  await press("Escape");
  await waitFor(() => expect(server.shells.get("1")?.typed).toContain("\u001b"));
  expect(document.activeElement).toBe(input());
  const sent = server.shells.get("1")?.typed;
  await press("Escape", { shiftKey: true });
  await has(tab("Terminal 1"));
  expect(server.shells.get("1")?.typed).toBe(sent);
  await press("Enter");
  await has(input());
});

test("the arrows walk along the terminals, and typing goes on in the one that is chosen", async () => {
  const { server, start } = await opened();
  fireEvent.click(start);
  await waitFor(() => tab("Terminal 1"));
  fireEvent.click(screen.getByLabelText("New terminal"));
  await waitFor(() => tab("Terminal 2"));
  await has(input());
  await press("Escape", { shiftKey: true });
  await has(tab("Terminal 2"));
  await press("ArrowLeft");
  await has(tab("Terminal 1"));
  expect(tab("Terminal 1").getAttribute("aria-selected")).toBe("true");
  expect(tab("Terminal 2").tabIndex).toBe(-1);
  await press("End");
  await has(tab("Terminal 2"));
  await press("Home");
  await has(tab("Terminal 1"));
  await press("Enter");
  await has(input());
  await press("Escape");
  await waitFor(() => expect(server.shells.get("1")?.typed).toBe("\u001b"));
  expect(server.shells.get("2")?.typed).toBe("");
});

test("everything has a role and a name, and the way out is told", async () => {
  const { start, container } = await opened();
  fireEvent.click(start);
  await screen.findByRole("tablist", { name: "Terminals" });
  const panel = screen.getByRole("tabpanel", { name: "Terminal 1" });
  expect(tab("Terminal 1").getAttribute("aria-controls")).toBe(panel.id);
  await has(input());
  expect(input().getAttribute("aria-label")).toBe("Terminal input");
  const told = input().getAttribute("aria-describedby");
  expect(document.getElementById(told ?? "")?.textContent).toBe("Shift+Escape leaves the terminal.");
  screen.getByRole("button", { name: "Terminal actions" });
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
});

test("ending one asks first; then the next has the place, and at last the button that starts one", async () => {
  const { start } = await opened();
  fireEvent.click(start);
  await waitFor(() => tab("Terminal 1"));
  act(() => screen.getByRole("button", { name: "Terminal actions" }).focus());
  await press("Enter");
  const end = await screen.findByRole("menuitem", { name: "End terminal…" });
  act(() => end.focus());
  await press("Enter");
  const asked = await screen.findByRole("alertdialog", { name: "End Terminal 1?" });
  await has(within(asked).getByRole("button", { name: "Cancel" }));
  fireEvent.click(within(asked).getByRole("button", { name: "End terminal" }));
  await screen.findByText(/^No terminal is open/);
  expect(screen.getByRole("button", { name: "New terminal" }).hasAttribute("data-panel-focus")).toBe(true);
});
