/**
 * A person's secrets in this browser, and which notebooks may have which. They never leave it but for the kernel of a
 * notebook that was allowed to have one: not to the hub, not with the notebook.
 */
import type { Owner } from "../core/owner.ts";
import { SealedStore } from "./sealed-store.ts";

const SECRET = "secret:";

/** Of `allow:NOTEBOOK:NAME`; a name may have colons, a notebook's id has none. */
function nameAllowed(key: string): string {
  return key.split(":").slice(2).join(":");
}

/** The person's secrets of this browser. */
export function ownSecrets(owner: Owner): Secrets {
  return new Secrets(owner, globalThis.indexedDB ?? null, crypto);
}

export class Secrets {
  readonly #store: SealedStore;

  constructor(owner: Owner, indexedDB: IDBFactory | null, crypto: Crypto) {
    this.#store = new SealedStore({ owner, indexedDB, crypto, database: "runhere-secrets", store: "secrets" });
  }

  /** The secret, if this notebook was allowed to have it before; null: ask. */
  async allowed(notebookId: string, name: string): Promise<string | null> {
    const isAllowed = (await this.#store.read(`allow:${notebookId}:${name}`)) !== null;
    return isAllowed ? await this.#store.read(`${SECRET}${name}`) : null;
  }

  /** What this browser keeps, by name. */
  async names(): Promise<readonly string[]> {
    return (await this.#store.names()).flatMap((key) => (key.startsWith(SECRET) ? [key.slice(SECRET.length)] : []));
  }

  /** Neither the value nor any notebook's permission is left. */
  async forget(name: string): Promise<void> {
    const allowed = (await this.#store.names()).filter((key) => key.startsWith("allow:") && nameAllowed(key) === name);
    for (const key of [...allowed, `${SECRET}${name}`]) await this.#store.write(key, null);
  }

  async has(name: string): Promise<boolean> {
    return (await this.#store.read(`${SECRET}${name}`)) !== null;
  }

  async value(name: string): Promise<string | null> {
    return await this.#store.read(`${SECRET}${name}`);
  }

  /** Keep it in this browser, and let this notebook have it from now on. */
  async keep(notebookId: string, name: string, value: string): Promise<void> {
    await this.#store.write(`${SECRET}${name}`, value);
    await this.#store.write(`allow:${notebookId}:${name}`, "yes");
  }
}
