/** Outputs that stay at home: what a cell's metadata may tell then. The hub's list (`core/private_outputs.py`) is the one that counts. */
import type { Json } from "./json.ts";

const CELL_METADATA: ReadonlySet<string> = new Set([
  "cellView",
  "collapsed",
  "deletable",
  "editable",
  "format",
  "id",
  "jupyter",
  "name",
  "runhere",
  "scrolled",
  "slideshow",
  "tags",
]);

/** The metadata of a pasted cell without what tells of its runs. */
export function withoutTelling(metadata: { readonly [key: string]: Json }): { readonly [key: string]: Json } {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => CELL_METADATA.has(key)));
}
