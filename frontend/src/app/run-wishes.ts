/**
 * What a person asked to run, until it is known whether it may, and where: the cells wait in the queue, as `wished`, while a runtime is connected
 * to, the hub is asked whose code it is, or the person is. Whoever takes a cell out of the queue meanwhile is not asked about it any more.
 */
import type { Observable } from "../core/observable.ts";
import type { QueueEvent, QueueState } from "../core/runs.ts";
import type { Captured, StillWanted, Wish } from "./run-gate.ts";
import { type Taken, withDigests } from "./taken-sources.ts";

/** How it is asked whether something may run. */
export interface Approval {
  readonly isDebugged: boolean;
  readonly wanted: StillWanted;
}

interface RunWishesOptions {
  readonly queue: Observable<QueueState>;
  readonly dispatch: (event: QueueEvent) => void;
  /** The present kernel, or another one that is started or connected to. False: none. */
  readonly hasKernel: () => Promise<boolean>;
  readonly approve: (captured: readonly Captured[], how: Approval) => Promise<readonly Captured[]>;
  readonly enqueue: (approved: readonly Captured[]) => void;
  readonly onTrouble?: ((error: unknown) => void) | undefined;
}

export class RunWishes {
  readonly #options: RunWishesOptions;
  /** Gestures are carried out in the order in which they were made. */
  #gestures: Promise<void> = Promise.resolve();
  #asking = 0;

  constructor(options: RunWishesOptions) {
    this.#options = options;
  }

  /** Nothing is asked about: what is known to be allowed overtakes nothing. */
  get isQuiet(): boolean {
    return this.#asking === 0;
  }

  /** From a person's gesture on. */
  take(taken: readonly Taken[], isDebugged: boolean): void {
    const before = this.#gestures;
    const mayAsk = async (): Promise<boolean> => {
      await before;
      return this.#isWanted(taken) && (await this.#options.hasKernel()) && this.#isWanted(taken);
    };
    this.#gestures = this.#carryOut(taken, { isDebugged, mayAsk });
  }

  /** What was approved for another machine than the one that would get it now. */
  takeAgain(taken: readonly Taken[]): void {
    void this.#carryOut(taken, { isDebugged: false, mayAsk: async () => true });
  }

  async #carryOut(
    taken: readonly Taken[],
    { isDebugged, mayAsk }: { readonly isDebugged: boolean; readonly mayAsk: () => Promise<boolean> },
  ): Promise<void> {
    const { dispatch, enqueue, onTrouble } = this.#options;
    this.#asking += 1;
    dispatch({ type: "wish", runs: taken });
    try {
      if (await mayAsk()) enqueue(this.#wanted(await this.#approved(taken, isDebugged)));
    } catch (error) {
      onTrouble?.(error);
    } finally {
      this.#asking -= 1;
      dispatch({ type: "refuse", runIds: taken.map(({ runId }) => runId) });
    }
  }

  /** Of a part the whole is judged: nobody knows whose a piece of text is, and whoever accepts the cell accepts all of its pieces. */
  async #approved(taken: readonly Taken[], isDebugged: boolean): Promise<readonly Captured[]> {
    const judged = await withDigests(
      taken.map(({ runId, cellId, source, judged = source }) => ({ runId, cellId, source: judged })),
    );
    const wanted: StillWanted = (runs) => this.#wanted(runs);
    const approved = await this.#options.approve(judged, { isDebugged, wanted });
    const ids = new Set(approved.map(({ runId }) => runId));
    return await withDigests(
      taken.filter(({ runId }) => ids.has(runId)),
      judged,
    );
  }

  #isWanted(taken: readonly Taken[]): boolean {
    return this.#wanted(taken).length > 0;
  }

  #wanted<One extends Wish>(runs: readonly One[]): readonly One[] {
    const { entries } = this.#options.queue.get();
    const wished = new Set(entries.filter(({ phase }) => phase === "wished").map(({ runId }) => runId));
    return runs.filter(({ runId }) => wished.has(runId));
  }
}
