/**
 * One open notebook as the view sees it: every edit that a key, a button or a menu can ask for, on top of what is selected
 * (`selection-model.ts`). Holds view state only; what is in the notebook is in the document, what ran is in the run store.
 *
 * One per open notebook, made by the composition root; `close` ends it.
 */
import type { Extension } from "@codemirror/state";
import type { CellContent, CellId, CellType } from "../../core/cell.ts";
import { canEdit } from "../../core/notebook.ts";
import { type Observable, Value } from "../../core/observable.ts";
import { CELL_MARK, saysHome, withoutTelling } from "../../core/private-outputs.ts";
import type { PastedCell } from "../../doc/notebook-doc.ts";
import { text } from "../../i18n/t.ts";
import { forgetIds, keepCells, keptCells } from "./clipboard.ts";
import { EditorTurns } from "./editor-turns.ts";
import type { Match } from "./find.ts";
import { FindDesk } from "./find-desk.ts";
import { type Change, folding, isFolded } from "./output-fold.ts";
import { tellRunEnds } from "./run-news.ts";
import { stepFrom } from "./selection.ts";
import { SelectionModel, withEntry } from "./selection-model.ts";
import type { NotebookServices, ShownOutputs } from "./services.ts";
import { ShownRuns } from "./shown-runs.ts";
import { foldingSource } from "./source-fold.ts";

export type Side = "above" | "below";

export class NotebookController extends SelectionModel {
  readonly find = new FindDesk();
  /** Whether the person is scrolling just now: what is costly waits. */
  readonly scrolling = new Value(false);
  readonly editorTurns = new EditorTurns(this.scrolling);
  /** What editors of code cells have at their left besides, by cell: the debugger's breakpoints. Null while there is nothing. */
  readonly margin = new Value<((cellId: CellId) => Extension) | null>(null);
  /** Whether the field for the answer to a cell that asks is in sight. */
  readonly inputInSight = new Value(false);
  /** Outputs of the cells whose rows are mounted. */
  readonly shownOutputs = new Value<ReadonlyMap<CellId, ShownOutputs>>(new Map());
  /** What the cells in sight show of their runs. */
  readonly shownRuns: ShownRuns;
  readonly #lineNumbers = new Value(false);
  readonly #readOnly = new Value(true);
  readonly #isReader = new Value(false);
  readonly #foldsHere = new Value<ReadonlyMap<CellId, boolean>>(new Map());
  readonly #ends: (() => void)[] = [];
  #cleared: ReturnType<NotebookServices["runs"]["clearOutputs"]> | null = null;

  constructor(services: NotebookServices) {
    super(services);
    this.shownRuns = new ShownRuns(services);
    const { doc, room, actions } = services;
    const look = (): void => this.#lookAtRights();
    // The hub loads the document; until it is there nothing can be edited.
    // Not `update`: for its listeners Yjs writes out what changed, at the first the whole notebook.
    doc.doc.on("afterTransaction", look);
    this.#ends.push(room.state.subscribe(look), () => doc.doc.off("afterTransaction", look));
    this.#ends.push(actions.stdin.subscribe(() => this.#tellAsking()));
    this.#ends.push(
      tellRunEnds({
        queue: actions.queue,
        statusOf: (id) => services.runs.headOf(id)?.status ?? null,
        positionOf: (id) => (doc.cell(id) === null ? 0 : this.sections.positionOf(id)),
        say: (message) => this.say(message),
      }),
    );
    look();
  }

  override close(): void {
    super.close();
    for (const end of this.#ends.splice(0)) end();
  }

  get lineNumbers(): Observable<boolean> {
    return this.#lineNumbers;
  }
  /** Whether outputs are hidden, where this page alone says so: to a reader, who can write nothing into the notebook, and to whoever looks for something. */
  get foldsHere(): Observable<ReadonlyMap<CellId, boolean>> {
    return this.#foldsHere;
  }
  get readOnly(): Observable<boolean> {
    return this.#readOnly;
  }
  get isReadOnly(): boolean {
    return this.#readOnly.get();
  }
  /** The notebook is there, and this person may not change it. `readOnly` is true before that, too: it tells nobody when it comes. */
  get isReader(): Observable<boolean> {
    return this.#isReader;
  }

  /** Shows a line, from 1, of a code cell; the focus stays where it is. */
  showLine(id: CellId, line: number): void {
    const lines = this.services.doc.cell(id)?.source.toString().split("\n") ?? [];
    const from = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    this.showPlace(id, from, from);
  }

  /** Shows what "find" found; the focus stays where it is. */
  showMatch({ cellId, from, to, output }: Match): void {
    if (output === undefined) {
      this.showPlace(cellId, from, to);
      return;
    }
    this.showCell(cellId);
    const metadata = this.services.doc.cell(cellId)?.metadata;
    // Shown here and to nobody else: looking for something changes no notebook.
    if (metadata && (this.#foldsHere.get().get(cellId) ?? isFolded(metadata))) this.#foldHere(cellId, false);
  }

  /** A row with outputs came to be. Returns what ends that. */
  showsOutputs(id: CellId, shown: ShownOutputs): () => void {
    this.shownOutputs.set(new Map(this.shownOutputs.get()).set(id, shown));
    return () => {
      const rest = new Map(this.shownOutputs.get());
      if (rest.get(id) === shown) rest.delete(id);
      this.shownOutputs.set(rest);
    };
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
    const { doc } = this.services;
    const going = new Set(ids);
    if (doc.cellIds().every((id) => going.has(id))) doc.deleteAllCells();
    else doc.deleteCells(ids);
    this.say(text("notebook.deletedCells", { count: ids.length }));
    this.focusActive();
  }

  move(step: -1 | 1): void {
    const ids = this.services.doc.cellIds();
    const moving = this.selected();
    const [first] = moving;
    const last = moving.at(-1);
    if (first === undefined || last === undefined) return;
    if (this.sections.isCollapsed(first) && moving.length > 1) {
      this.#moveSection(moving, step);
      return;
    }
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

  /**
   * A collapsed section hops over its neighbour section, not over a cell: cells that came to stand behind it would be taken
   * for its own, and vanish.
   */
  #moveSection(moving: readonly CellId[], step: -1 | 1): void {
    const ids = this.services.doc.cellIds();
    const level = this.sections.levelOf(moving[0] ?? "") ?? 1;
    const begins = (index: number): boolean => {
      const id = ids[index];
      const other = id === undefined ? 0 : this.sections.levelOf(id);
      return other !== null && other <= level;
    };
    let at = step < 0 ? ids.indexOf(moving[0] ?? "") - 1 : ids.indexOf(moving.at(-1) ?? "") + 2;
    while (at >= 0 && at <= ids.length && !begins(at)) at += step;
    if (at >= 0 && at <= ids.length) this.#moveTo(moving, ids[at - 1] ?? null);
  }

  moveToEdge(edge: "first" | "last"): void {
    this.#moveTo(this.selected(), edge === "first" ? null : (this.services.doc.cellIds().at(-1) ?? null));
  }

  /** Moves cells so that they stand before another, null: at the end. Cells of a collapsed section stay together. */
  moveBefore(moving: readonly CellId[], before: CellId | null): void {
    const ids = this.services.doc.cellIds();
    const after = before === null ? (ids.at(-1) ?? null) : (ids[ids.indexOf(before) - 1] ?? null);
    const isThere =
      moving.includes(before ?? "") || after === moving.at(-1) || (after !== null && moving.includes(after));
    if (!this.isReadOnly && !isThere) this.#moveTo(moving, after);
  }

  #moveTo(moving: readonly CellId[], after: CellId | null): void {
    if (moving.length === 0) return;
    this.#endStep();
    this.services.doc.moveCells(moving, after);
    const ids = this.services.doc.cellIds();
    this.say(text("notebook.movedTo", { position: ids.indexOf(moving[0] ?? "") + 1, total: ids.length }));
    this.focusActive();
  }

  split(): void {
    const id = this.activeId;
    const cursor = id === null ? null : this.cursorOf(id);
    if (id === null || !cursor || this.mode !== "edit") return;
    this.#endStep();
    const second = this.services.doc.splitCell(id, Math.min(cursor.anchor, cursor.head));
    this.placeCursor(second, 0, 0);
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
    this.services.doc.atOnce(() => this.selected().forEach((id) => void this.services.doc.setType(id, type)));
    this.focusActive();
  }

  /** Makes the active cell a heading of this level. */
  setHeading(level: number): void {
    const id = this.activeId;
    const cell = id === null ? null : this.services.doc.cell(id);
    if (id === null || !cell) return;
    const words = cell.source.toString().replace(/^\s*#{1,6}[ \t]+/, "");
    this.#endStep();
    this.services.doc.atOnce(() => {
      this.services.doc.setType(id, "markdown");
      this.services.doc.setSource(id, `${"#".repeat(level)} ${words}`);
    });
    this.focusActive();
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

  paste(side: Side = "below", taken: readonly PastedCell[] = keptCells()): void {
    if (taken.length === 0) return;
    const staysHome = this.services.room.state.get().hello?.omit_outputs ?? false;
    const cells = taken.map((cell) => (staysHome || saysHome(cell.metadata?.[CELL_MARK]) ? bareOf(cell) : cell));
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
    this.#step(() => this.services.doc.undo.undo());
  }

  redo(): void {
    this.#step(() => this.services.doc.undo.redo());
  }

  #step(take: () => readonly CellId[]): void {
    // Before the step: the cell that is written in may go with it, and what is typed next must not be taken for commands.
    const { mode } = this;
    const touched = take();
    const id = this.sections.view.get().visible.find((one) => touched.includes(one));
    const shown = id ?? this.activeId;
    // To write in what the step hid would show it again: a step more, and no way back past it.
    if (id !== undefined && this.isCodeHidden(id)) this.select(id);
    else if (mode === "edit" && shown !== null && !this.isCodeHidden(shown)) this.edit(shown);
    else if (id === undefined || id === this.activeId) this.focusActive();
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

  /** Runs the text that is selected in the active cell, or the cursor's line, and stays there. */
  runSelectedText(): void {
    const id = this.activeId;
    if (id === null) return;
    const isSomething = this.services.actions.runPart(id, this.cursorOf(id) ?? { anchor: 0, head: 0 });
    if (!isSomething) this.say(text("notebook.nothingToRun"));
  }

  /** Runs the active cell; it stops at its breakpoints, or in its first line. */
  debugCell(): void {
    if (this.activeId !== null) this.services.actions.runCells([this.activeId], { isDebugged: true });
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

  /** The cell that works on this person's kernel, in this page (between two cells: the next) or another one of theirs; null: none that is there. */
  get runningId(): CellId | null {
    const { actions, runs, doc } = this.services;
    const own = actions.queue.get().entries.filter(({ cellId }) => doc.cell(cellId));
    const next = own.find(({ phase }) => phase === "running") ?? own[0];
    const elsewhere = () =>
      runs.unfinished().find(({ cell_id: id }) => actions.placeOf(id) === "running" && doc.cell(id));
    return next?.cellId ?? elsewhere()?.cell_id ?? null;
  }

  /** Into the field of one that asks. */
  goToRunning(): void {
    const id = this.runningId;
    if (id === null) return;
    if (this.services.actions.stdin.get()?.cellId === id) this.toInput(id);
    else this.select(id);
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
    this.#atOnce(() => ids.forEach((id) => void this.#toggleFold(id)));
  }

  /** Hides the code of the selected cells, or shows it: as the active one does not. */
  toggleCode(): void {
    const isHidden = this.activeId !== null && !this.isCodeHidden(this.activeId);
    this.#atOnce(() => this.selected().forEach((id) => void this.foldCode(id, isHidden)));
    this.command();
  }

  /** For everybody; by a reader, who can write nothing into the notebook, in this page. */
  foldCode(id: CellId, isHidden: boolean): void {
    const cell = this.services.doc.cell(id);
    if (cell?.type !== "code" || this.isCodeHidden(id) === isHidden) return;
    this.foldCodeHere(id, this.isReadOnly ? isHidden : null);
    if (this.isReadOnly) return;
    this.#setMetadata(id, foldingSource(cell.metadata, cell.source.toString(), isHidden));
  }

  /** Whoever wants to write in hidden code sees it. */
  override edit(id: CellId | null = this.activeId, where: "editor" | "start" | "end" = "editor"): void {
    if (id !== null) this.foldCode(id, false);
    super.edit(id, where);
  }

  toggleLineNumbers(): void {
    this.#lineNumbers.set(!this.#lineNumbers.get());
  }

  #toggleFold(id: CellId): void {
    const cell = this.services.doc.cell(id);
    if (cell?.type !== "code") return;
    const isHidden = !(this.#foldsHere.get().get(id) ?? isFolded(cell.metadata));
    this.#foldHere(id, this.isReadOnly ? isHidden : null);
    if (this.isReadOnly) return;
    this.#setMetadata(id, folding(cell.metadata, isHidden));
  }

  #setMetadata(id: CellId, changes: readonly Change[]): void {
    this.#atOnce(() => changes.forEach(([key, value]) => void this.services.doc.setCellMetadata(id, key, value)));
  }

  /** One step for undo; what a reader does writes nothing. */
  #atOnce(work: () => void): void {
    if (this.isReadOnly) work();
    else this.services.doc.atOnce(work);
  }

  /** In this page only; null: as the notebook says. */
  #foldHere(id: CellId, isHidden: boolean | null): void {
    this.#foldsHere.set(withEntry(this.#foldsHere.get(), id, isHidden));
  }

  // Inside

  #lookAtRights(): void {
    const { doc, room } = this.services;
    const { hello } = room.state.get();
    const { isLoaded } = doc;
    this.#readOnly.set(!isLoaded || doc.isReadOnly || (hello !== null && !canEdit(hello.role)));
    this.#isReader.set(isLoaded && hello !== null && this.isReadOnly);
  }

  /** A cell that asks waits for ever where nobody sees or hears of it. */
  #tellAsking(): void {
    const question = this.services.actions.stdin.get();
    if (!question) return;
    this.sections.reveal(question.cellId);
    const isThere = this.services.doc.cell(question.cellId)?.type === "code";
    const position = this.sections.positionOf(question.cellId);
    this.say(isThere ? text("notebook.cellAsks", { position }) : text("notebook.goneAsks"));
  }

  #endStep(): void {
    this.services.doc.undo.endStep();
  }
}

/** A pasted cell as it may stand where outputs stay at home. */
function bareOf(cell: PastedCell): PastedCell {
  const { attachments, ...rest } = cell;
  const kept = cell.type === "markdown" && attachments !== undefined ? { attachments } : {};
  return { ...rest, ...kept, metadata: withoutTelling(cell.metadata ?? {}) };
}
