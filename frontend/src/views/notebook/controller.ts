/**
 * One open notebook as the view sees it: what is selected, folded and focused, and every edit that a key, a button or a
 * menu can ask for. Holds view state only; what is in the notebook is in the document, what ran is in the run store.
 *
 * One per open notebook, made by the composition root; `close` ends it.
 */
import type { CellContent, CellId, CellType } from "../../core/cell.ts";
import { canEdit } from "../../core/notebook.ts";
import { type Observable, Value } from "../../core/observable.ts";
import { announce } from "../../doc/awareness.ts";
import type { PastedCell } from "../../doc/notebook-doc.ts";
import { text } from "../../i18n/t.ts";
import { forgetIds, keepCells, keptCells } from "./clipboard.ts";
import { EditorTurns } from "./editor-turns.ts";
import { FindModel } from "./find-model.ts";
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

/** Where the focus is to go: the cell itself, or a place in its editor. `serial` tells two equal wishes apart. */
export interface FocusWish {
  readonly cellId: CellId;
  readonly where: "cell" | "editor" | "start" | "end";
  readonly serial: number;
}

/** Cursors are told to others at most this often. */
const CURSOR_MS = 120;

export type Side = "above" | "below";

export class NotebookController {
  readonly services: NotebookServices;
  readonly sections: SectionModel;
  readonly find: FindModel;
  /** Whether the person is scrolling just now: what is costly waits. */
  readonly scrolling = new Value(false);
  readonly editorTurns = new EditorTurns(this.scrolling);
  readonly #selection = new Value<CellSelection>(nothingSelected);
  readonly #focus = new Value<FocusWish | null>(null);
  readonly #announcement = new Value<{ readonly text: string; readonly serial: number } | null>(null);
  readonly #lineNumbers = new Value(false);
  readonly #cursors = new Map<CellId, { anchor: number; head: number }>();
  readonly #ends: (() => void)[] = [];
  #cursorTimer: ReturnType<typeof setTimeout> | undefined;
  #cleared: ReturnType<NotebookServices["runs"]["clearOutputs"]> | null = null;
  #serial = 0;
  #idsBefore: readonly CellId[] = [];

  constructor(services: NotebookServices) {
    this.services = services;
    this.sections = new SectionModel(services.doc);
    this.find = new FindModel(services.doc, (match) => this.#showMatch(match.cellId, match.from, match.to));
    this.#idsBefore = services.doc.cellIds();
    announce(services.doc.awareness, { person: pick(services.person) });
    this.#ends.push(services.doc.subscribeCells(() => this.#onCells()));
  }

  close(): void {
    clearTimeout(this.#cursorTimer);
    for (const end of this.#ends.splice(0)) end();
    this.sections.close();
    this.find.close();
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
  get lineNumbers(): Observable<boolean> {
    return this.#lineNumbers;
  }
  get activeId(): CellId | null {
    return this.#selection.get().active;
  }
  get mode(): Mode {
    return this.#selection.get().mode;
  }
  get isReadOnly(): boolean {
    const { hello } = this.services.room.state.get();
    return this.services.doc.isReadOnly || (hello !== null && !canEdit(hello.role));
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
    if (this.services.doc.cell(next)?.type === "code") this.edit(next, direction > 0 ? "start" : "end");
    else this.select(next);
    return true;
  }

  // Cells

  /** Adds a cell. `then` "select" leaves it selected (Jupyter's a and b), "edit" puts the cursor in. */
  insert(type: CellType, side: Side, at: CellId | null = this.activeId, then: "edit" | "select" = "edit"): void {
    const ids = this.services.doc.cellIds();
    const index = at === null ? -1 : ids.indexOf(at);
    const last = at === null ? ids.at(-1) : this.sections.withHidden([at]).at(-1);
    const after = side === "above" ? (ids[index - 1] ?? null) : (last ?? null);
    this.#endStep();
    const id = this.services.doc.insertCell({ after, type });
    if (then === "edit") this.edit(id);
    else this.select(id);
  }

  remove(ids: readonly CellId[] = this.selected()): void {
    if (ids.length === 0) return;
    this.#endStep();
    this.services.doc.deleteCells(ids);
    if (this.services.doc.cellIds().length === 0) this.services.doc.insertCell({ after: null, type: "code" });
    this.say(text("notebook.deletedCells", { count: ids.length }));
    this.#focusActive();
  }

  move(step: -1 | 1): void {
    const ids = this.services.doc.cellIds();
    const moving = this.selected();
    const [first] = moving;
    const last = moving.at(-1);
    if (first === undefined || last === undefined) return;
    const { visible } = this.sections.view.get();
    const at = visible.indexOf(first);
    const below = visible.find((id) => ids.indexOf(id) > ids.indexOf(last));
    if (step < 0 ? at <= 0 : below === undefined) return;
    const aboveTarget = visible[at - 1] ?? null;
    const after =
      step < 0
        ? (ids[ids.indexOf(aboveTarget ?? "") - 1] ?? null)
        : (this.sections.withHidden([below ?? last]).at(-1) ?? null);
    this.#moveTo(moving, after);
  }

  moveToEdge(edge: "first" | "last"): void {
    this.#moveTo(this.selected(), edge === "first" ? null : (this.services.doc.cellIds().at(-1) ?? null));
  }

  #moveTo(moving: readonly CellId[], after: CellId | null): void {
    if (moving.length === 0) return;
    this.#endStep();
    this.services.doc.moveCells(moving, after);
    const ids = this.services.doc.cellIds();
    this.say(text("notebook.movedTo", { position: ids.indexOf(moving[0] ?? "") + 1, total: ids.length }));
    this.#focusActive();
  }

  split(): void {
    const id = this.activeId;
    const cursor = id === null ? null : this.cursorOf(id);
    if (id === null || !cursor || this.mode !== "edit") return;
    this.#endStep();
    const second = this.services.doc.splitCell(id, Math.min(cursor.anchor, cursor.head));
    this.#cursors.set(second, { anchor: 0, head: 0 });
    this.edit(second, "start");
  }

  /** Merges the selected cells; a single one with the cell below (or above). */
  merge(side: Side = "below"): void {
    const selected = this.selected();
    const { visible } = this.sections.view.get();
    const neighbour = stepFrom(visible, this.activeId, side === "below" ? 1 : -1);
    const ids = selected.length > 1 ? selected : [...selected, ...(neighbour ? [neighbour] : [])];
    if (new Set(ids).size < 2) return;
    this.#endStep();
    this.select(this.services.doc.mergeCells(ids));
  }

  setType(type: CellType): void {
    this.#endStep();
    for (const id of this.selected()) this.services.doc.setType(id, type);
    this.#focusActive();
  }

  /** Makes the active cell a heading of this level. */
  setHeading(level: number): void {
    const id = this.activeId;
    const cell = id === null ? null : this.services.doc.cell(id);
    if (id === null || !cell) return;
    this.#endStep();
    this.services.doc.setType(id, "markdown");
    this.services.doc.setSource(id, `${"#".repeat(level)} ${cell.source.toString().replace(/^\s*#{1,6}[ \t]+/, "")}`);
    this.#focusActive();
  }

  duplicate(): void {
    this.#endStep();
    const made = this.services.doc.duplicateCells(this.selected());
    for (const [from, to] of made) this.services.runs.copyHead(from, to);
    const last = [...made.values()].at(-1);
    if (last !== undefined) this.select(last);
  }

  // Clipboard

  /** Copies the selected cells. Returns what a clipboard event should carry, null when nothing is selected. */
  copy(): { readonly cells: string; readonly plain: string } | null {
    const cells = this.#contents(this.selected(), { withIds: false });
    if (cells.length === 0) return null;
    this.say(text("notebook.copiedCells", { count: cells.length }));
    return { cells: keepCells(cells), plain: cells.map((cell) => cell.source).join("\n\n") };
  }

  cut(): { readonly cells: string; readonly plain: string } | null {
    const ids = this.selected();
    const cells = this.#contents(ids, { withIds: true });
    if (cells.length === 0) return null;
    const answer = { cells: keepCells(cells), plain: cells.map((cell) => cell.source).join("\n\n") };
    this.remove(ids);
    return answer;
  }

  paste(side: Side = "below", cells: readonly PastedCell[] = keptCells()): void {
    if (cells.length === 0) return;
    const ids = this.services.doc.cellIds();
    const at = this.activeId === null ? -1 : ids.indexOf(this.activeId);
    const below =
      this.activeId === null ? (ids.at(-1) ?? null) : (this.sections.withHidden([this.activeId]).at(-1) ?? null);
    this.#endStep();
    const pasted = this.services.doc.pasteCells(cells, side === "above" ? (ids[at - 1] ?? null) : below);
    forgetIds();
    const last = pasted.at(-1);
    if (last !== undefined) this.select(last);
  }

  #contents(ids: readonly CellId[], { withIds }: { withIds: boolean }): PastedCell[] {
    return ids.flatMap((id): PastedCell[] => {
      const cell = this.services.doc.cell(id);
      if (!cell) return [];
      const metadata = Object.fromEntries(cell.metadataKeys.map((key) => [key, cell.metadata(key) ?? null]));
      const content: CellContent = {
        type: cell.type,
        source: cell.source.toString(),
        metadata,
        ...(cell.attachments ? { attachments: cell.attachments } : {}),
      };
      return [withIds ? { ...content, id } : content];
    });
  }

  // Undo

  undo(): void {
    this.#afterUndo(this.services.doc.undo.undo());
  }

  redo(): void {
    this.#afterUndo(this.services.doc.undo.redo());
  }

  #afterUndo(touched: readonly CellId[]): void {
    const { visible } = this.sections.view.get();
    const id = visible.find((one) => touched.includes(one));
    if (id === undefined || id === this.activeId) this.#focusActive();
    else if (this.mode === "edit") this.edit(id);
    else this.select(id);
  }

  // Running

  /** Runs the selected cells; text cells are closed. `then`: where to go afterwards. */
  run(then: "stay" | "next" | "insert"): void {
    const ids = this.selected();
    const last = ids.at(-1);
    if (last === undefined) return;
    this.services.actions.runCells(ids.filter((id) => this.services.doc.cell(id)?.type === "code"));
    if (then === "stay") this.command();
    else if (then === "insert") this.insert("code", "below", last);
    else this.#advance(last);
  }

  #advance(from: CellId): void {
    const next = stepFrom(this.sections.view.get().visible, from, 1);
    if (next !== null && next !== from) this.select(next);
    else if (this.isReadOnly) this.command();
    else this.insert("code", "below", from);
  }

  /** Runs code cells before, from, or all around the active one, hidden ones too. */
  runRange(range: "all" | "before" | "after"): void {
    const ids = this.services.doc.cellIds();
    const at = this.activeId === null ? 0 : ids.indexOf(this.activeId);
    const chosen = range === "all" ? ids : range === "before" ? ids.slice(0, at) : ids.slice(at);
    this.services.actions.runCells(chosen.filter((id) => this.services.doc.cell(id)?.type === "code"));
  }

  clearOutputs(which: "selected" | "all"): void {
    this.#cleared = this.services.runs.clearOutputs(which === "all" ? this.services.doc.cellIds() : this.selected());
  }

  get canRestoreOutputs(): boolean {
    return this.#cleared !== null;
  }

  /** Brings back what the last "clear" took away. */
  restoreOutputs(): void {
    if (this.#cleared) this.services.runs.restoreHeads(this.#cleared);
    this.#cleared = null;
  }

  // Folding

  toggleOutput(ids: readonly CellId[] = this.selected()): void {
    for (const id of ids) this.#toggleFlag(id, "collapsed");
  }

  toggleLineNumbers(): void {
    this.#lineNumbers.set(!this.#lineNumbers.get());
  }

  #toggleFlag(id: CellId, key: string): void {
    const cell = this.services.doc.cell(id);
    if (cell?.type === "code")
      this.services.doc.setCellMetadata(id, key, cell.metadata(key) === true ? undefined : true);
  }

  // Inside

  #showMatch(id: CellId, from: number, to: number): void {
    this.sections.reveal(id);
    this.#cursors.set(id, { anchor: from, head: to });
    this.#selection.set(selectOnly(id, this.services.doc.cell(id)?.type === "code" ? "command" : "edit"));
    this.#serial += 1;
  }

  #onCells(): void {
    const ids = this.services.doc.cellIds();
    this.#selection.set(withoutGone(this.#idsBefore, ids, this.#selection.get()));
    this.#idsBefore = ids;
    if (this.#selection.get().active === null && ids[0] !== undefined) this.#selection.set(selectOnly(ids[0]));
  }

  #focusActive(): void {
    const id = this.activeId;
    if (id !== null) this.#wish(id, this.mode === "edit" ? "editor" : "cell");
  }

  #wish(cellId: CellId, where: FocusWish["where"]): void {
    this.sections.reveal(cellId);
    this.#serial += 1;
    this.#focus.set({ cellId, where, serial: this.#serial });
  }

  #endStep(): void {
    this.services.doc.undo.endStep();
  }
}

/** The hub drops a presence with other members than these (SPEC 2.8). */
function pick({ id, name, color }: NotebookServices["person"]): NotebookServices["person"] {
  return { id, name, color };
}
