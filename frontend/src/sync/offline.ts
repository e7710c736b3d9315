/**
 * Edits that the hub has not acknowledged, kept in IndexedDB: they survive a closed tab, a crash and a dead hub.
 *
 * Every entry belongs to the tab that made it (`[notebook, tab, n]`), so tabs of one notebook write side by side. Whoever returns loads the
 * entries of all tabs, sends them, and removes exactly those after the hub's acknowledgement. Two tabs doing so at once is harmless: a Yjs
 * update applied twice is applied once.
 *
 * An edit that went to the hub with its making waits a moment for the acknowledgement, and mostly never touches the disk: a key then costs no
 * transaction. Any other edit does not wait: what one task of the page makes goes to the browser in one transaction at that task's end, and
 * is committed there and then. A page that is left or hidden writes at once whatever waits, because it may have no other moment.
 */
import { OfflineStoreError } from "../core/errors.ts";
import { type Observable, Value } from "../core/observable.ts";
import { onLeaving } from "./back-off.ts";

/** Names one kept update. */
export type OfflineKey = readonly [notebook: string, tab: string, n: number];

export interface KeptUpdate {
  readonly key: OfflineKey;
  readonly update: Uint8Array;
  /** When it was made, ms since 1970. */
  readonly at: number;
}

/**
 * `ok`: everything added so far is kept. `writing`: the last of it is on its way, a matter of milliseconds.
 * `broken`: the browser refuses storage (private window, full disk); edits then live in this tab only.
 */
export type OfflineState = "ok" | "writing" | "broken";

export interface OfflineStore {
  readonly state: Observable<OfflineState>;
  /** Everything kept for this notebook, of every tab, the oldest first of each tab. Empty when storage is broken. */
  load(): Promise<readonly KeptUpdate[]>;
  /**
   * Keeps an update. Returns at once; the bytes are on their way.
   *
   * @param isSent it goes to the hub at this moment too: it is written if nobody removes it soon.
   */
  add(update: Uint8Array, at: number, isSent?: boolean): OfflineKey;
  remove(keys: readonly OfflineKey[]): void;
  /** Resolves when everything asked for so far is written (or storage is broken). */
  settled(): Promise<void>;
  close(): void;
}

const DATABASE = "runhere-offline";
const UPDATES = "updates";
/** What was sent is written when the hub did not acknowledge it within this time. */
const GRACE_MS = 60;

export class IndexedDbOffline implements OfflineStore {
  readonly state = new Value<OfflineState>("ok");
  readonly #notebook: string;
  readonly #tab: string;
  readonly #factory: IDBFactory | undefined;
  #opened: Promise<IDBDatabase | null> | null = null;
  #next = 0;
  #adds = new Map<string, { key: OfflineKey; value: { update: Uint8Array; at: number } }>();
  #removes: OfflineKey[] = [];
  #isDue = false;
  #grace: ReturnType<typeof setTimeout> | undefined;
  readonly #writing = new Set<Promise<void>>();
  readonly #end: () => void;

  /**
   * @param tab unlike any other tab's name, also after "duplicate tab" and reload: two tabs with one name would overwrite each other.
   * @param factory the browser's `indexedDB`.
   */
  constructor(notebook: string, tab: string, factory: IDBFactory | undefined) {
    this.#notebook = notebook;
    this.#tab = tab;
    this.#factory = factory;
    this.#end = onLeaving(() => this.#writeWaiting());
  }

  async load(): Promise<readonly KeptUpdate[]> {
    await this.settled();
    const database = await this.#database();
    if (!database) return [];
    try {
      const store = database.transaction(UPDATES).objectStore(UPDATES);
      const range = IDBKeyRange.bound([this.#notebook], [this.#notebook, []]);
      const [keys, values] = await Promise.all([done(store.getAllKeys(range)), done(store.getAll(range))]);
      return keys.flatMap((key, at) => kept(key, values[at]));
    } catch (error) {
      this.#broke(error);
      return [];
    }
  }

  add(update: Uint8Array, at: number, isSent = false): OfflineKey {
    const key: OfflineKey = [this.#notebook, this.#tab, this.#next];
    this.#next += 1;
    this.#adds.set(key.join("\n"), { key, value: { update, at } });
    if (isSent) this.#writeSoon();
    else this.#write();
    return key;
  }

  remove(keys: readonly OfflineKey[]): void {
    for (const key of keys) {
      // Acknowledged before it was written: it need not be.
      if (!this.#adds.delete(key.join("\n"))) this.#removes.push(key);
    }
    if (this.#adds.size > 0 || this.#removes.length > 0) this.#writeSoon();
    else this.#needNotWrite();
  }

  async settled(): Promise<void> {
    this.#writeWaiting();
    while (this.#writing.size > 0) await Promise.all(this.#writing);
  }

  close(): void {
    this.#end();
    void this.settled().then(async () => {
      (await this.#opened)?.close();
      this.#opened = null;
    });
  }

  #writeSoon(): void {
    if (this.#isDue || this.#grace !== undefined || this.state.get() === "broken") return;
    this.state.set("writing");
    this.#grace = setTimeout(() => this.#writeWaiting(), GRACE_MS);
  }

  #writeWaiting(): void {
    if (this.#grace !== undefined) this.#write();
  }

  #needNotWrite(): void {
    this.#endGrace();
    if (!this.#isDue && this.#writing.size === 0 && this.state.get() === "writing") this.state.set("ok");
  }

  #endGrace(): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
  }

  #write(): void {
    this.#endGrace();
    if (this.#isDue || this.state.get() === "broken") return;
    this.#isDue = true;
    this.state.set("writing");
    const writing = this.#writeAll().finally(() => {
      this.#writing.delete(writing);
      if (this.#writing.size === 0 && this.#grace === undefined && this.state.get() === "writing") this.state.set("ok");
    });
    this.#writing.add(writing);
  }

  async #writeAll(): Promise<void> {
    const database = await this.#database();
    this.#isDue = false;
    if (!database) return;
    const adds = this.#adds;
    const removes = this.#removes;
    this.#adds = new Map();
    this.#removes = [];
    try {
      const transaction = database.transaction(UPDATES, "readwrite", { durability: "relaxed" });
      const store = transaction.objectStore(UPDATES);
      for (const { key, value } of adds.values()) store.put(value, [...key]);
      for (const key of removes) store.delete([...key]);
      // Without this the browser waits for this page's next turn before it commits, and a page that is gone has none.
      transaction.commit();
      await finished(transaction);
    } catch (error) {
      this.#broke(error);
    }
  }

  #database(): Promise<IDBDatabase | null> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#broke(error);
      return null;
    });
    return this.#opened;
  }

  async #open(): Promise<IDBDatabase> {
    if (!this.#factory) throw new OfflineStoreError("storage_unavailable", "This browser keeps no data for this page.");
    const request = this.#factory.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(UPDATES);
    const database = await done(request);
    // A newer page of ours wants another layout: let it, and go on without storage.
    database.onversionchange = () => {
      database.close();
      this.#broke(new OfflineStoreError("storage_unavailable", "Another tab updated the storage; reload this one."));
    };
    return database;
  }

  // Said, not thrown: editing goes on, and the page shows that a closed tab would lose what is unsaved.
  #broke(_error: unknown): void {
    this.#adds.clear();
    this.#removes = [];
    this.state.set("broken");
  }
}

function kept(key: IDBValidKey, value: unknown): KeptUpdate[] {
  if (!Array.isArray(key) || typeof value !== "object" || value === null) return [];
  const [notebook, tab, n] = key;
  const update = "update" in value ? value.update : null;
  const at = "at" in value && typeof value.at === "number" ? value.at : 0;
  if (typeof notebook !== "string" || typeof tab !== "string" || typeof n !== "number") return [];
  // Bytes of another realm (structured clone in tests, other windows) are no `instanceof` of ours.
  return ArrayBuffer.isView(update) ? [{ key: [notebook, tab, n], update: bytesOf(update), at }] : [];
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}
