/**
 * How a notebook is laid out in a Yjs document (SPEC 1). Reading tolerates what it does not know; nothing here ever removes a cell key.
 */
import * as Y from "yjs";
import { type CellId, type CellType, isCellType } from "../core/cell.ts";
import type { Json } from "../core/notebook.ts";
import { isPosition } from "./positions.ts";

/** The layout this page understands. A larger one opens read-only (SPEC 1.2). */
export const SCHEMA = 1;

export type CellMap = Y.Map<unknown>;

export function cellsRoot(doc: Y.Doc): Y.Map<CellMap> {
  return doc.getMap<CellMap>("cells");
}

export function metadataRoot(doc: Y.Doc): Y.Map<string> {
  return doc.getMap<string>("metadata");
}

export function formatRoot(doc: Y.Doc): Y.Map<number> {
  return doc.getMap<number>("format");
}

/** A cell as it stands in the document, alive or not. */
export interface StoredCell {
  readonly id: CellId;
  readonly map: CellMap;
  readonly type: CellType;
  readonly position: string;
  readonly source: Y.Text;
  readonly deleted: boolean;
}

/** The cell under this key, or null when there is none or it is not one (a broken entry is left alone, never repaired by a page). */
export function storedCell(cells: Y.Map<CellMap>, id: CellId): StoredCell | null {
  const map: unknown = cells.get(id);
  if (!(map instanceof Y.Map)) return null;
  const type: unknown = map.get("type");
  const position: unknown = map.get("position");
  const source: unknown = map.get("source");
  if (!isCellType(type) || !isPosition(position) || !(source instanceof Y.Text)) return null;
  return { id, map, type, position, source, deleted: isDeleted(map) };
}

/** Deleted: a time other than 0 stands there. */
function isDeleted(map: CellMap): boolean {
  const deleted = map.get("deleted");
  return typeof deleted === "number" || typeof deleted === "bigint" ? Number(deleted) !== 0 : false;
}

/** The metadata map of a cell; null where the cell has none. */
export function cellMetadata(map: CellMap): Y.Map<string> | null {
  const metadata: unknown = map.get("metadata");
  return metadata instanceof Y.Map ? metadata : null;
}

/** The value of a JSON text, or undefined when it is no JSON (another program wrote it). */
export function parseJson(text: unknown): Json | undefined {
  if (typeof text !== "string") return undefined;
  try {
    // JSON.parse gives JSON by definition.
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** All metadata of a cell as values; texts that are no JSON are left out. */
export function metadataValues(map: CellMap): { [key: string]: Json } {
  const values: { [key: string]: Json } = {};
  cellMetadata(map)?.forEach((text, key) => {
    const value = parseJson(text);
    if (value !== undefined) values[key] = value;
  });
  return values;
}

/** The attachments of a cell, or null when it has none. */
export function attachmentsOf(map: CellMap): { readonly [name: string]: Json } | null {
  const value = parseJson(map.get("attachments"));
  // An object that is no array: the index signature is what JSON objects have.
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as { [name: string]: Json })
    : null;
}
