/**
 * Tokens of runtimes in this browser.
 *
 * A token lives in this tab's memory. So that a reload does not lose it, the tab's `sessionStorage` holds it encrypted under a key that no
 * script can read out (non-extractable, in IndexedDB); the tab's end ends it. Sibling tabs ask each other over a BroadcastChannel. Remembered
 * on this browser, in IndexedDB under the same key, only when the person or the kind of token says so. Never in the document, the hub, a log,
 * or readable in any storage.
 */
import type { TabChannel } from "../kernel/leader.ts";

export interface VaultOptions {
  /** `sessionStorage`, or null where the browser forbids it. */
  readonly session: Pick<Storage, "getItem" | "setItem" | "removeItem"> | null;
  /** Null where the browser forbids it (some private windows): tokens then last as long as the page. */
  readonly indexedDB: IDBFactory | null;
  readonly crypto: Crypto;
  readonly openChannel: (name: string) => TabChannel;
  /** How long sibling tabs have for an answer, ms. */
  readonly siblingMs?: number;
}

type VaultMessage =
  | { readonly kind: "want"; readonly baseUrl: string }
  | { readonly kind: "have"; readonly baseUrl: string; readonly token: string }
  | { readonly kind: "forget" };

const CHANNEL = "runhere-tokens";
const DATABASE = "runhere-runtimes";
const SIBLING_MS = 150;

/** A token encrypted by AES-GCM. */
interface Sealed {
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class TokenVault {
  readonly #options: VaultOptions;
  readonly #tokens = new Map<string, string>();
  readonly #channel: TabChannel;
  readonly #waiting = new Set<(baseUrl: string, token: string) => void>();
  #key: Promise<CryptoKey | null> | null = null;

  constructor(options: VaultOptions) {
    this.#options = options;
    this.#channel = options.openChannel(CHANNEL);
    // Only this file posts there.
    this.#channel.listen((message) => this.#told(message as VaultMessage));
  }

  /** The token in this tab's memory. */
  peek(baseUrl: string): string | null {
    return this.#tokens.get(baseUrl) ?? null;
  }

  /** The token from memory, this tab's storage, this browser's memory, or a sibling tab. */
  async find(baseUrl: string): Promise<string | null> {
    const token =
      this.peek(baseUrl) ??
      (await this.#fromSession(baseUrl)) ??
      (await this.#fromRemembered(baseUrl)) ??
      (await this.#fromSibling(baseUrl));
    if (token !== null && this.peek(baseUrl) === null) {
      this.#tokens.set(baseUrl, token);
      await this.#sealInTab(baseUrl, token);
    }
    return token;
  }

  /** Keep a token, tell sibling tabs, and remember it on this browser if asked to (else forget an older one). */
  async keep(baseUrl: string, token: string, remember: boolean): Promise<void> {
    this.#tokens.set(baseUrl, token);
    this.#channel.postMessage({ kind: "have", baseUrl, token } satisfies VaultMessage);
    const sealed = await this.#sealInTab(baseUrl, token);
    if (sealed !== null) await this.#write(baseUrl, remember ? sealed : null);
  }

  /** For the next load of this tab. */
  async #sealInTab(baseUrl: string, token: string): Promise<Sealed | null> {
    const sealed = await this.#seal(token);
    if (sealed !== null) this.#options.session?.setItem(sessionKey(baseUrl), toBase64(sealed));
    return sealed;
  }

  /** Forget every token, here, in sibling tabs and on this browser. */
  async forgetAll(): Promise<void> {
    for (const baseUrl of this.#tokens.keys()) this.#options.session?.removeItem(sessionKey(baseUrl));
    this.#tokens.clear();
    this.#channel.postMessage({ kind: "forget" } satisfies VaultMessage);
    const database = await this.#database();
    if (database === null) return;
    await request(database.transaction("tokens", "readwrite").objectStore("tokens").clear());
    database.close();
  }

  close(): void {
    this.#channel.close();
  }

  #told(message: VaultMessage): void {
    if (message.kind === "forget") {
      for (const baseUrl of this.#tokens.keys()) this.#options.session?.removeItem(sessionKey(baseUrl));
      this.#tokens.clear();
    } else if (message.kind === "have") {
      // A server that was started anew has a new token, and every tab goes on with it.
      if (this.#tokens.has(message.baseUrl)) this.#tokens.set(message.baseUrl, message.token);
      for (const fn of [...this.#waiting]) fn(message.baseUrl, message.token);
    } else {
      const token = this.peek(message.baseUrl);
      if (token !== null) this.#channel.postMessage({ ...message, kind: "have", token } satisfies VaultMessage);
    }
  }

  async #fromSibling(baseUrl: string): Promise<string | null> {
    return await new Promise((give) => {
      const finish = (token: string | null) => {
        this.#waiting.delete(hear);
        clearTimeout(timer);
        give(token);
      };
      const hear = (from: string, token: string) => {
        if (from === baseUrl) finish(token);
      };
      const timer = setTimeout(() => finish(null), this.#options.siblingMs ?? SIBLING_MS);
      this.#waiting.add(hear);
      this.#channel.postMessage({ kind: "want", baseUrl } satisfies VaultMessage);
    });
  }

  async #fromSession(baseUrl: string): Promise<string | null> {
    const stored = this.#options.session?.getItem(sessionKey(baseUrl)) ?? null;
    return stored === null ? null : await this.#unseal(fromBase64(stored));
  }

  async #fromRemembered(baseUrl: string): Promise<string | null> {
    const database = await this.#database();
    if (database === null) return null;
    const sealed: unknown = await request(database.transaction("tokens").objectStore("tokens").get(baseUrl));
    database.close();
    return isSealed(sealed) ? await this.#unseal(sealed) : null;
  }

  async #write(baseUrl: string, sealed: Sealed | null): Promise<void> {
    const database = await this.#database();
    if (database === null) return;
    const store = database.transaction("tokens", "readwrite").objectStore("tokens");
    if (sealed === null) await request(store.delete(baseUrl));
    else await request(store.put(sealed, baseUrl));
    database.close();
  }

  async #seal(token: string): Promise<Sealed | null> {
    const key = await this.#ownKey();
    if (key === null) return null;
    const iv = this.#options.crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(token);
    const bytes = await this.#options.crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain);
    return { iv, bytes: new Uint8Array(bytes) };
  }

  /** Null also for what another key has sealed: the browser's storage was cleared in part. */
  async #unseal({ iv, bytes }: Sealed): Promise<string | null> {
    const key = await this.#ownKey();
    if (key === null) return null;
    try {
      const plain = await this.#options.crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, bytes);
      return new TextDecoder().decode(plain);
    } catch {
      return null;
    }
  }

  #ownKey(): Promise<CryptoKey | null> {
    this.#key ??= this.#loadKey().catch(() => null);
    return this.#key;
  }

  async #loadKey(): Promise<CryptoKey | null> {
    const database = await this.#database();
    if (database === null) return null;
    const made = await this.#options.crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]);
    // One transaction: of two tabs that start at once, both use the key of the first.
    const store = database.transaction("keys", "readwrite").objectStore("keys");
    const found: unknown = await request(store.get("own"));
    if (found === undefined) await request(store.put(made, "own"));
    database.close();
    // Only this method writes here.
    return found === undefined ? made : (found as CryptoKey);
  }

  async #database(): Promise<IDBDatabase | null> {
    if (this.#options.indexedDB === null) return null;
    try {
      const open = this.#options.indexedDB.open(DATABASE, 1);
      open.onupgradeneeded = () => {
        open.result.createObjectStore("keys");
        open.result.createObjectStore("tokens");
      };
      return await request(open);
    } catch {
      // A private window without storage: tokens last as long as the page.
      return null;
    }
  }
}

function sessionKey(baseUrl: string): string {
  return `runhere.runtime:${baseUrl}`;
}

async function request<T>(wish: IDBRequest<T>): Promise<T> {
  return await new Promise((give, fail) => {
    wish.onsuccess = () => give(wish.result);
    wish.onerror = () => fail(wish.error ?? new Error("The browser's storage failed."));
  });
}

function isSealed(value: unknown): value is Sealed {
  return typeof value === "object" && value !== null && "iv" in value && "bytes" in value;
}

function toBase64({ iv, bytes }: Sealed): string {
  return btoa(String.fromCharCode(...iv, ...bytes));
}

function fromBase64(text: string): Sealed {
  const all = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return { iv: all.slice(0, 12), bytes: all.slice(12) };
}
