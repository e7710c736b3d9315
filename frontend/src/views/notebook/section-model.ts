/** Which sections are collapsed in this browser, and what is therefore in sight. */
import type { CellId } from "../../core/cell.ts";
import { type Observable, Value } from "../../core/observable.ts";
import { onChange } from "../../doc/changes.ts";
import type { NotebookDoc } from "../../doc/notebook-doc.ts";
import { headingLevel, hiddenUnder, isSameView, type SectionView, sectionOf, viewSections } from "./sections.ts";

/** Headings are looked at again this often at most, while somebody types: not for each key, and not half-written ones. */
const CALM_MS = 400;

/** Where a browser keeps which sections a person collapsed. */
export interface SectionMemory {
  collapsed(): readonly CellId[];
  keep(collapsed: readonly CellId[]): void;
}

export class SectionModel {
  readonly #doc: NotebookDoc;
  readonly #view: Value<SectionView>;
  readonly #ends: readonly (() => void)[];
  readonly #memory: SectionMemory | null;
  #collapsed: ReadonlySet<CellId> = new Set();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #positions: { ids: readonly CellId[]; byId: ReadonlyMap<CellId, number> } = { ids: [], byId: new Map() };

  constructor(doc: NotebookDoc, memory: SectionMemory | null = null) {
    this.#doc = doc;
    this.#memory = memory;
    this.#collapsed = new Set(memory?.collapsed());
    this.#view = new Value(viewSections(doc.cellIds(), this.#collapsed, this.#level));
    this.#ends = [doc.subscribeCells(() => this.#update()), onChange(doc.doc, () => this.#updateSoon())];
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const end of this.#ends) end();
  }

  get view(): Observable<SectionView> {
    return this.#view;
  }

  /** Position among all cells, from 1; 0 for a cell that is not there. */
  positionOf(id: CellId): number {
    const ids = this.#doc.cellIds();
    if (this.#positions.ids !== ids)
      this.#positions = { ids, byId: new Map(ids.map((one, index) => [one, index + 1])) };
    return this.#positions.byId.get(id) ?? 0;
  }

  isCollapsed(id: CellId): boolean {
    return this.#collapsed.has(id);
  }

  toggle(id: CellId): void {
    if (this.#level(id) === null) return;
    const next = new Set(this.#collapsed);
    if (!next.delete(id)) next.add(id);
    this.#set(next);
  }

  collapseAll(): void {
    this.#set(new Set(this.#doc.cellIds().filter((id) => this.#level(id) !== null)));
  }

  expandAll(): void {
    this.#set(new Set());
  }

  /** Opens whatever hides this cell. */
  reveal(id: CellId): void {
    const ids = this.#doc.cellIds();
    for (let over = this.#hidingOf(ids, id); over !== null; over = this.#hidingOf(ids, id)) {
      const next = new Set(this.#collapsed);
      next.delete(over);
      this.#set(next);
    }
  }

  /** Level of the heading that a cell begins with; null for every other cell. */
  levelOf(id: CellId): number | null {
    return this.#level(id);
  }

  /** These cells, and behind each collapsed heading what it hides. */
  withHidden(ids: readonly CellId[]): readonly CellId[] {
    if (this.#collapsed.size === 0) return ids;
    const all = this.#doc.cellIds();
    return [...new Set(ids.flatMap((id) => (this.#collapsed.has(id) ? sectionOf(all, id, this.#level) : [id])))];
  }

  #hidingOf(ids: readonly CellId[], id: CellId): CellId | null {
    return this.#collapsed.size === 0 ? null : hiddenUnder(ids, id, this.#collapsed, this.#level);
  }

  #set(collapsed: ReadonlySet<CellId>): void {
    this.#collapsed = collapsed;
    this.#memory?.keep([...collapsed]);
    this.#update();
  }

  #update(): void {
    this.#view.set(viewSections(this.#doc.cellIds(), this.#collapsed, this.#level));
  }

  /** A heading may have become one of another level, or none: what it hid is in sight then. */
  #updateSoon(): void {
    if (this.#collapsed.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const view = viewSections(this.#doc.cellIds(), this.#collapsed, this.#level);
      if (!isSameView(view, this.#view.get())) this.#view.set(view);
    }, CALM_MS);
  }

  readonly #level = (id: CellId): number | null => {
    const cell = this.#doc.cell(id);
    return cell?.type === "markdown" ? headingLevel(cell.source.toString()) : null;
  };
}
