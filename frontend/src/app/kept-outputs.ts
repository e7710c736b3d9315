/**
 * Outputs that stayed at home, read back after a reload: the hub has only that a cell ran; what it showed is in the journal of this person's
 * own companion. Shown on this page, told to nobody (architecture 10a).
 */
import type { RunId, RunRecord } from "../core/notebook.ts";
import type { PastRun } from "../kernel/journal-reader.ts";
import type { JournalPort } from "../kernel/kernel-port.ts";
import type { RunStore } from "../sync/run-store.ts";
import { heardIn } from "./run-watch.ts";

export class KeptOutputs {
  readonly #runs: RunStore;
  /** Asked for once on each kernel: what its journal does not know it will not know later. */
  readonly #asked = new Set<RunId>();
  #isReading = false;

  constructor(runs: RunStore) {
    this.#runs = runs;
  }

  /** Shows what the journal has of runs that came without outputs. Call it whenever runs or the kernel changed. */
  look(journal: JournalPort): void {
    const wanted = this.#runs.emptied().filter(({ run_id: runId }) => !this.#asked.has(runId));
    if (wanted.length === 0 || this.#isReading) return;
    this.#isReading = true;
    for (const { run_id: runId } of wanted) this.#asked.add(runId);
    void this.#read(journal, wanted)
      // The runtime does not answer now: the next look asks again.
      .catch(() => {
        for (const { run_id: runId } of wanted) this.#asked.delete(runId);
      })
      .finally(() => {
        this.#isReading = false;
      });
  }

  /** Another kernel, with another journal. */
  forget(): void {
    this.#asked.clear();
  }

  async #read(journal: JournalPort, wanted: readonly RunRecord[]): Promise<void> {
    const past = await journal.past({ wanted: new Set(wanted.map(({ run_id: runId }) => runId)), after: 0 });
    for (const { run_id: runId } of wanted) {
      const run = past?.runs.get(runId);
      if (run !== undefined) this.#runs.showKept(runId, shownBy(run));
    }
  }
}

function shownBy({ events }: PastRun): Pick<RunRecord, "outputs" | "execution_count" | "started_at" | "finished_at"> {
  const heard = heardIn(events.map(({ event }) => event));
  return {
    outputs: heard.folded.outputs,
    execution_count: heard.executionCount,
    started_at: events.find(({ event }) => event.type === "started")?.at ?? null,
    finished_at: events.at(-1)?.at ?? null,
  };
}
