/**
 * What comes from a socket, handed on in order and a slice at a time: a browser dispatches thousands of messages that wait for it without
 * painting once in between. What comes alone is handed on at once.
 */
import type { Clock } from "./messages.ts";

/** A frame at 60 Hz is 16 ms: some of it is left for painting. */
const SLICE_MS = 10;

export interface InboxOptions<T> {
  readonly clock: Clock;
  readonly handle: (item: T) => void;
  /** Nobody looks: timers are slow then, and there is nothing to paint. */
  readonly isHidden: () => boolean;
}

export class Inbox<T> {
  readonly #options: InboxOptions<T>;
  #waiting: T[] = [];
  /** Of `#waiting`, the first that was not handed on. */
  #next = 0;
  /** When the present slice began; null when it is over, and another may begin. */
  #since: number | null = null;

  constructor(options: InboxOptions<T>) {
    this.#options = options;
  }

  put(item: T): void {
    if (this.#next === this.#waiting.length && this.#hasTime()) this.#options.handle(item);
    else this.#waiting.push(item);
  }

  /** Hands on all that waits, now. */
  flush(): void {
    // What is handed on may bring about another flush: it goes on where this one is.
    while (this.#next < this.#waiting.length) this.#handNext();
  }

  #hasTime(): boolean {
    const { clock, isHidden } = this.#options;
    if (this.#since === null) {
      this.#since = clock.now();
      clock.after(0, () => this.#goOn());
    }
    return clock.now() - this.#since < SLICE_MS || isHidden();
  }

  #goOn(): void {
    this.#since = null;
    while (this.#next < this.#waiting.length && this.#hasTime()) this.#handNext();
  }

  #handNext(): void {
    const item = this.#waiting[this.#next];
    this.#next += 1;
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
    // Present, as it stood before the end.
    this.#options.handle(item as T);
  }
}
