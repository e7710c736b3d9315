/**
 * The runtime that this browser uses for notebooks that remember none: the one that the command line started beside the
 * hub and named in the sign-in link. Kept is its address, never a secret; its token lies in the vault.
 */
import { type Owner, ownKey } from "../core/owner.ts";
import type { LocalStore } from "./runtime-memory.ts";
import type { TokenVault } from "./token-vault.ts";

interface Kept {
  readonly baseUrl: string;
  /** Addresses that were the default before: what is bound to them moves on to the new one. */
  readonly former: readonly string[];
}

export interface DefaultRuntimeEnvironment {
  /** Its writing never fails. */
  readonly store: LocalStore;
  readonly vault: Pick<TokenVault, "keep">;
  readonly fetch: typeof fetch;
  readonly clientName: string;
  readonly owner: Owner;
  /** Undefined where the browser has none, over plain http: tabs then do not wait for each other. */
  readonly locks:
    | { request(name: string, options: { mode: "exclusive" | "shared" }, work: () => Promise<void>): Promise<unknown> }
    | undefined;
}

const storageKey = "runhere.default-runtime";
const LOCK = "runhere.adopting";
const shownFormer = 10;
const pairMs = 8_000;

export class DefaultRuntime {
  readonly #environment: DefaultRuntimeEnvironment;
  /** A link whose code could not be exchanged; the connection itself tries again and says why it fails. */
  #link: string | null = null;
  #adopting: Promise<void> = Promise.resolve();

  constructor(environment: DefaultRuntimeEnvironment) {
    this.#environment = environment;
  }

  /**
   * Takes over the runtime that a sign-in link names. Its one-time code is exchanged at once, because it lasts five
   * minutes and nobody knows when the first notebook is opened. Never rejects.
   */
  adopt(link: string): void {
    this.#adopting = this.#locked("exclusive", () => this.#adopt(link));
  }

  /** What a notebook that remembers `remembered` connects to instead of that, as the connect dialog takes it; null: nothing. */
  async inputFor(remembered: string | null): Promise<string | null> {
    await this.#adopting;
    if (this.#link !== null) return this.#link;
    // A link's code may still be on its way in the tab that the notebook was opened from.
    await this.#locked("shared", async () => {});
    const kept = this.#read();
    if (kept === null) return null;
    if (remembered === null) return kept.baseUrl;
    return remembered !== kept.baseUrl && kept.former.includes(remembered) ? kept.baseUrl : null;
  }

  async #locked(mode: "exclusive" | "shared", work: () => Promise<void>): Promise<void> {
    const { locks, owner } = this.#environment;
    if (locks === undefined) await work();
    else await locks.request(ownKey(owner, LOCK), { mode }, work);
  }

  async #adopt(link: string): Promise<void> {
    this.#link = link;
    // Fetched when there is a link. Should that fail, the connection itself tries again.
    const reading = await import("../core/backend-url.ts").catch(() => null);
    const address = reading?.parseBackendUrl(link);
    if (address === undefined) return;
    if (!address.ok) {
      this.#link = null;
      return;
    }
    const { baseUrl, token, pair: code } = address;
    const given = code === null ? { token, sessionId: null } : await this.#pair(baseUrl, code);
    if (given?.token == null) return;
    // A paired token is bound to this origin and can be revoked; another one lasts as long as the tabs.
    const { sessionId } = given;
    await this.#environment.vault.keep(baseUrl, given.token, { remember: code !== null, sessionId });
    this.#link = null;
    this.#write(baseUrl);
  }

  async #pair(baseUrl: string, code: string): Promise<{ token: string; sessionId: string | null } | null> {
    const { fetch, clientName } = this.#environment;
    const signal = AbortSignal.timeout(pairMs);
    try {
      const { pair } = await import("../kernel/pairing.ts");
      const paired = await pair({ baseUrl, code, clientName, signal }, fetch);
      return paired.ok ? paired : null;
    } catch {
      // Not reachable now: the link is kept, and connecting says what is wrong.
      return null;
    }
  }

  #read(): Kept | null {
    try {
      const value: unknown = JSON.parse(this.#environment.store.getItem(storageKey) ?? "null");
      if (typeof value !== "object" || value === null) return null;
      const { baseUrl, former } = value as Readonly<Record<string, unknown>>;
      if (typeof baseUrl !== "string") return null;
      return { baseUrl, former: Array.isArray(former) ? former.filter((one) => typeof one === "string") : [] };
    } catch {
      return null;
    }
  }

  #write(baseUrl: string): void {
    const before = this.#read();
    const former = [...(before ? [before.baseUrl, ...before.former] : [])].filter((one) => one !== baseUrl);
    const kept: Kept = { baseUrl, former: [...new Set(former)].slice(0, shownFormer) };
    this.#environment.store.setItem(storageKey, JSON.stringify(kept));
  }
}
