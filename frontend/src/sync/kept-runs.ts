/**
 * Frames of runs that the hub has not acknowledged, kept in IndexedDB (`[notebook, run, n]`): outputs survive a closed tab, a crash and a dead
 * hub, as edits do.
 *
 * Unlike an edit, a frame told twice would be there twice. So only what pages that are gone left is told again; a page that lives holds a lock
 * in its name. A frame that goes to the hub with its making waits a moment for the acknowledgement, and mostly never touches the disk.
 */
import type { RunId } from "../core/notebook.ts";
import { onLeaving } from "./back-off.ts";
import { KeptEntries, startingWith } from "./kept-entries.ts";
import type { RunEvent } from "./messages.ts";
import type { Pages } from "./pages.ts";
import type { KeptFrame, RunKeeper } from "./run-store.ts";

export interface KeptRunsOptions {
  readonly notebook: string;
  /** Unlike any other page's name, also after a reload, and when the notebook is opened again. */
  readonly page: string;
  /** Nobody else's outputs are told in this person's name. */
  readonly person: string;
  readonly factory: IDBFactory | undefined;
  readonly pages: Pages;
}

interface Entry {
  readonly page: string;
  readonly person: string;
  readonly event: RunEvent;
}

/** What was sent is written when the hub did not acknowledge it within this time. */
const GRACE_MS = 60;

export class KeptRuns implements RunKeeper {
  readonly #options: KeptRunsOptions;
  readonly #entries: KeptEntries;
  readonly #leave: () => void;
  readonly #endLeaving: () => void;
  /** Sent a moment ago, and not written. */
  readonly #waiting = new Map<RunId, KeptFrame[]>();
  readonly #written = new Set<RunId>();
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(options: KeptRunsOptions) {
    this.#options = options;
    this.#entries = new KeptEntries("runhere-runs", options.factory);
    this.#leave = options.pages.enter(options.page);
    this.#endLeaving = onLeaving(() => this.#writeWaiting());
  }

  get isSound(): boolean {
    return this.#entries.state.get() !== "broken";
  }

  keep(runId: RunId, frame: KeptFrame, isSent: boolean): void {
    if (!isSent) {
      this.#write(runId, frame);
      return;
    }
    const waiting = this.#waiting.get(runId) ?? [];
    waiting.push(frame);
    this.#waiting.set(runId, waiting);
    this.#grace ??= setTimeout(() => this.#writeWaiting(), GRACE_MS);
  }

  drop(runId: RunId, n: number): void {
    const waiting = this.#waiting.get(runId)?.filter((frame) => frame.n >= n);
    if (waiting !== undefined) this.#waiting.set(runId, waiting);
    if (waiting?.length === 0) this.#waiting.delete(runId);
    const { notebook } = this.#options;
    if (!this.#written.has(runId)) return;
    this.#entries.delete(IDBKeyRange.bound([notebook, runId], [notebook, runId, n], false, true));
  }

  forget(runId: RunId): void {
    this.#waiting.delete(runId);
    this.#entries.delete(startingWith([this.#options.notebook, runId]));
  }

  #writeWaiting(): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    for (const [runId, frames] of this.#waiting) for (const frame of frames) this.#write(runId, frame);
    this.#waiting.clear();
  }

  #write(runId: RunId, { n, event }: KeptFrame): void {
    const { notebook, page, person } = this.#options;
    const entry: Entry = { page, person, event };
    this.#written.add(runId);
    this.#entries.put([notebook, runId, n], entry);
  }

  async load(runId: RunId): Promise<readonly KeptFrame[]> {
    this.#writeWaiting();
    const found = await this.#entries.load([this.#options.notebook, runId]);
    return found.flatMap(([key, value]) => {
      const n = Array.isArray(key) ? key[2] : null;
      const entry = entryOf(value);
      return typeof n === "number" && entry !== null && this.#isMine(entry) ? [{ n, event: entry.event }] : [];
    });
  }

  async left(): Promise<readonly RunId[]> {
    const last = new Map<RunId, string>();
    for (const [key, value] of await this.#entries.load([this.#options.notebook])) {
      const runId = Array.isArray(key) ? key[1] : null;
      const entry = entryOf(value);
      if (typeof runId === "string" && entry !== null && this.#isMine(entry)) last.set(runId, entry.page);
    }
    const alive = new Map<string, boolean>();
    for (const page of new Set(last.values())) alive.set(page, await this.#isAlive(page));
    return [...last].flatMap(([runId, page]) => (alive.get(page) ? [] : [runId]));
  }

  close(): void {
    this.#endLeaving();
    this.#writeWaiting();
    this.#entries.close();
    void this.#entries.settled().then(this.#leave);
  }

  #isMine({ person }: Entry): boolean {
    return person === this.#options.person;
  }

  async #isAlive(page: string): Promise<boolean> {
    return page === this.#options.page || (await this.#options.pages.isAlive(page));
  }
}

/** Only this file writes there. */
function entryOf(value: unknown): Entry | null {
  return typeof value === "object" && value !== null && "event" in value ? (value as Entry) : null;
}
