/** Who else is here, where their cursor is, and on whose machine they run (SPEC 2.8). Never stored. */
import type { Awareness } from "y-protocols/awareness";
import { type CellId, isCellId } from "../core/cell.ts";

/** One state is at most this long as JSON, in UTF-8 bytes; the hub drops longer ones. */
export const PRESENCE_LIMIT_BYTES = 4096;

/** Offsets are UTF-16 code units in the cell's source. */
export interface Cursor {
  readonly cell: CellId;
  readonly anchor: number;
  readonly head: number;
}

export interface Presence {
  readonly person: { readonly id: string; readonly name: string; readonly color: string };
  readonly cursor: Cursor | null;
  readonly runtime: { readonly label: string } | null;
}

/** Another page in the room. */
export interface Present extends Presence {
  readonly clientId: number;
}

/** Says who and where I am; a part that is left out stays. Nothing is sent before the first `person`. */
export function announce(awareness: Awareness, part: Partial<Presence>): void {
  const before = parsePresence(awareness.getLocalState());
  const person = part.person ?? before?.person;
  if (!person) return;
  const cursor = part.cursor === undefined ? (before?.cursor ?? null) : part.cursor;
  const runtime = part.runtime === undefined ? (before?.runtime ?? null) : part.runtime;
  awareness.setLocalState({ person, cursor, runtime });
}

/** The others in this room, in the order of their client ids; states that are not ours are left out. */
export function othersIn(awareness: Awareness): readonly Present[] {
  const others: Present[] = [];
  for (const [clientId, state] of awareness.getStates()) {
    if (clientId === awareness.clientID) continue;
    const presence = parsePresence(state);
    if (presence) others.push({ clientId, ...presence });
  }
  return others.sort((a, b) => a.clientId - b.clientId);
}

/** A presence from anything; null when it is none. A broken cursor or runtime counts as absent. */
export function parsePresence(state: unknown): Presence | null {
  if (!isObject(state) || !isObject(state["person"])) return null;
  const { id, name, color } = state["person"];
  if (typeof id !== "string" || typeof name !== "string" || typeof color !== "string") return null;
  return { person: { id, name, color }, cursor: parseCursor(state["cursor"]), runtime: parseRuntime(state["runtime"]) };
}

function parseCursor(value: unknown): Cursor | null {
  if (!isObject(value)) return null;
  const { cell, anchor, head } = value;
  if (!isCellId(cell) || !isOffset(anchor) || !isOffset(head)) return null;
  return { cell, anchor, head };
}

function parseRuntime(value: unknown): { label: string } | null {
  return isObject(value) && typeof value["label"] === "string" ? { label: value["label"] } : null;
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}
