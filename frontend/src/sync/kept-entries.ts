/**
 * Entries that a page writes to the browser's storage (IndexedDB) and that outlive it.
 *
 * Nothing here waits: what one task of the page makes goes to the browser in one transaction at that task's end, and is committed there and
 * then, because a person may close the tab right after the last key.
 */
import { OfflineStoreError } from "../core/errors.ts";
import { Value } from "../core/observable.ts";

/**
 * `ok`: everything added so far is kept. `writing`: the last of it is on its way, a matter of milliseconds.
 * `broken`: the browser refuses storage (private window, full disk); what is made then lives in this tab only.
 */
export type OfflineState = "ok" | "writing" | "broken";

/** Parts of a key in order: entries of one beginning stand together. */
export type EntryKey = readonly (string | number)[];

export class KeptEntries {
  readonly state = new Value<OfflineState>("ok");
  readonly #name: string;
  readonly #factory: IDBFactory | undefined;
  #opened: Promise<IDBDatabase | null> | null = null;
  #changes: ((store: IDBObjectStore) => void)[] = [];
  #isDue = false;
  readonly #writing = new Set<Promise<void>>();

  /**
   * @param name of the database. Its one object store is called "updates".
   * @param factory the browser's `indexedDB`.
   */
  constructor(name: string, factory: IDBFactory | undefined) {
    this.#name = name;
    this.#factory = factory;
  }

  /** All entries whose keys begin so, in the order of their keys. Empty when storage is broken. */
  async load(beginning: EntryKey): Promise<readonly (readonly [IDBValidKey, unknown])[]> {
    await this.settled();
    const database = await this.#database();
    if (!database) return [];
    try {
      const store = database.transaction(STORE).objectStore(STORE);
      const range = startingWith(beginning);
      const [keys, values] = await Promise.all([done(store.getAllKeys(range)), done(store.getAll(range))]);
      return keys.map((key, at) => [key, values[at]]);
    } catch (error) {
      this.#broke(error);
      return [];
    }
  }

  put(key: EntryKey, value: unknown): void {
    this.#change((store) => store.put(value, [...key]));
  }

  /** @param range one key, or many; see `startingWith`. */
  delete(range: EntryKey | IDBKeyRange): void {
    this.#change((store) => store.delete(range instanceof IDBKeyRange ? range : [...range]));
  }

  /** Resolves when everything asked for so far is written (or storage is broken). */
  async settled(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
  }

  close(): void {
    void this.settled().then(async () => {
      (await this.#opened)?.close();
      this.#opened = null;
    });
  }

  #change(change: (store: IDBObjectStore) => void): void {
    if (this.state.get() === "broken") return;
    this.#changes.push(change);
    if (this.#isDue) return;
    this.#isDue = true;
    this.state.set("writing");
    const writing = this.#writeAll().finally(() => {
      this.#writing.delete(writing);
      if (this.#writing.size === 0 && this.state.get() === "writing") this.state.set("ok");
    });
    this.#writing.add(writing);
  }

  async #writeAll(): Promise<void> {
    const database = await this.#database();
    this.#isDue = false;
    const changes = this.#changes;
    this.#changes = [];
    if (!database) return;
    try {
      const transaction = database.transaction(STORE, "readwrite", { durability: "relaxed" });
      const store = transaction.objectStore(STORE);
      for (const change of changes) change(store);
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
    const request = this.#factory.open(this.#name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    const database = await done(request);
    // A newer page of ours wants another layout: let it, and go on without storage.
    database.onversionchange = () => {
      database.close();
      this.#broke(new OfflineStoreError("storage_unavailable", "Another tab updated the storage; reload this one."));
    };
    return database;
  }

  // Said, not thrown: work goes on, and the page shows that a closed tab would lose what is unsaved.
  #broke(_error: unknown): void {
    this.#changes = [];
    this.state.set("broken");
  }
}

const STORE = "updates";

/** Every key that begins so. */
export function startingWith(beginning: EntryKey): IDBKeyRange {
  // An array sorts after every number and string.
  return IDBKeyRange.bound([...beginning], [...beginning, []]);
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
