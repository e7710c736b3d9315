/**
 * A person's secrets in this browser, and which notebooks may have which. They never leave it but for the kernel of a
 * notebook that was allowed to have one: not to the hub, not with the notebook.
 */
import { SealedStore } from "./sealed-store.ts";

export class Secrets {
  readonly #store: SealedStore;

  constructor(indexedDB: IDBFactory | null, crypto: Crypto) {
    this.#store = new SealedStore({ indexedDB, crypto, database: "runhere-secrets", store: "secrets" });
  }

  /** The secret, if this notebook was allowed to have it before; null: ask. */
  async allowed(notebookId: string, name: string): Promise<string | null> {
    const isAllowed = (await this.#store.read(`allow:${notebookId}:${name}`)) !== null;
    return isAllowed ? await this.#store.read(`secret:${name}`) : null;
  }

  async has(name: string): Promise<boolean> {
    return (await this.#store.read(`secret:${name}`)) !== null;
  }

  async value(name: string): Promise<string | null> {
    return await this.#store.read(`secret:${name}`);
  }

  /** Keep it in this browser, and let this notebook have it from now on. */
  async keep(notebookId: string, name: string, value: string): Promise<void> {
    await this.#store.write(`secret:${name}`, value);
    await this.#store.write(`allow:${notebookId}:${name}`, "yes");
  }
}
