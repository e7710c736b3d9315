/** A value that tells when it changed. The shape fits React's `useSyncExternalStore`; no framework is needed to use it. */
export interface Observable<T> {
  /** The present value; the same object until it changes. */
  get(): T;
  /** Calls `fn` after each change. Returns the function that ends it. */
  subscribe(fn: () => void): () => void;
}

/** Listeners that may come and go while they are being called; each is told what happened, if there is more to tell than that. */
export class Listeners<Told extends readonly unknown[] = []> {
  readonly #fns = new Set<(...told: Told) => void>();

  get size(): number {
    return this.#fns.size;
  }

  add(fn: (...told: Told) => void): () => void {
    // Wrapped, so that the same function subscribed twice is called twice and ended once each.
    const entry = (...told: Told) => fn(...told);
    this.#fns.add(entry);
    return () => {
      this.#fns.delete(entry);
    };
  }

  notify(...told: Told): void {
    for (const fn of [...this.#fns]) fn(...told);
  }
}

/** Listeners of many things, each of one of them by its name. */
export class NamedListeners<Name> {
  readonly #of = new Map<Name, Listeners>();

  add(name: Name, fn: () => void): () => void {
    const listeners = this.#of.get(name) ?? new Listeners();
    this.#of.set(name, listeners);
    const end = listeners.add(fn);
    return () => {
      end();
      if (listeners.size === 0 && this.#of.get(name) === listeners) this.#of.delete(name);
    };
  }

  notify(name: Name): void {
    this.#of.get(name)?.notify();
  }
}

/** An observable that its owner sets. */
export class Value<T> implements Observable<T> {
  #value: T;
  readonly #listeners = new Listeners();

  constructor(value: T) {
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  /** Setting the same value (by `Object.is`) tells nobody. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#listeners.notify();
  }

  subscribe(fn: () => void): () => void {
    return this.#listeners.add(fn);
  }
}
