/** FOR TESTS: a run that went well. */
import type { RunRecord } from "./notebook.ts";

export function runRecord(change: Partial<RunRecord> = {}): RunRecord {
  return {
    run_id: "r",
    cell_id: "c",
    kind: "executed",
    status: "ok",
    source_digest: null,
    person: null,
    runtime: null,
    execution_count: 1,
    started_at: 1_000,
    finished_at: 3_500,
    epoch: 1,
    n: 1,
    through: null,
    writer: null,
    outputs: [],
    ...change,
  };
}
