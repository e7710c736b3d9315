/** What the cells in sight show of their runs: the rule of `core/shown-run.ts` with time, one entry for each mounted cell. */
import type { CellId } from "../../core/cell.ts";
import type { RunRecord } from "../../core/notebook.ts";
import { Listeners } from "../../core/observable.ts";
import { areOutputsOld, LASTING_MS, type RunFacts, type ShownRun, showRun } from "../../core/shown-run.ts";
import type { NotebookServices, QueuePlace } from "./services.ts";

/** `margin`: button, mark and notes. */
export type CellPart = "margin" | "outputs";

interface ShownCell {
  shown: ShownRun;
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly listeners: Listeners;
  readonly ends: readonly (() => void)[];
}

export class ShownRuns {
  readonly #services: Pick<NotebookServices, "runs" | "actions">;
  readonly #cells = new Map<CellId, ShownCell>();

  constructor(services: Pick<NotebookServices, "runs" | "actions">) {
    this.#services = services;
  }

  placeOf(id: CellId): QueuePlace | null {
    return this.#shown(id).place;
  }

  /** The run that button, mark and notes speak of. */
  runOf(id: CellId): RunRecord | null {
    return this.#shown(id).run;
  }

  /** The run whose outputs are there. */
  outputsOf(id: CellId): RunRecord | null {
    return this.#shown(id).outputsOf;
  }

  /** Something is held back: what this part of the cell shows will be replaced within a moment, or, of outputs, by a run that waits. */
  isBehind(id: CellId, part: CellPart): boolean {
    const shown = this.#shown(id);
    return part === "outputs" ? areOutputsOld(shown) : shown.heldSince !== null;
  }

  /** Calls `fn` after what the cell shows has changed. */
  subscribe(id: CellId, fn: () => void): () => void {
    const cell = this.#cells.get(id) ?? this.#mounted(id);
    const end = cell.listeners.add(fn);
    return () => {
      end();
      if (cell.listeners.size === 0 && this.#cells.get(id) === cell) this.#unmounted(id, cell);
    };
  }

  #shown(id: CellId): ShownRun {
    return this.#cells.get(id)?.shown ?? showRun(null, this.#facts(id), 0);
  }

  #mounted(id: CellId): ShownCell {
    const { runs, actions } = this.#services;
    const look = (): void => this.#look(id);
    const cell: ShownCell = {
      shown: showRun(null, this.#facts(id), 0),
      timer: undefined,
      listeners: new Listeners(),
      ends: [runs.subscribeCell(id, look), actions.subscribeCell(id, look)],
    };
    this.#cells.set(id, cell);
    return cell;
  }

  #unmounted(id: CellId, { timer, ends }: ShownCell): void {
    clearTimeout(timer);
    for (const end of ends) end();
    this.#cells.delete(id);
  }

  #facts(id: CellId): RunFacts {
    const { runs, actions } = this.#services;
    const run = runs.headOf(id);
    return { place: actions.placeOf(id), run, isOurs: run !== null && runs.isWriter(run.run_id) };
  }

  #look(id: CellId): void {
    const cell = this.#cells.get(id);
    if (cell === undefined) return;
    const before = cell.shown;
    const now = performance.now();
    cell.shown = showRun(before, this.#facts(id), now);
    if (cell.shown.heldSince === null) {
      clearTimeout(cell.timer);
      cell.timer = undefined;
    } else {
      cell.timer ??= setTimeout(
        () => {
          cell.timer = undefined;
          this.#look(id);
        },
        Math.ceil(cell.shown.heldSince + LASTING_MS - now),
      );
    }
    if (differ(before, cell.shown)) cell.listeners.notify();
  }
}

function differ(one: ShownRun, other: ShownRun): boolean {
  return (
    one.place !== other.place ||
    one.run !== other.run ||
    one.outputsOf !== other.outputsOf ||
    one.heldSince !== other.heldSince
  );
}
