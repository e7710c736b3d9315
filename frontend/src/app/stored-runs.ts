/**
 * A list of runs, in the order in which they came, that every page of this browser reads and writes under one key.
 *
 * Thousands of runs may come or go at one stroke, and writing the list takes milliseconds then: it is written once, at the end of the present
 * task, onto what other pages have written meanwhile. This page reads what it will write.
 */
import type { RunId } from "../core/notebook.ts";
import type { LocalStore } from "./runtime-memory.ts";

export class StoredRuns<Entry extends { readonly runId: RunId }> {
  readonly #store: LocalStore;
  readonly #key: string;
  /** What was last read or written, and what it says, with what is not written yet. */
  #text: string | null = null;
  #entries = new Map<RunId, Entry>();
  /** Not written yet; null: taken out. */
  readonly #changed = new Map<RunId, Entry | null>();

  constructor(store: LocalStore, key: string) {
    this.#store = store;
    this.#key = key;
  }

  all(): readonly Entry[] {
    return [...this.#now().values()];
  }

  get(runId: RunId): Entry | null {
    return this.#now().get(runId) ?? null;
  }

  /** In the place where it was, or last. */
  put(entry: Entry): void {
    this.#now();
    this.#change(entry.runId, entry);
  }

  remove(runId: RunId): void {
    if (this.#now().has(runId)) this.#change(runId, null);
  }

  #change(runId: RunId, entry: Entry | null): void {
    if (this.#changed.size === 0) queueMicrotask(() => this.#write());
    this.#changed.set(runId, entry);
    place(this.#entries, runId, entry);
  }

  #now(): ReadonlyMap<RunId, Entry> {
    if (this.#changed.size === 0) this.#read();
    return this.#entries;
  }

  #read(): void {
    const text = this.#store.getItem(this.#key);
    if (text === this.#text) return;
    this.#text = text;
    this.#entries = new Map(listIn<Entry>(text).map((entry) => [entry.runId, entry]));
  }

  #write(): void {
    this.#read();
    for (const [runId, entry] of this.#changed) place(this.#entries, runId, entry);
    this.#changed.clear();
    this.#text = JSON.stringify([...this.#entries.values()]);
    this.#store.setItem(this.#key, this.#text);
  }
}

function place<Entry>(entries: Map<RunId, Entry>, runId: RunId, entry: Entry | null): void {
  if (entry === null) entries.delete(runId);
  else entries.set(runId, entry);
}

function listIn<Entry>(text: string | null): readonly Entry[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    // Only these lists are written there.
    return Array.isArray(value) ? (value as readonly Entry[]) : [];
  } catch {
    return [];
  }
}
