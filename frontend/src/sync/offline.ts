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
import { type Observable, Value } from "../core/observable.ts";
import { onLeaving } from "./back-off.ts";
import { KeptEntries, type OfflineState } from "./kept-entries.ts";

/** Names one kept update. */
export type OfflineKey = readonly [notebook: string, tab: string, n: number];

export interface KeptUpdate {
  readonly key: OfflineKey;
  readonly update: Uint8Array;
  /** When it was made, ms since 1970. */
  readonly at: number;
}

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

/** What was sent is written when the hub did not acknowledge it within this time. */
const GRACE_MS = 60;

export class IndexedDbOffline implements OfflineStore {
  readonly state = new Value<OfflineState>("ok");
  readonly #notebook: string;
  readonly #tab: string;
  readonly #entries: KeptEntries;
  #next = 0;
  /** What was sent a moment ago, by key; and what the hub has acknowledged since. */
  readonly #sent = new Map<string, KeptUpdate>();
  #acknowledged: OfflineKey[] = [];
  #grace: ReturnType<typeof setTimeout> | undefined;
  readonly #ends: readonly (() => void)[];

  /**
   * @param notebook its id, with whose edits they are (`core/owner.ts`): nobody else's go out in this person's name.
   * @param tab unlike any other tab's name, also after "duplicate tab" and reload: two tabs with one name would overwrite each other.
   * @param factory the browser's `indexedDB`.
   */
  constructor(notebook: string, tab: string, factory: IDBFactory | undefined) {
    this.#notebook = notebook;
    this.#tab = tab;
    this.#entries = new KeptEntries("runhere-offline", factory);
    this.#ends = [onLeaving(() => this.#writeWaiting()), this.#entries.state.subscribe(() => this.#tell())];
  }

  async load(): Promise<readonly KeptUpdate[]> {
    this.#writeWaiting();
    return (await this.#entries.load([this.#notebook])).flatMap(([key, value]) => kept(key, value));
  }

  add(update: Uint8Array, at: number, isSent = false): OfflineKey {
    const key: OfflineKey = [this.#notebook, this.#tab, this.#next];
    this.#next += 1;
    if (this.state.get() === "broken") return key;
    this.#sent.set(nameOf(key), { key, update, at });
    if (isSent) this.#writeSoon();
    else this.#write();
    return key;
  }

  remove(keys: readonly OfflineKey[]): void {
    if (this.state.get() === "broken") return;
    for (const key of keys) {
      // Acknowledged before it was written: it need not be.
      if (!this.#sent.delete(nameOf(key))) this.#acknowledged.push(key);
    }
    if (this.#sent.size > 0 || this.#acknowledged.length > 0) this.#writeSoon();
    else this.#endGrace();
  }

  async settled(): Promise<void> {
    this.#writeWaiting();
    await this.#entries.settled();
  }

  close(): void {
    this.#writeWaiting();
    for (const end of this.#ends) end();
    this.#entries.close();
  }

  #writeSoon(): void {
    this.#grace ??= setTimeout(() => this.#write(), GRACE_MS);
    this.#tell();
  }

  #writeWaiting(): void {
    if (this.#grace !== undefined) this.#write();
  }

  #write(): void {
    for (const { key, update, at } of this.#sent.values()) this.#entries.put(key, { update, at });
    for (const key of this.#acknowledged) this.#entries.delete(key);
    this.#sent.clear();
    this.#acknowledged = [];
    this.#endGrace();
  }

  #endGrace(): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    this.#tell();
  }

  #tell(): void {
    const written = this.#entries.state.get();
    if (written === "broken") this.#forget();
    this.state.set(written === "ok" && this.#grace !== undefined ? "writing" : written);
  }

  // Editing goes on, and the page shows that a closed tab would lose what is unsaved.
  #forget(): void {
    this.#sent.clear();
    this.#acknowledged = [];
    clearTimeout(this.#grace);
    this.#grace = undefined;
  }
}

function nameOf(key: OfflineKey): string {
  return key.join("\n");
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
