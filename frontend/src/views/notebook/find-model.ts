/** The state of "find" in one notebook: what is looked for, what was found, which match is current. */
import type { CellId } from "../../core/cell.ts";
import { type Observable, Value } from "../../core/observable.ts";
import type { NotebookDoc } from "../../doc/notebook-doc.ts";
import { type FindOptions, findAll, findExpression, type Match, matchFrom, replacementFor } from "./find.ts";

export interface FindState {
  readonly isOpen: boolean;
  readonly showsReplace: boolean;
  readonly options: FindOptions;
  readonly isInvalid: boolean;
  readonly matches: readonly Match[];
  /** Index into `matches`, -1 for none. */
  readonly current: number;
  /** Counts how often it was opened, so that the field can take the focus again. */
  readonly opened: number;
}

const START: FindState = {
  isOpen: false,
  showsReplace: false,
  options: { text: "", matchCase: false, wholeWord: false, isRegExp: false },
  isInvalid: false,
  matches: [],
  current: -1,
  opened: 0,
};
/** Looking through all cells again waits until nobody typed for this long. */
const SETTLE_MS = 250;

export class FindModel {
  readonly #doc: NotebookDoc;
  readonly #state = new Value<FindState>(START);
  readonly #show: (match: Match) => void;
  readonly #onUpdate = (): void => this.#later();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(doc: NotebookDoc, show: (match: Match) => void) {
    this.#doc = doc;
    this.#show = show;
  }

  get state(): Observable<FindState> {
    return this.#state;
  }

  open(text: string | null, { withReplace = false }: { withReplace?: boolean } = {}): void {
    const now = this.#state.get();
    if (!now.isOpen) this.#doc.doc.on("update", this.#onUpdate);
    const options = text ? { ...now.options, text, isRegExp: false } : now.options;
    this.#state.set({
      ...now,
      isOpen: true,
      showsReplace: withReplace || now.showsReplace,
      options,
      opened: now.opened + 1,
    });
    this.#search();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#doc.doc.off("update", this.#onUpdate);
    this.#state.set({ ...this.#state.get(), isOpen: false, showsReplace: false, matches: [], current: -1 });
  }

  toggleReplace(): void {
    const now = this.#state.get();
    this.#state.set({ ...now, showsReplace: !now.showsReplace });
  }

  setOptions(options: Partial<FindOptions>, from: { cellId: CellId | null; offset: number }): void {
    const now = this.#state.get();
    this.#state.set({ ...now, options: { ...now.options, ...options } });
    this.#search();
    const { matches } = this.#state.get();
    this.#goTo(matchFrom(matches, this.#doc.cellIds(), from.cellId, from.offset));
  }

  step(step: -1 | 1): void {
    const { matches, current } = this.#state.get();
    if (matches.length > 0) this.#goTo((current + step + matches.length) % matches.length);
  }

  replace(replacement: string): void {
    const { matches, current, options } = this.#state.get();
    const match = matches[current];
    const expression = findExpression(options);
    const cell = match && this.#doc.cell(match.cellId);
    if (!match || !cell || !(expression instanceof RegExp)) return;
    const matched = cell.source.toString().slice(match.from, match.to);
    this.#doc.undo.endStep();
    this.#doc.changeSource(match.cellId, [
      { from: match.from, to: match.to, insert: replacementFor(matched, expression, replacement, options.isRegExp) },
    ]);
    this.#search();
    this.#goTo(Math.min(current, this.#state.get().matches.length - 1));
  }

  /** Replaces every match as one undo step. Returns how many there were. */
  replaceAll(replacement: string): number {
    this.#search();
    const { matches, options } = this.#state.get();
    const expression = findExpression(options);
    if (!(expression instanceof RegExp)) return 0;
    this.#doc.undo.endStep();
    this.#doc.doc.transact(() => {
      for (const [cellId, found] of byCell(matches)) {
        const source = this.#doc.cell(cellId)?.source.toString() ?? "";
        const insert = (match: Match): string =>
          replacementFor(source.slice(match.from, match.to), expression, replacement, options.isRegExp);
        this.#doc.changeSource(
          cellId,
          found.map((match) => ({ from: match.from, to: match.to, insert: insert(match) })),
        );
      }
    }, this.#doc.origin);
    this.#doc.undo.endStep();
    this.#search();
    return matches.length;
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), SETTLE_MS);
  }

  #search(): void {
    clearTimeout(this.#timer);
    const now = this.#state.get();
    const expression = findExpression(now.options);
    const usable = expression instanceof RegExp && now.isOpen;
    const matches = usable ? findAll(this.#sources(), expression) : [];
    this.#state.set({
      ...now,
      isInvalid: expression === "invalid",
      matches,
      current: Math.min(now.current, matches.length - 1),
    });
  }

  *#sources(): Iterable<readonly [CellId, string]> {
    for (const id of this.#doc.cellIds()) {
      const cell = this.#doc.cell(id);
      if (cell) yield [id, cell.source.toString()];
    }
  }

  #goTo(index: number): void {
    const now = this.#state.get();
    this.#state.set({ ...now, current: index });
    const match = now.matches[index];
    if (match) this.#show(match);
  }
}

function byCell(matches: readonly Match[]): ReadonlyMap<CellId, readonly Match[]> {
  const groups = new Map<CellId, Match[]>();
  for (const match of matches) {
    const group = groups.get(match.cellId);
    if (group) group.push(match);
    else groups.set(match.cellId, [match]);
  }
  return groups;
}
