// @vitest-environment jsdom
/** The panel by the keyboard alone, and what a screen reader is told. The server is played; real ones are in `kernel/*.server.test.ts`. */
import { File } from "node:buffer";
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, beforeAll, expect, test } from "vitest";
import { RuntimeError } from "../../kernel/errors.ts";
import { JupyterServer } from "../../kernel/server.ts";
import type { RequestOptions, Transport } from "../../kernel/transport.ts";
import { systemClock } from "../../sync/clock.ts";
import { press } from "../../ui/keys-for-tests.ts";
import { Toasts } from "../../ui/toast.tsx";
import { FilesPanel } from "./files-panel.tsx";

beforeAll(() => {
  // What jsdom lacks.
  globalThis.CSS ??= {} as typeof CSS;
  CSS.escape ??= (text) => text;
  Element.prototype.scrollIntoView ??= () => {};
  Range.prototype.getClientRects ??= () => [] as unknown as DOMRectList;
});
afterEach(cleanup);

/** A disk: text by path; a folder is what others begin with. */
class PlayedDisk implements Transport {
  readonly baseUrl = "http://127.0.0.1:8888/";
  readonly files = new Map([
    ["data/rain.csv", "day,mm\n1,2\n"],
    ["note.txt", "first\n"],
    ["start.ipynb", "{}"],
  ]);
  refuses: string | null = null;

  request = async (address: string, { method = "GET", body }: RequestOptions = {}): Promise<unknown> => {
    const path = decodeURIComponent(address.replace(/^api\/contents\/?/, ""));
    if (this.refuses !== null && method !== "GET") {
      throw new RuntimeError("runtime_failed", "", { status: 500, reason: this.refuses });
    }
    if (method === "PUT") this.files.set(path, String(Reflect.get(body as object, "content") ?? ""));
    if (method === "DELETE") this.files.delete(path);
    if (method === "PATCH") {
      this.files.set(String(Reflect.get(body as object, "path")), this.files.get(path) ?? "");
      this.files.delete(path);
      return null;
    }
    return method === "DELETE" ? null : this.#model(path, true);
  };
  bytes = async () => ({ body: new ArrayBuffer(0), headers: new Headers() });
  piece = async () => new ArrayBuffer(0);
  socket = () => {
    throw new Error("no sockets here");
  };

  #model(path: string, hasContent: boolean): unknown {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const facts = { name, path, writable: true, last_modified: "2026-01-01T00:00:00Z" };
    const text = this.files.get(path);
    if (text !== undefined) {
      const type = name.endsWith(".ipynb") ? "notebook" : "file";
      return { ...facts, type, size: text.length, content: hasContent ? text : null };
    }
    const prefix = path === "" ? "" : `${path}/`;
    const inside = [...this.files.keys()].filter((one) => one.startsWith(prefix));
    if (inside.length === 0 && path !== "") throw new RuntimeError("runtime_not_found", "", { status: 404 });
    const names = new Set(inside.map((one) => one.slice(prefix.length).split("/")[0] ?? ""));
    const content = hasContent ? [...names].map((one) => this.#model(prefix + one, false)) : null;
    return { ...facts, type: "directory", size: null, content };
  }
}

async function opened() {
  const disk = new PlayedDisk();
  const { container } = render(
    <>
      <FilesPanel
        server={new JupyterServer(disk)}
        clock={systemClock}
        folder=""
        notebook={async () => ({ name: "start.ipynb", content: new Blob(["{}"]) })}
        openNotebook={async () => {}}
        openInHub={async () => {}}
      />
      <Toasts />
    </>,
  );
  const tree = await screen.findByRole("treegrid", { name: "Files of the runtime’s machine" });
  await within(tree).findByRole("row", { name: "note.txt" });
  return { disk, tree, container };
}

const row = (tree: HTMLElement, name: string) => within(tree).getByRole("row", { name });

test("everything has a role and a name", async () => {
  const { container } = await opened();
  const names = screen.getAllByRole("button").map((one) => one.getAttribute("aria-label"));
  expect(names).toEqual(
    expect.arrayContaining(["New file…", "New folder…", "Upload…", "Refresh", "More", "Actions for note.txt"]),
  );
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
});

test("the arrows walk along rows, open a folder and reach the actions of a row; Enter shows a file, Escape comes back", async () => {
  const { tree } = await opened();
  act(() => row(tree, "data").focus());
  expect(row(tree, "data").getAttribute("aria-expanded")).toBe("false");
  await press("ArrowRight");
  await waitFor(() => expect(row(tree, "data").getAttribute("aria-expanded")).toBe("true"));
  await within(tree).findByRole("row", { name: "rain.csv" });
  expect(row(tree, "rain.csv").getAttribute("aria-level")).toBe("2");
  await press("ArrowDown");
  expect(document.activeElement).toBe(row(tree, "rain.csv"));
  await press("ArrowDown");
  expect(document.activeElement).toBe(row(tree, "note.txt"));
  await press("ArrowRight");
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Actions for note.txt");
  await press("ArrowLeft");
  expect(document.activeElement).toBe(row(tree, "note.txt"));
  await press("Enter");
  const dialog = await screen.findByRole("dialog", { name: "note.txt" });
  expect(await within(dialog).findByRole("textbox", { name: "Text of note.txt" })).not.toBeNull();
  await press("Escape");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(row(tree, "note.txt")));
});

test("a refusal stands in the dialog that asked, and nothing is closed over it", async () => {
  const { disk } = await opened();
  disk.refuses = "Unexpected error while saving file: x.txt [Errno 28] No space left on device";
  fireEvent.click(screen.getByRole("button", { name: "New file…" }));
  const dialog = await screen.findByRole("dialog", { name: "New file in Root folder of the runtime" });
  const field = within(dialog).getByRole("textbox", { name: "Name" });
  fireEvent.change(field, { target: { value: "長".repeat(90) } });
  fireEvent.click(within(dialog).getByRole("button", { name: "Create" }));
  await within(dialog).findByText(/^The name is too long/);
  fireEvent.change(field, { target: { value: "x.txt" } });
  fireEvent.click(within(dialog).getByRole("button", { name: "Create" }));
  await within(dialog).findByText("The disk of that machine is full. Free some space, then try again.");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(disk.files.has("x.txt")).toBe(false);
  disk.refuses = null;
  fireEvent.click(within(dialog).getByRole("button", { name: "Create" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(disk.files.has("x.txt")).toBe(true);
});

test("what ends well is said, what does not stays as an alert until it is dismissed", async () => {
  const { disk, container } = await opened();
  const picker = container.querySelector<HTMLInputElement>("input[type=file]");
  const put = async (...names: string[]) =>
    await act(async () =>
      fireEvent.change(picker as HTMLInputElement, { target: { files: names.map((name) => new File(["x"], name)) } }),
    );
  await put("new.txt");
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe("new.txt was uploaded."));
  expect(disk.files.get("new.txt")).toBe("eA==");
  await put(".hidden");
  expect((await screen.findByRole("alert")).textContent).toContain("Jupyter hides names that begin with a dot");
  expect(disk.files.has(".hidden")).toBe(false);
});

test("what is dropped on a row goes into its folder, also at the row’s edge; elsewhere into the root", async () => {
  const { disk, tree } = await opened();
  const drop = async (target: Element, name: string) =>
    await act(async () =>
      fireEvent.drop(target, { dataTransfer: { types: ["Files"], files: [new File(["x"], name)] } }),
    );
  await drop(row(tree, "data"), "edge.txt");
  await waitFor(() => expect(disk.files.has("data/edge.txt")).toBe(true));
  await drop(within(row(tree, "data")).getByText("data"), "inside.txt");
  await waitFor(() => expect(disk.files.has("data/inside.txt")).toBe(true));
  await drop(tree, "root.txt");
  await waitFor(() => expect(disk.files.has("root.txt")).toBe(true));
});
