/**
 * Small texts of one person in IndexedDB, sealed under a key that no script can read out (AES-GCM, non-extractable, made once per database).
 *
 * Where the browser forbids storage (some private windows) nothing is kept: writing does nothing, reading finds nothing.
 */
import { keyIfOwn, type Owner, ownKey } from "../core/owner.ts";

export interface SealedStoreOptions {
  readonly owner: Owner;
  /** Null where the browser forbids it. */
  readonly indexedDB: IDBFactory | null;
  readonly crypto: Crypto;
  readonly database: string;
  /** Name of the store of sealed texts, beside the store `keys`. */
  readonly store: string;
}

/** A text encrypted by AES-GCM. */
export interface Sealed {
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class SealedStore {
  readonly #options: SealedStoreOptions;
  #key: Promise<CryptoKey | null> | null = null;

  constructor(options: SealedStoreOptions) {
    this.#options = options;
  }

  /** Null: there is none, or another key sealed it (the browser's storage was cleared in part). */
  async read(name: string): Promise<string | null> {
    const sealed: unknown = await this.#inStore("readonly", (store) => store.get(this.#own(name)));
    return isSealed(sealed) ? await this.unseal(sealed) : null;
  }

  /** Keep a text, or forget it (null). */
  async write(name: string, text: string | null): Promise<void> {
    const sealed = text === null ? null : await this.seal(text);
    if (sealed === null) await this.#inStore("readwrite", (store) => store.delete(this.#own(name)));
    else await this.#inStore("readwrite", (store) => store.put(sealed, this.#own(name)));
  }

  /** Names of what is kept of this person, in order. */
  async names(): Promise<readonly string[]> {
    const keys = (await this.#inStore("readonly", (store) => store.getAllKeys())) ?? [];
    return keys.flatMap((key) => (typeof key === "string" ? (keyIfOwn(this.#options.owner, key) ?? []) : []));
  }

  /** Forget everything of this person. */
  async clear(): Promise<void> {
    for (const name of await this.names()) await this.write(name, null);
  }

  async seal(text: string): Promise<Sealed | null> {
    const key = await this.#ownKey();
    if (key === null) return null;
    const { crypto } = this.#options;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const bytes = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(text));
    return { iv, bytes: new Uint8Array(bytes) };
  }

  async unseal({ iv, bytes }: Sealed): Promise<string | null> {
    const key = await this.#ownKey();
    if (key === null) return null;
    try {
      const plain = await this.#options.crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, bytes);
      return new TextDecoder().decode(plain);
    } catch {
      return null;
    }
  }

  #own(name: string): string {
    return ownKey(this.#options.owner, name);
  }

  async #inStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
    const database = await this.#open();
    if (database === null) return null;
    try {
      return await settled(work(database.transaction(this.#options.store, mode).objectStore(this.#options.store)));
    } finally {
      database.close();
    }
  }

  #ownKey(): Promise<CryptoKey | null> {
    this.#key ??= this.#loadKey().catch(() => null);
    return this.#key;
  }

  async #loadKey(): Promise<CryptoKey | null> {
    const database = await this.#open();
    if (database === null) return null;
    const usages: KeyUsage[] = ["encrypt", "decrypt"];
    const made = await this.#options.crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, usages);
    // One transaction: of two tabs that start at once, both use the key of the first.
    const store = database.transaction("keys", "readwrite").objectStore("keys");
    const found: unknown = await settled(store.get("own"));
    if (found === undefined) await settled(store.put(made, "own"));
    database.close();
    // Only this method writes here.
    return found === undefined ? made : (found as CryptoKey);
  }

  async #open(): Promise<IDBDatabase | null> {
    const { indexedDB, database, store } = this.#options;
    if (indexedDB === null) return null;
    try {
      const open = indexedDB.open(database, 1);
      open.onupgradeneeded = () => {
        open.result.createObjectStore("keys");
        open.result.createObjectStore(store);
      };
      return await settled(open);
    } catch {
      return null;
    }
  }
}

function isSealed(value: unknown): value is Sealed {
  return typeof value === "object" && value !== null && "iv" in value && "bytes" in value;
}

async function settled<T>(wish: IDBRequest<T>): Promise<T> {
  return await new Promise((give, fail) => {
    wish.onsuccess = () => give(wish.result);
    wish.onerror = () => fail(wish.error ?? new Error("The browser's storage failed."));
  });
}
