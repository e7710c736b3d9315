/**
 * The runs in the hands of this tab, from their sending to their end: what the kernel's messages mean for the queue and the record.
 *
 * A run ends when the kernel has replied and said that it is idle. A reply that will never come (the kernel answered everything else) ends it
 * as `lost`; output that a cut connection may have swallowed is marked, never pretended.
 */
import type { CellId } from "../core/cell.ts";
import type { RunId, RunStatus } from "../core/notebook.ts";
import { NOTHING_FOLDED } from "../core/outputs.ts";
import { noticeOp } from "../core/run-notice.ts";
import type { QueueEvent } from "../core/runs.ts";
import type { RunEvent } from "../kernel/execute.ts";
import type { Clock } from "../kernel/messages.ts";
import type { RunStore } from "../sync/run-store.ts";
import { type Dropped, Drops, type Whole } from "./dropped-output.ts";
import { type HeardEvent, joined, type RunTold } from "./recorded-run.ts";
import type { RunQuestions } from "./run-questions.ts";
import type { HeardOutput, Standing } from "./run-watch.ts";

interface LiveRun {
  readonly cellId: CellId;
  reply: Extract<RunEvent, { type: "replied" }> | null;
  isIdle: boolean;
  /** Sent before the present socket was opened. */
  isOlderThanSocket: boolean;
  /** The journal, which holds everything, holds not a word about it. */
  isUnheard: boolean;
  /** Its outputs say already that some were dropped because they came too fast. */
  isTooFast: boolean;
  /** Since the server said so; null: it did not, or outputs are not in what the kernel says of the run alone. */
  drops: Drops | null;
  /** The kernel has dropped some of it without a word, so it seems. */
  isUnsaid: boolean;
  /** What an earlier page showed before the first mark that stands in its outputs. */
  earlier: readonly Whole[];
  /** The kernel was asked for them. */
  isFillingAsked: boolean;
  /** Its outputs end with the mark that some may be missing. */
  isMarked: boolean;
  /** When something was heard of it last, ms since 1970. */
  heardAt: number;
  /** What was heard of it while the kernel is asked what was missed; null: it is taken as it comes. */
  held: HeardEvent[] | null;
  /** Since when, ms since 1970. */
  heldSince: number;
  /** The kernel was asked how it ended. */
  isEndAsked: boolean;
  /** Set when the run ends otherwise than the queue would say. */
  end: RunStatus | null;
}

interface GoingOn {
  readonly isOlderThanSocket: boolean;
  readonly isUnheard?: boolean;
  /** What was heard of it, and is not in its record. */
  readonly outputs?: readonly HeardOutput[];
  readonly earlier?: readonly Whole[];
}

export interface LiveRunsOptions {
  readonly runs: RunStore;
  readonly clock: Clock;
  readonly questions: RunQuestions;
  readonly dispatch: (event: QueueEvent) => void;
  /** Says to the person that these runs' outputs may have gaps. */
  readonly tellIncomplete: (runIds: readonly RunId[]) => void;
  /** Whether the kernel is known to have said more of this run than was heard. */
  readonly hasGap: (runId: RunId) => boolean;
  /** The same of a run that printed so much that the kernel may have dropped some of it. */
  readonly lacksOfMany: (runId: RunId) => boolean;
  /** Asks the kernel how a run ended that no reply came of; false: it cannot be asked. */
  readonly askForEnd: (runId: RunId) => boolean;
  /** The server begins to drop outputs of the run behind this message of the kernel (null: it had said nothing). */
  readonly keepDrops: (runId: RunId, after: string | null) => void;
  /** Asks the kernel for what was dropped of a run that is over; false: it cannot be asked. */
  readonly fillIn: (runId: RunId, dropped: Dropped) => boolean;
}

const IDLE_MS = 2_000;

const FRESH = {
  isTooFast: false,
  drops: null,
  isUnsaid: false,
  earlier: [],
  isFillingAsked: false,
  isMarked: false,
  heardAt: 0,
  held: null,
  heldSince: 0,
  isEndAsked: false,
  end: null,
} as const;

export class LiveRuns {
  readonly #options: LiveRunsOptions;
  readonly #live = new Map<RunId, LiveRun>();
  /** The kernel has answered everything that was sent before the present socket. */
  #isDrained = false;

  constructor(options: LiveRunsOptions) {
    this.#options = options;
  }

  has(runId: RunId): boolean {
    return this.#live.has(runId);
  }

  /** Sent from here, now. */
  add(runId: RunId, cellId: CellId): void {
    this.#live.set(runId, {
      cellId,
      reply: null,
      isIdle: false,
      isOlderThanSocket: false,
      isUnheard: false,
      ...FRESH,
    });
  }

  /** All that are in the hands of this tab. */
  ids(): readonly RunId[] {
    return [...this.#live.keys()];
  }

  /** Sent by a tab that is no more; the queue knows it, and what was heard so far is in its record. */
  goOn(runId: RunId, cellId: CellId, heard: Standing & GoingOn): void {
    const { reply, isIdle, isOlderThanSocket, isUnheard = false, outputs = [], earlier = [] } = heard;
    this.#live.set(runId, { cellId, reply: null, isIdle, isOlderThanSocket, isUnheard, ...FRESH, earlier });
    for (const { id, ...said } of outputs) this.heard(runId, { type: "ops", ...said }, id);
    Object.assign(this.#live.get(runId) ?? {}, { reply });
    if (heard.input !== null) this.#options.questions.asked({ runId, cellId }, heard.input);
    if (reply !== null) this.#end(runId);
    else if (this.#isDrained) this.#lookForLost(runId);
  }

  /** The queue is done with it. How it ended, where the queue does not know; null: as the queue says. */
  finished(runId: RunId): RunStatus | null {
    const end = this.#live.get(runId)?.end ?? null;
    this.#live.delete(runId);
    this.#options.questions.ended(runId);
    return end;
  }

  /** They are in the hands of another kernel than the one that is heard from now on. */
  leave(runIds: readonly RunId[]): void {
    for (const runId of runIds) {
      this.#live.delete(runId);
      this.#options.questions.ended(runId);
    }
  }

  /** Another kernel, or none: what was said of the last one's socket holds no more. */
  detached(): void {
    this.#isDrained = false;
  }

  /** @param isMended whoever mends runs looks after what may have been lost. */
  opened(isClean: boolean, isMended: boolean): void {
    this.#isDrained = false;
    for (const run of this.#live.values()) run.isOlderThanSocket = true;
    if (!isClean && !isMended && this.#live.size > 0) this.#markIncomplete([...this.#live.keys()]);
  }

  /** Some of it was dropped because it came too fast, and is marked. */
  isTooFast(runId: RunId): boolean {
    return this.#live.get(runId)?.isTooFast ?? false;
  }

  /** Some of it is gone without a word, where that was the question. */
  unsaid(runId: RunId): void {
    const run = this.#live.get(runId);
    if (run?.isUnsaid === true && !run.isTooFast) this.#markDropped(runId, run, "kernel_dropped");
  }

  /** Nothing of it is missing any more, and nothing is marked. */
  restored(runId: RunId): void {
    const run = this.#live.get(runId);
    if (run !== undefined) Object.assign(run, { isTooFast: false, isMarked: false, drops: null });
  }

  /** An answer was shown among its outputs, or a widget shows some of them: what the kernel tells cannot stand in their place. */
  strayed(runId: RunId): void {
    const run = this.#live.get(runId);
    if (run !== undefined) Object.assign(run, { drops: null, earlier: [] });
  }

  /** From now on what is heard of it waits for `release`. */
  hold(runId: RunId): void {
    const run = this.#live.get(runId);
    if (run === undefined || run.held !== null) return;
    run.held = [];
    run.heldSince = this.#options.clock.now();
  }

  /** Since when something waits; null: nothing does. */
  get heldSince(): number | null {
    const since = [...this.#live.values()].flatMap(({ held, heldSince }) => (held === null ? [] : [heldSince]));
    return since.length === 0 ? null : Math.min(...since);
  }

  /**
   * It goes on.
   *
   * @param told what the kernel told of it; null: it could not.
   * @param isSuspect something may be missing where it could not.
   */
  release(runId: RunId, told: RunTold | null, isSuspect: boolean): void {
    const run = this.#live.get(runId);
    if (run?.held == null) return;
    const { held } = run;
    run.held = null;
    if (told === null && isSuspect) this.#markIncomplete([runId]);
    for (const { id, event } of told === null ? held : joined(told, held)) this.heard(runId, event, id);
    // Where its reply was lost, too.
    if (told?.end && this.#live.get(runId)?.reply === null) this.heard(runId, told.end, null);
    // It was over when the kernel was asked.
    if (run.isFillingAsked) this.#end(runId);
    if (this.#isDrained) this.#lookForLost(runId);
  }

  drained(): void {
    this.#isDrained = true;
    for (const runId of [...this.#live.keys()]) this.#lookForLost(runId);
  }

  /** Something that was said of a run, or of all, is gone for good. */
  dropped(runId?: RunId): void {
    const runIds = runId === undefined ? [...this.#live.keys()] : [runId];
    if (runIds.length > 0) this.#markIncomplete(runIds);
  }

  /** @param id of the kernel's message; null for what the server says itself. */
  heard(runId: RunId, event: RunEvent, id: string | null): void {
    const run = this.#live.get(runId);
    if (run === undefined) return;
    run.isUnheard = false;
    run.heardAt = this.#options.clock.now();
    if (run.held !== null) {
      run.held.push({ id, event });
      return;
    }
    const { runs, questions, dispatch } = this.#options;
    if (event.type === "ops" && event.isTooFast === true) {
      this.#dropsBegin(runId, run);
      return;
    }
    run.drops?.heard({ id, event });
    switch (event.type) {
      case "ops":
        run.isMarked = false;
        runs.ops(runId, event.ops, id);
        break;
      case "started":
        dispatch({ type: "started", runId });
        if (event.executionCount !== null) runs.status(runId, { executionCount: event.executionCount });
        break;
      case "input":
        questions.asked({ runId, cellId: run.cellId }, event);
        break;
      case "replied":
        run.reply = event;
        // An idle that was lost must not leave the run open.
        this.#endWithoutIdle(runId);
        if (run.isIdle || event.status === "aborted") this.#end(runId);
        break;
      case "idle":
        run.isIdle = true;
        if (run.reply !== null) this.#end(runId);
        break;
    }
  }

  /** A server says so each time that it begins to drop; once is enough. */
  #dropsBegin(runId: RunId, run: LiveRun): void {
    if (run.isTooFast) return;
    const { runs } = this.#options;
    runs.flush();
    const folded = runs.folded(runId) ?? NOTHING_FOLDED;
    const through = runs.run(runId)?.through ?? null;
    run.drops = new Drops({ folded, through });
    this.#options.keepDrops(runId, through);
    this.#markDropped(runId, run, "too_fast");
  }

  #markDropped(runId: RunId, run: LiveRun, code: "too_fast" | "kernel_dropped"): void {
    run.isTooFast = true;
    run.isMarked = false;
    this.#options.runs.ops(runId, [noticeOp(code)]);
  }

  #endWithoutIdle(runId: RunId): void {
    const { clock, hasGap } = this.#options;
    clock.after(IDLE_MS, () => {
      const run = this.#live.get(runId);
      if (run === undefined) return;
      // The answer has overtaken outputs that are still coming in, or the kernel is being asked.
      if (run.held !== null || clock.now() - run.heardAt < IDLE_MS) {
        this.#endWithoutIdle(runId);
        return;
      }
      if (hasGap(runId)) this.#markGap(runId, run);
      this.#end(runId);
    });
  }

  #end(runId: RunId): void {
    const run = this.#live.get(runId);
    if (run?.reply == null) return;
    if (!run.isFillingAsked && this.#isDropped(runId, run)) {
      run.isFillingAsked = true;
      if (this.#options.fillIn(runId, run)) return;
      this.unsaid(runId);
    }
    const { status, executionCount, interrupted } = run.reply;
    // Interrupted from elsewhere: another tab, another client.
    if (interrupted && status === "error") run.end = "interrupted";
    this.#options.dispatch({ type: "replied", runId, status, executionCount, interrupted });
  }

  #isDropped(runId: RunId, run: LiveRun): boolean {
    // Of a run that went on over another socket somebody else judges the numbers.
    run.isUnsaid = !run.isTooFast && !run.isOlderThanSocket && this.#options.lacksOfMany(runId);
    return run.isTooFast || run.isUnsaid || run.earlier.length > 0;
  }

  /** It is over, and nobody knows how: what waits behind it must not run as if it had gone well. */
  #lookForLost(runId: RunId): void {
    const run = this.#live.get(runId);
    if (run === undefined || !run.isOlderThanSocket || run.reply !== null || run.held !== null) return;
    if (run.isUnheard) {
      // It never reached the kernel: nothing has happened.
      this.#options.dispatch({ type: "replied", runId, status: "aborted", executionCount: null });
      return;
    }
    if (!run.isEndAsked) {
      run.isEndAsked = true;
      if (this.#options.askForEnd(runId)) return;
    }
    run.end = "lost";
    this.#markIncomplete([runId]);
    this.#options.dispatch({ type: "replied", runId, status: "error", executionCount: null });
  }

  /** What does not come through a socket that was there all the time was dropped before it. */
  #markGap(runId: RunId, run: LiveRun): void {
    if (run.isOlderThanSocket) this.#markIncomplete([runId]);
    else if (!run.isTooFast) this.#markDropped(runId, run, "kernel_dropped");
  }

  #markIncomplete(runIds: readonly RunId[]): void {
    // Two signs of one loss leave one mark.
    const unmarked = runIds.filter((runId) => this.#live.get(runId)?.isMarked !== true);
    for (const runId of unmarked) {
      const run = this.#live.get(runId);
      if (run !== undefined) run.isMarked = true;
      const ops = [noticeOp("maybe_incomplete")];
      run?.drops?.heard({ id: null, event: { type: "ops", ops } });
      this.#options.runs.ops(runId, ops);
    }
    if (unmarked.length > 0) this.#options.tellIncomplete(unmarked);
  }
}
