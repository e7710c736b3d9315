/**
 * Runs of this browser that nobody writes any more: their page was closed, reloaded, or has crashed. The tab that holds the kernel's socket
 * takes them over, because it alone has heard everything, and goes on from what it heard.
 */
import { isFinished, type RunId } from "../core/notebook.ts";
import type { RunEvent } from "../kernel/execute.ts";
import { RecentIds } from "../kernel/messages.ts";
import type { RunStore } from "../sync/run-store.ts";
import { heardBehind, type RunTold } from "./recorded-run.ts";
import { type Heard, notRecorded, RunWatch } from "./run-watch.ts";
import type { SentRun, SentRuns } from "./sent-runs.ts";

export interface OrphanRunsOptions {
  readonly runs: RunStore;
  readonly sent: SentRuns;
  /** Whether this tab has the run in its hands already. */
  readonly isLive: (runId: RunId) => boolean;
  /** Asks the kernel for what the run's record does not hold; null: it cannot say. */
  readonly ask: (sent: SentRun) => Promise<RunTold | null>;
  /** The run is this tab's now. Beyond its record is known what the kernel told, with which nothing is missing, and `heard` behind that. */
  readonly onTaken: (sent: SentRun, heard: Heard, told: RunTold | null) => void;
  /** After each take-over that ended, either way. */
  readonly onSettled: () => void;
}

export class OrphanRuns {
  readonly #options: OrphanRunsOptions;
  readonly #watch = new RunWatch();
  readonly #adopting = new Set<RunId>();
  /** Requests that are no runs of this browser; looked up once each. */
  readonly #strange = new RecentIds(1_000);

  constructor(options: OrphanRunsOptions) {
    this.#options = options;
  }

  /** A take-over is under way: nothing is to be sent behind its back. */
  get isBusy(): boolean {
    return this.#adopting.size > 0;
  }

  /** Takes over what this browser sent to this kernel and nobody writes. */
  look(kernelId: string): void {
    for (const sent of this.#options.sent.of(kernelId)) if (this.#isOrphan(sent)) void this.#adopt(sent);
  }

  /** Something was heard of a run that this tab does not write. */
  heard(runId: RunId, event: RunEvent, { id, kernelId }: { readonly id: string; readonly kernelId: string }): void {
    const through = this.#options.runs.run(runId)?.through ?? null;
    if (this.#isOfThisBrowser(runId, kernelId)) this.#watch.heard(runId, event, id, through);
  }

  forget(): void {
    this.#watch.clear();
  }

  /** Asked before the room told of any run, so the store cannot know. */
  #isOfThisBrowser(runId: RunId, kernelId: string): boolean {
    if (this.#watch.knows(runId)) return true;
    if (this.#strange.has(runId)) return false;
    const isOurs = this.#options.sent.isOn(kernelId, runId);
    if (!isOurs) this.#strange.add(runId);
    return isOurs;
  }

  #isOrphan({ runId }: SentRun): boolean {
    const { runs, sent, isLive } = this.#options;
    if (isLive(runId) || this.#adopting.has(runId)) return false;
    const record = runs.run(runId);
    if (record !== null && isFinished(record.status)) sent.finished(runId);
    return record !== null && !isFinished(record.status) && runs.isFree(record);
  }

  async #adopt(sent: SentRun): Promise<void> {
    const { runId } = sent;
    this.#adopting.add(runId);
    const { runs, ask } = this.#options;
    const isOurs = await runs.takeOver(runId, false);
    const told = isOurs && !isFinished(runs.run(runId)?.status ?? "queued") ? await ask(sent) : null;
    this.#adopting.delete(runId);
    // Its page may have seen the end and kept it, and the hub did not know yet.
    const isOver = isFinished(runs.run(runId)?.status ?? "queued");
    if (isOver) this.#options.sent.finished(runId);
    else if (isOurs) this.#take(sent, told);
    this.#options.onSettled();
  }

  #take(sent: SentRun, told: RunTold | null): void {
    const { runs, onTaken } = this.#options;
    const heard = this.#watch.take(sent.runId);
    const outputs = notRecorded(heard.outputs, runs.run(sent.runId)?.through ?? null);
    const rest = { ...heard, outputs };
    onTaken(sent, told === null ? rest : heardBehind(told, rest), told);
  }
}
