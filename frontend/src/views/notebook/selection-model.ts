/**
 * Which cells are selected, where the focus is to go, where the cursors are, and what screen readers are told. View state of
 * one open notebook, above its document; `controller.ts` adds the edits.
 */
import type { CellId } from "../../core/cell.ts";
import { canEdit } from "../../core/notebook.ts";
import { type Observable, Value } from "../../core/observable.ts";
import { announce } from "../../doc/awareness.ts";
import { SectionModel } from "./section-model.ts";
import {
  type CellSelection,
  extendBy,
  type Mode,
  nothingSelected,
  selectedIds,
  selectOnly,
  stepFrom,
  withoutGone,
} from "./selection.ts";
import type { NotebookServices } from "./services.ts";
import { isSourceHidden } from "./source-fold.ts";

/** Where the focus is to go: the cell itself, a place in its editor, or where it is answered. `serial` tells two equal wishes apart. */
export interface FocusWish {
  readonly cellId: CellId;
  readonly where: "cell" | "editor" | "start" | "end" | "input";
  readonly serial: number;
}

/** Cursors are told to others at most this often. */
const CURSOR_MS = 120;

export class SelectionModel {
  readonly services: NotebookServices;
  readonly sections: SectionModel;
  readonly #selection = new Value<CellSelection>(nothingSelected);
  readonly #focus = new Value<FocusWish | null>(null);
  readonly #announcement = new Value<{ readonly text: string; readonly serial: number } | null>(null);
  readonly #codeHere = new Value<ReadonlyMap<CellId, boolean>>(new Map());
  readonly #cursors = new Map<CellId, { anchor: number; head: number }>();
  readonly #end: () => void;
  #cursorTimer: ReturnType<typeof setTimeout> | undefined;
  #serial = 0;
  #idsBefore: readonly CellId[];

  constructor(services: NotebookServices) {
    this.services = services;
    this.sections = new SectionModel(services.doc, services.sectionMemory);
    this.#idsBefore = services.doc.cellIds();
    announce(services.doc.awareness, { person: pick(services.person) });
    this.#end = services.doc.subscribeCells(() => this.#onCells());
  }

  close(): void {
    clearTimeout(this.#cursorTimer);
    this.#end();
    this.sections.close();
  }

  // State

  get selection(): Observable<CellSelection> {
    return this.#selection;
  }
  get focus(): Observable<FocusWish | null> {
    return this.#focus;
  }
  /** What a screen reader is to be told; shown to nobody else. */
  get announcement(): Observable<{ readonly text: string; readonly serial: number } | null> {
    return this.#announcement;
  }
  get activeId(): CellId | null {
    return this.#selection.get().active;
  }
  get mode(): Mode {
    return this.#selection.get().mode;
  }
  /** Selected cells in order; a collapsed heading stands for its whole section. */
  selected(): readonly CellId[] {
    return this.sections.withHidden(selectedIds(this.sections.view.get().visible, this.#selection.get()));
  }
  cursorOf(id: CellId): { readonly anchor: number; readonly head: number } | null {
    return this.#cursors.get(id) ?? null;
  }
  /** The wish was granted: a cell that comes into sight again does not take the focus again. */
  focusGranted(wish: FocusWish): void {
    if (this.#focus.get() === wish) this.#focus.set(null);
  }
  say(message: string): void {
    this.#serial += 1;
    this.#announcement.set({ text: message, serial: this.#serial });
  }

  /** Whether a cell's code is hidden, where this page alone says so: to a reader, and to whoever looks for something. */
  get codeHere(): Observable<ReadonlyMap<CellId, boolean>> {
    return this.#codeHere;
  }
  isCodeHidden(id: CellId): boolean {
    const cell = this.services.doc.cell(id);
    if (cell?.type !== "code") return false;
    return this.#codeHere.get().get(id) ?? isSourceHidden((key) => cell.metadata(key));
  }
  /** In this page only; null: as the notebook says. */
  protected foldCodeHere(id: CellId, isHidden: boolean | null): void {
    this.#codeHere.set(withEntry(this.#codeHere.get(), id, isHidden));
  }

  // Selection and focus

  select(id: CellId, { extend = false }: { extend?: boolean } = {}): void {
    const now = this.#selection.get();
    this.#selection.set(extend ? { active: id, anchor: now.anchor ?? id, mode: "command" } : selectOnly(id));
    this.#wish(id, "cell");
  }

  selectAll(): void {
    const { visible } = this.sections.view.get();
    const [first] = visible;
    const last = visible.at(-1);
    if (first === undefined || last === undefined) return;
    this.#selection.set({ active: last, anchor: first, mode: "command" });
    this.#wish(last, "cell");
  }

  step(step: -1 | 1): void {
    const next = stepFrom(this.sections.view.get().visible, this.activeId, step);
    if (next !== null) this.select(next);
  }

  extend(step: -1 | 1): void {
    this.#selection.set(extendBy(this.sections.view.get().visible, this.#selection.get(), step));
    if (this.activeId !== null) this.#wish(this.activeId, "cell");
  }

  selectEdge(edge: "first" | "last"): void {
    const { visible } = this.sections.view.get();
    const id = edge === "first" ? visible[0] : visible.at(-1);
    if (id !== undefined) this.select(id);
  }

  edit(id: CellId | null = this.activeId, where: "editor" | "start" | "end" = "editor"): void {
    if (id === null) return;
    this.#selection.set(selectOnly(id, "edit"));
    this.#wish(id, where);
  }

  /** Out of the editor, onto the cell. */
  command(): void {
    const id = this.activeId;
    if (id !== null) this.select(id);
  }

  /** To the field in which a cell that asks is answered. */
  toInput(id: CellId): void {
    this.#selection.set(selectOnly(id));
    this.#wish(id, "input");
  }

  /** The focus came to a cell by itself (click, Tab, screen reader). */
  noteFocus(id: CellId, mode: Mode): void {
    const now = this.#selection.get();
    const keepsBlock = mode === "command" && now.mode === "command" && now.active === id;
    if ((now.active !== id || now.mode !== mode) && !keepsBlock) this.#selection.set(selectOnly(id, mode));
  }

  noteCursor(id: CellId, anchor: number, head: number): void {
    this.#cursors.set(id, { anchor, head });
    // Others see it a moment later: presence must not cost anything per key.
    if (this.#cursorTimer !== undefined) return;
    this.#cursorTimer = setTimeout(() => {
      this.#cursorTimer = undefined;
      const cursor = this.activeId === null ? undefined : this.#cursors.get(this.activeId);
      const cell = this.activeId;
      announce(this.services.doc.awareness, { cursor: cell !== null && cursor ? { cell, ...cursor } : null });
    }, CURSOR_MS);
  }

  /** The cursor leaves the editor upwards or downwards into the neighbour; false at the notebook's ends. */
  leaveEditor(id: CellId, direction: -1 | 1): boolean {
    const next = stepFrom(this.sections.view.get().visible, id, direction);
    if (next === null || next === id) return false;
    if (this.services.doc.cell(next)?.type === "code" && !this.isCodeHidden(next))
      this.edit(next, direction > 0 ? "start" : "end");
    else this.select(next);
    return true;
  }

  /** The cursor of a cell that is about to be shown. */
  protected placeCursor(id: CellId, anchor: number, head: number): void {
    this.#cursors.set(id, { anchor, head });
  }

  /** Selects a place without taking the focus from where it is (the find bar). */
  protected showPlace(id: CellId, from: number, to: number): void {
    this.sections.reveal(id);
    // Here and for nobody else: looking at something changes no notebook.
    if (this.isCodeHidden(id)) this.foldCodeHere(id, false);
    this.#cursors.set(id, { anchor: from, head: to });
    this.#selection.set(selectOnly(id, this.services.doc.cell(id)?.type === "code" ? "command" : "edit"));
    this.#serial += 1;
  }

  /** Selects a cell without taking the focus from where it is. */
  protected showCell(id: CellId): void {
    this.sections.reveal(id);
    this.#selection.set(selectOnly(id));
  }

  #onCells(): void {
    const ids = this.services.doc.cellIds();
    this.#selection.set(withoutGone(this.#idsBefore, ids, this.#selection.get()));
    this.#idsBefore = ids;
    if (this.#selection.get().active === null && ids[0] !== undefined) this.#begin(ids[0], ids.length === 1);
  }

  /** In an empty notebook one writes: what is typed must not be taken for commands on a cell. */
  #begin(id: CellId, isOnly: boolean): void {
    const cell = this.services.doc.cell(id);
    const isEmpty = isOnly && cell?.type === "code" && cell.source.length === 0;
    if (isEmpty && canEdit(this.services.room.state.get().hello?.role ?? "viewer")) this.edit(id);
    else this.#selection.set(selectOnly(id));
  }

  protected focusActive(): void {
    const id = this.activeId;
    if (id !== null) this.#wish(id, this.mode === "edit" ? "editor" : "cell");
  }

  #wish(cellId: CellId, where: FocusWish["where"]): void {
    this.sections.reveal(cellId);
    this.#serial += 1;
    this.#focus.set({ cellId, where, serial: this.#serial });
  }
}

/** The map with this value, or without one. */
export function withEntry<Key, Of>(map: ReadonlyMap<Key, Of>, key: Key, value: Of | null): ReadonlyMap<Key, Of> {
  const next = new Map(map);
  if (value === null) next.delete(key);
  else next.set(key, value);
  return next;
}

/** The hub drops a presence with other members than these (SPEC 2.8). */
function pick({ id, name, color }: NotebookServices["person"]): NotebookServices["person"] {
  return { id, name, color };
}
