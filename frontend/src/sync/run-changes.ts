/** What the page says about its own runs, in its words and in the wire's (SPEC 3.1, 3.3). */
import type { CellId } from "../core/cell.ts";
import type { Person, RunId, RunRecord, RunStatus, RuntimeLabel, Writer } from "../core/notebook.ts";
import type { RunEvent, StatusChanges } from "./messages.ts";

export interface NewRun {
  readonly runId: RunId;
  readonly cellId: CellId;
  /** Hex SHA-256 of the UTF-8 source that runs. */
  readonly sourceDigest: string;
  readonly runtime: RuntimeLabel | null;
  /** Null (or absent): it is queued. */
  readonly startedAt?: number | null;
}

export interface RunChange {
  readonly status?: RunStatus;
  readonly executionCount?: number | null;
  readonly startedAt?: number | null;
  readonly finishedAt?: number | null;
}

/** The record of a run that begins. */
export function newRecord(run: NewRun, person: Person | null, writer: Writer | null): RunRecord {
  const startedAt = run.startedAt ?? null;
  return {
    run_id: run.runId,
    cell_id: run.cellId,
    kind: "executed",
    status: startedAt === null ? "queued" : "running",
    source_digest: run.sourceDigest,
    person,
    runtime: run.runtime,
    execution_count: null,
    started_at: startedAt,
    finished_at: null,
    epoch: 1,
    n: 1,
    through: null,
    writer,
    outputs: [],
  };
}

export function startedEvent(run: Required<Omit<NewRun, "runId">>): RunEvent {
  const { cellId, sourceDigest, runtime, startedAt } = run;
  return { type: "started", cell_id: cellId, source_digest: sourceDigest, runtime, started_at: startedAt };
}

/** The members that change, named as on the wire; what is absent stays absent. */
export function statusChanges({ status, executionCount, startedAt, finishedAt }: RunChange): StatusChanges {
  return {
    ...(status === undefined ? {} : { status }),
    ...(executionCount === undefined ? {} : { execution_count: executionCount }),
    ...(startedAt === undefined ? {} : { started_at: startedAt }),
    ...(finishedAt === undefined ? {} : { finished_at: finishedAt }),
  };
}
