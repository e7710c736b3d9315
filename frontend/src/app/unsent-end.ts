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
    // The hub's word of who writes a run comes first.
    if (this.#isLooking || !this.#options.runs.isLoaded) return;
    this.#isLooking = true;
    let count = 0;
    // The hub says of each run by itself that nobody writes it any more: the next one's word comes while this one is taken over.
    while (this.#isAnyLeft()) {
      const ended = await this.#endLeft();
      if (ended === 0) break;
      count += ended;
    }
    this.#isLooking = false;
    if (count > 0) this.#options.onEnded(count);
  }

  #isAnyLeft(): boolean {
    return this.#options.unsent.all().some(({ runId }) => this.#isFree(runId) || this.#isOver(runId));
  }

  /** How many there were to end. */
  async #endLeft(): Promise<number> {
    const { unsent, pages, clock } = this.#options;
    const left = unsent.all();
    const gone = new Map<string, boolean>();
    for (const { page } of left) if (!gone.has(page)) gone.set(page, !(await pages.isAlive(page)));
    const ended = await Promise.all(
      left.filter(({ runId, page }) => gone.get(page) && this.#isFree(runId)).map(({ runId }) => this.#cancel(runId)),
    );
    const now = clock.now();
    unsent.forget(
      new Set(left.filter(({ runId, at }) => this.#isOver(runId) || now - at > FORGOTTEN_MS).map(({ runId }) => runId)),
    );
    return ended.filter(Boolean).length;
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
