/**
 * Marks in the outputs that are mounted what "find" found there, without touching a node (CSS custom highlights), and brings the current match
 * into view: its cell, its output, its line, and the place in each box that scrolls.
 */
import type { CellId } from "../../core/cell.ts";
import { rangeOf, readText } from "../../outputs/read-text.ts";
import type { NotebookController } from "./controller.ts";
import { findExpression, type Match } from "./find.ts";
import { placesIn } from "./output-search.ts";
import type { ShownOutputs } from "./services.ts";

const FOUND = "output-match";
const CURRENT = "output-match-current";
/** More are not drawn at once; each of them is drawn when it is the current one. */
const DRAWN = 5_000;
/** A row that comes into sight is measured, and moves what stands below it: until then the way goes on. */
const ARRIVAL_FRAMES = 40;
/** The current match keeps this distance from the edges: at the top the find bar lies over the cells. */
const MARGIN = { top: 100, bottom: 60 } as const;

export class OutputMarks {
  readonly #controller: NotebookController;
  readonly #observer = new MutationObserver(() => this.#soon());
  readonly #ends: (() => void)[];
  #observed: ReadonlyMap<CellId, ShownOutputs> = new Map();
  #frame = 0;
  #matches: readonly Match[] = [];
  /** Outputs with matches, as cell and index. */
  #hits: ReadonlySet<string> = new Set();
  #current: Match | null = null;
  /** Frames that the way to the current match may still take. */
  #onTheWay = 0;

  constructor(controller: NotebookController) {
    this.#controller = controller;
    this.#ends = [
      controller.find.state.subscribe(() => this.#soon()),
      controller.shownOutputs.subscribe(() => this.#soon()),
    ];
    this.#soon();
  }

  close(): void {
    for (const end of this.#ends) end();
    cancelAnimationFrame(this.#frame);
    this.#observer.disconnect();
    draw([], []);
  }

  #soon(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#look());
  }

  #look(): void {
    this.#frame = 0;
    this.#observe();
    const { isOpen, options, matches, current } = this.#controller.find.state.get();
    const expression = isOpen ? findExpression(options) : null;
    const chosen = matches[current]?.output ? (matches[current] ?? null) : null;
    if (chosen !== this.#current && !isSame(chosen, this.#current)) this.#onTheWay = ARRIVAL_FRAMES;
    this.#current = chosen;
    this.#noteHits(matches);
    if (chosen?.output && this.#onTheWay > 0)
      this.#observed.get(chosen.cellId)?.area.reveal(chosen.output.index, chosen.output.line);
    const { found, here } = this.#ranges(expression instanceof RegExp ? expression : null);
    draw(found, here === null ? [] : [here]);
    if (this.#onTheWay === 0 || chosen === null) return;
    this.#onTheWay -= 1;
    if (here !== null && bringIntoView(here)) this.#onTheWay = Math.min(this.#onTheWay, 3);
    if (this.#onTheWay > 0) this.#soon();
  }

  /** Some kinds of outputs are shown as text, and not looked through: there nothing is marked. */
  #noteHits(matches: readonly Match[]): void {
    if (matches === this.#matches) return;
    this.#matches = matches;
    this.#hits = new Set(matches.flatMap(({ cellId, output }) => (output ? [`${cellId} ${output.index}`] : [])));
  }

  #observe(): void {
    const shown = this.#controller.shownOutputs.get();
    if (shown === this.#observed) return;
    this.#observed = shown;
    this.#observer.disconnect();
    for (const { host } of shown.values())
      this.#observer.observe(host, { childList: true, subtree: true, characterData: true });
  }

  #ranges(expression: RegExp | null): { readonly found: readonly Range[]; readonly here: Range | null } {
    const found: Range[] = [];
    let here: Range | null = null;
    if (expression === null) return { found, here };
    for (const [cellId, { area }] of this.#observed) {
      for (const [index, host] of area.hosts().entries()) {
        if (!this.#hits.has(`${cellId} ${index}`)) continue;
        for (const part of partsOf(host)) {
          const read = readText(part);
          for (const { from, to, line, nth } of placesIn(read.text, expression, firstLineOf(part))) {
            const isHere = isSame({ cellId, from, to, output: { index, line, nth } }, this.#current);
            if (!isHere && found.length >= DRAWN) continue;
            const range = rangeOf(read, from, to);
            if (range === null) continue;
            if (isHere) here = range;
            else found.push(range);
          }
        }
      }
    }
    return { found, here };
  }
}

/** A long text is shown in parts that say which line they begin with. */
function partsOf(host: HTMLElement): readonly HTMLElement[] {
  const parts = [...host.querySelectorAll<HTMLElement>("[data-first-line]")];
  return parts.length > 0 ? parts : [host];
}

function firstLineOf(part: HTMLElement): number {
  return Number(part.dataset["firstLine"] ?? 0);
}

function isSame(one: Match | null, other: Match | null): boolean {
  if (one?.output === undefined || other?.output === undefined || one.cellId !== other.cellId) return false;
  const [a, b] = [one.output, other.output];
  return a.index === b.index && a.line === b.line && a.nth === b.nth;
}

function draw(found: readonly Range[], current: readonly Range[]): void {
  // A browser without them shows the place, and marks nothing.
  if (typeof Highlight === "undefined") return;
  CSS.highlights.set(FOUND, new Highlight(...found));
  const above = new Highlight(...current);
  above.priority = 1;
  CSS.highlights.set(CURRENT, above);
}

/** Scrolls every box around the range as far as needed. True: nothing was left to do. */
function bringIntoView(range: Range): boolean {
  let isThere = true;
  for (let box = parentOf(range.startContainer); box !== null; box = parentOf(box)) {
    if (!(box instanceof HTMLElement)) continue;
    const outer = box.getBoundingClientRect();
    const inner = range.getBoundingClientRect();
    const margin = box.localName === "main" ? MARGIN : { top: 0, bottom: 0 };
    const isTall = box.scrollHeight > box.clientHeight + 1;
    if (isTall && (inner.top < outer.top + margin.top || inner.bottom > outer.bottom - margin.bottom)) {
      const before = box.scrollTop;
      box.scrollTop += inner.top - outer.top - box.clientHeight / 2;
      isThere &&= box.scrollTop === before;
    }
    const isWide = box.scrollWidth > box.clientWidth + 1;
    if (isWide && (inner.left < outer.left || inner.right > outer.right)) {
      const before = box.scrollLeft;
      box.scrollLeft += inner.left - outer.left - box.clientWidth / 3;
      isThere &&= box.scrollLeft === before;
    }
  }
  return isThere;
}

function parentOf(node: Node): Node | null {
  return node.parentNode ?? (node instanceof ShadowRoot ? node.host : null);
}
