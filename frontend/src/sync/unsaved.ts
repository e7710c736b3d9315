/**
 * Which own updates the hub has not acknowledged (SPEC 2.4), kept in step with the offline store.
 *
 * The hub counts the document frames of one socket; an update is saved when the count of a frame that holds it is covered. A frame that
 * answers the hub's state vector holds everything made before it.
 */
import type { OfflineKey, OfflineStore } from "./offline.ts";

interface Entry {
  readonly key: OfflineKey;
  readonly at: number;
  /** Number of the frame that holds it on this connection; null: in none yet. */
  frame: number | null;
}

export class Unsaved {
  readonly #offline: OfflineStore;
  #entries: Entry[] = [];
  readonly #known = new Set<string>();
  #sent = 0;
  #received = 0;

  constructor(offline: OfflineStore) {
    this.#offline = offline;
  }

  /** When the oldest unsaved update was made; null when there is none. */
  get since(): number | null {
    let since: number | null = null;
    // Own entries stand in the order of time; only merged ones of other tabs may be older further back, and they go with the first answer.
    for (const { at } of this.#entries) since = since === null ? at : Math.min(since, at);
    return since;
  }

  /** Every frame sent on this connection is acknowledged. */
  get isAcknowledged(): boolean {
    return this.#sent === this.#received;
  }

  /**
   * An own update was made: it is kept in the offline store from now on.
   *
   * @param isSent it goes to the hub at once (`sentNewest`), and need not be written if the hub is quick.
   */
  add(update: Uint8Array, at: number, isSent: boolean): void {
    this.#push(this.#offline.add(update, at, isSent), at);
  }

  /** An update of an earlier or another tab was found. Returns false when it is known already. */
  addKept(key: OfflineKey, at: number): boolean {
    if (this.#known.has(key.join("\n"))) return false;
    this.#push(key, at);
    return true;
  }

  /** A frame with everything there is was sent. */
  sentAll(): void {
    this.#sent += 1;
    for (const entry of this.#entries) entry.frame = this.#sent;
  }

  /** A frame with the newest update was sent. */
  sentNewest(): void {
    this.#sent += 1;
    const newest = this.#entries.at(-1);
    if (newest) newest.frame = this.#sent;
  }

  /** The hub has the first `received` frames of this connection on its disk. */
  acknowledged(received: number): void {
    this.#received = Math.max(this.#received, Math.min(received, this.#sent));
    const saved = this.#entries.filter(({ frame }) => frame !== null && frame <= received);
    if (saved.length === 0) return;
    this.#entries = this.#entries.filter(({ frame }) => frame === null || frame > received);
    for (const { key } of saved) this.#known.delete(key.join("\n"));
    this.#offline.remove(saved.map(({ key }) => key));
  }

  /** Counts begin anew on the next connection. */
  disconnected(): void {
    this.#sent = 0;
    this.#received = 0;
    for (const entry of this.#entries) entry.frame = null;
  }

  #push(key: OfflineKey, at: number): void {
    this.#known.add(key.join("\n"));
    this.#entries.push({ key, at, frame: null });
  }
}
