/**
 * A notebook as a document that many people edit at once (SPEC 1).
 *
 * Role: the only way from the page to the Yjs document. Invariants: no cell key is ever removed or set twice; a page never seeds a document;
 * every edit made here is one undo step, except births of cells (see `edits.ts`). Reads are stable snapshots for `useSyncExternalStore`.
 */
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { type CellContent, type CellId, type CellType, isCellId, newCellId } from "../core/cell.ts";
import { DocumentError } from "../core/errors.ts";
import type { Json } from "../core/notebook.ts";
import { Listeners } from "../core/observable.ts";
import { CELL_MARK, markedHome, saysHome } from "../core/private-outputs.ts";
import { CellIndex, type CellView } from "./cell-index.ts";
import * as edits from "./edits.ts";
import { type Orphan, Orphans } from "./orphans.ts";
import { positionsBetween, type Random } from "./positions.ts";
import {
  type CellMap,
  cellsRoot,
  formatRoot,
  metadataRoot,
  metadataValues,
  parseJson,
  SCHEMA,
  type StoredCell,
  storedCell,
} from "./schema.ts";
import { TYPING_PAUSE_MS, Undo } from "./undo.ts";

export type { CellView } from "./cell-index.ts";
export type { Orphan } from "./orphans.ts";

/** What the document takes from outside. */
export interface DocEnvironment {
  /** Milliseconds since 1970; only shown, never compared. */
  readonly now: () => number;
  readonly random: Random;
  readonly typingPauseMs: number;
}

/** A cell to paste. With the `id` of a cell that was cut from this document, that very cell comes back. */
export interface PastedCell extends CellContent {
  readonly id?: CellId;
}

export interface NewCell {
  /** The cell to stand behind; null: at the top. */
  readonly after: CellId | null;
  readonly type: CellType;
  readonly source?: string;
  readonly metadata?: { readonly [key: string]: Json };
  readonly id?: CellId;
}

/** One replacement in a source; offsets are UTF-16 code units of the text before any of the changes. */
export interface SourceChange {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

export class NotebookDoc {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly undo: Undo;
  /** Origin of the transactions that are this page's own edits. Editors use it too. */
  readonly origin = { edits: "own" } as const;
  readonly #births = { edits: "births" } as const;
  readonly #cells: Y.Map<CellMap>;
  readonly #metadata: Y.Map<string>;
  readonly #index: CellIndex;
  readonly #orphans: Orphans;
  readonly #metadataListeners = new Listeners();
  readonly #environment: DocEnvironment;
  #isDestroyed = false;

  /** @param doc an existing document; it is read and edited, never seeded. */
  constructor(doc: Y.Doc = new Y.Doc(), environment: Partial<DocEnvironment> = {}) {
    this.#environment = { now: Date.now, random: Math.random, typingPauseMs: TYPING_PAUSE_MS, ...environment };
    this.doc = doc;
    this.awareness = new Awareness(doc);
    // Awareness begins with an empty state; the hub drops states without a person (SPEC 2.8), so there is none until one is announced.
    this.awareness.setLocalState(null);
    this.#cells = cellsRoot(doc);
    this.#metadata = metadataRoot(doc);
    this.#index = new CellIndex(this.#cells);
    this.#orphans = new Orphans(this.#cells, this.#index);
    this.undo = new Undo(this.#cells, [this.origin], this.#environment.typingPauseMs);
    this.#metadata.observe(() => this.#metadataListeners.notify());
  }

  /** Ends timers and listeners; again does nothing. The Yjs document can be read on. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.undo.destroy();
    this.#orphans.destroy();
    this.#index.destroy();
    this.awareness.destroy();
  }

  // Reading

  /** Living cells in order; the same array until the structure changes. */
  cellIds(): readonly CellId[] {
    return this.#index.ids();
  }

  subscribeCells(fn: () => void): () => void {
    return this.#index.subscribe(fn);
  }

  /** A living cell, or null. The same object until its type, metadata or attachments change. */
  cell(id: CellId): CellView | null {
    return this.#index.view(id);
  }

  /** Tells of type, metadata, attachments, birth and deletion of one cell; its source tells for itself (`cell.source.observe`). */
  subscribeCell(id: CellId, fn: () => void): () => void {
    return this.#index.subscribeCell(id, fn);
  }

  /** Notebook metadata under a key, or undefined. */
  metadata(key: string): Json | undefined {
    return parseJson(this.#metadata.get(key));
  }

  subscribeMetadata(fn: () => void): () => void {
    return this.#metadataListeners.add(fn);
  }

  /** Whether the hub's loader has made this document. Before the first sync it is empty. */
  get isLoaded(): boolean {
    return formatRoot(this.doc).has("schema");
  }

  /** A newer layout than this page knows: it may be shown, not edited (SPEC 1.2). */
  get isReadOnly(): boolean {
    return Number(formatRoot(this.doc).get("schema") ?? 0) > SCHEMA;
  }

  /** Deleted cells into which text was typed that their deleter had not seen. The same array until it changes. */
  orphans(): readonly Orphan[] {
    return this.#orphans.get();
  }

  /** The same under the name of the contract. */
  tombstones(): readonly Orphan[] {
    return this.#orphans.get();
  }

  subscribeOrphans(fn: () => void): () => void {
    return this.#orphans.subscribe(fn);
  }

  // Structure

  insertCell({ after, type, source = "", metadata, id }: NewCell): CellId {
    const content = metadata ? { type, source, metadata } : { type, source };
    const ids = this.#insert([content], after, id === undefined ? undefined : [id]);
    return ids[0] ?? "";
  }

  /** Deletes the living ones among these; their text stays in the tombstones. */
  deleteCells(ids: readonly CellId[]): void {
    const cells = this.#inOrder(ids);
    if (cells.length > 0) this.#edit(() => this.#bury(cells));
  }

  /** Deletes all cells and lays an empty one down in their place, as one step: undo never leaves a notebook without a cell. */
  deleteAllCells(): void {
    const cells = this.#inOrder(this.cellIds());
    this.#insert([{ type: "code", source: "" }], null, undefined, () => this.#bury(cells));
  }

  /**
   * Moves cells, in their present order, behind another cell (null: to the top). A cell of the block itself as `after` means: behind the
   * nearest cell before it that stays.
   */
  moveCells(ids: readonly CellId[], after: CellId | null): void {
    const cells = this.#inOrder(ids);
    if (cells.length === 0) return;
    const moving = new Set(cells.map((cell) => cell.id));
    const positions = this.#positionsAfter(this.#stayingBefore(after, moving), cells.length, moving);
    this.#edit(() => cells.forEach((cell, at) => void cell.map.set("position", positions[at])));
  }

  /**
   * Splits a cell: what stands behind `offset` (UTF-16 code units) becomes a new cell of the same type, metadata and attachments. One line
   * end at the cut goes, so that merging is the way back. Outputs stay with the first half, which keeps its id.
   *
   * @returns the id of the second half.
   */
  splitCell(id: CellId, offset: number): CellId {
    const cell = this.#alive(id);
    const text = cell.source.toString();
    if (!Number.isInteger(offset) || offset < 0 || offset > text.length) {
      throw new DocumentError("offset_outside", "The cell changed; place the cursor again.", { id, offset });
    }
    const cut = edits.cutsPair(text, offset) ? offset - 1 : offset;
    const from = text[cut - 1] === "\n" ? cut - 1 : cut;
    const secondFrom = from === cut && text[cut] === "\n" ? cut + 1 : cut;
    const second = { ...edits.contentOf(cell), source: text.slice(secondFrom) };
    const [made = ""] = this.#insert([second], id, undefined, () => cell.source.delete(from, text.length - from));
    return made;
  }

  /**
   * Merges cells into the first of them, in document order: their sources joined by a line end (text cells: an empty line). The first keeps
   * id, type, metadata and outputs; the others become tombstones.
   *
   * @returns the id of the merged cell.
   */
  mergeCells(ids: readonly CellId[]): CellId {
    const cells = this.#inOrder(ids);
    const [first, ...rest] = cells;
    if (!first) throw new DocumentError("cell_unknown", "These cells are not there any more.", {});
    if (rest.length === 0) return first.id;
    const joint = first.type === "markdown" ? "\n\n" : "\n";
    this.#edit(() => {
      first.source.insert(first.source.length, rest.map((cell) => joint + cell.source.toString()).join(""));
      const attachments = edits.joinAttachments(cells);
      if (Object.keys(attachments).length > 0) first.map.set("attachments", JSON.stringify(attachments));
      // Code whose outputs stay at home keeps them there, wherever it goes.
      const marks = cells.map((cell) => metadataValues(cell.map)[CELL_MARK]);
      if (marks.some(saysHome)) edits.setMetadata(first.map, CELL_MARK, markedHome(marks[0]));
      this.#bury(rest);
    });
    return first.id;
  }

  /** Copies cells behind the last of them, with new ids. @returns old id → new id, in order. */
  duplicateCells(ids: readonly CellId[]): ReadonlyMap<CellId, CellId> {
    const cells = this.#inOrder(ids);
    const made = this.#insert(cells.map(edits.contentOf), cells.at(-1)?.id ?? null);
    return new Map(cells.map((cell, at) => [cell.id, made[at] ?? ""]));
  }

  /**
   * Pastes a block behind a cell (null: at the top). A cell whose `id` is a tombstone here was cut: it comes back under its id, with what
   * others typed into it meanwhile. Everything else gets a new id.
   *
   * @returns the ids, in order.
   */
  pasteCells(cells: readonly PastedCell[], after: CellId | null): readonly CellId[] {
    const used = new Set<CellId>();
    const returning = cells.map(({ id }) => {
      const stored = id === undefined || used.has(id) ? null : storedCell(this.#cells, id);
      if (!stored?.deleted) return null;
      used.add(stored.id);
      return stored;
    });
    return this.#insert(cells, after, undefined, undefined, returning);
  }

  /** Brings a tombstone back to life where it stood, with everything in it. */
  restoreCell(id: CellId): void {
    const cell = storedCell(this.#cells, id);
    if (!cell) throw new DocumentError("cell_unknown", "This cell was removed for good after 30 days.", { id });
    if (cell.deleted) this.#edit(() => edits.revive(cell.map));
  }

  /** Declares the unseen text of a tombstone seen: it is offered no more, and stays in the tombstone. */
  dismissOrphan(id: CellId): void {
    const cell = storedCell(this.#cells, id);
    if (cell?.deleted) this.doc.transact(() => edits.bury(cell, this.#environment.now()), this.#births);
  }

  /** Several changes as one step: they are sent, and undone, together. */
  atOnce(work: () => void): void {
    this.#edit(work);
  }

  // One cell

  setType(id: CellId, type: CellType): void {
    const cell = this.#alive(id);
    if (cell.type !== type) this.#edit(() => cell.map.set("type", type));
  }

  setCellMetadata(id: CellId, key: string, value: Json | undefined): void {
    const { map } = this.#alive(id);
    this.#edit(() => edits.setMetadata(map, key, value));
  }

  /** Replaces all attachments of a text cell; an empty object removes them. */
  setAttachments(id: CellId, attachments: { readonly [name: string]: Json }): void {
    const { map } = this.#alive(id);
    const text = Object.keys(attachments).length > 0 ? JSON.stringify(attachments) : undefined;
    if (map.get("attachments") === text) return;
    this.#edit(() => (text === undefined ? map.delete("attachments") : void map.set("attachments", text)));
  }

  /** Makes the source equal to `text` by one minimal replacement. */
  setSource(id: CellId, text: string): void {
    const { source } = this.#alive(id);
    this.#edit(() => edits.rewrite(source, text));
  }

  /** Several replacements at once (find and replace); ranges must not overlap. */
  changeSource(id: CellId, changes: readonly SourceChange[]): void {
    const { source } = this.#alive(id);
    this.#edit(() => {
      for (const { from, to, insert } of [...changes].sort((a, b) => b.from - a.from)) {
        if (to > from) source.delete(from, to - from);
        if (insert !== "") source.insert(from, insert);
      }
    });
  }

  /** Sets or (`undefined`) removes notebook metadata. Not an undo step: settings are not undone by typing Ctrl+Z. */
  setNotebookMetadata(key: string, value: Json | undefined): void {
    this.#edit(() => edits.setJson(this.#metadata, key, value));
  }

  // Inside

  #edit(work: () => void): void {
    if (this.isReadOnly)
      throw new DocumentError("read_only", "This notebook was written by a newer Runhere; update to edit it.", {});
    this.doc.transact(work, this.origin);
  }

  #bury(cells: readonly StoredCell[]): void {
    const now = this.#environment.now();
    for (const cell of cells) edits.bury(cell, now);
  }

  #insert(
    contents: readonly CellContent[],
    after: CellId | null,
    wanted?: readonly CellId[],
    alongside?: () => void,
    returning: readonly (StoredCell | null)[] = [],
  ): readonly CellId[] {
    if (contents.length === 0) return [];
    const positions = this.#positionsAfter(this.#stayingBefore(after, new Set()), contents.length, new Set());
    const ids = contents.map((_, at) => returning[at]?.id ?? this.#freshId(wanted?.[at]));
    if (this.isReadOnly) this.#edit(() => {});
    const now = this.#environment.now();
    this.doc.transact(() => {
      contents.forEach((content, at) => {
        if (!returning[at]) edits.layDown(this.#cells, ids[at] ?? "", positions[at] ?? "", content, now);
      });
    }, this.#births);
    this.#edit(() => {
      ids.forEach((id, at) => {
        const cell = storedCell(this.#cells, id);
        if (returning[at]) cell?.map.set("position", positions[at]);
        if (cell) edits.revive(cell.map);
      });
      alongside?.();
    });
    return ids;
  }

  #freshId(wanted: CellId | undefined): CellId {
    if (wanted !== undefined) {
      if (!isCellId(wanted)) throw new DocumentError("cell_id_taken", "This is not a cell id.", { id: wanted });
      if (this.#cells.has(wanted))
        throw new DocumentError("cell_id_taken", "A cell with this id exists already.", { id: wanted });
      return wanted;
    }
    for (;;) {
      const id = newCellId(this.#environment.random);
      if (!this.#cells.has(id)) return id;
    }
  }

  #positionsAfter(after: CellId | null, count: number, moving: ReadonlySet<CellId>): string[] {
    const ids = this.#index.ids();
    let next = after === null ? 0 : ids.indexOf(after) + 1;
    while (moving.has(ids[next] ?? "")) next += 1;
    const low = after === null ? null : this.#index.positionOf(after);
    return positionsBetween(low, this.#index.positionOf(ids[next] ?? ""), count, this.#environment.random);
  }

  #stayingBefore(after: CellId | null, moving: ReadonlySet<CellId>): CellId | null {
    if (after === null) return null;
    const ids = this.#index.ids();
    let at = ids.indexOf(after);
    if (at < 0)
      throw new DocumentError("cell_unknown", "The cell there was deleted; choose another place.", { id: after });
    while (at >= 0 && moving.has(ids[at] ?? "")) at -= 1;
    return ids[at] ?? null;
  }

  #alive(id: CellId): StoredCell {
    const cell = storedCell(this.#cells, id);
    if (!cell || cell.deleted) throw new DocumentError("cell_unknown", "This cell was deleted.", { id });
    return cell;
  }

  /** The living cells among `ids`, each once, in document order. */
  #inOrder(ids: readonly CellId[]): StoredCell[] {
    const wanted = new Set(ids);
    const cells: StoredCell[] = [];
    if (wanted.size === 1) {
      const only = storedCell(this.#cells, ids[0] ?? "");
      return only && !only.deleted ? [only] : [];
    }
    for (const id of this.#index.ids()) {
      const cell = wanted.has(id) ? storedCell(this.#cells, id) : null;
      if (cell) cells.push(cell);
    }
    return cells;
  }
}
