/**
 * Which input is a person's own: code runs on their machine for nothing else. A gesture counts once, and only for a moment.
 */
export interface InputFacts {
  readonly isTrusted: boolean;
  /** A key that is held down. */
  readonly repeat?: boolean;
  /** ms, any clock that `take` uses too. */
  readonly at: number;
}

const LASTS_MS = 1_000;

export class Gestures {
  #at: number | null = null;

  /** Some input came. What a script made, and the repeats of a held key, are no gesture and end none. */
  note({ isTrusted, repeat, at }: InputFacts): void {
    if (isTrusted && repeat !== true) this.#at = at;
  }

  /** Whether a person did something just now; it does not count again. */
  take(now: number): boolean {
    const at = this.#at;
    this.#at = null;
    return at !== null && now - at <= LASTS_MS;
  }
}
