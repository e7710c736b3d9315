/** Opening a file of a real server's disk as a notebook. The hub is played: what it is asked to make is what is looked at. */
import "fake-indexeddb/auto";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { FilePlace, HubClient, Notebook } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import { FileError } from "../kernel/files.ts";
import type { JupyterServer } from "../kernel/server.ts";
import { clientOf, jupyterPython, type RunningJupyter, startJupyter } from "../kernel/testing/jupyter.ts";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { DiskBases } from "./disk-bases.ts";
import { linkOf } from "./disk-links.ts";
import { NotANotebook, openFromDisk } from "./disk-open.ts";
import { lastingStore } from "./lasting-store.ts";
import { RuntimeMemory } from "./runtime-memory.ts";

const HUB = "http://hub.example:8800";
const RAIN = `${JSON.stringify({ cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 })}\n`;

/** Folder `f` of a hub: notebooks by their path. */
class PlayedHub {
  readonly made: { readonly place: FilePlace; readonly name: string; readonly text: string }[] = [];
  readonly notebooks = new Map<string, Notebook>();

  put(path: string, id: string, facts: Partial<Notebook> = {}): Notebook {
    const made = { id, folder_id: "f", path, size_bytes: 0, modified_at: 0, ...facts } as Notebook;
    this.notebooks.set(path, made);
    return made;
  }
  upload = async (place: FilePlace, name: string, content: Blob) => {
    this.made.push({ place, name, text: await content.text() });
    const path = place.path === "" ? name : `${place.path}/${name}`;
    this.put(path, `new-${this.made.length}`);
    return { path };
  };
  openNotebook = async ({ path }: FilePlace) => this.#at(path);
  identifyNotebook = async ({ path }: FilePlace) => this.#at(path);
  notebook = async (id: string) => {
    const found = [...this.notebooks.values()].find((one) => one.id === id);
    if (found === undefined) throw new ApiError(404, "not_found", "There is no such notebook.");
    return found;
  };
  #at(path: string): Notebook {
    const found = this.notebooks.get(path);
    if (found === undefined) throw new ApiError(404, "not_found", "There is no such file.");
    return found;
  }
}

describe.skipIf(jupyterPython() === null)("opening a notebook of a server's disk", () => {
  let jupyter: RunningJupyter;
  let server: JupyterServer;
  let hub: PlayedHub;
  let start: Notebook;

  beforeAll(async () => {
    jupyter = await startJupyter({ app: "server" });
    server = clientOf(jupyter, { auth: "query", origin: HUB });
    mkdirSync(join(jupyter.root, "far"));
    writeFileSync(join(jupyter.root, "far", "rain 1#.ipynb"), RAIN);
    writeFileSync(join(jupyter.root, "far", "old.ipynb"), '{"nbformat": 3, "worksheets": []}');
  }, 60_000);
  afterAll(async () => await jupyter?.stop(), 20_000);
  beforeEach(() => {
    vi.stubGlobal("localStorage", new MemoryStorage());
    hub = new PlayedHub();
    start = hub.put("team/start.ipynb", "start");
  });

  const open = async (path: string, more: { readonly personId?: string; readonly folder?: string } = {}) => {
    const { personId = "ann", folder = null } = more;
    const client = hub as unknown as HubClient;
    return await openFromDisk({
      server,
      label: "gpu-box",
      path,
      hub: client,
      notebook: start,
      personId,
      store: lastingStore(localStorage, () => {}),
      ownStore: localStorage,
      folder,
    });
  };

  it("puts it beside the open notebook, remembers what the file said, and runs on the same runtime", async () => {
    const bound = { baseUrl: jupyter.baseUrl, label: "gpu-box", kind: "jupyter", auth: "query", kernel: null } as const;
    new RuntimeMemory(localStorage, "start", () => "s1").bind(bound);
    const id = await open("far/rain 1#.ipynb");
    expect(hub.made).toEqual([{ place: { folderId: "f", path: "team" }, name: "rain 1#.ipynb", text: RAIN }]);
    expect(await new DiskBases(indexedDB).load(id)).toEqual({ text: RAIN, pending: null });
    const { baseUrl } = jupyter;
    expect(linkOf(localStorage, id, "ann")).toMatchObject({ baseUrl, label: "gpu-box", path: "far/rain 1#.ipynb" });
    expect(RuntimeMemory.peek(localStorage, id).runtime).toEqual(bound);
  });

  it("is the same notebook the next time, another one for another person, and a new one when it was deleted", async () => {
    const id = await open("far/rain 1#.ipynb");
    expect(await open("far/rain 1#.ipynb")).toBe(id);
    expect(hub.made).toHaveLength(1);
    expect(await open("far/rain 1#.ipynb", { personId: "bob" })).not.toBe(id);
    for (const [path, one] of hub.notebooks) if (one.id === id) hub.notebooks.delete(path);
    expect(await open("far/rain 1#.ipynb")).not.toBe(id);
    expect(linkOf(localStorage, id, "ann")).toBeNull();
  });

  it("makes no second notebook of a file that the hub keeps in step already", async () => {
    const facts = statSync(join(jupyter.root, "far", "rain 1#.ipynb"));
    const there = { size_bytes: facts.size, modified_at: facts.mtimeMs };
    hub.put("far/rain 1#.ipynb", "bound", there);
    start = hub.put("start.ipynb", "start");
    expect(await open("far/rain 1#.ipynb", { folder: "" })).toBe("bound");
    expect([hub.made, linkOf(localStorage, "bound", "ann")]).toEqual([[], null]);
    // One of the same name on another disk is another file.
    hub.put("far/rain 1#.ipynb", "bound", { ...there, modified_at: facts.mtimeMs - 60_000 });
    expect(await open("far/rain 1#.ipynb", { folder: "" })).toBe("new-1");
  });

  it("makes nothing of what is no notebook of today's format, or not there", async () => {
    await expect(open("far/old.ipynb")).rejects.toBeInstanceOf(NotANotebook);
    await expect(open("far/gone.ipynb")).rejects.toBeInstanceOf(FileError);
    expect([hub.made, (localStorage as unknown as MemoryStorage).length]).toEqual([[], 0]);
  });
});
