/** Outputs that stay at home: whose they are, and what a cell's metadata may tell then. The hub's list (`core/private_outputs.py`) is the one that counts. */
import type { CellId } from "./cell.ts";
import type { Json } from "./json.ts";
import type { Hello } from "./notebook.ts";

/** Whose outputs stay at home: the notebook's, or those of some cells. */
export interface AtHome {
  readonly everything: boolean;
  readonly cells: ReadonlySet<CellId>;
}

export const NOWHERE: AtHome = { everything: false, cells: new Set() };

/** What the hub said when the room was entered, and since. Until it spoke nothing is known to stay at home. */
export function atHomeOf(hello: Pick<Hello, "omit_outputs" | "private_cells"> | null): AtHome {
  return hello === null ? NOWHERE : { everything: hello.omit_outputs, cells: new Set(hello.private_cells) };
}

/** Whether outputs of the whole notebook, or of one cell at least, stay at home. */
export function staysHomeSomewhere({ everything, cells }: AtHome): boolean {
  return everything || cells.size > 0;
}

/** A cell's metadata that say so are `{"private_outputs": true}` under this key. */
export const CELL_MARK = "runhere";

/** Whether a cell says of itself that its outputs stay at home. @param own its metadata under `CELL_MARK`. */
export function saysHome(own: Json | undefined): boolean {
  return isObject(own) && own["private_outputs"] === true;
}

/** The metadata under `CELL_MARK` with the mark. */
export function markedHome(own: Json | undefined): Json {
  return { ...(isObject(own) ? own : {}), private_outputs: true };
}

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

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
