/**
 * Shows a text that may be long and may grow: whole while it is short, head and tail with the middle folded when it is
 * long, and as a window of lines in a box of its own once somebody asks for all of it. What it does per update depends on
 * what changed and what is in sight, never on the length of the text: 100,000 printed lines must not hold the page up.
 */
import { text } from "../i18n/t.ts";
import { appendAnsi } from "./ansi-dom.ts";
import { LineIndex } from "./line-index.ts";
import { button, element } from "./rendered.ts";
import { saysAgain, worded } from "./words.ts";

const FOLD_LINES = 400;
const FOLD_CHARS = 200_000;
const HEAD_LINES = 60;
const TAIL_LINES = 60;
/** A longer line is cut in sight; copying gives all of it. */
const LINE_CHARS = 20_000;
const WINDOW_MARGIN = 40;

type Mode = "whole" | "folded" | "window";

export class TextView {
  readonly element: HTMLElement;
  readonly #copy: (text: string) => void;
  readonly #index = new LineIndex();
  #mode: Mode = "whole";
  #wantsAll = false;
  #tailLine = 0;
  #tail: HTMLElement | null = null;
  #head: HTMLElement | null = null;
  #count: HTMLElement | null = null;
  #scroller: HTMLElement | null = null;
  #lineHeight = 20;

  constructor(className: string, copy: (text: string) => void) {
    this.element = element("div", `output-text ${className}`);
    begins(this.element, 0);
    this.#copy = copy;
    saysAgain(this.element, () => this.#sayCuts());
  }

  /** Shows `value`; cheap when it only grew. */
  setText(value: string): void {
    const changed = this.#index.update(value);
    const mode = this.#modeNow();
    if (mode !== this.#mode) this.#rebuild(mode);
    else if (mode === "whole") this.#updateWhole(changed);
    else if (mode === "folded") this.#updateFolded(changed);
    else this.#updateWindow();
  }

  /** Has a line, from 0, among those that are there. */
  reveal(line: number): void {
    if (this.#mode === "folded" && line >= HEAD_LINES && line < this.#index.count - TAIL_LINES) {
      this.#wantsAll = true;
      this.#rebuild("window");
    }
    const scroller = this.#scroller;
    if (this.#mode !== "window" || !scroller) return;
    const top = line * this.#lineHeight;
    const isInSight = top >= scroller.scrollTop && top + this.#lineHeight <= scroller.scrollTop + scroller.clientHeight;
    if (isInSight) return;
    scroller.scrollTop = top - scroller.clientHeight / 2;
    this.#updateWindow();
  }

  #modeNow(): Mode {
    const long = this.#index.count > FOLD_LINES || this.#index.text.length > FOLD_CHARS;
    if (!long) return "whole";
    return this.#wantsAll ? "window" : "folded";
  }

  #rebuild(mode: Mode): void {
    this.#mode = mode;
    this.element.replaceChildren();
    begins(this.element, mode === "whole" ? 0 : null);
    this.#head = this.#tail = this.#count = this.#scroller = null;
    this.#tailLine = 0;
    if (mode === "whole") this.#updateWhole(0);
    else if (mode === "folded") this.#buildFolded();
    else this.#buildWindow();
  }

  // whole: settled lines, then one element with the last line, which may still change
  #updateWhole(changed: number): void {
    if (changed < this.#tailLine || !this.#tail) {
      this.element.replaceChildren();
      this.#tailLine = 0;
    } else {
      this.#tail.remove();
    }
    const settled = Math.max(this.#tailLine, this.#index.count - 1);
    if (settled > this.#tailLine) {
      const block = element("span");
      this.#append(block, this.#tailLine, settled);
      block.append("\n");
      this.element.append(block);
    }
    this.#tailLine = settled;
    this.#tail = element("span");
    this.#append(this.#tail, settled, this.#index.count);
    this.element.append(this.#tail);
  }

  #buildFolded(): void {
    this.#head = element("div");
    this.#tail = element("div");
    this.#count = element("span", "output-fold-count");
    const bar = element("div", "output-fold");
    bar.append(
      this.#count,
      button(
        () => text("outputs.showAll"),
        () => this.#showAll(),
      ),
      button(
        () => text("outputs.copyAll"),
        () => this.#copy(this.#index.text),
      ),
    );
    this.element.append(this.#head, bar, this.#tail);
    this.#updateFolded(0);
  }

  #updateFolded(changed: number): void {
    const count = this.#index.count;
    const headEnd = Math.min(HEAD_LINES, Math.max(1, count - 1));
    const tailStart = Math.max(headEnd, count - TAIL_LINES);
    if (this.#head && changed < headEnd) {
      begins(this.#head, 0);
      this.#head.replaceChildren();
      this.#append(this.#head, 0, headEnd);
    }
    if (this.#tail) {
      begins(this.#tail, tailStart);
      this.#tail.replaceChildren();
      this.#append(this.#tail, tailStart, count);
    }
    const hidden = Math.max(0, tailStart - headEnd);
    if (this.#count) worded(this.#count, () => text("outputs.linesHidden", { count: hidden }));
  }

  #showAll(): void {
    this.#wantsAll = true;
    this.#rebuild("window");
    this.#scroller?.focus();
  }

  #buildWindow(): void {
    this.#scroller = element("div", "output-window");
    this.#scroller.tabIndex = 0;
    this.#scroller.setAttribute("role", "group");
    this.#tail = element("div", "output-window-lines");
    const space = element("div", "output-window-space");
    space.append(this.#tail);
    this.#scroller.append(space);
    const bar = element("div", "output-fold");
    bar.append(
      button(
        () => text("outputs.showLess"),
        () => {
          this.#wantsAll = false;
          this.#rebuild(this.#modeNow());
        },
      ),
      button(
        () => text("outputs.copyAll"),
        () => this.#copy(this.#index.text),
      ),
    );
    this.element.append(bar, this.#scroller);
    this.#scroller.addEventListener("scroll", () => this.#updateWindow(), { passive: true });
    this.#lineHeight = Number.parseFloat(getComputedStyle(this.#scroller).lineHeight) || 20;
    this.#updateWindow();
  }

  #updateWindow(): void {
    if (!this.#scroller || !this.#tail?.parentElement) return;
    const { scrollTop, clientHeight } = this.#scroller;
    const count = this.#index.count;
    worded(this.#scroller, () => text("outputs.allLines", { count }), "aria-label");
    const first = Math.max(0, Math.floor(scrollTop / this.#lineHeight) - WINDOW_MARGIN);
    const end = Math.min(count, Math.ceil((scrollTop + (clientHeight || 600)) / this.#lineHeight) + WINDOW_MARGIN);
    this.#tail.parentElement.style.height = `${count * this.#lineHeight}px`;
    this.#tail.style.transform = `translateY(${first * this.#lineHeight}px)`;
    begins(this.#tail, first);
    this.#tail.replaceChildren();
    this.#append(this.#tail, first, end);
  }

  /** Lines that are cut say so in words among their own: they are written again. */
  #sayCuts(): void {
    if (this.#index.text.length <= LINE_CHARS) return;
    if (this.#mode === "folded") this.#updateFolded(0);
    else if (this.#mode === "window") this.#updateWindow();
    else this.#rebuild("whole");
  }

  #append(host: HTMLElement, first: number, end: number): void {
    const lines = this.#index.slice(first, end);
    const shown = lines.length > LINE_CHARS ? lines.split("\n").map(cutLine).join("\n") : lines;
    appendAnsi(host, shown, this.#index.styleAt(first));
  }
}

/** Says with which line of the text a part begins: "find" counts from there. */
function begins(part: HTMLElement, line: number | null): void {
  if (line === null) delete part.dataset["firstLine"];
  else part.dataset["firstLine"] = String(line);
}

function cutLine(line: string): string {
  return line.length > LINE_CHARS
    ? `${line.slice(0, LINE_CHARS)} … ${text("outputs.lineCut", { count: line.length })}`
    : line;
}
