/**
 * Rows of a terminal and its cursor: what `stream-text.ts` folds text with once something in it moves the cursor or erases.
 *
 * Each character carries the escapes in front of it. How far the cursor goes is limited, as a window limits it: what a program prints must
 * not make a line of a billion spaces, nor have all that it ever printed looked at again. The twin is
 * `hub/src/runhere_hub/core/terminal_screen.py`.
 */
export const ROWS_IN_REACH = 300;
const COLUMNS_IN_REACH = 500;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about.
const CONTROLS = /[\r\u0008\u001b]/;
/** Up, down, right, left, a line down, a line up, to a column, to a line, to a place, erase all or what follows, erase the line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const MOVE = /^\u001b\[([0-9]{0,4})(?:;([0-9]{0,4})(?=[Hf]))?([A-HJKdf])$/;
const RESET = "\u001bc";
// A complete escape, CSI or OSC sequence; or the beginning of one, at the very end of the text.
const ESCAPE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
  /\u001b(?:[ -/]+[0-~]|[0-Z\\^-~]|\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)|(?:\[[0-?]*[ -/]*|\][^\u0007\u001b\n]*\u001b?|[ -/]+)?$)/y;

export class Screen {
  /** A row that is still a string was only appended to: a cursor in it stands at its end. */
  readonly #rows: (string | Row)[];
  #at: number;
  readonly #further: (count: number) => readonly string[];
  /** Whether all that was printed before has been erased, out of reach as well. */
  isEmptied = false;

  /**
   * `above`: the finished rows in reach. The cursor stands in an empty row below them. `further`: up to so many rows before those that were
   * given last; they come into reach when rows below are erased.
   */
  constructor(above: readonly string[], further: (count: number) => readonly string[] = () => []) {
    this.#rows = [...above, ""];
    this.#at = above.length;
    this.#further = further;
  }

  print(text: string): void {
    const lines = text.split("\n");
    const last = lines.pop() ?? "";
    for (const line of lines) {
      // Line ends of two characters move nothing that the next line does not move, too.
      this.#printLine(line.endsWith("\r") ? line.slice(0, -1) : line);
      this.#nextLine();
    }
    this.#printLine(last);
  }

  /** All rows but the last. */
  finished(): string[] {
    return this.#rows.slice(0, -1).map((row) => (typeof row === "string" ? row : row.characters()));
  }

  /** The last row, and behind it where the cursor stands. */
  last(): string {
    const last = this.#rows.at(-1) ?? "";
    const above = this.#rows.length - 1 - this.#at;
    if (above > 0)
      return `${typeof last === "string" ? last : last.characters()}\u001b[${above}A${this.#row().markFromStart()}`;
    return typeof last === "string" ? last : last.characters() + last.mark();
  }

  #printLine(line: string): void {
    const row = this.#rows[this.#at];
    if (typeof row === "string" && !CONTROLS.test(line)) this.#rows[this.#at] = row + line;
    else this.#printCharacters(line);
  }

  #printCharacters(line: string): void {
    let at = 0;
    while (at < line.length) {
      const character = String.fromCodePoint(line.codePointAt(at) ?? 0);
      ESCAPE.lastIndex = at;
      const sequence = character === "\u001b" ? ESCAPE.exec(line)?.[0] : undefined;
      if (sequence !== undefined) this.#obey(sequence);
      else if (character === "\r") this.#row().move(0);
      else if (character === "\b") this.#row().move(this.#row().column - 1);
      else this.#row().put(character);
      at += (sequence ?? character).length;
    }
  }

  #obey(sequence: string): void {
    const row = this.#row();
    const [, digits = "", column = "", kind] = MOVE.exec(sequence) ?? [];
    const count = Math.max(1, Number(digits));
    const erased = Number(digits);
    if (kind === "A") this.#goTo(this.#at - count, row.column);
    else if (kind === "B") this.#goTo(this.#at + count, row.column);
    else if (kind === "C") row.move(row.column + count);
    else if (kind === "D") row.move(row.column - count);
    else if (kind === "E") this.#goTo(this.#at + count, 0);
    else if (kind === "F") this.#goTo(this.#at - count, 0);
    else if (kind === "G") row.move(count - 1);
    else if (kind === "d") this.#goToLine(count, row.column);
    else if (kind === "H" || kind === "f") this.#goToLine(count, Math.max(1, Number(column)) - 1);
    else if (kind === "J" && erased === 0) this.#eraseBehind(row);
    else if (kind === "J" && erased === 2) this.#empty(row);
    else if (kind === "J" && erased === 3)
      return; // what a window scrolled out of sight: here is none
    else if (sequence === RESET) this.#empty(row, 0);
    else if (kind === "K" && erased === 0) row.eraseBehind();
    else if (kind === "K" && erased === 2) row.erase();
    else row.escape(sequence);
  }

  #nextLine(): void {
    if (this.#at < this.#rows.length - 1) {
      this.#goTo(this.#at + 1, 0);
      return;
    }
    const row = this.#rows[this.#at];
    if (row instanceof Row) {
      row.leave();
      // A text of many lines is not kept as so many characters.
      this.#rows[this.#at] = row.characters();
    }
    this.#rows.push("");
    this.#at += 1;
  }

  #goTo(row: number, column: number): void {
    this.#row().leave();
    const wanted = Math.max(row, this.#top());
    const above = wanted < 0 && !this.isEmptied ? this.#further(-wanted) : [];
    this.#rows.unshift(...above);
    this.#at = Math.min(this.#rows.length - 1, Math.max(wanted + above.length, 0));
    this.#row().move(column);
  }

  /** The first row in reach. Below 0: not all in reach were given yet, if there are so many. */
  #top(): number {
    return this.#rows.length - 1 - ROWS_IN_REACH;
  }

  /** Lines are counted from the first in reach, as if it was a window's first; those that nothing was printed on yet are there, too. */
  #goToLine(line: number, column: number): void {
    this.#goTo(this.#top(), 0);
    const wanted = this.#at + Math.min(line - 1, ROWS_IN_REACH);
    while (this.#rows.length <= wanted) this.#rows.push("");
    this.#goTo(wanted, column);
  }

  /** Nothing is left of the rows below: in an output that has no window they would be blank lines. */
  #eraseBehind(row: Row): void {
    row.eraseBehind();
    this.#rows.length = this.#at + 1;
  }

  /** For the same reason the cursor's line becomes the first one. */
  #empty(row: Row, column = row.column): void {
    row.eraseAll();
    row.move(column);
    this.#rows.splice(0, this.#rows.length, row);
    this.#at = 0;
    this.isEmptied = true;
  }

  /** The row of the cursor, as characters. */
  #row(): Row {
    const row = this.#rows[this.#at] ?? "";
    if (typeof row !== "string") return row;
    const opened = new Row();
    this.#rows[this.#at] = opened;
    this.#printCharacters(row);
    return opened;
  }
}

/** Characters, each with the escapes in front of it, and a cursor. */
class Row {
  #cells: { before: string; character: string }[] = [];
  column = 0;
  /** Escapes read at the cursor. */
  #pending = "";
  /** Escapes behind the last character that were read before. */
  #tail = "";

  put(character: string): void {
    if (this.column < this.#cells.length) {
      this.#cells[this.column] = { before: this.#pending, character };
      if (this.column === this.#cells.length - 1) this.#tail = "";
    } else {
      while (this.#cells.length < this.column) this.#append(" ");
      this.#cells.push({ before: this.#tail + this.#pending, character });
      this.#tail = "";
    }
    this.#pending = "";
    this.column += 1;
  }

  #append(character: string): void {
    this.#cells.push({ before: this.#tail, character });
    this.#tail = "";
  }

  move(column: number): void {
    this.leave();
    this.column = Math.max(0, Math.min(column, Math.max(this.#cells.length, COLUMNS_IN_REACH)));
  }

  /** Escapes that were read here stay here. */
  leave(): void {
    const here = this.#cells[this.column];
    if (here === undefined) this.#tail += this.#pending;
    else if (this.#pending !== "") this.#cells[this.column] = { before: this.#pending, character: here.character };
    this.#pending = "";
  }

  escape(sequence: string): void {
    this.#pending += sequence;
  }

  eraseBehind(): void {
    if (this.column >= this.#cells.length) return;
    this.#cells.length = this.column;
    this.#tail = "";
  }

  erase(): void {
    if (this.column >= this.#cells.length) this.#pending = this.#tail + this.#pending;
    this.#cells = Array.from({ length: this.column }, () => ({ before: "", character: " " }));
    this.#tail = "";
  }

  eraseAll(): void {
    if (this.column >= this.#cells.length) this.#pending = this.#tail + this.#pending;
    this.#cells = [];
    this.#tail = "";
  }

  characters(): string {
    return this.#cells.map(({ before, character }) => before + character).join("") + this.#tail;
  }

  /** Behind the characters: what brings the cursor back from their end to where it stands, and what was read there. */
  mark(): string {
    const behind = this.#cells.length - this.column;
    if (behind === 0) return this.#pending;
    return behind > 0 && this.column > 0 ? "\b".repeat(behind) + this.#pending : this.markFromStart();
  }

  markFromStart(): string {
    return `\r${this.column > 0 ? `\u001b[${this.column}C` : ""}${this.#pending}`;
  }
}
