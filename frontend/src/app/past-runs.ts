/**
 * Runs of this person that no page writes any more, where the runtime keeps a journal: this page takes them over and reads again what the
 * kernel said, from the run's first message on, so that nothing is missing and nothing is there twice, however long nobody listened.
 *
 * What comes live meanwhile is held back and joined by its number. Runs that this browser sent are known from its storage; those of another
 * browser, or of one that lost its storage, are looked for in the journal.
 */
import type { CellId } from "../core/cell.ts";
import { isFinished, type RunId, type RunRecord } from "../core/notebook.ts";
import type { RunEvent } from "../kernel/execute.ts";
import type { Past, PastEvent, PastRun } from "../kernel/journal-reader.ts";
import type { JournalPort } from "../kernel/kernel-port.ts";
import { type Clock, RecentIds } from "../kernel/messages.ts";
import type { RunStore } from "../sync/run-store.ts";
import type { SentRun, SentRuns } from "./sent-runs.ts";

export interface PastRunsOptions {
  readonly runs: RunStore;
  readonly sent: SentRuns;
  readonly clock: Clock;
  /** Whether this tab has the run in its hands already. */
  readonly isLive: (runId: RunId) => boolean;
  /** The run is this tab's now, and this is all that was said of it. */
  readonly onTaken: (run: TakenRun, past: PastRun) => void;
  /** After each look, whatever it found. */
  readonly onSettled: () => void;
}

export interface TakenRun {
  readonly runId: RunId;
  readonly cellId: CellId;
  /** ms since 1970. */
  readonly sentAt: number;
}

interface Candidate extends TakenRun {
  /** Where to read from; null: it is not known whether this kernel has it at all. */
  readonly after: number | null;
}

interface HeldEvent extends PastEvent {
  readonly seq: number;
}

const NOTHING: PastRun = { events: [], hasGap: false };
/** Another computer is let in half a minute after the last page left. */
const RETRY_MS = 5_000;

export class PastRuns {
  readonly #options: PastRunsOptions;
  /** Live events of runs that are being read. */
  readonly #held = new Map<RunId, HeldEvent[]>();
  /** Up to which number what was said of a run has been taken in. */
  readonly #through = new Map<RunId, number>();
  /** Taken over, and not read yet: the runtime did not answer. */
  readonly #unread = new Set<RunId>();
  /** Runs that this kernel's journal does not know. */
  #strange = new RecentIds(1_000);
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #cancelRetry: () => void = () => {};

  constructor(options: PastRunsOptions) {
    this.#options = options;
  }

  /** A take-over is under way: nothing is to be sent behind its back. */
  get isBusy(): boolean {
    return this.#looking !== null;
  }

  /** Take over what nobody writes. Call it whenever something may have changed. */
  look(journal: JournalPort, kernelId: string): void {
    if (this.#looking !== null) {
      this.#lookAgain = true;
      return;
    }
    if (!this.#options.runs.isLoaded || this.#candidates(kernelId).length === 0) return;
    this.#looking = this.#lookOnce(journal, kernelId)
      // The runtime does not answer: the next socket, or this timer, brings the next look.
      .catch(() => this.#lookLater(journal, kernelId))
      .then(() => {
        this.#looking = null;
        const again = this.#lookAgain;
        this.#lookAgain = false;
        this.#options.onSettled();
        if (again) this.look(journal, kernelId);
      });
  }

  /** Whether a live message is dealt with here: it is of a run that is being read, or was read already. */
  takes(runId: RunId, event: RunEvent, { seq, at }: { readonly seq: number; readonly at: number }): boolean {
    const held = this.#held.get(runId);
    if (held !== undefined) {
      held.push({ event, at, seq });
      return true;
    }
    return seq <= (this.#through.get(runId) ?? 0);
  }

  /** The kernel speaks of a run that this tab does not write: it may be one that was looked for in vain before. */
  heard(runId: RunId, journal: JournalPort, kernelId: string): void {
    if (!this.#strange.has(runId)) return;
    this.#strange = new RecentIds(1_000);
    this.look(journal, kernelId);
  }

  /** Another kernel, or none. */
  forget(): void {
    this.#cancelRetry();
    this.#held.clear();
    this.#through.clear();
    this.#strange = new RecentIds(1_000);
  }

  #candidates(kernelId: string): Candidate[] {
    const { sent, runs } = this.#options;
    const ours = sent.of(kernelId);
    const known = new Set(ours.map(({ runId }) => runId));
    const mine = ours.flatMap((run) => (this.#isOrphan(run.runId) || this.#isUntold(run) ? [candidateOf(run)] : []));
    const strangers = runs.unfinished().filter((run) => !known.has(run.run_id) && this.#mayBeOurs(run));
    return [...mine, ...strangers.map(strangerOf)];
  }

  #mayBeOurs(run: RunRecord): boolean {
    return this.#options.runs.isMine(run) && this.#isOrphan(run.run_id) && !this.#strange.has(run.run_id);
  }

  #isOrphan(runId: RunId): boolean {
    const { runs, isLive, sent } = this.#options;
    if (this.#unread.has(runId)) return true;
    const record = runs.run(runId);
    if (record === null || isLive(runId)) return false;
    if (isFinished(record.status) && !runs.isWriter(runId)) sent.finished(runId);
    return !isFinished(record.status) && runs.isFree(record);
  }

  /** The hub did not tell of it: it was away when this run began, or the cell shows a later one. */
  #isUntold({ runId, digest }: SentRun): boolean {
    return digest !== undefined && this.#options.runs.run(runId) === null;
  }

  async #lookOnce(journal: JournalPort, kernelId: string): Promise<void> {
    const candidates = await this.#known(journal, this.#candidates(kernelId));
    const taken = await Promise.all(candidates.map(async (run) => ((await this.#take(run, kernelId)) ? run : null)));
    const ours = taken.filter((run) => run !== null);
    if (ours.length < candidates.length) this.#lookLater(journal, kernelId);
    if (ours.length > 0) await this.#read(journal, ours);
  }

  #lookLater(journal: JournalPort, kernelId: string): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => this.look(journal, kernelId));
  }

  /** Without those that this kernel knows nothing of. */
  async #known(journal: JournalPort, candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    const strangers = candidates.filter(({ after }) => after === null);
    if (strangers.length === 0) return candidates;
    const past = await journal.past({ wanted: idsOf(strangers), after: 0 });
    return candidates.filter((run) => {
      if (run.after !== null || past?.runs.has(run.runId)) return true;
      this.#strange.add(run.runId);
      return false;
    });
  }

  async #take({ runId }: Candidate, kernelId: string): Promise<boolean> {
    const { runs, sent } = this.#options;
    const run = sent.of(kernelId).find((other) => other.runId === runId);
    if (run !== undefined && this.#isUntold(run)) {
      return await runs.takeOverUntold({ runId, cellId: run.cellId, sourceDigest: run.digest ?? "", runtime: null });
    }
    return await runs.takeOver(runId, false);
  }

  async #read(journal: JournalPort, ours: readonly Candidate[]): Promise<void> {
    for (const { runId } of ours) this.#unread.add(runId);
    const held = new Map(ours.map(({ runId }): [RunId, HeldEvent[]] => [runId, []]));
    for (const [runId, events] of held) this.#held.set(runId, events);
    const after = Math.min(...ours.map((run) => run.after ?? 0));
    let past: Past | null;
    try {
      past = await journal.past({ wanted: idsOf(ours), after });
    } finally {
      for (const runId of held.keys()) this.#held.delete(runId);
    }
    // A journal that is gone says nothing; what the record holds stays then.
    const through = past?.through ?? 0;
    for (const run of ours) {
      const { events, hasGap } = past?.runs.get(run.runId) ?? NOTHING;
      const live = (held.get(run.runId) ?? []).filter(({ seq }) => seq > through);
      this.#through.set(run.runId, live.at(-1)?.seq ?? through);
      this.#unread.delete(run.runId);
      this.#options.onTaken(run, { events: [...events, ...live], hasGap });
    }
  }
}

function candidateOf({ runId, cellId, sentAt, after = 0 }: SentRun): Candidate {
  return { runId, cellId, sentAt, after };
}

function strangerOf({ run_id: runId, cell_id: cellId, started_at: startedAt }: RunRecord): Candidate {
  return { runId, cellId, sentAt: startedAt ?? 0, after: null };
}

function idsOf(runs: readonly Candidate[]): ReadonlySet<RunId> {
  return new Set(runs.map(({ runId }) => runId));
}
