/**
 * Moves the selected cells by a pointer: a line shows where they would land, near the edges the page scrolls, Escape leaves everything as it
 * was. Not for keys: Alt+↑ and Alt+↓ do the same there.
 *
 *   pressed ──a few pixels──▶ dragging ──released──▶ moved
 *      └──released──▶ a click      └──Escape, cancelled──▶ nothing
 *
 * A few lines over pointer events: React Aria's drag and drop cannot place between rows of a window of its own, and weighs ten times as much.
 */
import type { CellId } from "../../core/cell.ts";
import { text } from "../../i18n/t.ts";
import styles from "./cell-drag.module.css";
import type { NotebookController } from "./controller.ts";
import { type DropPlace, dropPlace, type PlacedRow, scrollStep } from "./drop-place.ts";

/** Less is a click of a hand that trembles. */
const BEGIN_PX = 5;
const FADED = "0.45";

export interface DragStart {
  readonly controller: NotebookController;
  /** What was pressed on. */
  readonly press: PointerEvent;
  /** It was a click after all. */
  readonly onClick: () => void;
}

/** Follows a pointer that was pressed on a grip, until it is released. */
export function startDrag(start: DragStart): void {
  new Drag(start);
}

class Drag {
  readonly #start: DragStart;
  readonly #scroller: HTMLElement | null;
  readonly #listening = new AbortController();
  #y: number;
  #x: number;
  #shown: Overlay | null = null;
  #moving: readonly CellId[] = [];
  #place: DropPlace | null = null;
  #frame = 0;
  #before = 0;

  constructor(start: DragStart) {
    this.#start = start;
    const { press } = start;
    [this.#x, this.#y] = [press.clientX, press.clientY];
    this.#scroller = press.target instanceof Element ? press.target.closest("main") : null;
    const { signal } = this.#listening;
    const on = <Name extends keyof WindowEventMap>(name: Name, hear: (event: WindowEventMap[Name]) => void): void =>
      window.addEventListener(name, hear, { signal, capture: true });
    on("pointermove", (event) => event.pointerId === press.pointerId && this.#move(event));
    on("pointerup", (event) => event.pointerId === press.pointerId && this.#drop());
    on("pointercancel", () => this.#end());
    // A second finger, or a press whose end went elsewhere.
    on("pointerdown", () => this.#end());
    on("blur", () => this.#end());
    on("keydown", (event) => {
      if (event.key !== "Escape" || this.#shown === null) return;
      event.preventDefault();
      event.stopPropagation();
      this.#end();
    });
  }

  #move(event: PointerEvent): void {
    if (event.buttons === 0) {
      this.#end();
      return;
    }
    [this.#x, this.#y] = [event.clientX, event.clientY];
    const { press, controller } = this.#start;
    const isFar = Math.hypot(this.#x - press.clientX, this.#y - press.clientY) >= BEGIN_PX;
    if (this.#shown !== null || !isFar || this.#scroller === null) return;
    this.#moving = controller.selected();
    this.#shown = overlay(this.#scroller, text("notebook.draggedCells", { count: this.#moving.length }));
    this.#before = performance.now();
    this.#look();
  }

  #look(): void {
    const [scroller, shown] = [this.#scroller, this.#shown];
    if (scroller === null || shown === null) return;
    const now = performance.now();
    const edges = scroller.getBoundingClientRect();
    scroller.scrollTop += scrollStep(this.#y, edges, Math.min(100, now - this.#before));
    this.#before = now;
    const rows = rowsIn(scroller);
    fade(rows, new Set(this.#moving));
    const inSight = rows.filter(({ top, bottom }) => bottom > edges.top && top < edges.bottom);
    this.#place = dropPlace(inSight, this.#y, this.#start.controller.sections.view.get().visible.at(-1));
    shown.draw(this.#place, { x: this.#x, y: this.#y }, edges);
    this.#frame = requestAnimationFrame(() => this.#look());
  }

  #drop(): void {
    const { controller, onClick } = this.#start;
    const [isClick, place] = [this.#shown === null, this.#place];
    this.#end();
    if (isClick) onClick();
    else if (place !== null) controller.moveBefore(this.#moving, place.before);
  }

  #end(): void {
    this.#listening.abort();
    cancelAnimationFrame(this.#frame);
    if (this.#scroller !== null) fade(rowsIn(this.#scroller), new Set());
    this.#shown?.remove();
    this.#shown = null;
  }
}

interface Row extends PlacedRow {
  readonly element: HTMLElement;
}

function rowsIn(scroller: HTMLElement): readonly Row[] {
  return [...scroller.querySelectorAll<HTMLElement>("[data-cell-id]")].flatMap((cell) => {
    const element = cell.parentElement;
    if (element === null) return [];
    const { top, bottom } = element.getBoundingClientRect();
    return [{ id: cell.dataset["cellId"] ?? "", top, bottom, element }];
  });
}

function fade(rows: readonly Row[], moving: ReadonlySet<CellId>): void {
  for (const { id, element } of rows) {
    const opacity = moving.has(id) ? FADED : "";
    if (element.style.opacity !== opacity) element.style.opacity = opacity;
  }
}

interface Overlay {
  draw(place: DropPlace | null, pointer: { readonly x: number; readonly y: number }, edges: DOMRect): void;
  remove(): void;
}

function overlay(scroller: HTMLElement, words: string): Overlay {
  const shield = document.createElement("div");
  const line = document.createElement("div");
  const badge = document.createElement("div");
  shield.className = styles.shield ?? "";
  line.className = styles.line ?? "";
  badge.className = styles.badge ?? "";
  badge.textContent = words;
  shield.ariaHidden = "true";
  shield.append(line, badge);
  scroller.append(shield);
  const list = scroller.querySelector("[role='list']");
  return {
    draw(place, { x, y }, edges) {
      const { left, width } = (list ?? scroller).getBoundingClientRect();
      line.hidden = place === null;
      line.style.top = `${Math.max(edges.top + 2, Math.min(edges.bottom - 2, place?.y ?? 0))}px`;
      line.style.left = `${left + 12}px`;
      line.style.width = `${width - 24}px`;
      badge.style.left = `${Math.min(x + 14, edges.right - 140)}px`;
      badge.style.top = `${y + 14}px`;
    },
    remove: () => shield.remove(),
  };
}
