/**
 * Edits of a notebook document as functions over its cells. Each is called inside one transaction of `NotebookDoc`; none reads a clock.
 *
 * A cell is born in two transactions: first as a tombstone with its text (not an undo step), then `deleted` becomes 0 (the step). Undoing
 * the step makes it a tombstone again: its key is never removed, so what others typed into it is kept (SPEC 1.5).
 */
import * as Y from "yjs";
import { type CellContent, type CellId, withPlainLineEnds } from "../core/cell.ts";
import type { Json } from "../core/notebook.ts";
import { attachmentsOf, type CellMap, cellMetadata, metadataValues, type StoredCell } from "./schema.ts";
import { seenOf, seenToJson } from "./unseen.ts";

/** Sets a new cell's key, as a tombstone that has seen all its own text. */
export function layDown(cells: Y.Map<CellMap>, id: CellId, position: string, content: CellContent, now: number): void {
  const map: CellMap = new Y.Map<unknown>();
  const source = new Y.Text(withPlainLineEnds(content.source));
  map.set("type", content.type);
  map.set("position", position);
  map.set("source", source);
  map.set("metadata", metadataMap(content.metadata ?? {}));
  if (content.attachments && Object.keys(content.attachments).length > 0) {
    map.set("attachments", JSON.stringify(content.attachments));
  }
  map.set("deleted", now);
  cells.set(id, map);
  map.set("deleted_seen", seenToJson(seenOf(source)));
}

export function revive(map: CellMap): void {
  map.set("deleted", 0);
}

/** Makes a cell a tombstone and remembers which of its text was seen. */
export function bury(cell: StoredCell, now: number): void {
  cell.map.set("deleted", now);
  cell.map.set("deleted_seen", seenToJson(seenOf(cell.source)));
}

/** What a cell holds, for a copy of it. */
export function contentOf(cell: StoredCell): CellContent {
  const attachments = attachmentsOf(cell.map);
  const content = { type: cell.type, source: cell.source.toString(), metadata: metadataValues(cell.map) };
  return attachments ? { ...content, attachments } : content;
}

/** Makes `source` equal to `text` by the smallest single replacement, so that cursors elsewhere stay where they are. */
export function rewrite(source: Y.Text, text: string): void {
  const before = source.toString();
  const after = withPlainLineEnds(text);
  if (before === after) return;
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  if (cutsPair(before, start) || cutsPair(after, start)) start -= 1;
  if (cutsPair(before, before.length - end) || cutsPair(after, after.length - end)) end -= 1;
  if (before.length - end > start) source.delete(start, before.length - end - start);
  if (after.length - end > start) source.insert(start, after.slice(start, after.length - end));
}

/** Whether this offset stands inside a surrogate pair. Yjs replaces halves of a pair by U+FFFD. */
export function cutsPair(text: string, offset: number): boolean {
  return /[\uD800-\uDBFF]/.test(text[offset - 1] ?? "") && /[\uDC00-\uDFFF]/.test(text[offset] ?? "");
}

/** Sets or (`undefined`) removes one metadata value of a cell. */
export function setMetadata(map: CellMap, key: string, value: Json | undefined): void {
  const metadata = cellMetadata(map);
  if (metadata) {
    setJson(metadata, key, value);
  } else if (value !== undefined) {
    map.set("metadata", metadataMap({ [key]: value }));
  }
}

/** Sets or (`undefined`) removes a value kept as JSON text. An equal text is not written again. */
export function setJson(map: Y.Map<string>, key: string, value: Json | undefined): void {
  if (value === undefined) {
    if (map.has(key)) map.delete(key);
    return;
  }
  const text = JSON.stringify(value);
  if (map.get(key) !== text) map.set(key, text);
}

/** Attachments of several cells as one; the earlier cell's wins under an equal name. */
export function joinAttachments(cells: readonly StoredCell[]): { [name: string]: Json } {
  return Object.assign({}, ...cells.map((cell) => attachmentsOf(cell.map) ?? {}).reverse());
}

function metadataMap(values: { readonly [key: string]: Json }): Y.Map<string> {
  const map = new Y.Map<string>();
  for (const [key, value] of Object.entries(values)) map.set(key, JSON.stringify(value));
  return map;
}
