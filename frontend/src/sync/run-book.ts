/**
 * What every cell shows: the records of runs this page knows, and the heads (SPEC 3.1, 3.2).
 *
 * Folding only; who may write and what is sent is `run-store.ts`. Records are replaced, never changed, so that a snapshot is stable.
 */
import type { CellId } from "../core/cell.ts";
import type { RunId, RunRecord } from "../core/notebook.ts";
import { Listeners, NamedListeners } from "../core/observable.ts";
import { type Folded, foldOps, type OutputOp, type UpdateDisplay, updateDisplay } from "../core/outputs.ts";
import type { StatusChanges } from "./messages.ts";

export class RunBook {
  readonly #records = new Map<RunId, RunRecord>();
  readonly #folded = new Map<RunId, Folded>();
  readonly #heads = new Map<CellId, RunId | null>();
  readonly #perCell = new NamedListeners<CellId>();
  readonly #all = new Listeners<[RunRecord | null]>();

  record(runId: RunId): RunRecord | null {
    return this.#records.get(runId) ?? null;
  }

  /** The run that a cell shows; undefined: none was ever set, null: cleared. */
  headId(cellId: CellId): RunId | null | undefined {
    return this.#heads.get(cellId);
  }

  headOf(cellId: CellId): RunRecord | null {
    const id = this.#heads.get(cellId);
    return id ? (this.#records.get(id) ?? null) : null;
  }

  /** Every run that is known here. */
  records(): Iterable<RunRecord> {
    return this.#records.values();
  }

  /** Every run of this cell that is known here, shown or not. */
  *recordsOf(cellId: CellId): Generator<RunRecord> {
    for (const record of this.#records.values()) if (record.cell_id === cellId) yield record;
  }

  heads(): ReadonlyMap<CellId, RunId | null> {
    return this.#heads;
  }

  /** The records that some cell shows. */
  *headRecords(): Generator<RunRecord> {
    for (const id of this.#heads.values()) {
      const record = id ? this.#records.get(id) : undefined;
      if (record) yield record;
    }
  }

  subscribeCell(cellId: CellId, fn: () => void): () => void {
    return this.#perCell.add(cellId, fn);
  }

  /** Tells which record changed, or is shown now; null: a cell shows none, or one that is not known. */
  subscribe(fn: (run: RunRecord | null) => void): () => void {
    return this.#all.add(fn);
  }

  folded(runId: RunId): Folded | null {
    return this.#folded.get(runId) ?? null;
  }

  /** Takes a record as it is, its outputs too. */
  put(record: RunRecord): void {
    this.#records.set(record.run_id, record);
    this.#folded.set(record.run_id, { outputs: record.outputs, clearPending: false });
    this.#tell(record);
  }

  /** Forgets a record that no head names. */
  forget(runId: RunId): void {
    this.#records.delete(runId);
    this.#folded.delete(runId);
  }

  setHead(cellId: CellId, runId: RunId | null): void {
    if (this.#heads.get(cellId) === runId) return;
    this.#heads.set(cellId, runId);
    this.#perCell.notify(cellId);
    this.#all.notify(runId === null ? null : this.record(runId));
  }

  change(runId: RunId, changes: StatusChanges & Partial<Pick<RunRecord, "n" | "epoch" | "writer">>): void {
    const before = this.#records.get(runId);
    if (!before) return;
    const after = { ...before, ...changes };
    this.#records.set(runId, after);
    this.#tell(after);
  }

  /** Counts a frame without telling anybody: nothing that is shown changed. */
  count(runId: RunId, n: number): void {
    const record = this.#records.get(runId);
    if (record && record.n < n) this.#records.set(runId, { ...record, n });
  }

  /** Folds output operations into a run; `update_display` reaches every run that is shown (SPEC 4.4). */
  fold(runId: RunId, ops: readonly OutputOp[], through: string | null): void {
    const record = this.#records.get(runId);
    if (!record) return;
    const folded = foldOps(this.#folded.get(runId) ?? { outputs: record.outputs, clearPending: false }, ops);
    this.#folded.set(runId, folded);
    const after = { ...record, outputs: folded.outputs, through: through ?? record.through };
    this.#records.set(runId, after);
    for (const op of ops) if (op.op === "update_display") this.#updateOthers(runId, op);
    this.#tell(after);
  }

  #updateOthers(runId: RunId, op: UpdateDisplay): void {
    for (const record of [...this.headRecords()]) {
      if (record.run_id === runId) continue;
      const outputs = updateDisplay(record.outputs, op);
      if (outputs === record.outputs) continue;
      const after = { ...record, outputs };
      this.#records.set(record.run_id, after);
      this.#folded.set(record.run_id, {
        outputs,
        clearPending: this.#folded.get(record.run_id)?.clearPending ?? false,
      });
      this.#tell(after);
    }
  }

  #tell(record: RunRecord): void {
    if (this.#heads.get(record.cell_id) === record.run_id) this.#perCell.notify(record.cell_id);
    this.#all.notify(record);
  }
}
