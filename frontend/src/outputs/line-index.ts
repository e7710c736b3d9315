/**
 * Where the lines of a growing text begin, and the ANSI style in force every `STRIDE` lines, kept up to date at the price
 * of what was added. A text that only changed behind its last full line counts as grown (carriage returns do that).
 */
import { type AnsiStyle, plainStyle, readAnsi } from "./ansi.ts";

const STRIDE = 256;

export class LineIndex {
  #text = "";
  #starts: number[] = [0];
  #styles: AnsiStyle[] = [plainStyle];

  get text(): string {
    return this.#text;
  }

  /** Lines; a line feed at the very end opens no new one. */
  get count(): number {
    const last = this.#starts.at(-1) ?? 0;
    return last === this.#text.length && this.#starts.length > 1 ? this.#starts.length - 1 : this.#starts.length;
  }

  /** Takes the new text and says from which line on it differs from the old one. */
  update(text: string): number {
    const keep = this.#keptLines(text);
    this.#starts.length = keep;
    this.#styles.length = Math.floor((keep - 1) / STRIDE) + 1;
    this.#text = text;
    let from = this.#starts[keep - 1] ?? 0;
    for (;;) {
      const feed = text.indexOf("\n", from);
      if (feed < 0) break;
      from = feed + 1;
      if (this.#starts.length % STRIDE === 0) this.#styles.push(this.#styleAfterBlock(from));
      this.#starts.push(from);
    }
    return keep - 1;
  }

  /** The lines `first` (inclusive) to `end` (exclusive), without the last line feed. */
  slice(first: number, end: number): string {
    const from = this.#starts[first] ?? this.#text.length;
    const until = end < this.#starts.length ? (this.#starts[end] ?? 0) - 1 : this.#text.length;
    return this.#text.slice(from, Math.max(from, until));
  }

  /** The style in force where a line begins. */
  styleAt(line: number): AnsiStyle {
    const block = Math.min(Math.floor(line / STRIDE), this.#styles.length - 1);
    const style = this.#styles[block] ?? plainStyle;
    const text = this.#text.slice(this.#starts[block * STRIDE] ?? 0, this.#starts[line] ?? this.#text.length);
    return text.includes("\x1b") ? readAnsi(text, style).end : style;
  }

  #styleAfterBlock(end: number): AnsiStyle {
    const block = this.#styles.length - 1;
    const style = this.#styles[block] ?? plainStyle;
    const text = this.#text.slice(this.#starts[block * STRIDE] ?? 0, end);
    return text.includes("\x1b") ? readAnsi(text, style).end : style;
  }

  #keptLines(text: string): number {
    let keep = this.#starts.length;
    // Usually the old text up to its last line stands unchanged; else look from the start.
    if (text.startsWith(this.#text.slice(0, this.#starts[keep - 1]))) return keep;
    while (keep > 1 && !text.startsWith(this.#text.slice(0, this.#starts[keep - 1]))) keep = Math.ceil(keep / 2);
    return keep;
  }
}
