/** Opens an `.ipynb` of a runtime's disk as a notebook of the hub that is at home there (ADR 0037). Loaded with the first one. */

import type { HubClient, Notebook } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import { withoutHome } from "../core/disk-file.ts";
import { NOWHERE } from "../core/private-outputs.ts";
import { text } from "../i18n/t.ts";
import { RuntimeFiles } from "../kernel/files.ts";
import { isSameFile } from "../kernel/folder.ts";
import { newId } from "../kernel/messages.ts";
import type { JupyterServer } from "../kernel/server.ts";
import { systemClock } from "../sync/clock.ts";
import { DiskBases } from "./disk-bases.ts";
import { forgetLink, keepLink, linkAt } from "./disk-links.ts";
import type { LastingStore } from "./lasting-store.ts";
import { type LocalStore, RuntimeMemory } from "./runtime-memory.ts";

export interface DiskWishToOpen {
  readonly server: JupyterServer;
  /** The runtime's for people. */
  readonly label: string;
  /** Relative to the server's root. */
  readonly path: string;
  readonly hub: HubClient;
  /** The open notebook: the new one is put beside it, and runs on the same runtime. */
  readonly notebook: Notebook;
  readonly personId: string;
  readonly store: LastingStore;
  /** Where this browser keeps what is this person's. */
  readonly ownStore: LocalStore;
  /** Where the open notebook lies on this server, when it does. */
  readonly folder?: string | null;
}

/**
 * The id of the notebook: the one that this person opened the file as before, or the one that *is* this file, or a new one.
 *
 * @throws FileError, ApiError, NotANotebook: nothing was made.
 */
export async function openFromDisk(wish: DiskWishToOpen): Promise<string> {
  const { server, label, path, hub, notebook, personId, store, ownStore } = wish;
  const { baseUrl } = server.transport;
  const bound = await boundNotebook(wish);
  if (bound !== null) return bound;
  const known = linkAt(store, { baseUrl, path }, personId);
  if (known !== null && (await isThere(hub, known.notebookId))) return known.notebookId;
  if (known !== null) forgetLink(store, known.notebookId);
  const { text: file } = await new RuntimeFiles(server.transport).readText(path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!isNotebook(file)) throw new NotANotebook(text("disk.notANotebook", { name }));
  const directory = { folderId: notebook.folder_id, path: folderIn(notebook.path) };
  const { path: made } = await hub.upload(directory, name, new Blob([withoutHome(file, NOWHERE)]));
  const { id } = await hub.openNotebook({ folderId: notebook.folder_id, path: made });
  const bases = new DiskBases(globalThis.indexedDB);
  await bases.keep(id, { text: file, pending: null });
  bases.close();
  keepLink(store, { notebookId: id, personId, baseUrl, label, path });
  runOnTheSame(ownStore, notebook.id, id);
  return id;
}

/** A file that is no notebook of format 4; the message is for people. */
export class NotANotebook extends Error {
  override readonly name = "NotANotebook";
}

function isNotebook(file: string): boolean {
  try {
    const value: unknown = JSON.parse(file);
    return typeof value === "object" && value !== null && Reflect.get(value, "nbformat") === 4;
  } catch {
    return false;
  }
}

async function isThere(hub: HubClient, id: string): Promise<boolean> {
  try {
    await hub.notebook(id);
    return true;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return false;
    throw error;
  }
}

/**
 * The notebook of the bound folder around the open one that is this very file: it is kept in step by the hub already, and two notebooks of one
 * file would write over each other.
 */
async function boundNotebook({ server, path, hub, notebook, folder }: DiskWishToOpen): Promise<string | null> {
  if (folder === null || folder === undefined || notebook.modified_at === null) return null;
  const inFolder = pathInFolder(path, folder, folderIn(notebook.path));
  if (inFolder === null) return null;
  try {
    const place = { folderId: notebook.folder_id, path: inFolder };
    const there = await hub.identifyNotebook(place);
    const stat = await server.stat(path);
    const fileName = path.slice(path.lastIndexOf("/") + 1);
    const facts = { folder: "", fileName, sizeBytes: there.size_bytes, modifiedAt: there.modified_at };
    return stat !== null && isSameFile(stat, facts) ? (await hub.openNotebook(place)).id : null;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/**
 * Where a file of the server lies in the hub's folder. Pure.
 *
 * @param known one directory as the server calls it, @param asKnown and as the hub's folder does.
 */
export function pathInFolder(path: string, known: string, asKnown: string): string | null {
  const parts = (folder: string): readonly string[] => (folder === "" ? [] : folder.split("/"));
  const [there, here] = [parts(known), parts(asKnown)];
  if (there.length > 0 && there.at(-1) === here.at(-1))
    return pathInFolder(path, there.slice(0, -1).join("/"), here.slice(0, -1).join("/"));
  if (there.length > 0 && here.length > 0) return null;
  if (here.length > 0) return [...here, path].join("/");
  const prefix = there.length === 0 ? "" : `${there.join("/")}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : null;
}

function folderIn(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** The new notebook goes to the runtime that it comes from, with a kernel of its own. */
function runOnTheSame(store: LocalStore, from: string, to: string): void {
  const { runtime } = RuntimeMemory.peek(store, from);
  if (runtime === null) return;
  new RuntimeMemory(store, to, () => newId(systemClock.random)).bind({ ...runtime, kernel: null });
}
