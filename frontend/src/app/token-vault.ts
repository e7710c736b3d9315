/**
 * Tokens of one person's runtimes in this browser.
 *
 * A token lives in this tab's memory. So that a reload does not lose it, the tab's `sessionStorage` holds it encrypted under a key that no
 * script can read out (non-extractable, in IndexedDB); the tab's end ends it. Sibling tabs ask each other over a BroadcastChannel. Remembered
 * on this browser, in IndexedDB under the same key, only when the person or the kind of token says so. Never in the document, the hub, a log,
 * or readable in any storage.
 */
import { keyIfOwn, type Owner, ownKey } from "../core/owner.ts";
import type { TabChannel } from "../kernel/leader.ts";
import type { Pages } from "../sync/pages.ts";
import { type Sealed, SealedStore } from "./sealed-store.ts";

export interface VaultOptions {
  readonly owner: Owner;
  /** `sessionStorage`, or null where the browser forbids it. */
  readonly session: Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length"> | null;
  /** Null where the browser forbids it (some private windows): tokens then last as long as the page. */
  readonly indexedDB: IDBFactory | null;
  readonly crypto: Crypto;
  readonly openChannel: (name: string) => TabChannel;
  /** Under a token's name: whether another tab of this browser has it. */
  readonly pages: Pages;
  /** How long sibling tabs have for an answer, ms, where none is known to have one. */
  readonly siblingMs?: number;
}

/** What is known of a server. */
interface Kept {
  readonly token: string;
  /** Of a companion's session (SPEC 8.3): with it the server can be made to show that it knows the token, before the token is sent. */
  readonly sessionId: string | null;
}

export interface KeepOptions {
  /** On this browser, until forgotten; else as long as the tabs. */
  readonly remember: boolean;
  readonly sessionId?: string | null;
}

type VaultMessage =
  | { readonly kind: "want"; readonly baseUrl: string }
  | { readonly kind: "have"; readonly baseUrl: string; readonly kept: Kept }
  | { readonly kind: "forget" };

const CHANNEL = "runhere-tokens";
const SESSION_KEY = "runhere.runtime:";
const DATABASE = "runhere-runtimes";
// A hidden tab of a busy browser takes its time; too short a wait would ask a person for what the next tab knows.
const SIBLING_MS = 800;
// One that is known to have it is waited for, whatever it is busy with: its cell may print all the time.
const HOLDER_MS = 10_000;

export class TokenVault {
  readonly #options: VaultOptions;
  readonly #tokens = new Map<string, Kept>();
  /** What tells the other tabs that this one has a token no more. */
  readonly #holds = new Map<string, () => void>();
  readonly #channel: TabChannel;
  readonly #waiting = new Set<(baseUrl: string, kept: Kept) => void>();
  readonly #store: SealedStore;

  constructor(options: VaultOptions) {
    this.#options = options;
    const { owner, indexedDB, crypto } = options;
    this.#store = new SealedStore({ owner, indexedDB, crypto, database: DATABASE, store: "tokens" });
    this.#channel = options.openChannel(ownKey(owner, CHANNEL));
    // Only this file posts there.
    this.#channel.listen((message) => this.#told(message as VaultMessage));
  }

  /** The token in this tab's memory. */
  peek(baseUrl: string): string | null {
    return this.#tokens.get(baseUrl)?.token ?? null;
  }

  /** The companion's session that the token in memory belongs to; null: a stock server's token, or none. */
  sessionOf(baseUrl: string): string | null {
    return this.#tokens.get(baseUrl)?.sessionId ?? null;
  }

  /** The token from memory, this tab's storage, this browser's memory, or a sibling tab. */
  async find(baseUrl: string): Promise<string | null> {
    const kept =
      this.#tokens.get(baseUrl) ??
      (await this.#fromSession(baseUrl)) ??
      (await this.#fromRemembered(baseUrl)) ??
      (await this.#fromSibling(baseUrl));
    if (kept !== null && !this.#tokens.has(baseUrl)) {
      this.#take(baseUrl, kept);
      await this.#sealInTab(baseUrl, kept);
    }
    return kept?.token ?? null;
  }

  /** Keep a token, tell sibling tabs, and remember it on this browser if asked to (else forget an older one). */
  async keep(baseUrl: string, token: string, { remember, sessionId = null }: KeepOptions): Promise<void> {
    const kept: Kept = { token, sessionId };
    this.#take(baseUrl, kept);
    this.#channel.postMessage({ kind: "have", baseUrl, kept } satisfies VaultMessage);
    await this.#sealInTab(baseUrl, kept);
    await this.#store.write(baseUrl, remember ? JSON.stringify(kept) : null);
  }

  #take(baseUrl: string, kept: Kept): void {
    this.#tokens.set(baseUrl, kept);
    if (!this.#holds.has(baseUrl)) this.#holds.set(baseUrl, this.#options.pages.enter(this.#holdersOf(baseUrl)));
  }

  #holdersOf(baseUrl: string): string {
    return ownKey(this.#options.owner, `token:${baseUrl}`);
  }

  #endHolds(): void {
    for (const end of this.#holds.values()) end();
    this.#holds.clear();
  }

  /** For the next load of this tab. */
  async #sealInTab(baseUrl: string, kept: Kept): Promise<void> {
    const sealed = await this.#store.seal(JSON.stringify(kept));
    if (sealed !== null) this.#options.session?.setItem(this.#sessionKey(baseUrl), toBase64(sealed));
  }

  /** Forget every token, here, in sibling tabs and on this browser. */
  async forgetAll(): Promise<void> {
    this.forgetInTabs();
    await this.#store.clear();
  }

  /** The person signs out: forget every token, here and in sibling tabs, but what this browser was to remember. */
  forgetInTabs(): void {
    this.#forgetInTab();
    this.#channel.postMessage({ kind: "forget" } satisfies VaultMessage);
  }

  /** Sealed ones that were not asked for since the tab was loaded included. */
  #forgetInTab(): void {
    const { session } = this.#options;
    const keys = Array.from({ length: session?.length ?? 0 }, (_, at) => session?.key(at) ?? "");
    for (const key of keys) if (this.#isOwnKey(key)) session?.removeItem(key);
    this.#tokens.clear();
    this.#endHolds();
  }

  #isOwnKey(key: string): boolean {
    return keyIfOwn(this.#options.owner, key)?.startsWith(SESSION_KEY) ?? false;
  }

  #sessionKey(baseUrl: string): string {
    return ownKey(this.#options.owner, `${SESSION_KEY}${baseUrl}`);
  }

  close(): void {
    this.#endHolds();
    this.#channel.close();
  }

  #told(message: VaultMessage): void {
    if (message.kind === "forget") {
      this.#forgetInTab();
    } else if (message.kind === "have") {
      // A server that was started anew has a new token, and every tab goes on with it.
      if (this.#tokens.has(message.baseUrl)) this.#tokens.set(message.baseUrl, message.kept);
      for (const fn of [...this.#waiting]) fn(message.baseUrl, message.kept);
    } else {
      const kept = this.#tokens.get(message.baseUrl);
      if (kept !== undefined) this.#channel.postMessage({ ...message, kind: "have", kept } satisfies VaultMessage);
    }
  }

  async #fromSibling(baseUrl: string): Promise<Kept | null> {
    const isHeld = await this.#options.pages.isAlive(this.#holdersOf(baseUrl));
    const limitMs = isHeld ? HOLDER_MS : (this.#options.siblingMs ?? SIBLING_MS);
    return await new Promise((give) => {
      const finish = (kept: Kept | null) => {
        this.#waiting.delete(hear);
        clearTimeout(timer);
        give(kept);
      };
      const hear = (from: string, kept: Kept) => {
        if (from === baseUrl) finish(kept);
      };
      const timer = setTimeout(() => finish(null), limitMs);
      this.#waiting.add(hear);
      this.#channel.postMessage({ kind: "want", baseUrl } satisfies VaultMessage);
    });
  }

  async #fromSession(baseUrl: string): Promise<Kept | null> {
    const stored = this.#options.session?.getItem(this.#sessionKey(baseUrl)) ?? null;
    return stored === null ? null : keptIn(await this.#store.unseal(fromBase64(stored)));
  }

  async #fromRemembered(baseUrl: string): Promise<Kept | null> {
    return keptIn(await this.#store.read(baseUrl));
  }
}

/** Null for nothing, and for what an older page sealed otherwise. */
function keptIn(text: string | null): Kept | null {
  if (text === null) return null;
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("token" in value)) return null;
  const { token } = value;
  const sessionId = "sessionId" in value && typeof value.sessionId === "string" ? value.sessionId : null;
  return typeof token === "string" ? { token, sessionId } : null;
}

function toBase64({ iv, bytes }: Sealed): string {
  return btoa(String.fromCharCode(...iv, ...bytes));
}

function fromBase64(text: string): Sealed {
  const all = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return { iv: all.slice(0, 12), bytes: all.slice(12) };
}
