/**
 * What the names of a kernel's messages tell of loss. Jupyter's own kernels number all that they say, on whatever channel:
 * `<session>_<process>_<n>`. A number that nobody here heard was said to somebody else, or is lost. Names of other kernels tell nothing.
 */
export interface Numbered {
  /** Numbers of one series are told by one process, one after the other. */
  readonly series: string;
  readonly n: number;
}

const NUMBERED = /^(.*_)(\d+)$/;

/** Null for a name that holds no number. */
export function numberOf(id: string): Numbered | null {
  const found = NUMBERED.exec(id);
  return found === null ? null : { series: found[1] ?? "", n: Number(found[2]) };
}

/** The later of two names; the first one where they cannot be compared. */
export function laterOf(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  const [a, b] = [numberOf(one), numberOf(other)];
  return a !== null && b !== null && a.series === b.series && b.n > a.n ? other : one;
}

interface Range {
  from: number;
  to: number;
}

/** What the kernel says of a request of somebody else, who alone hears the answer: it is made between the two. */
export interface ElsewhereWord {
  readonly request: string;
  readonly says: "begins" | "ends";
}

/** Somewhere between the two is one number that was said to somebody else. */
interface Elsewhere {
  /** Null: the beginning was not heard. */
  readonly from: number | null;
  readonly to: number;
}

/** So many holes of one series are remembered, and the last series only. */
const RANGES = 200;

export class MessageNumbers {
  #series: string | null = null;
  /** Of what was heard, ascending, with holes between them. */
  #ranges: Range[] = [];
  /** Holes up to here are remembered no more. */
  #forgotten = -1;
  #elsewhere: Elsewhere[] = [];
  /** Where requests of others began that are not over. */
  readonly #begun = new Map<string, number>();
  #last: string | null = null;

  /** The last message that was heard of the present process; null: none that has a number. */
  get last(): string | null {
    return this.#last;
  }

  /** @param elsewhere where the message frames an answer that only somebody else hears. */
  heard(id: string, elsewhere: ElsewhereWord | null): void {
    const numbered = numberOf(id);
    if (numbered === null) return;
    const { series, n } = numbered;
    // It goes through its parent, and counts for itself.
    if (this.#series !== null && isForkOf(series, this.#series)) return;
    if (series !== this.#series) this.#begin(series);
    this.#add(n);
    if (elsewhere !== null) this.#heardElsewhere(elsewhere, n);
    this.#last = laterOf(this.#last, id);
  }

  /** Whether it was heard; false also where its name does not tell. */
  has(id: string): boolean {
    const numbered = numberOf(id);
    if (numbered === null || numbered.series !== this.#series) return false;
    return this.#ranges.some(({ from, to }) => from <= numbered.n && numbered.n <= to);
  }

  /** The present process said it, and it was not heard; false where its name does not tell. */
  lacks(id: string): boolean {
    const numbered = numberOf(id);
    if (numbered === null || numbered.series !== this.#series || numbered.n <= this.#forgotten) return false;
    return !this.has(id);
  }

  /** How many messages between the two (neither counts) are missing; 0 where names do not tell. */
  missing(after: string, upTo: string): number {
    const [a, b] = [numberOf(after), numberOf(upTo)];
    if (a === null || b === null || a.series !== b.series || a.series !== this.#series) return 0;
    const holes = this.#holes(a.n, b.n);
    for (const { from, to } of this.#elsewhere) {
      if (from === null && to > b.n) continue;
      // Where the beginning was not heard either, that is missing too.
      for (let explained = from === null ? 2 : 1; explained > 0; explained -= 1) {
        const hole = holes.findLast((one) => one.missing > 0 && one.from > (from ?? a.n) && one.to < to);
        if (hole !== undefined) hole.missing -= 1;
      }
    }
    return holes.reduce((sum, { missing }) => sum + missing, 0);
  }

  #heardElsewhere({ request, says }: ElsewhereWord, n: number): void {
    if (says === "begins") {
      this.#begun.set(request, n);
      const oldest = this.#begun.keys().next();
      if (this.#begun.size > RANGES && !oldest.done) this.#begun.delete(oldest.value);
      return;
    }
    this.#elsewhere = [...this.#elsewhere.slice(-RANGES), { from: this.#begun.get(request) ?? null, to: n }];
    this.#begun.delete(request);
  }

  /** What was not heard between the two numbers, which do not count. */
  #holes(after: number, upTo: number): { from: number; to: number; missing: number }[] {
    const known = Math.max(after, this.#forgotten);
    const within = this.#ranges.filter(({ from, to }) => to > known && from < upTo);
    const ends = [...within.map(({ from }) => from - 1), upTo - 1];
    const begins = [known + 1, ...within.map(({ to }) => to + 1)];
    return begins.flatMap((from, index) => {
      const to = ends[index] ?? upTo - 1;
      return from <= to ? [{ from, to, missing: to - from + 1 }] : [];
    });
  }

  #begin(series: string): void {
    this.#series = series;
    this.#ranges = [];
    this.#forgotten = -1;
    this.#elsewhere = [];
    this.#begun.clear();
    this.#last = null;
  }

  #add(n: number): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && n === last.to + 1) {
      last.to = n;
      return;
    }
    const at = this.#ranges.findLastIndex(({ from }) => from <= n);
    const before = this.#ranges[at];
    if (before !== undefined && n <= before.to) return;
    const next = this.#ranges[at + 1];
    const joinsBefore = before !== undefined && before.to === n - 1;
    const joinsNext = next !== undefined && next.from === n + 1;
    const from = joinsBefore ? before.from : n;
    const to = joinsNext ? next.to : n;
    this.#ranges.splice(joinsBefore ? at : at + 1, Number(joinsBefore) + Number(joinsNext), { from, to });
    if (this.#ranges.length > RANGES) this.#forgetOldest();
  }

  /** With the hole behind it: to count what was heard there for missing would be worse than to pass over a loss. */
  #forgetOldest(): void {
    this.#ranges.shift();
    const [oldest] = this.#ranges;
    if (oldest !== undefined) this.#forgotten = oldest.from - 1;
  }
}

/** The same session in another process: a process that running code forked off. */
function isForkOf(series: string, other: string): boolean {
  return series !== other && sessionOf(series) === sessionOf(other);
}

function sessionOf(series: string): string | null {
  return /^(.+)_\d+_$/.exec(series)?.[1] ?? series;
}
