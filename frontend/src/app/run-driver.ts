/** Runs cells: the queue's pure rules (`core/runs.ts`) joined to the kernel and the run store. (Signatures first.) */
import type { CellId } from "../core/cell.ts";
import { type Observable, Value } from "../core/observable.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import type { RunStore } from "../sync/run-store.ts";
import type { NotebookRuntime } from "./runtime-driver.ts";

/** A question of running code (`input()`, `getpass()`). */
export interface StdinRequest {
  readonly cellId: CellId;
  readonly runId: string;
  readonly prompt: string;
  readonly password: boolean;
}

export type QueuePlace = "waiting" | "running";

export interface RunDriverOptions {
  readonly doc: NotebookDoc;
  readonly runs: RunStore;
  readonly runtime: NotebookRuntime;
  /** Asked when cells are to run and no runtime is bound: opens the dialog; resolves true once connected. */
  readonly askForRuntime: () => Promise<boolean>;
}

export class RunDriver {
  readonly #stdin = new Value<StdinRequest | null>(null);
  readonly #pending = new Value<number>(0);

  constructor(readonly options: RunDriverOptions) {}

  get stdin(): Observable<StdinRequest | null> {
    return this.#stdin;
  }
  /** How many runs of this page are queued or running. */
  get pending(): Observable<number> {
    return this.#pending;
  }
  runCells(_ids: readonly CellId[]): void {}
  runAll(): void {}
  runBefore(_id: CellId): void {}
  /** This cell and all after it. */
  runAfter(_id: CellId): void {}
  interrupt(): void {}
  /** Take a waiting cell out of the queue; nothing happens to a running one. */
  cancel(_cellId: CellId): void {}
  async restart(): Promise<void> {}
  async restartAndRunAll(): Promise<void> {}
  async shutdown(): Promise<void> {}
  placeOf(_cellId: CellId): QueuePlace | null {
    return null;
  }
  /** Calls `fn` after the place of this cell changed. */
  subscribeCell(_cellId: CellId, _fn: () => void): () => void {
    return () => {};
  }
  answerStdin(_text: string): void {}
  close(): void {}
}
