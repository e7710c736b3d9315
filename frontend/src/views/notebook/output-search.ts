/**
 * Looks through outputs in slices, so that the page stays quick with 5,000 cells and with an output of 100,000 lines. What is not looked
 * through to its end is counted, and told.
 */
import type { CellId } from "../../core/cell.ts";
import { isBlobRef, type Output, shownText } from "../../core/outputs.ts";
import { stripAnsi } from "../../outputs/ansi.ts";
import { markdownNodes } from "../../outputs/markdown.ts";
import { FORMULA } from "../../outputs/math.ts";
import { readText } from "../../outputs/read-text.ts";
import { chooseRenderer } from "../../outputs/registry.ts";
import { asText } from "../../outputs/rendered.ts";
import { sanitise } from "../../outputs/sanitise.ts";
import { MATCH_LIMIT, type Match } from "./find.ts";

/** Characters of one output. */
const TEXT_LIMIT = 10_000_000;
/** HTML and markdown are parsed at once, in one piece. */
const MARKUP_LIMIT = 500_000;
/** Characters of all outputs together. */
const TOTAL_LIMIT = 60_000_000;
/** Characters that are looked through without a break. */
const PIECE = 200_000;
const SLICE_MS = 8;
/** What was found so far is told this often. */
const TELL_MS = 200;

export interface OutputSearchResult {
  readonly matches: readonly Match[];
  readonly isDone: boolean;
  /** Outputs that were not looked through to their end. */
  readonly missed: number;
}

export interface OutputSearchWorld {
  readonly cells: Iterable<readonly [CellId, readonly Output[]]>;
  readonly readBlob: (sha256: string) => Promise<Uint8Array>;
  /** Milliseconds of any clock. */
  readonly now: () => number;
  /** Lets the page do what waits. */
  readonly pause: () => Promise<void>;
}

/** Tells what it has now and then, and at the end. Once `signal` is aborted it ends and tells nothing more. */
export async function searchOutputs(
  expression: RegExp,
  world: OutputSearchWorld,
  tell: (result: OutputSearchResult) => void,
  signal: AbortSignal,
): Promise<void> {
  const matches: Match[] = [];
  let missed = 0;
  let left = TOTAL_LIMIT;
  let until = world.now() + SLICE_MS;
  let tellAt = world.now() + TELL_MS;
  const breathe = async (): Promise<void> => {
    if (world.now() < until) return;
    if (world.now() >= tellAt) {
      tell({ matches: [...matches], isDone: false, missed });
      tellAt = world.now() + TELL_MS;
    }
    await world.pause();
    until = world.now() + SLICE_MS;
  };
  for (const [cellId, index, output] of each(world.cells)) {
    await breathe();
    const text = left <= 0 ? null : await textOf(output, world.readBlob);
    if (signal.aborted) return;
    const limit = Math.min(TEXT_LIMIT, left);
    if (text === null || text.length > limit) missed += 1;
    if (text === null) continue;
    left -= Math.min(text.length, limit);
    for (const piece of piecesOf(text.slice(0, limit))) {
      for (const { from, to, line, nth } of placesIn(piece.text, expression, piece.line)) {
        matches.push({ cellId, from: piece.from + from, to: piece.from + to, output: { index, line, nth } });
        if (matches.length >= MATCH_LIMIT) break;
      }
      if (matches.length >= MATCH_LIMIT) {
        tell({ matches, isDone: true, missed });
        return;
      }
      await breathe();
      if (signal.aborted) return;
    }
  }
  tell({ matches, isDone: true, missed });
}

function* each(cells: OutputSearchWorld["cells"]): Iterable<readonly [CellId, number, Output]> {
  for (const [cellId, outputs] of cells) for (const [index, output] of outputs.entries()) yield [cellId, index, output];
}

/** A place in a text. `nth`: which one of its line, from 0. */
export interface Place {
  readonly from: number;
  readonly to: number;
  readonly line: number;
  readonly nth: number;
}

/** Where the expression matches. The text's first line is called `firstLine`. */
export function* placesIn(text: string, expression: RegExp, firstLine: number): Iterable<Place> {
  let line = firstLine;
  let nth = 0;
  let feed = text.indexOf("\n");
  for (const found of text.matchAll(expression)) {
    if (found[0].length === 0) continue;
    for (; feed >= 0 && feed < found.index; feed = text.indexOf("\n", feed + 1)) {
      line += 1;
      nth = 0;
    }
    yield { from: found.index, to: found.index + found[0].length, line, nth };
    nth += 1;
  }
}

/** Whole lines each, without escape sequences. */
function* piecesOf(text: string): Iterable<{ readonly from: number; readonly line: number; readonly text: string }> {
  let line = 0;
  for (let from = 0; from < text.length; ) {
    const feed = text.indexOf("\n", from + PIECE);
    const end = feed < 0 ? text.length : feed + 1;
    const piece = stripAnsi(text.slice(from, end));
    yield { from, line, text: piece };
    for (let at = piece.indexOf("\n"); at >= 0; at = piece.indexOf("\n", at + 1)) line += 1;
    from = end;
  }
}

/** The text that is shown of an output, line for line; empty for pictures and whatever stands in a frame; null: it is too much, or not to be had. */
async function textOf(output: Output, readBlob: OutputSearchWorld["readBlob"]): Promise<string | null> {
  if (output.output_type === "stream") {
    const text = await readValue(output.text, readBlob);
    return text === null ? null : shownText(output, text);
  }
  if (output.output_type === "error") {
    const head = `${output.ename}${output.evalue ? `: ${output.evalue}` : ""}`;
    return [head, ...output.traceback].join("\n");
  }
  // A file may hold an output type of the future.
  const data = output.data as typeof output.data | undefined;
  const mime = data ? (chooseRenderer(data)?.mime ?? "") : "";
  const kind = mime.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!kind.startsWith("text/") || kind === "text/latex") return "";
  const text = await readValue(data?.[mime], readBlob);
  if (text === null || (kind !== "text/html" && kind !== "text/markdown")) return text;
  if (text.length > MARKUP_LIMIT) return null;
  return kind === "text/html" ? htmlText(text) : readText(markdownNodes(text)).text.replace(FORMULA, "");
}

function htmlText(html: string): string {
  const { active, fragment } = sanitise(html, { keepIds: true, allowStyleElements: true });
  return active ? "" : readText(fragment).text;
}

async function readValue(value: unknown, readBlob: OutputSearchWorld["readBlob"]): Promise<string | null> {
  if (!isBlobRef(value)) return asText(value);
  if (value.size_bytes > TEXT_LIMIT) return null;
  try {
    return asText(JSON.parse(new TextDecoder().decode(await readBlob(value.$blob))));
  } catch {
    return null; // the hub is away, or has it no more: told by the count
  }
}
