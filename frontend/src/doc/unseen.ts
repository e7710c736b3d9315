/**
 * Which text of a deleted cell its deleter had not seen.
 *
 * Characters in Yjs are numbered per client without gaps, so "how far each client's characters in this text were known" (`deleted_seen`,
 * SPEC 1.4) says exactly which of them came later or at the same time. Only numbers are compared: no clock is.
 */
import * as Y from "yjs";

/** Client id → number of the first character of that client which was not seen. */
export type Seen = ReadonlyMap<number, number>;

/** What is seen of a text now. */
export function seenOf(text: Y.Text): Seen {
  const seen = new Map<number, number>();
  for (let item = text._start; item !== null; item = item.right) {
    seen.set(item.id.client, Math.max(seen.get(item.id.client) ?? 0, item.id.clock + item.length));
  }
  return seen;
}

/** The living characters of a text that are not in `seen`, in order. Without `seen` (another program deleted it) all count as seen. */
export function unseenText(text: Y.Text, seen: Seen | null): string {
  if (seen === null) return "";
  let found = "";
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue;
    const known = (seen.get(item.id.client) ?? 0) - item.id.clock;
    if (known < item.length) found += item.content.str.slice(Math.max(0, known));
  }
  return found;
}

export function seenToJson(seen: Seen): string {
  return JSON.stringify(Object.fromEntries([...seen].sort(([a], [b]) => a - b)));
}

/** The value of a `deleted_seen`, or null when it is missing or not one. */
export function seenFromJson(text: unknown): Seen | null {
  if (typeof text !== "string") return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const seen = new Map<number, number>();
    for (const [client, clock] of Object.entries(value)) {
      if (typeof clock === "number") seen.set(Number(client), clock);
    }
    return seen;
  } catch {
    return null;
  }
}
