/** Find and replace over the sources of all cells, in sight or not. Pure. */
import type { CellId } from "../../core/cell.ts";

export interface FindOptions {
  readonly text: string;
  readonly matchCase: boolean;
  readonly wholeWord: boolean;
  readonly isRegExp: boolean;
}

/** Offsets are UTF-16 code units of the cell's source; those of an output say no more than the order. */
export interface Match {
  readonly cellId: CellId;
  readonly from: number;
  readonly to: number;
  /** Not said: it stands in the source. */
  readonly output?: OutputPlace;
}

/** Where in a cell's outputs: which one, which line of its text, which match of this line; each from 0. */
export interface OutputPlace {
  readonly index: number;
  readonly line: number;
  readonly nth: number;
}

/** What is selected, and where: a cursor ends where it begins. */
export interface Cursor {
  readonly cellId: CellId | null;
  readonly offset: number;
  readonly end: number;
}

/** More matches than this are not listed. */
export const MATCH_LIMIT = 20_000;

/** The expression to search with; null for an empty text, "invalid" for one that cannot be read. */
export function findExpression({ text, matchCase, wholeWord, isRegExp }: FindOptions): RegExp | null | "invalid" {
  if (text === "") return null;
  const body = isRegExp ? text : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  // \b knows Latin letters only; letters of any script make a word here.
  const source = wholeWord ? `(?<![\\p{L}\\p{N}_])(?:${body})(?![\\p{L}\\p{N}_])` : body;
  try {
    return new RegExp(source, `gmu${matchCase ? "" : "i"}`);
  } catch {
    return "invalid";
  }
}

/** All matches in the order of the cells. */
export function findAll(cells: Iterable<readonly [CellId, string]>, expression: RegExp): readonly Match[] {
  const matches: Match[] = [];
  for (const [cellId, source] of cells) {
    for (const found of source.matchAll(expression)) {
      if (found[0].length === 0) continue;
      matches.push({ cellId, from: found.index, to: found.index + found[0].length });
      if (matches.length >= MATCH_LIMIT) return matches;
    }
  }
  return matches;
}

/**
 * What comes in place of a match: `$1`, `$<name>`, `$&` and `$$` count in regular expressions only. Null: something else stands there by now.
 */
export function replacementFor(
  source: string,
  { from, to }: Match,
  expression: RegExp,
  replacement: string,
  isRegExp: boolean,
): string | null {
  // In its place, not by itself: an expression may ask for what stands around it.
  const here = new RegExp(expression.source, expression.flags.replace("g", "y"));
  here.lastIndex = from;
  const found = here.exec(source);
  if (found?.[0].length !== to - from) return null;
  return isRegExp ? filledIn(replacement, found) : replacement;
}

/** As `String.replace` fills groups in, which cannot be handed what was found. */
function filledIn(replacement: string, found: RegExpExecArray): string {
  const group = (digits: string): string | null => {
    const number = Number(digits);
    return number > 0 && number < found.length ? (found[number] ?? "") : null;
  };
  return replacement.replace(
    /\$(?:([$&])|(\d)(\d?)|<([^>]*)>)/g,
    (whole: string, sign?: string, first = "", second = "", name = "") => {
      if (sign) return sign === "$" ? sign : found[0];
      if (first === "") return found.groups ? (found.groups[name] ?? "") : whole;
      const single = group(first);
      return group(first + second) ?? (single === null ? whole : single + second);
    },
  );
}

/** Index of the first match at or behind a place; 0 when none is, -1 without matches. */
export function matchFrom(
  matches: readonly Match[],
  ids: readonly CellId[],
  cellId: CellId | null,
  offset: number,
): number {
  if (matches.length === 0) return -1;
  const order = new Map(ids.map((id, index) => [id, index]));
  const here = cellId === null ? 0 : (order.get(cellId) ?? 0);
  const found = matches.findIndex((match) => {
    const there = order.get(match.cellId) ?? 0;
    return there > here || (there === here && (match.output !== undefined || match.from >= offset));
  });
  return Math.max(0, found);
}

/** Matches of sources and of outputs, each in the order of the cells: of one cell the source's come first. */
export function inOrder(
  ids: readonly CellId[],
  inSources: readonly Match[],
  inOutputs: readonly Match[],
): readonly Match[] {
  if (inOutputs.length === 0) return inSources;
  const order = new Map(ids.map((id, index) => [id, index]));
  const all = [...inSources, ...inOutputs].filter(({ cellId }) => order.has(cellId));
  // Sorting is stable.
  return all.sort((a, b) => (order.get(a.cellId) ?? 0) - (order.get(b.cellId) ?? 0)).slice(0, MATCH_LIMIT);
}

/** Where the same match stands among others; -1 when it is none of them. */
export function indexOfSame(matches: readonly Match[], wanted: Match | undefined): number {
  if (wanted === undefined) return -1;
  const { cellId, from, output } = wanted;
  return matches.findIndex((one) => one.cellId === cellId && one.from === from && one.output?.index === output?.index);
}
