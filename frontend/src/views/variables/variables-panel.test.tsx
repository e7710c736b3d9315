// @vitest-environment jsdom
/** The panel by the keyboard alone, and what a screen reader is told. The kernel is played; real ones are in `variables-desk.server.test.ts`. */
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, beforeAll, expect, test } from "vitest";
import { Value } from "../../core/observable.ts";
import type { KernelEvent, KernelPort, KernelStatus, LinkState } from "../../kernel/kernel-port.ts";
import { VARIABLES_MIME } from "../../kernel/variables-python.ts";
import type { KernelMessage, OutgoingMessage } from "../../kernel/wire.ts";
import { systemClock } from "../../sync/clock.ts";
import { press } from "../../ui/keys-for-tests.ts";
import { VariablesPanel } from "./variables-panel.tsx";

beforeAll(() => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  Element.prototype.scrollIntoView ??= () => {};
});
afterEach(cleanup);

const value = (name: string, more: object = {}) => ({
  name,
  type: "int",
  kind: "value",
  shape: null,
  bytes: 28,
  ...more,
});
const LISTED = [
  value("numbers", { type: "list", shape: [60], opens: "values", preview: "[0, 1, …]" }),
  value("rain", { type: "DataFrame", shape: [60, 1], opens: "table" }),
  value("size", { preview: "3" }),
  value("area", { type: "function", kind: "function" }),
];
const NUMBERS = Array.from({ length: 60 }, (_, n) => value(String(n), { preview: String(n) }));

/** A kernel without a debugger, which displays what it is asked for. */
class PlayedKernel implements KernelPort {
  readonly kernelId = "1";
  readonly state = new Value<LinkState>({ phase: "open" });
  readonly status = new Value<KernelStatus>("idle");
  readonly isLeader = new Value(true);
  readonly journal = null;
  readonly #listeners = new Set<(event: KernelEvent) => void>();

  listen(fn: (event: KernelEvent) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }
  send({ channel, header, content }: OutgoingMessage): void {
    const answer = (told: Readonly<Record<string, unknown>>): void => {
      const message: KernelMessage = {
        channel,
        header,
        parent_header: header,
        metadata: {},
        content: told,
        buffers: [],
      };
      queueMicrotask(() => {
        for (const fn of this.#listeners) fn({ type: "message", message });
      });
    };
    if (header.msg_type === "kernel_info_request")
      answer({ language_info: { name: "python" }, implementation: "ipython" });
    else if (header.msg_type === "inspect_request") answer({ status: "ok", data: {} });
    else answer({ status: "ok", user_expressions: { asked: told(content["user_expressions"]) } });
  }
  reconnectNow(): void {}
  restarted(): void {}
  close(): void {}
  watchGaps = () => null;
}

/** What the helper displays for its name, and for `….open(path, start, most)`. */
function told(expressions: unknown): unknown {
  const { asked = "" } = expressions as { readonly asked?: string };
  const opening = /\.open\((\[.*\]), (\d+), /.exec(asked);
  const data = (): object => {
    if (opening === null) return { is: "variables", variables: LISTED, total: LISTED.length };
    const start = Number(opening[2]);
    if (opening[1] !== '["rain"]') return { is: "values", values: NUMBERS.slice(start, start + 50), total: 60 };
    const rows = NUMBERS.slice(start, start + 50);
    return {
      is: "table",
      columns: ["mm"],
      index: rows.map(({ name }) => name),
      rows: rows.map(() => ["2.5"]),
      total: 60,
      width: 1,
    };
  };
  return { status: "ok", data: { [VARIABLES_MIME]: data() } };
}

async function opened() {
  const kernel = new PlayedKernel();
  const { container } = render(
    <VariablesPanel
      port={new Value(kernel)}
      sessionId={() => "s"}
      clock={systemClock}
      status={new Value({ status: "idle" })}
    />,
  );
  const list = await screen.findByRole("list", { name: "Variables" });
  return { container, list };
}

const opener = (list: HTMLElement, name: RegExp) => within(list).getByRole("button", { name });

test("everything has a role and a name; a variable is told with its type, its shape and its value", async () => {
  const { container, list } = await opened();
  screen.getByRole("textbox", { name: "Filter variables" });
  screen.getByRole("button", { name: "Refresh" });
  expect(opener(list, /^numbers/).getAttribute("aria-expanded")).toBe("false");
  expect(opener(list, /^numbers/).textContent).toBe("numberslist · 60 · 28 bytes[0, 1, …]");
  expect(opener(list, /^rain/).getAttribute("aria-haspopup")).toBe("dialog");
  expect(within(list).queryByText("area")).toBeNull();
  act(() => screen.getByRole("checkbox", { name: "Modules, functions and classes" }).click());
  within(list).getByText("area");
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
});

test("Enter opens a list in place, and its next page by a button", async () => {
  const { list } = await opened();
  act(() => opener(list, /^numbers/).focus());
  await press("Enter");
  expect(opener(list, /^numbers/).getAttribute("aria-expanded")).toBe("true");
  const more = await within(list).findByRole("button", { name: "Show more" });
  expect(within(list).queryByText("59")).toBeNull();
  act(() => more.focus());
  await press("Enter");
  await waitFor(() => expect(within(list).getAllByText("59")).not.toEqual([]));
  act(() => opener(list, /^numbers/).focus());
  await press("Enter");
  expect(opener(list, /^numbers/).getAttribute("aria-expanded")).toBe("false");
  expect(within(list).queryAllByText("59")).toEqual([]);
});

test("Enter opens a table, its pages are walked by buttons that keep the focus, and Escape comes back to its row", async () => {
  const { list } = await opened();
  act(() => opener(list, /^rain/).focus());
  await press("Enter");
  const table = await screen.findByRole("dialog", { name: "rain" });
  await within(table).findByRole("columnheader", { name: "mm" });
  const next = within(table).getByRole("button", { name: "Next rows" });
  act(() => next.focus());
  await press("Enter");
  await within(table).findByText("Rows 51–60 of 60");
  await within(table).findByRole("rowheader", { name: "59" });
  expect(document.activeElement).toBe(next);
  await press("Escape");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(opener(list, /^rain/)));
});

test("the filter says when nothing matches, and finds by name and by type", async () => {
  const { list } = await opened();
  const filter = screen.getByRole("textbox", { name: "Filter variables" });
  fireEvent.change(filter, { target: { value: "dataf" } });
  expect(within(list).queryByText("size")).toBeNull();
  opener(list, /^rain/);
  fireEvent.change(filter, { target: { value: "no such" } });
  expect(screen.queryByRole("list")).toBeNull();
  fireEvent.change(filter, { target: { value: "" } });
  expect(within(screen.getByRole("list", { name: "Variables" })).getByText("size")).not.toBeNull();
});
