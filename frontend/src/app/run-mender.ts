/**
 * Makes whole what a plain server lost of this tab's runs, from what the kernel kept (ADR 56). While the kernel is asked, what is heard of the
 * run waits; then the run goes on behind the last message that it surely held. Where the kernel cannot say, the run is marked, as it always was.
 */
import type { RunId } from "../core/notebook.ts";
import { NOTHING_FOLDED } from "../core/outputs.ts";
import type { GapWatch } from "../kernel/gap-watch.ts";
import { RecentIds } from "../kernel/messages.ts";
import type { RestOfRun } from "../kernel/recorder.ts";
import type { RunStore } from "../sync/run-store.ts";
import { type Dropped, filledIn, type Shown, type Whole } from "./dropped-output.ts";
import type { LiveRuns } from "./live-runs.ts";
import { inPlace, type RunTold, toldBy } from "./recorded-run.ts";
import type { RunRecorder } from "./run-recorder.ts";

export interface RunMenderOptions {
  readonly runs: RunStore;
  readonly live: LiveRuns;
  readonly recorder: RunRecorder;
  readonly gaps: () => GapWatch | null;
}

const KEPT = 50;
const TOLD = 50_000;

export class RunMender {
  readonly #options: RunMenderOptions;
  /** Null: something was shown since that the kernel does not know. */
  readonly #whole = new Map<RunId, Whole | null>();
  readonly #mending = new Map<RunId, { isSuspect: boolean; again: boolean }>();
  /** Messages that the kernel told again: they may still come by themselves. */
  readonly #told = new RecentIds(TOLD);

  constructor(options: RunMenderOptions) {
    this.#options = options;
  }

  /** The message was shown when the kernel was asked. */
  isTold(id: string): boolean {
    return this.#told.has(id);
  }

  /** Sent from here, now: nothing of it can be missing. */
  begins(runId: RunId): void {
    this.#keepWhole(runId, { folded: NOTHING_FOLDED, through: null });
  }

  /** An answer was shown among its outputs, or a widget shows some of them. */
  strayed(runId: RunId): void {
    this.#keepWhole(runId, null);
  }

  /** Another socket, while these runs went on. */
  opened(runIds: readonly RunId[], isClean: boolean): void {
    for (const runId of runIds) void this.#goOn(runId, !isClean);
  }

  /** Something of the run is missing. */
  gap(runId: RunId): void {
    const mending = this.#mending.get(runId);
    if (mending === undefined) void this.#showAgain(runId);
    else mending.isSuspect = true;
  }

  /** It is over, and no reply came. */
  ask(runId: RunId): void {
    void this.#goOn(runId, false);
  }

  /**
   * It is over, and some of it was dropped on its way because it came too fast.
   *
   * @returns false: the kernel cannot be asked, and nothing happens.
   */
  fillIn(runId: RunId, { isTooFast, isUnsaid, drops, earlier }: Dropped): boolean {
    // Behind what an earlier page marked, this page has missed nothing unless there is a sign of it.
    const own = isTooFast || isUnsaid ? [this.#whole.get(runId) ?? null, drops?.before ?? null] : [];
    const wholes = [...earlier, ...own].filter((whole) => whole !== null);
    if (wholes.length > 0) void this.#fillIn(runId, { wholes, drops }, isUnsaid);
    return wholes.length > 0;
  }

  /** Of a run whose page is gone: what its record does not hold. Null: the kernel cannot say. */
  async takenOver(runId: RunId, kept: string | null): Promise<RunTold | null> {
    const through = this.#options.runs.run(runId)?.through ?? null;
    // Of a run whose outputs stay at home nothing is in its record, whoever heard it.
    return await this.#read(runId, through, through === null ? null : kept);
  }

  /** A run that this tab took over shows everything that was told of it. */
  shown(runId: RunId, told: RunTold): void {
    this.#accept(runId, told);
    this.#isWhole(runId);
  }

  readonly #isHeard = (messageId: string): boolean => this.#options.gaps()?.isHeard(messageId) ?? false;

  /** Nothing up to there is missing any more, and what comes again is no news. */
  #accept(runId: RunId, told: RunTold): void {
    for (const id of told.ids) this.#told.add(id);
    this.#options.gaps()?.mended(runId, told);
  }

  #isWhole(runId: RunId): void {
    const { live, runs } = this.#options;
    if (live.isTooFast(runId)) return;
    runs.flush();
    const folded = runs.folded(runId);
    if (folded !== null) this.#keepWhole(runId, { folded, through: runs.run(runId)?.through ?? null });
  }

  async #goOn(runId: RunId, isSuspect: boolean): Promise<void> {
    const { runs } = this.#options;
    const known = this.#mending.get(runId);
    if (known !== undefined) {
      known.isSuspect ||= isSuspect;
      known.again = true;
      return;
    }
    runs.flush();
    const through = runs.run(runId)?.through ?? null;
    const told = await this.#whileHeld(runId, isSuspect, () => this.#read(runId, through, null));
    if (told !== null) this.#isWhole(runId);
  }

  async #showAgain(runId: RunId): Promise<void> {
    const { live, runs } = this.#options;
    const whole = this.#whole.get(runId) ?? null;
    if (whole === null) {
      live.dropped(runId);
      return;
    }
    const mending = { isSuspect: true, again: false };
    this.#mending.set(runId, mending);
    live.hold(runId);
    const read = await this.#read(runId, whole.through, null);
    this.#mending.delete(runId);
    const told = read === null ? null : inPlace(read, whole.folded);
    if (told !== null) this.#accept(runId, told);
    if (told !== null) live.restored(runId);
    if (live.has(runId)) live.release(runId, told, true);
    else if (told === null) live.dropped(runId);
    else for (const { id, event } of told.events) if (event.type === "ops") runs.ops(runId, event.ops, id);
    if (told !== null) this.#isWhole(runId);
  }

  async #fillIn(runId: RunId, known: Omit<Shown, "isHeard">, isUnsaid: boolean): Promise<void> {
    const { live, recorder } = this.#options;
    await this.#whileHeld(runId, false, async () => {
      const rest = await recorder.readRest(runId);
      // Numbers that the kernel gave to nothing are no loss.
      if (isUnsaid && !this.#lacks(runId, rest)) return null;
      const told = rest && filledIn(rest, { ...known, isHeard: this.#isHeard });
      if (told === null) live.unsaid(runId);
      return told;
    });
  }

  #lacks(runId: RunId, rest: RestOfRun | null): boolean {
    const ids = rest?.messages.map(({ header }) => header.msg_id) ?? [];
    return this.#options.gaps()?.lacks(runId, ids, rest?.isWhole ?? false) ?? false;
  }

  /** What the kernel tells; the run waits meanwhile, and then goes on with it. Read once more if that was wanted while it was read. */
  async #whileHeld(runId: RunId, isSuspect: boolean, read: () => Promise<RunTold | null>): Promise<RunTold | null> {
    const { live } = this.#options;
    const mending = { isSuspect, again: false };
    this.#mending.set(runId, mending);
    live.hold(runId);
    let told: RunTold | null;
    do {
      mending.again = false;
      told = await read();
    } while (mending.again);
    this.#mending.delete(runId);
    if (told !== null) this.#accept(runId, told);
    live.release(runId, told, mending.isSuspect);
    return told;
  }

  async #read(runId: RunId, after: string | null, kept: string | null): Promise<RunTold | null> {
    const recording = await this.#options.recorder.read({ runId, after });
    return recording && toldBy(recording, { kept, isHeard: this.#isHeard });
  }

  #keepWhole(runId: RunId, whole: Whole | null): void {
    this.#whole.delete(runId);
    this.#whole.set(runId, whole);
    const oldest = this.#whole.keys().next();
    if (this.#whole.size > KEPT && !oldest.done) this.#whole.delete(oldest.value);
  }
}
