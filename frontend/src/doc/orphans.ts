/**
 * Text that was typed into a cell while somebody else deleted or merged it. It is in the tombstone; here it is found, to be offered back.
 */
import type * as Y from "yjs";
import type { CellId } from "../core/cell.ts";
import { Listeners, type Observable } from "../core/observable.ts";
import type { CellIndex } from "./cell-index.ts";
import { type CellMap, storedCell } from "./schema.ts";
import { seenFromJson, unseenText } from "./unseen.ts";

/** A deleted cell that holds text its deleter had not seen. */
export interface Orphan {
  readonly cellId: CellId;
  /** The unseen characters alone, in order. */
  readonly text: string;
  /** Everything in the tombstone, that text included. */
  readonly source: string;
  /** The living cell behind which it stood; null: at the top. */
  readonly after: CellId | null;
}

export class Orphans implements Observable<readonly Orphan[]> {
  readonly #cells: Y.Map<CellMap>;
  readonly #index: CellIndex;
  readonly #listeners = new Listeners();
  readonly #end: () => void;
  #known: readonly Orphan[] = [];
  #isStale = true;

  constructor(cells: Y.Map<CellMap>, index: CellIndex) {
    this.#cells = cells;
    this.#index = index;
    this.#end = index.tombstones.add(() => {
      this.#isStale = true;
      this.#listeners.notify();
    });
  }

  /** In no particular order; the same array until it changes. */
  get(): readonly Orphan[] {
    if (!this.#isStale) return this.#known;
    this.#isStale = false;
    const found = this.#find();
    if (JSON.stringify(found) !== JSON.stringify(this.#known)) this.#known = found;
    return this.#known;
  }

  /** May call without a change; `get` then gives the same array. */
  subscribe(fn: () => void): () => void {
    return this.#listeners.add(fn);
  }

  destroy(): void {
    this.#end();
  }

  #find(): Orphan[] {
    const orphans: Orphan[] = [];
    for (const id of this.#cells.keys()) {
      if (this.#index.has(id)) continue;
      const cell = storedCell(this.#cells, id);
      if (!cell) continue;
      const text = unseenText(cell.source, seenFromJson(cell.map.get("deleted_seen")));
      if (text === "") continue;
      orphans.push({ cellId: id, text, source: cell.source.toString(), after: this.#index.before(cell) });
    }
    return orphans;
  }
}
