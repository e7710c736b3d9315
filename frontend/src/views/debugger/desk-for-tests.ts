/** FOR TESTS: cells, their breakpoints and a debugger over a real kernel's port, as a notebook has them. */
import * as Y from "yjs";
import { markLines } from "../../core/breakpoints.ts";
import type { CellId } from "../../core/cell.ts";
import type { Halt } from "../../core/debug-session.ts";
import { type Observable, Value } from "../../core/observable.ts";
import type { KernelPort } from "../../kernel/kernel-port.ts";
import { realClock } from "../../kernel/testing/clock.ts";
import { MemoryStorage } from "../../kernel/testing/memory-storage.ts";
import { type Ran, run, until } from "../../kernel/testing/runs.ts";
import { type BookDocument, type BookStore, BreakpointBook } from "./breakpoint-book.ts";
import { DebugDesk } from "./debug-desk.ts";

/** Code cells `c0`, `c1`, … */
export class Cells implements BookDocument {
  readonly doc = new Y.Doc();
  readonly #ids: CellId[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(sources: readonly string[]) {
    for (const source of sources) this.add(source);
  }

  add(source: string): CellId {
    const id = `c${this.#ids.length}`;
    this.doc.getText(id).insert(0, source);
    this.#ids.push(id);
    for (const fn of this.#listeners) fn();
    return id;
  }

  cellIds(): readonly CellId[] {
    return this.#ids;
  }
  cell(id: CellId): { type: string; source: Y.Text } | null {
    return this.#ids.includes(id) ? { type: "code", source: this.doc.getText(id) } : null;
  }
  subscribeCells(fn: () => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }
  text(id: CellId): string {
    return this.doc.getText(id).toString();
  }
}

/** One tab's debugger of a notebook. */
export class DebuggedTab {
  readonly book: BreakpointBook;
  readonly desk: DebugDesk;

  constructor(
    readonly cells: Cells,
    readonly port: Observable<KernelPort | null>,
    store: BookStore = new MemoryStorage(),
    /** Whoever begins a session; one after the other. */
    alone: (work: () => Promise<void>) => void = (work) => void work(),
    /** When the restart is over that is going on. */
    restarted: () => Promise<void> = async () => {},
  ) {
    this.book = new BreakpointBook({ doc: cells, store, key: "debug", clock: realClock });
    this.desk = new DebugDesk({
      port,
      sessionId: () => "debugger-of-the-test",
      clock: realClock,
      doc: cells,
      book: this.book,
      alone,
      restarted,
    });
  }

  /** Sets or takes away a breakpoint by its line, from 1. */
  mark(id: CellId, line: number): void {
    const [marked] = markLines([line], this.cells.text(id));
    this.desk.toggle(id, marked?.from ?? 0);
  }

  /** As the page does: the breakpoints are there before the cell runs. `ran` is null when it may not run. */
  async start(id: CellId, isDebugged = false): Promise<{ readonly ran: Promise<Ran> | null }> {
    const source = this.cells.text(id);
    const isReady = await this.desk.prepare([{ cellId: id, source }], isDebugged ? id : null);
    const port = this.port.get();
    const ran = isReady && port !== null ? run(port, source) : null;
    // A kernel that is restarted never answers; whoever awaits it is told.
    ran?.catch(() => {});
    return { ran };
  }

  /** Resolves when a thread stands still in this line of a cell that says what runs. */
  async stands(id: CellId, line: number): Promise<Halt> {
    const found = await until(this.desk.state, ({ halt }) => {
      const frame = halt?.isMoving === false ? halt.frames.find((one) => one.id === halt.frameId) : undefined;
      const place = frame === undefined ? null : this.desk.placeOf(frame);
      return place?.cellId === id && place.line === line && place.isCurrent && (halt?.scopes.length ?? 0) > 0;
    });
    if (found.halt === null) throw new Error("It goes on.");
    return found.halt;
  }

  /** Resolves when a variable of the first scope is shown so. */
  async shows(name: string, value: string): Promise<void> {
    await until(this.desk.state, () => this.value(name) === value);
  }

  /** A variable of the first scope, as it is shown. */
  value(name: string): string | undefined {
    const { halt } = this.desk.state.get();
    const values = halt?.values.get(halt.scopes[0]?.reference ?? -1);
    return values?.find((one) => one.name === name)?.value;
  }

  close(): void {
    this.desk.close();
    this.book.close();
  }
}

export function portOf(port: KernelPort): Value<KernelPort | null> {
  return new Value<KernelPort | null>(port);
}
