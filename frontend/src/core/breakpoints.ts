/** Breakpoints of one text: they stay with their line whatever is typed around it, and go with it. */

/** Where a line with a breakpoint begins and ends in the text, UTF-16 code units; its line end is not part of it. */
export interface MarkedLine {
  readonly from: number;
  readonly to: number;
}

/** What happened to a text, from its beginning on: as Yjs tells it. */
export interface TextPart {
  readonly retain?: number;
  readonly insert?: string;
  readonly delete?: number;
}

/** Sets a breakpoint in the line that holds `offset`, or takes it away. */
export function toggleLine(marked: readonly MarkedLine[], text: string, offset: number): readonly MarkedLine[] {
  const line = lineAt(text, offset);
  const others = marked.filter(({ from }) => from !== line.from);
  return others.length < marked.length ? others : sorted([...others, line]);
}

/** The breakpoints after a change; `text` is what stands there now. The same object where none moved. */
export function moveLines(
  marked: readonly MarkedLine[],
  parts: readonly TextPart[],
  text: string,
): readonly MarkedLine[] {
  const moved = marked.flatMap((line) => {
    const from = movedStart(line, parts);
    return from === null ? [] : [lineAt(text, from)];
  });
  const once = sorted(moved.filter((line, at) => moved.findIndex(({ from }) => from === line.from) === at));
  const isSame = once.length === marked.length && once.every((line, at) => isEqual(line, marked[at]));
  return isSame ? marked : once;
}

function isEqual(one: MarkedLine, other: MarkedLine | undefined): boolean {
  return other !== undefined && one.from === other.from && one.to === other.to;
}

/** Where the line begins now; null when it was deleted as a whole. */
function movedStart({ from, to }: MarkedLine, parts: readonly TextPart[]): number | null {
  let old = 0;
  let now = 0;
  for (const part of parts) {
    if (part.insert !== undefined) {
      // At the line's own beginning too: Enter there moves the line down.
      now += part.insert.length;
    } else if (part.delete !== undefined) {
      const end = old + part.delete;
      if ((old <= from && end > to) || (old < from && end >= to)) return null;
      if (end > from) return now;
      old = end;
    } else {
      const kept = part.retain ?? 0;
      if (old + kept > from) return now + (from - old);
      old += kept;
      now += kept;
    }
  }
  return now + (from - old);
}

/** The line that holds an offset. */
export function lineAt(text: string, offset: number): MarkedLine {
  const at = Math.min(Math.max(0, offset), text.length);
  const from = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", at);
  return { from: at === 0 ? 0 : from, to: end < 0 ? text.length : end };
}

/** Numbers of the lines, from 1, rising. */
export function lineNumbersOf(marked: readonly MarkedLine[], text: string): readonly number[] {
  return marked.map(({ from }) => lineNumberAt(text, from));
}

export function lineNumberAt(text: string, offset: number): number {
  let number = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) number += 1;
  return number;
}

/** The text of a line, counted from 1; null when there is none. */
export function lineText(text: string, number: number): string | null {
  return text.split("\n")[number - 1] ?? null;
}

/** A breakpoint as it is kept between visits. */
export interface KeptLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

export function keptLines(marked: readonly MarkedLine[], text: string): readonly KeptLine[] {
  return marked.map((line) => ({ line: lineNumberAt(text, line.from), text: text.slice(line.from, line.to) }));
}

/** Kept breakpoints in the text of today: at the nearest line that says the same, else nowhere. */
export function findLines(kept: readonly KeptLine[], text: string): readonly MarkedLine[] {
  const lines = text.split("\n");
  const found = new Set<number>();
  for (const { line, text: said } of kept) {
    const same = lines.flatMap((one, at) => (one === said ? [at + 1] : []));
    const nearest = same.sort((a, b) => Math.abs(a - line) - Math.abs(b - line))[0];
    if (nearest !== undefined) found.add(nearest);
  }
  return markLines([...found], text);
}

/** Lines by their numbers, from 1; those that are not there are left out. */
export function markLines(numbers: readonly number[], text: string): readonly MarkedLine[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return sorted(
    numbers.flatMap((number) => {
      const start = starts[number - 1];
      return start === undefined ? [] : [lineAt(text, start)];
    }),
  );
}

/**
 * Where to stop in a text without breakpoints: its first line that is run. Comments, decorators and magics are passed over; null when
 * there is nothing but those, or when a cell magic gives the text to something else than Python.
 */
export function firstRunLine(text: string): number | null {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.trim() !== "");
  if (first < 0 || lines[first]?.startsWith("%%")) return null;
  const at = lines.findIndex((line) => /^[^\s#@%!?]/.test(line));
  return at < 0 ? null : at + 1;
}

function sorted(lines: readonly MarkedLine[]): readonly MarkedLine[] {
  return [...lines].sort((a, b) => a.from - b.from);
}
