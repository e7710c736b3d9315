/** Where each row of a long list stands, in CSS pixels from the list's top. A row counts as estimated until it was measured. */
export class RowPlaces<Id> {
  readonly #estimate: (id: Id) => number;
  readonly #padding: number;
  readonly #known = new Map<Id, number>();
  readonly #measured = new Set<Id>();
  #ids: readonly Id[] = [];
  #index: ReadonlyMap<Id, number> = new Map();
  #heights = new Float64Array(0);
  /** One more than rows: the last is the list's height. */
  #tops = new Float64Array(1);
  /** `#tops` are right up to and with this one. */
  #right = 0;

  /** @param padding free space above the first row. */
  constructor(estimate: (id: Id) => number, padding: number) {
    this.#estimate = estimate;
    this.#padding = padding;
    this.#tops[0] = padding;
  }

  get ids(): readonly Id[] {
    return this.#ids;
  }

  get height(): number {
    return this.#top(this.#ids.length);
  }

  /** The rows in order from now on. Heights of rows that were there before stay. */
  setIds(ids: readonly Id[]): void {
    this.#ids = ids;
    this.#index = new Map(ids.map((id, index) => [id, index]));
    this.#heights = new Float64Array(ids.length);
    ids.forEach((id, index) => {
      this.#heights[index] = this.#heightOf(id);
    });
    this.#tops = new Float64Array(ids.length + 1);
    this.#tops[0] = this.#padding;
    this.#right = 0;
  }

  /** -1 for a row that is not there. */
  indexOf(id: Id): number {
    return this.#index.get(id) ?? -1;
  }

  topOf(id: Id): number {
    return this.#top(Math.max(0, this.indexOf(id)));
  }

  bottomOf(id: Id): number {
    return this.#top(this.indexOf(id) + 1);
  }

  isMeasured(id: Id): boolean {
    return this.#measured.has(id);
  }

  /** Notes how high a row is. Returns by how much that moves the rows below it. */
  measure(id: Id, height: number): number {
    const before = this.#heightOf(id);
    this.#measured.add(id);
    this.#known.set(id, height);
    const index = this.indexOf(id);
    if (index < 0 || before === height) return 0;
    this.#heights[index] = height;
    this.#right = Math.min(this.#right, index);
    return height - before;
  }

  /** Index of the row at `y`, the nearest one where there is none; -1 without rows. */
  indexAt(y: number): number {
    let low = 0;
    let high = this.#ids.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#top(middle) <= y) low = middle;
      else high = middle - 1;
    }
    return high < 0 ? -1 : low;
  }

  #heightOf(id: Id): number {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const guess = this.#estimate(id);
    this.#known.set(id, guess);
    return guess;
  }

  #top(index: number): number {
    for (; this.#right < index; this.#right += 1) {
      this.#tops[this.#right + 1] = (this.#tops[this.#right] ?? 0) + (this.#heights[this.#right] ?? 0);
    }
    return this.#tops[index] ?? 0;
  }
}
