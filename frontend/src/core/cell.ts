/** Cells as values. */
import type { Json } from "./json.ts";

/** nbformat cell id: 1–64 characters of `A-Za-z0-9_-`. */
export type CellId = string;

export type CellType = "code" | "markdown" | "raw";

/** A cell outside any document: what is copied, pasted, duplicated. Line ends of `source` are `\n`. */
export interface CellContent {
  readonly type: CellType;
  readonly source: string;
  readonly metadata?: { readonly [key: string]: Json };
  readonly attachments?: { readonly [name: string]: Json };
}

const CELL_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function isCellId(value: unknown): value is CellId {
  return typeof value === "string" && CELL_ID.test(value);
}

export function isCellType(value: unknown): value is CellType {
  return value === "code" || value === "markdown" || value === "raw";
}

/**
 * A new cell id of 16 hex digits.
 *
 * @param random numbers in [0, 1); two pages must not share their sequence.
 */
export function newCellId(random: () => number): CellId {
  let id = "";
  while (id.length < 16) id += Math.floor(random() * 16).toString(16);
  return id;
}

/** `text` with `\n` as its only line end, as documents keep it. */
export function withPlainLineEnds(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}
