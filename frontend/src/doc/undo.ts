/**
 * Undo over all cells, of one's own edits only (SPEC 1.5).
 *
 * One step is one command, or one run of typing in one cell. A remote edit is never taken back: where somebody changed the same thing since,
 * the step leaves it. Undoing the birth of a cell makes it a tombstone, because its `deleted` is what the step changed; the filter below is
 * the second lock on that door.
 */
import * as Y from "yjs";
import type { CellId } from "../core/cell.ts";
import { Listeners } from "../core/observable.ts";
import type { CellMap } from "./schema.ts";

/** Typing within this time, in one cell, is one step. */
export const TYPING_PAUSE_MS = 600;

/** What an undo took away though it should not be missing, and stood there. */
interface Lost {
  readonly map: CellMap;
  readonly key: string;
  readonly stood: unknown;
}

export class Undo {
  readonly #cells: Y.Map<CellMap>;
  /** Not one's own edits: what undo and redo leave stays. */
  readonly #mends = { edits: "mends" } as const;
  readonly #manager: Y.UndoManager;
  readonly #listeners = new Listeners();
  #lastTarget: unknown = null;
  #touched: readonly CellId[] = [];
  #lost: readonly Lost[] = [];

  /**
   * @param origins transaction origins that are one's own edits.
   * @param typingPauseMs 0: every transaction is a step.
   */
  constructor(cells: Y.Map<CellMap>, origins: readonly unknown[], typingPauseMs = TYPING_PAUSE_MS) {
    this.#cells = cells;
    this.#manager = new Y.UndoManager(cells, {
      captureTimeout: typingPauseMs,
      trackedOrigins: new Set(origins),
      captureTransaction: (transaction) => this.#beforeCapture(transaction),
      deleteFilter: (item) => item.parent !== cells,
    });
    for (const event of ["stack-item-added", "stack-item-updated", "stack-cleared"] as const) {
      this.#manager.on(event, () => this.#listeners.notify());
    }
    cells.observeDeep(this.#noteLost);
    this.#manager.on("stack-item-popped", (event) => {
      this.#touched = cellsIn(event.changedParentTypes, cells);
      this.#listeners.notify();
    });
  }

  /** For editors that need Yjs' own object (`y-codemirror.next`). */
  get manager(): Y.UndoManager {
    return this.#manager;
  }

  get canUndo(): boolean {
    return this.#manager.canUndo();
  }

  get canRedo(): boolean {
    return this.#manager.canRedo();
  }

  /** Takes the last own step back. Returns the cells it changed (to show them), nothing when there was no step. */
  undo(): readonly CellId[] {
    return this.#pop(() => this.#manager.undo());
  }

  /** Makes the last undone step again. */
  redo(): readonly CellId[] {
    return this.#pop(() => this.#manager.redo());
  }

  /** The next edit begins a new step. */
  endStep(): void {
    this.#manager.stopCapturing();
  }

  /** Transactions with this origin are one's own edits from now on. */
  track(origin: unknown): void {
    this.#manager.addTrackedOrigin(origin);
  }

  subscribe(fn: () => void): () => void {
    return this.#listeners.add(fn);
  }

  destroy(): void {
    this.#cells.unobserveDeep(this.#noteLost);
    this.#manager.destroy();
  }

  #pop(work: () => unknown): readonly CellId[] {
    this.#touched = [];
    this.#lost = [];
    work();
    this.#putBack();
    this.#manager.stopCapturing();
    this.#lastTarget = null;
    return this.#touched;
  }

  readonly #noteLost = (events: readonly Y.YEvent<Y.AbstractType<unknown>>[], transaction: Y.Transaction): void => {
    if (transaction.origin === this.#manager) this.#lost = lostIn(events, this.#cells, transaction);
  };

  // Where two people set one thing of a cell at the same time, Yjs takes one's own away and does not put back what stood
  // before both. Without position or type the cell would be none any more, for everybody; without a key of its metadata,
  // or its attachments, what neither of the two took out would be gone. It stays as it stood.
  #putBack(): void {
    const lost = this.#lost;
    if (lost.length === 0) return;
    this.#cells.doc?.transact(() => {
      for (const { map, key, stood } of lost) map.set(key, stood);
    }, this.#mends);
  }

  // Yjs groups by time alone; here a step also ends where the cell changes or a command stands.
  #beforeCapture(transaction: Y.Transaction): boolean {
    if (!this.#manager.trackedOrigins.has(transaction.origin) || transaction.origin === this.#manager) return true;
    const changed = [...transaction.changed.keys()];
    const only = changed[0];
    const target = changed.length === 1 && only instanceof Y.Text ? only : null;
    if (target === null || target !== this.#lastTarget) this.#manager.stopCapturing();
    this.#lastTarget = target;
    return true;
  }
}

/** What a cell cannot be without. */
const NEEDED: readonly string[] = ["type", "position"];

function lostIn(
  events: readonly Y.YEvent<Y.AbstractType<unknown>>[],
  cells: Y.Map<CellMap>,
  transaction: Y.Transaction,
): Lost[] {
  return events.flatMap(({ target: map, changes }) => {
    if (!(map instanceof Y.Map)) return [];
    const isCell = map.parent === cells;
    if (!isCell && !isMetadata(map, cells)) return [];
    return [...changes.keys].flatMap(([key, change]) => {
      if (change.action !== "delete") return [];
      const isNeeded = isCell && NEEDED.includes(key);
      const mayBeMissing = isCell && key !== "attachments";
      return isNeeded || (!mayBeMissing && wasSetByTwo(map, key, transaction))
        ? [{ map, key, stood: change.oldValue as unknown }]
        : [];
    });
  });
}

function isMetadata(map: Y.Map<unknown>, cells: Y.Map<CellMap>): boolean {
  const cell = map.parent;
  return cell instanceof Y.Map && cell.parent === cells && cell.get("metadata") === map;
}

/**
 * Whether somebody else had set this key at the same time as the one whose value was just taken away: theirs came to stand between that value
 * and the one that it was set over. Where it was set over nothing, or over what was removed before, taking it away is all there is to undo.
 */
function wasSetByTwo(map: Y.Map<unknown>, key: string, { deleteSet }: Y.Transaction): boolean {
  let own = map._map.get(key);
  if (!own || !Y.isDeleted(deleteSet, own.id)) return false;
  while (own.left && Y.isDeleted(deleteSet, own.left.id)) own = own.left;
  return !Y.compareIDs(own.origin, own.left?.lastId ?? null);
}

function cellsIn(
  changed: ReadonlyMap<unknown, readonly Y.YEvent<Y.AbstractType<unknown>>[]>,
  cells: Y.Map<CellMap>,
): CellId[] {
  const ids = new Set<CellId>();
  for (const event of changed.get(cells) ?? []) {
    const id = event.path[0];
    if (typeof id === "string") ids.add(id);
  }
  return [...ids];
}
