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

/** So many holes of one series are remembered, and the last series only. */
const RANGES = 200;

export class MessageNumbers {
  #series: string | null = null;
  /** Of what was heard, ascending, with holes between them. */
  #ranges: Range[] = [];
  /** Each stands for an answer that went to somebody else, somewhere before it. */
  #elsewhere: number[] = [];
  #last: string | null = null;

  /** The last message that was heard of the present process; null: none that has a number. */
  get last(): string | null {
    return this.#last;
  }

  /** @param isEndOfOthers the kernel says with it that it has answered somebody else, who alone hears the answer. */
  heard(id: string, isEndOfOthers: boolean): void {
    const numbered = numberOf(id);
    if (numbered === null) return;
    const { series, n } = numbered;
    if (series !== this.#series) this.#begin(series);
    this.#add(n);
    if (isEndOfOthers) this.#elsewhere = [...this.#elsewhere.slice(-RANGES), n];
    this.#last = laterOf(this.#last, id);
  }

  /** How many messages between the two (neither counts) are missing; 0 where names do not tell. */
  missing(after: string, upTo: string): number {
    const [a, b] = [numberOf(after), numberOf(upTo)];
    if (a === null || b === null || a.series !== b.series || a.series !== this.#series) return 0;
    const said = Math.max(0, b.n - a.n - 1);
    const heard = this.#ranges.reduce((sum, { from, to }) => {
      return sum + Math.max(0, Math.min(to, b.n - 1) - Math.max(from, a.n + 1) + 1);
    }, 0);
    const elsewhere = this.#elsewhere.filter((n) => n > a.n && n <= b.n).length;
    return Math.max(0, said - heard - elsewhere);
  }

  #begin(series: string): void {
    this.#series = series;
    this.#ranges = [];
    this.#elsewhere = [];
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
    if (this.#ranges.length > RANGES) this.#ranges.shift();
  }
}
