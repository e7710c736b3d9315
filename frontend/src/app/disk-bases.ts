/** What a file on a runtime's disk said when this browser read or wrote it last: kept over reloads, in the browser's storage. */
import { KeptEntries } from "../sync/kept-entries.ts";

export interface DiskBase {
  /** The whole file. */
  readonly text: string;
  /** What is being written, while nobody knows whether it arrived. */
  readonly pending: string | null;
}

export class DiskBases {
  readonly #kept: KeptEntries;
  /** Where the browser keeps nothing, for the life of the page. */
  readonly #here = new Map<string, DiskBase>();

  constructor(factory: IDBFactory | undefined) {
    this.#kept = new KeptEntries("runhere.disk", factory);
  }

  async load(notebookId: string): Promise<DiskBase | null> {
    const found = (await this.#kept.load([notebookId]))[0]?.[1];
    if (isBase(found)) return found;
    return this.#here.get(notebookId) ?? null;
  }

  /** Resolves when it is kept, or the browser refused. */
  async keep(notebookId: string, base: DiskBase): Promise<void> {
    this.#here.set(notebookId, base);
    this.#kept.put([notebookId], base);
    await this.#kept.settled();
  }

  async forget(notebookId: string): Promise<void> {
    this.#here.delete(notebookId);
    this.#kept.delete([notebookId]);
    await this.#kept.settled();
  }

  close(): void {
    this.#kept.close();
  }
}

function isBase(value: unknown): value is DiskBase {
  return typeof value === "object" && value !== null && "text" in value && typeof value.text === "string";
}
