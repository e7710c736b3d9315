/**
 * The living cells of a document in order, kept up to date change by change, and who wants to know of which change.
 *
 * A keystroke costs the same with 10 and with 5,000 cells: only the cell it is in is looked at. Listeners are called after the transaction.
 */
import type * as Y from "yjs";
import type { CellId, CellType } from "../core/cell.ts";
import type { Json } from "../core/notebook.ts";
import { Listeners, NamedListeners } from "../core/observable.ts";
import { compareCells } from "./positions.ts";
import { attachmentsOf, type CellMap, cellMetadata, parseJson, storedCell } from "./schema.ts";

/** A living cell. The object stays the same until its type, metadata or attachments change; `source` tells its changes itself. */
export interface CellView {
  readonly id: CellId;
  readonly type: CellType;
  readonly source: Y.Text;
  readonly attachments: { readonly [name: string]: Json } | null;
  readonly metadataKeys: readonly string[];
  /** Value under a metadata key; undefined when absent. */
  metadata(key: string): Json | undefined;
}

interface Placed {
  readonly id: CellId;
  readonly position: string;
}

export class CellIndex {
  readonly #cells: Y.Map<CellMap>;
  #placed: readonly Placed[] = [];
  #ids: readonly CellId[] = [];
  readonly #places = new Map<CellId, Placed>();
  readonly #views = new Map<CellId, CellView>();
  readonly #structure = new Listeners();
  readonly #perCell = new NamedListeners<CellId>();
  /** Told of every change in a cell that is deleted. */
  readonly tombstones = new Listeners();

  constructor(cells: Y.Map<CellMap>) {
    this.#cells = cells;
    this.#replace(new Set(cells.keys()));
    cells.observeDeep(this.#observe);
  }

  destroy(): void {
    this.#cells.unobserveDeep(this.#observe);
  }

  /** Living cells in order; the same array until the structure changes. */
  ids(): readonly CellId[] {
    return this.#ids;
  }

  has(id: CellId): boolean {
    return this.#places.has(id);
  }

  positionOf(id: CellId): string | null {
    return this.#places.get(id)?.position ?? null;
  }

  /** The living cell behind which a cell at this place stands (or would stand); null: at the top. */
  before(cell: { readonly position: string; readonly id: CellId }): CellId | null {
    return this.#placed.findLast((place) => compareCells(place, cell) < 0)?.id ?? null;
  }

  view(id: CellId): CellView | null {
    const known = this.#views.get(id);
    if (known) return known;
    if (!this.#places.has(id)) return null;
    const made = viewOf(this.#cells, id);
    if (made) this.#views.set(id, made);
    return made;
  }

  subscribe(fn: () => void): () => void {
    return this.#structure.add(fn);
  }

  subscribeCell(id: CellId, fn: () => void): () => void {
    return this.#perCell.add(id, fn);
  }

  // Y calls with one event for each changed type, after the transaction.
  readonly #observe = (events: readonly Y.YEvent<Y.AbstractType<unknown>>[]): void => {
    const moved = new Set<CellId>();
    const changed = new Set<CellId>();
    let inTombstone = false;
    for (const event of events) {
      if (event.target === this.#cells) {
        for (const id of event.keys.keys()) moved.add(id);
        continue;
      }
      const id = event.path[0];
      if (typeof id !== "string") continue;
      if (!this.#places.has(id)) inTombstone = true;
      if (event.path.length > 1) {
        if (event.path[1] !== "source") changed.add(id);
        continue;
      }
      const keys = event.keys;
      if (keys.has("position") || keys.has("deleted")) moved.add(id);
      if ([...keys.keys()].some((key) => key !== "position" && key !== "deleted" && key !== "deleted_seen"))
        changed.add(id);
      if (keys.has("deleted") || keys.has("deleted_seen")) inTombstone = true;
    }
    this.#tell(moved, changed, inTombstone);
  };

  #tell(moved: ReadonlySet<CellId>, changed: ReadonlySet<CellId>, inTombstone: boolean): void {
    // A cell that lost its form (or gained it) leaves or enters the order.
    const structural = new Set([...moved, ...[...changed].filter((id) => this.#places.has(id) !== this.#isAlive(id))]);
    const reordered = structural.size > 0 && this.#replace(structural);
    for (const id of [...changed, ...moved]) {
      // A view is of the Y.Map under the key: a key that was set again is another one.
      const view = this.#views.get(id);
      if (view && (changed.has(id) || view.source !== this.#source(id))) this.#views.delete(id);
    }
    for (const id of new Set([...changed, ...moved])) this.#perCell.notify(id);
    if (reordered) this.#structure.notify();
    if (inTombstone || moved.size > 0) this.tombstones.notify();
  }

  #isAlive(id: CellId): boolean {
    const cell = storedCell(this.#cells, id);
    return cell !== null && !cell.deleted;
  }

  #source(id: CellId): Y.Text | undefined {
    return storedCell(this.#cells, id)?.source;
  }

  /** Takes the given cells out and puts the living ones where they belong. Returns whether the order is another one. */
  #replace(ids: ReadonlySet<CellId>): boolean {
    const arriving: Placed[] = [];
    for (const id of ids) {
      this.#places.delete(id);
      const cell = storedCell(this.#cells, id);
      if (!cell || cell.deleted) {
        this.#views.delete(id);
        continue;
      }
      const place = { id, position: cell.position };
      arriving.push(place);
      this.#places.set(id, place);
    }
    arriving.sort(compareCells);
    const next = merged(
      this.#placed.filter((place) => !ids.has(place.id)),
      arriving,
    );
    this.#placed = next;
    if (next.length === this.#ids.length && next.every((place, at) => place.id === this.#ids[at])) return false;
    this.#ids = next.map((place) => place.id);
    return true;
  }
}

function merged(left: readonly Placed[], right: readonly Placed[]): Placed[] {
  const all: Placed[] = [];
  let at = 0;
  for (const place of left) {
    for (let next = right[at]; next !== undefined && compareCells(next, place) < 0; next = right[at]) {
      all.push(next);
      at += 1;
    }
    all.push(place);
  }
  return all.concat(right.slice(at));
}

function viewOf(cells: Y.Map<CellMap>, id: CellId): CellView | null {
  const cell = storedCell(cells, id);
  if (!cell) return null;
  const metadata = cellMetadata(cell.map);
  const values = new Map<string, Json | undefined>();
  return {
    id,
    type: cell.type,
    source: cell.source,
    attachments: attachmentsOf(cell.map),
    metadataKeys: metadata ? [...metadata.keys()] : [],
    metadata(key) {
      if (!values.has(key)) values.set(key, parseJson(metadata?.get(key)));
      return values.get(key);
    },
  };
}
