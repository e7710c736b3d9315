/**
 * Which rows of the notebook exist: those in sight, some around, and one that is kept. Rows are placed past React: a cell that
 * grows while somebody types or a kernel prints moves the rows below it by one style property each, and draws nothing again.
 */
import type { CellId } from "../../core/cell.ts";
import { type Observable, Value } from "../../core/observable.ts";
import { RowPlaces } from "./row-places.ts";

/** Rows exist this far above and below what is in sight, CSS pixels. */
const AROUND_PX = 500;
const PADDING_PX = 12;
/** A row that is brought into sight does not stick to the edge. */
const EDGE_PX = 12;

export class CellWindow {
  readonly #scroller: HTMLElement;
  readonly #places: RowPlaces<CellId>;
  readonly #rows = new Value<readonly CellId[]>([]);
  readonly #elements = new Map<CellId, HTMLElement>();
  readonly #idOf = new WeakMap<Element, CellId>();
  /** Rows that came to be and are not measured yet. */
  readonly #fresh = new Set<CellId>();
  readonly #observer: ResizeObserver;
  #list: HTMLElement | null = null;
  /** Where the list begins in what is scrolled. */
  #offset = 0;
  #viewHeight = 0;
  #kept: CellId | null = null;
  /** The row that was brought into sight, until somebody is at another one. */
  #sought: CellId | null = null;
  #frame = 0;

  constructor(scroller: HTMLElement, estimate: (id: CellId) => number) {
    this.#scroller = scroller;
    this.#viewHeight = scroller.clientHeight;
    this.#places = new RowPlaces(estimate, PADDING_PX);
    this.#observer = new ResizeObserver((entries) => this.#onSizes(entries));
  }

  /** Rows that are to exist, in order; the same array until they change. */
  get rows(): Observable<readonly CellId[]> {
    return this.#rows;
  }

  /** Begins to follow the scroller. Returns the end. */
  attach(list: HTMLElement): () => void {
    const scroller = this.#scroller;
    const onScroll = (): void => this.#lookSoon();
    this.#list = list;
    scroller.addEventListener("scroll", onScroll, { passive: true });
    this.#observer.observe(scroller);
    for (const element of this.#elements.values()) this.#observer.observe(element);
    this.#place();
    return () => {
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
      scroller.removeEventListener("scroll", onScroll);
      this.#observer.disconnect();
      this.#list = null;
    };
  }

  /** The cells in order, and the one whose row must exist wherever it stands. What is in sight stays where it is. */
  show(ids: readonly CellId[], kept: CellId | null): void {
    this.#kept = kept;
    if (kept !== this.#sought) this.#sought = null;
    if (ids !== this.#places.ids) {
      const anchor = this.#anchor();
      const before = anchor === null ? 0 : this.#places.topOf(anchor);
      this.#places.setIds(ids);
      this.#place();
      if (anchor !== null && this.#places.indexOf(anchor) >= 0) this.#shift(this.#places.topOf(anchor) - before);
    }
    this.#look();
  }

  /** Where a row stands in the list, CSS pixels. */
  topOf(id: CellId): number {
    return this.#places.topOf(id);
  }

  /** A row came to be: puts it in its place and measures it from now on. Returns what ends that. */
  hold(id: CellId, element: HTMLElement): () => void {
    this.#elements.set(id, element);
    this.#idOf.set(element, id);
    this.#fresh.add(id);
    setTop(element, this.#places.topOf(id));
    this.#observer.observe(element);
    return () => {
      this.#elements.delete(id);
      this.#fresh.delete(id);
      this.#observer.unobserve(element);
    };
  }

  /** Scrolls as little as needed to have a row in sight. A row that was never measured stands where it is guessed to. */
  bringIntoSight(id: CellId): void {
    if (this.#places.indexOf(id) < 0) return;
    this.#sought = id;
    const top = this.#places.topOf(id) + this.#offset;
    const bottom = this.#places.bottomOf(id) + this.#offset;
    const { scrollTop } = this.#scroller;
    if (top >= scrollTop && bottom <= scrollTop + this.#viewHeight) return;
    const isAbove = top < scrollTop || bottom - top > this.#viewHeight;
    this.#scroller.scrollTop = isAbove ? top - EDGE_PX : bottom + EDGE_PX - this.#viewHeight;
    this.#look();
  }

  /** Whether a row exists and is not just kept. */
  isNear(id: CellId): boolean {
    const index = this.#places.indexOf(id);
    const { first, last } = this.#range();
    return index >= first && index <= last;
  }

  #range(): { readonly first: number; readonly last: number } {
    const y = this.#scroller.scrollTop - this.#offset;
    return {
      first: this.#places.indexAt(y - AROUND_PX),
      last: this.#places.indexAt(y + this.#viewHeight + AROUND_PX),
    };
  }

  #look(): void {
    const { ids } = this.#places;
    const { first, last } = this.#range();
    const rows = first < 0 ? [] : ids.slice(first, last + 1);
    const kept = this.#kept === null ? -1 : this.#places.indexOf(this.#kept);
    if (kept >= 0 && kept < first) rows.unshift(ids[kept] as CellId);
    if (kept > last) rows.push(ids[kept] as CellId);
    const now = this.#rows.get();
    if (rows.length !== now.length || rows.some((id, index) => id !== now[index])) this.#rows.set(rows);
  }

  /** The first row that is wholly in sight. */
  #anchor(): CellId | null {
    const y = this.#scroller.scrollTop - this.#offset;
    if (y <= PADDING_PX) return null;
    const index = this.#places.indexAt(y);
    const id = this.#places.ids[index];
    return id !== undefined && this.#places.topOf(id) < y ? (this.#places.ids[index + 1] ?? id) : (id ?? null);
  }

  // Layout is clean when this is called: reading costs nothing.
  #onSizes(entries: readonly ResizeObserverEntry[]): void {
    if (!this.#list) return;
    const { scrollTop } = this.#scroller;
    this.#viewHeight = this.#scroller.clientHeight;
    this.#offset = this.#list.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top + scrollTop;
    const y = scrollTop - this.#offset;
    // What comes over the row that somebody went to, and is of another height than was known, must not push it out of sight. What grows
    // there later may: somebody may have scrolled back to read it.
    const sought = this.#sought !== null && this.isNear(this.#sought) ? this.#places.indexOf(this.#sought) : -1;
    let above = 0;
    let moved = 0;
    for (const { target, borderBoxSize } of entries) {
      const id = this.#idOf.get(target);
      const height = borderBoxSize[0]?.blockSize ?? 0;
      if (id === undefined || height === 0) continue;
      // A row above that was guessed wrong, or that grew, must not move what is read; one that is half in sight grows at its end.
      const isAbove = this.#places.isMeasured(id) ? this.#places.bottomOf(id) <= y : this.#places.topOf(id) < y;
      const delta = this.#places.measure(id, height);
      moved += Math.abs(delta);
      const isFresh = this.#fresh.delete(id);
      if (isAbove || (isFresh && this.#places.indexOf(id) < sought)) above += delta;
    }
    if (moved > 0) this.#place();
    this.#shift(above);
    this.#lookSoon();
  }

  /**
   * Not at once: rows that came to be while sizes are told would be measured a frame late, and while a scroll is told would
   * make each editor that asks where it stands lay the page out. After a scroll this is still the same frame.
   */
  #lookSoon(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#look();
    });
  }

  #shift(byPx: number): void {
    if (byPx !== 0) this.#scroller.scrollTop += byPx;
  }

  #place(): void {
    if (this.#list) this.#list.style.height = `${this.#places.height}px`;
    for (const [id, element] of this.#elements) {
      if (this.#places.indexOf(id) >= 0) setTop(element, this.#places.topOf(id));
    }
  }
}

// Not a transform: that would be a stacking context, and a list of completions would lie under the next cell.
function setTop(element: HTMLElement, top: number): void {
  const value = `${top}px`;
  if (element.style.top !== value) element.style.top = value;
}
