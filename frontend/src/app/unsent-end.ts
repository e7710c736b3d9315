/**
 * The end of runs that waited in a page that was closed: they never reached a kernel, and end as cancelled, which gives their cells back what
 * they showed before (SPEC 3.8). Fetched when an earlier page of this browser left any.
 */
import { isFinished, type RunId } from "../core/notebook.ts";
import type { Clock } from "../kernel/messages.ts";
import type { Pages } from "../sync/pages.ts";
import type { RunStore } from "../sync/run-store.ts";
import type { UnsentRuns } from "./unsent-runs.ts";

export interface UnsentEndOptions {
  readonly unsent: UnsentRuns;
  readonly runs: RunStore;
  readonly pages: Pick<Pages, "isAlive">;
  readonly clock: Clock;
  /** How many cells did not run; told once for all that were found together. */
  readonly onEnded: (count: number) => void;
}

/** What the hub was never told of is forgotten then. */
const FORGOTTEN_MS = 24 * 60 * 60 * 1000;

export class UnsentEnd {
  readonly #options: UnsentEndOptions;
  readonly #stop: () => void;
  #isLooking = false;

  constructor(options: UnsentEndOptions) {
    this.#options = options;
    this.#stop = options.runs.subscribe(() => void this.#look());
    void this.#look();
  }

  close(): void {
    this.#stop();
  }

  async #look(): Promise<void> {
    const { unsent, runs, pages, clock, onEnded } = this.#options;
    // The hub's word of who writes a run comes first.
    if (this.#isLooking || !runs.isLoaded) return;
    const left = unsent.all();
    if (!left.some(({ runId }) => this.#isFree(runId) || this.#isOver(runId))) return;
    this.#isLooking = true;
    const gone = new Map<string, boolean>();
    for (const { page } of left) if (!gone.has(page)) gone.set(page, !(await pages.isAlive(page)));
    const ended = await Promise.all(
      left.filter(({ runId, page }) => gone.get(page) && this.#isFree(runId)).map(({ runId }) => this.#cancel(runId)),
    );
    const now = clock.now();
    unsent.forget(
      new Set(left.filter(({ runId, at }) => this.#isOver(runId) || now - at > FORGOTTEN_MS).map(({ runId }) => runId)),
    );
    this.#isLooking = false;
    const count = ended.filter(Boolean).length;
    if (count > 0) onEnded(count);
  }

  #isFree(runId: RunId): boolean {
    const run = this.#options.runs.run(runId);
    return run !== null && !isFinished(run.status) && this.#options.runs.isFree(run);
  }

  #isOver(runId: RunId): boolean {
    const run = this.#options.runs.run(runId);
    return run !== null && isFinished(run.status);
  }

  /** False: another page goes on with it, or it had ended. */
  async #cancel(runId: RunId): Promise<boolean> {
    const { runs, clock } = this.#options;
    if (!(await runs.takeOver(runId, false)) || this.#isOver(runId)) return false;
    runs.status(runId, { status: "cancelled", finishedAt: clock.now() });
    return true;
  }
}
