/**
 * Which notebooks are at home in a file on a runtime's disk. Known to this browser only, and one person's each: neither the hub nor anybody
 * else learns a path or an address (ADR 0001, 0037).
 */
import { DISK_PREFIX } from "./disk-key.ts";
import type { LastingStore } from "./lasting-store.ts";
import type { LocalStore } from "./runtime-memory.ts";

export interface DiskLink {
  readonly notebookId: string;
  readonly personId: string;
  /** The runtime's, with final slash, without any secret. */
  readonly baseUrl: string;
  /** The runtime's for people. */
  readonly label: string;
  /** Of the file, relative to the server's root. */
  readonly path: string;
}

/** The link of a notebook, if it is this person's. */
export function linkOf(store: LocalStore, notebookId: string, personId: string): DiskLink | null {
  const link = parsed(store.getItem(DISK_PREFIX + notebookId));
  return link?.personId === personId ? link : null;
}

/** The link of a file, if this person opened it before. */
export function linkAt(
  store: LastingStore,
  place: Pick<DiskLink, "baseUrl" | "path">,
  personId: string,
): DiskLink | null {
  for (const key of store.keys()) {
    const link = key.startsWith(DISK_PREFIX) ? parsed(store.getItem(key)) : null;
    if (link?.baseUrl === place.baseUrl && link.path === place.path && link.personId === personId) return link;
  }
  return null;
}

/** The folder of a server in which a notebook's file is; null when it is not there. */
export function folderOnDisk(store: Pick<LocalStore, "getItem">, notebookId: string, baseUrl: string): string | null {
  const link = parsed(store.getItem(DISK_PREFIX + notebookId));
  return link?.baseUrl === baseUrl ? link.path.slice(0, Math.max(0, link.path.lastIndexOf("/"))) : null;
}

export function keepLink(store: LocalStore, link: DiskLink): void {
  store.setItem(DISK_PREFIX + link.notebookId, JSON.stringify(link));
}

export function forgetLink(store: LastingStore, notebookId: string): void {
  store.removeItem(DISK_PREFIX + notebookId);
}

function parsed(text: string | null): DiskLink | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    const names = ["notebookId", "personId", "baseUrl", "label", "path"];
    const isLink = typeof value === "object" && value !== null;
    // Every member was just seen to be a string.
    return isLink && names.every((name) => typeof Reflect.get(value, name) === "string") ? (value as DiskLink) : null;
  } catch {
    return null;
  }
}
