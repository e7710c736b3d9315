/**
 * What a terminal would show of a stream: `\r`, `\b` and "erase line" folded, line by line.
 *
 * The result is text again, and folding it again changes nothing: a cursor inside the last line is kept as a trailing `\r` (first column) or
 * as trailing `\b`s, so the state is the text itself. A column is one Unicode code point; escape sequences take no column. The twin is
 * `hub/src/runhere_hub/core/stream_text.py`; both read `protocol/examples/outputs/`.
 *
 * `StreamText` keeps the last line apart, so that a chunk costs its own length and that of the last line, whatever stands before: `head` and
 * `line` are never searched as one string (V8 would flatten the rope, and 100,000 lines would cost 100,000 copies of the whole).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about.
const CONTROLS = /[\r\u0008\u001b]/;
// A complete CSI or OSC sequence; or the beginning of one, at the very end of the text.
const ESCAPE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)|(?:\[[0-?]*[ -/]*|\][^\u0007\u001b\n]*\u001b?)?$)/y;

// What makes text more than its own concatenation: cursor moves, erasing, an escape cut in two.
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const MOVES = /[\r\u0008]|\u001b\[[02]?K/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const CUT_ESCAPE = /^\u001b(?:\[[0-?]*[ -/]*|\][^\u0007\u001b\n]*)?$/;

/** A folded stream: all finished lines, and the last one. */
export interface StreamText {
  /** Empty, or ending in `\n`. */
  readonly head: string;
  /** The last line, without line end. */
  readonly line: string;
}

export const EMPTY_STREAM: StreamText = { head: "", line: "" };

/** A folded text taken apart again. Costs its length once. */
export function openStream(text: string): StreamText {
  const start = text.lastIndexOf("\n") + 1;
  return { head: text.slice(0, start), line: text.slice(start) };
}

/** The stream after `chunk` was printed behind it. */
export function printed(shown: StreamText, chunk: string): StreamText {
  if (!MOVES.test(chunk) && !MOVES.test(shown.line) && !endsInEscape(shown.line)) {
    const start = chunk.lastIndexOf("\n") + 1;
    if (start === 0) return { head: shown.head, line: shown.line + chunk };
    return { head: shown.head + shown.line + chunk.slice(0, start), line: chunk.slice(start) };
  }
  const lines = (shown.line + chunk).split("\n");
  const last = lines.pop() ?? "";
  const finished = lines.map((line) => `${CONTROLS.test(line) ? foldLine(line).finished() : line}\n`).join("");
  return { head: shown.head + finished, line: CONTROLS.test(last) ? foldLine(last).text() : last };
}

function endsInEscape(line: string): boolean {
  // A lone ESC at the end counts too: it may be the first half of an OSC terminator.
  const last = line.lastIndexOf("\u001b");
  if (last < 0) return false;
  return CUT_ESCAPE.test(line.slice(last));
}

/** The text shown after `chunk` was printed behind `shown`, itself a result of this function or empty. */
export function foldStream(shown: string, chunk: string): string {
  const { head, line } = printed(openStream(shown), chunk);
  return head + line;
}

/** A folded text as people read it: without the marks that remember where the cursor stood. */
export function withoutCursor(text: string): string {
  return CONTROLS.test(text.slice(text.lastIndexOf("\n") + 1)) ? lastLineFinished(text) : text;
}

function lastLineFinished(text: string): string {
  const { head, line } = openStream(text);
  return head + foldLine(line).finished();
}

/** One line of a terminal: characters, each with the escapes in front of it, and a cursor. */
class Line {
  #cells: { before: string; character: string }[] = [];
  #column = 0;
  /** Escapes read at the cursor. */
  #pending = "";
  /** Escapes behind the last character; only while the cursor stands before it. */
  #tail = "";

  put(character: string): void {
    this.#cells[this.#column] = { before: this.#pending, character };
    this.#pending = "";
    this.#column += 1;
    if (this.#column === this.#cells.length) this.#tail = "";
  }

  back(): void {
    this.#move(Math.max(0, this.#column - 1));
  }

  start(): void {
    this.#move(0);
  }

  escape(sequence: string): void {
    if (sequence === "\u001b[K" || sequence === "\u001b[0K") {
      this.#cells.length = this.#column;
      this.#tail = "";
    } else if (sequence === "\u001b[2K") {
      this.#cells = Array.from({ length: this.#column }, () => ({ before: "", character: " " }));
      this.#tail = "";
      this.#pending = "";
    } else {
      this.#pending += sequence;
    }
  }

  finished(): string {
    if (this.#column < this.#cells.length) this.#move(this.#cells.length);
    return this.#characters() + this.#tail + this.#pending;
  }

  text(): string {
    const behind = this.#cells.length - this.#column;
    const back = behind === 0 ? "" : this.#column === 0 ? "\r" : "\b".repeat(behind);
    return this.#characters() + this.#tail + back + this.#pending;
  }

  #move(column: number): void {
    const here = this.#cells[this.#column];
    if (here === undefined) {
      if (column < this.#column) {
        this.#tail = this.#pending;
        this.#pending = "";
      }
    } else if (this.#pending !== "") {
      this.#cells[this.#column] = { before: this.#pending, character: here.character };
      this.#pending = "";
    }
    this.#column = column;
  }

  #characters(): string {
    return this.#cells.map(({ before, character }) => before + character).join("");
  }
}

function foldLine(line: string): Line {
  const folded = new Line();
  let at = 0;
  while (at < line.length) {
    const character = String.fromCodePoint(line.codePointAt(at) ?? 0);
    if (character === "\u001b") {
      ESCAPE.lastIndex = at;
      const sequence = ESCAPE.exec(line)?.[0];
      if (sequence !== undefined) {
        folded.escape(sequence);
        at += sequence.length;
        continue;
      }
    }
    if (character === "\r") folded.start();
    else if (character === "\b") folded.back();
    else folded.put(character);
    at += character.length;
  }
  return folded;
}
