/**
 * Runs of this browser that wait in a page and were not handed to a kernel yet. A page that is closed takes them with it: kept over its end is
 * which they were, so that the next page can say so and give their cells back what they showed (`unsent-end.ts`).
 *
 * Ids only. Every page of the browser with this notebook reads and writes the same list.
 */
import type { RunId } from "../core/notebook.ts";
import { type Clock, newId } from "../kernel/messages.ts";
import type { Pages } from "../sync/pages.ts";
import type { LocalStore } from "./runtime-memory.ts";
import { StoredRuns } from "./stored-runs.ts";

export interface UnsentRun {
  readonly runId: RunId;
  /** The page in which it waits; unlike any other's name, also after a reload. */
  readonly page: string;
  /** When it was asked for, ms since 1970. */
  readonly at: number;
}

const AGAIN_MS = 5_000;

export class UnsentRuns {
  readonly #list: StoredRuns<UnsentRun>;
  /** Of this page: most runs that end were handed over long before. */
  readonly #own = new Set<RunId>();
  /** This page's name among the pages of this browser, once cells waited in it. */
  #page: string | null = null;
  #leave: () => void = () => {};

  constructor(store: LocalStore, notebookId: string) {
    this.#list = new StoredRuns(store, `runhere.unsent:${notebookId}`);
  }

  all(): readonly UnsentRun[] {
    return this.#list.all();
  }

  /**
   * Has `end` look after what waits, once something does, in this page or another one. It may fail: the hub that hands out its code is away, which
   * the page says already. Then it is called again later. Returns the end of looking.
   */
  whenAny(
    end: () => Promise<void>,
    { onStored, clock }: { readonly onStored: (fn: () => void) => () => void; readonly clock: Clock },
  ): () => void {
    let isFound = false;
    let cancel = () => {};
    const failed = () => {
      isFound = false;
      cancel = clock.after(AGAIN_MS, look);
    };
    const look = () => {
      if (isFound || this.all().length === 0) return;
      isFound = true;
      cancel();
      end().catch(failed);
    };
    const ends = [onStored(look), () => cancel()];
    look();
    return () => {
      for (const one of ends) one();
    };
  }

  add(runs: readonly UnsentRun[]): void {
    for (const run of runs) {
      this.#own.add(run.runId);
      this.#list.put(run);
    }
  }

  /** Runs wait in this page from now on, which is known to live until `close`. */
  wait(runs: readonly { readonly runId: RunId }[], { pages, clock }: { readonly pages: Pages; readonly clock: Clock }) {
    if (this.#page === null) {
      this.#page = newId(clock.random);
      this.#leave = pages.enter(this.#page);
    }
    const [page, at] = [this.#page, clock.now()];
    this.add(runs.map(({ runId }) => ({ runId, page, at })));
  }

  close(): void {
    this.#leave();
  }

  /** A run of this page was handed over, or ended. */
  over(runId: RunId): void {
    if (this.#own.delete(runId)) this.forget(new Set([runId]));
  }

  forget(runIds: ReadonlySet<RunId>): void {
    for (const runId of runIds) this.#list.remove(runId);
  }
}
