/**
 * The breakpoints of one notebook, and whether its debugger is on: what this browser keeps, in every tab of it.
 *
 * Breakpoints follow the text of their cell, whoever edits it and whether the cell is in sight or not.
 */
import type * as Y from "yjs";
import {
  findLines,
  type KeptLine,
  keptLines,
  lineNumbersOf,
  type MarkedLine,
  moveLines,
  type TextPart,
  toggleLine,
} from "../../core/breakpoints.ts";
import type { CellId } from "../../core/cell.ts";
import type { StopOn } from "../../core/debug-session.ts";
import { Listeners, type Observable, Value } from "../../core/observable.ts";
import type { Clock } from "../../kernel/messages.ts";

export interface BookDocument {
  cellIds(): readonly CellId[];
  cell(id: CellId): { readonly type: string; readonly source: Y.Text } | null;
  subscribeCells(fn: () => void): () => void;
}

export interface BookStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface BookOptions {
  readonly doc: BookDocument;
  readonly store: BookStore;
  /** Under which the book is kept: nothing is there while there is nothing to keep. */
  readonly key: string;
  readonly clock: Pick<Clock, "after">;
}

export interface DebugWishes {
  readonly isOn: boolean;
  readonly stopOn: StopOn;
}

/** A breakpoint as it is listed. */
export interface Breakpoint {
  readonly cellId: CellId;
  /** UTF-16 code units from the beginning of the cell. */
  readonly from: number;
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

interface Page {
  readonly source: Y.Text;
  marked: readonly MarkedLine[];
  readonly end: () => void;
}

interface Kept {
  readonly isOn?: boolean;
  readonly stopOn?: StopOn;
  readonly cells?: Readonly<Record<CellId, readonly KeptLine[]>>;
}

const NONE: readonly MarkedLine[] = [];
/** Not with every key that is typed. */
const KEEP_MS = 400;

export class BreakpointBook {
  readonly wishes: Observable<DebugWishes>;
  readonly #wishes: Value<DebugWishes>;
  readonly #options: BookOptions;
  readonly #pages = new Map<CellId, Page>();
  readonly #listeners = new Listeners();
  readonly #endCells: () => void;
  #cancelKeep: () => void = () => {};
  #all: readonly Breakpoint[] | null = null;
  /** Of cells that are not there: they may come back by an undo, or were not loaded yet. */
  readonly #away = new Map<CellId, readonly KeptLine[]>();

  constructor(options: BookOptions) {
    this.#options = options;
    const kept = read(options);
    this.#wishes = new Value(wishesIn(kept));
    this.wishes = this.#wishes;
    for (const [id, lines] of Object.entries(kept.cells ?? {})) this.#away.set(id, lines);
    this.#endCells = options.doc.subscribeCells(() => this.#lookAtCells());
    this.#lookAtCells();
  }

  close(): void {
    this.#keep();
    this.#endCells();
    for (const { end } of this.#pages.values()) end();
    this.#pages.clear();
  }

  /** Calls `fn` after breakpoints were set, taken away or moved. Returns the end. */
  subscribe(fn: () => void): () => void {
    return this.#listeners.add(fn);
  }

  /** Of a living cell, in order; the same object until they change. */
  marked(id: CellId): readonly MarkedLine[] {
    return this.#pages.get(id)?.marked ?? NONE;
  }

  /** Line numbers from 1, rising. */
  lines(id: CellId): readonly number[] {
    const page = this.#pages.get(id);
    return page === undefined ? [] : lineNumbersOf(page.marked, page.source.toString());
  }

  /** The lines in another text of the cell: where it says the same. */
  linesIn(id: CellId, source: string): readonly number[] {
    const page = this.#pages.get(id);
    if (page === undefined) return [];
    const now = page.source.toString();
    return now === source ? this.lines(id) : lineNumbersOf(findLines(keptLines(page.marked, now), source), source);
  }

  /** Cells that have breakpoints, in the order of the notebook. */
  cells(): readonly CellId[] {
    return this.#options.doc.cellIds().filter((id) => this.marked(id).length > 0);
  }

  /** In the order of the notebook; the same array until something moves. */
  all(): readonly Breakpoint[] {
    this.#all ??= this.#listAll();
    return this.#all;
  }

  #listAll(): readonly Breakpoint[] {
    return this.cells().flatMap((cellId) => {
      const page = this.#pages.get(cellId);
      if (page === undefined) return [];
      const lines = keptLines(page.marked, page.source.toString());
      return lines.map(({ line, text }, at) => ({ cellId, line, text, from: page.marked[at]?.from ?? 0 }));
    });
  }

  /** Sets a breakpoint in the line that holds `offset`, or takes it away. Nothing happens to what is no code cell. */
  toggle(id: CellId, offset: number): void {
    const cell = this.#options.doc.cell(id);
    if (cell?.type !== "code") return;
    const page = this.#pages.get(id) ?? this.#open(id, cell.source, NONE);
    page.marked = toggleLine(page.marked, cell.source.toString(), offset);
    this.#changed();
  }

  clear(): void {
    for (const page of this.#pages.values()) page.marked = NONE;
    this.#away.clear();
    this.#changed();
  }

  wish(changes: Partial<DebugWishes>): void {
    this.#wishes.set({ ...this.#wishes.get(), ...changes });
    this.#keep();
  }

  /** Another tab of this browser wrote. */
  readAgain(): void {
    const kept = read(this.#options);
    this.#wishes.set(wishesIn(kept));
    for (const page of this.#pages.values()) page.marked = NONE;
    this.#away.clear();
    for (const [id, lines] of Object.entries(kept.cells ?? {})) {
      const page = this.#pages.get(id);
      if (page === undefined) this.#away.set(id, lines);
      else page.marked = findLines(lines, page.source.toString());
    }
    this.#lookAtCells();
  }

  #lookAtCells(): void {
    const { doc } = this.#options;
    for (const [id, page] of this.#pages) {
      const cell = doc.cell(id);
      if (cell?.type === "code" && cell.source === page.source) continue;
      page.end();
      this.#pages.delete(id);
      if (page.marked.length > 0) this.#away.set(id, keptLines(page.marked, page.source.toString()));
    }
    for (const [id, lines] of this.#away) {
      const cell = doc.cell(id);
      if (cell?.type !== "code") continue;
      this.#away.delete(id);
      this.#open(id, cell.source, findLines(lines, cell.source.toString()));
    }
    // Also where only the order of cells is another.
    this.#tell();
  }

  #open(id: CellId, source: Y.Text, marked: readonly MarkedLine[]): Page {
    const follow = (event: Y.YTextEvent): void => {
      if (page.marked.length === 0) return;
      const parts: readonly TextPart[] = event.delta.map(({ retain, insert, delete: gone }) => ({
        ...(retain === undefined ? {} : { retain }),
        ...(typeof insert === "string" ? { insert } : {}),
        ...(gone === undefined ? {} : { delete: gone }),
      }));
      const moved = moveLines(page.marked, parts, source.toString());
      if (moved === page.marked) return;
      page.marked = moved;
      this.#cancelKeep();
      this.#cancelKeep = this.#options.clock.after(KEEP_MS, () => this.#keep());
      this.#tell();
    };
    source.observe(follow);
    const page: Page = { source, marked, end: () => source.unobserve(follow) };
    this.#pages.set(id, page);
    return page;
  }

  #changed(): void {
    this.#keep();
    this.#tell();
  }

  #tell(): void {
    this.#all = null;
    this.#listeners.notify();
  }

  #keep(): void {
    this.#cancelKeep();
    const { store, key } = this.#options;
    const cells: Record<CellId, readonly KeptLine[]> = Object.fromEntries(this.#away);
    for (const [id, { source, marked }] of this.#pages) {
      if (marked.length > 0) cells[id] = keptLines(marked, source.toString());
    }
    const { isOn, stopOn } = this.#wishes.get();
    try {
      if (!isOn && stopOn === "nothing" && Object.keys(cells).length === 0) store.removeItem(key);
      else store.setItem(key, JSON.stringify({ isOn, stopOn, cells }));
    } catch {
      // A private window may refuse storage; breakpoints then hold until the page is closed.
    }
  }
}

function wishesIn({ isOn, stopOn }: Kept): DebugWishes {
  return { isOn: isOn === true, stopOn: stopOn === "unhandled" || stopOn === "raised" ? stopOn : "nothing" };
}

function read({ store, key }: BookOptions): Kept {
  try {
    const kept: unknown = JSON.parse(store.getItem(key) ?? "{}");
    // Written by this page; what is missing is read as nothing.
    return typeof kept === "object" && kept !== null ? (kept as Kept) : {};
  } catch {
    return {};
  }
}
