/**
 * What was made from a text, kept for the next time: rows come and go while somebody scrolls, and cleaning HTML is slow.
 * What was not asked for longest goes when all texts together pass the limit.
 */
export class Kept<T> {
  readonly #limitChars: number;
  readonly #made = new Map<string, T>();
  #chars = 0;

  constructor(limitChars: number) {
    this.#limitChars = limitChars;
  }

  /** What `make` gave for this text, now or earlier. A text over a tenth of the limit is made anew each time. */
  get(text: string, make: () => T): T {
    const known = this.#made.get(text);
    if (known !== undefined) {
      this.#made.delete(text);
      this.#made.set(text, known);
      return known;
    }
    const made = make();
    if (text.length * 10 > this.#limitChars) return made;
    this.#made.set(text, made);
    this.#chars += text.length;
    for (const oldest of this.#made.keys()) {
      if (this.#chars <= this.#limitChars) break;
      this.#made.delete(oldest);
      this.#chars -= oldest.length;
    }
    return made;
  }
}
