/** Editors are made one per frame, in the order asked for, and none while the page is being scrolled. */
import type { Observable } from "../../core/observable.ts";

export class EditorTurns {
  readonly #scrolling: Observable<boolean>;
  readonly #waiting = new Set<() => void>();
  #frame = 0;

  constructor(scrolling: Observable<boolean>) {
    this.#scrolling = scrolling;
    scrolling.subscribe(() => this.#next());
  }

  /** Calls `make` when it is its turn. Returns what takes it out of the row. */
  ask(make: () => void): () => void {
    this.#waiting.add(make);
    this.#next();
    return () => this.#waiting.delete(make);
  }

  #next(): void {
    if (this.#frame !== 0 || this.#waiting.size === 0 || this.#scrolling.get()) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const [make] = this.#waiting;
      if (!make || this.#scrolling.get()) return;
      this.#waiting.delete(make);
      make();
      this.#next();
    });
  }
}
