/**
 * What a terminal would show of a stream: `\r`, `\b`, cursor moves and erasing folded (SPEC 4.3).
 *
 * The result is text again, and folding it again changes nothing: a cursor that does not stand at the end is kept behind the last line, as a
 * trailing `\r` (first column), as trailing `\b`s, or as the moves that lead there, so the state is the text itself. A column is one Unicode
 * code point; escape sequences take no column. The twin is `hub/src/runhere_hub/core/stream_text.py`; both read `protocol/examples/outputs/`.
 *
 * `StreamText` keeps the last line apart, so that a chunk costs its own length and that of the last line, whatever stands before: `head` and
 * `line` are never searched as one string (V8 would flatten the rope, and 100,000 lines would cost 100,000 copies of the whole). So does
 * `near` for programs that go up: `head` is searched for rows once, not for each step of a progress bar.
 */
import { ROWS_IN_REACH, Screen } from "./terminal-screen.ts";

// What makes text more than its own concatenation: cursor moves, erasing, an escape cut in two.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about.
const MOVES = /[\r\u0008]|\u001b(?:\[[0-9]{0,4}(?:;[0-9]{0,4})?[A-HJKdf]|c)/;
// Of these, what leaves the line.
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const ROW_MOVES = /\u001b(?:\[[0-9]{0,4}(?:;[0-9]{0,4})?[ABEFHJdf]|c)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const CUT_ESCAPE = /^\u001b(?:\[[0-?]*[ -/]*|\][^\u0007\u001b\n]*|[ -/]+)?$/;

/** A folded stream: all finished lines, and the last one. */
export interface StreamText {
  /** Empty, or ending in `\n`. */
  readonly head: string;
  /** The finished lines behind `head`, once the cursor went up: those in its reach, and what came since. Empty, or ending in `\n`. */
  readonly near: string;
  /** The last line, without line end, and where the cursor stands. */
  readonly line: string;
}

export const EMPTY_STREAM: StreamText = { head: "", near: "", line: "" };

/** A folded text taken apart again. Costs its length once. */
export function openStream(text: string): StreamText {
  const start = text.lastIndexOf("\n") + 1;
  return { head: text.slice(0, start), near: "", line: text.slice(start) };
}

export function textOf({ head, near, line }: StreamText): string {
  return head + near + line;
}

/** The stream after `chunk` was printed behind it. */
export function printed(shown: StreamText, chunk: string): StreamText {
  if (!MOVES.test(chunk) && !MOVES.test(shown.line) && !endsInEscape(shown.line)) {
    const start = chunk.lastIndexOf("\n") + 1;
    if (start === 0) return { head: shown.head, near: shown.near, line: shown.line + chunk };
    return grown(shown, shown.line + chunk.slice(0, start), chunk.slice(start));
  }
  const text = shown.line + chunk;
  if (ROW_MOVES.test(text)) return printedAbove(shown, text);
  const screen = new Screen([]);
  screen.print(text);
  return grown(shown, linesOf(screen.finished()), screen.last());
}

function grown({ head, near }: StreamText, finished: string, line: string): StreamText {
  return near === "" ? { head: head + finished, near, line } : { head, near: near + finished, line };
}

/** `text`: the last line, and what was printed behind it and goes up. */
function printedAbove(shown: StreamText, text: string): StreamText {
  let beyond = shown.near === "" ? "" : shown.head;
  let above = lastRows(shown.near === "" ? shown.head : shown.near, ROWS_IN_REACH);
  const screen = new Screen(above.rows, (count) => {
    above = lastRows(beyond + above.before, count);
    beyond = "";
    return above.rows;
  });
  screen.print(text);
  const head = screen.isEmptied ? "" : beyond + above.before;
  return { head, near: linesOf(screen.finished()), line: screen.last() };
}

/** Finished lines as their last `count` rows, and the text before them. */
function lastRows(text: string, count: number): { before: string; rows: readonly string[] } {
  let start = text.length;
  for (let row = 0; row < count && start > 0; row += 1) start = start === 1 ? 0 : text.lastIndexOf("\n", start - 2) + 1;
  return { before: text.slice(0, start), rows: text.slice(start).split("\n").slice(0, -1) };
}

function linesOf(rows: readonly string[]): string {
  return rows.map((row) => `${row}\n`).join("");
}

function endsInEscape(line: string): boolean {
  // A lone ESC at the end counts too: it may be the first half of an OSC terminator.
  const last = line.lastIndexOf("\u001b");
  if (last < 0) return false;
  return CUT_ESCAPE.test(line.slice(last));
}

/** A text that may stand in a file as it was printed, folded. Costs a look at all of it. */
export function foldedText(text: string): string {
  return MOVES.test(text) ? foldStream("", text) : text;
}

/** The text shown after `chunk` was printed behind `shown`, itself a result of this function or empty. */
export function foldStream(shown: string, chunk: string): string {
  return textOf(printed(openStream(shown), chunk));
}
