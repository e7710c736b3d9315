/** What "find" does in one notebook while its bar is open. Comes with the bar; what it shows is `find-desk.ts`. */
import type { CellId } from "../../core/cell.ts";
import { onChange } from "../../doc/changes.ts";
import type { NotebookDoc } from "../../doc/notebook-doc.ts";
import {
  type Cursor,
  type FindOptions,
  findAll,
  findExpression,
  indexOfSame,
  inOrder,
  type Match,
  matchFrom,
  replacementFor,
} from "./find.ts";
import type { FindDesk } from "./find-desk.ts";
import type { OutputSearchResult } from "./output-search.ts";

/** Looks into outputs; comes with the find bar. */
export interface OutputFind {
  /** Tells what it found so far, and again when outputs changed, until the next search or `close`. */
  search(expression: RegExp, tell: (result: OutputSearchResult) => void): void;
  close(): void;
}

/** Looking through all cells again waits until nobody typed for this long. */
const SETTLE_MS = 250;

const AT_THE_TOP: Cursor = { cellId: null, offset: 0, end: 0 };

export class FindModel {
  readonly #doc: NotebookDoc;
  readonly #desk: FindDesk;
  readonly #outputs: OutputFind;
  readonly #show: (match: Match) => void;
  #endListening: () => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #inSources: readonly Match[] = [];
  #inOutputs: readonly Match[] = [];
  /** Where the first match is looked for that is shown; null: one is shown, or none is wanted. */
  #from: Cursor | null = null;

  constructor(doc: NotebookDoc, desk: FindDesk, outputs: OutputFind, show: (match: Match) => void) {
    this.#doc = doc;
    this.#desk = desk;
    this.#outputs = outputs;
    this.#show = show;
  }

  /** Looks for what is wanted, and again when the notebook changed, until `end`. Goes nowhere: what is selected may be a match. */
  begin({ cellId, offset, end }: Cursor = AT_THE_TOP): void {
    this.#endListening();
    this.#endListening = onChange(this.#doc.doc, () => this.#later());
    this.#search();
    const isSelected = (one: Match): boolean =>
      one.cellId === cellId && one.from === offset && one.to === end && one.output === undefined;
    const selected = this.#desk.state.get().matches.findIndex(isSelected);
    if (selected >= 0) this.#desk.set({ current: selected });
    this.#searchOutputs();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#endListening();
    this.#outputs.close();
  }

  close(): void {
    this.end();
    this.#desk.set({ isOpen: false, showsReplace: false, isLooking: false, missed: 0, matches: [], current: -1 });
  }

  toggleReplace(): void {
    this.#desk.set({ showsReplace: !this.#desk.state.get().showsReplace });
  }

  toggleOutputs(): void {
    this.#desk.set({ inOutputs: !this.#desk.state.get().inOutputs });
    this.#searchOutputs();
  }

  setOptions(options: Partial<FindOptions>, from: Cursor): void {
    this.#desk.set({ options: { ...this.#desk.state.get().options, ...options } });
    this.#inOutputs = [];
    this.#search();
    this.#from = from;
    this.#goToFirst();
    this.#searchOutputs();
  }

  #goToFirst(): void {
    const { matches } = this.#desk.state.get();
    if (this.#from === null) return;
    this.#goTo(matchFrom(matches, this.#doc.cellIds(), this.#from.cellId, this.#from.offset));
    if (matches.length > 0) this.#from = null;
  }

  /** One match on, or back; from the cursor while none is the current one. */
  step(step: -1 | 1, { cellId, offset }: Cursor = AT_THE_TOP): void {
    const { matches, current } = this.#desk.state.get();
    if (matches.length === 0) return;
    const first = current < 0 ? matchFrom(matches, this.#doc.cellIds(), cellId, offset) : current;
    const next = current < 0 && step > 0 ? first : first + step;
    this.#goTo((next + matches.length) % matches.length);
  }

  replace(replacement: string): void {
    const { matches, current, options } = this.#desk.state.get();
    const match = matches[current];
    const expression = findExpression(options);
    const cell = match && this.#doc.cell(match.cellId);
    if (!match || match.output || !cell || !(expression instanceof RegExp)) return;
    const insert = replacementFor(cell.source.toString(), match, expression, replacement, options.isRegExp);
    if (insert !== null) {
      this.#doc.undo.endStep();
      this.#doc.changeSource(match.cellId, [{ from: match.from, to: match.to, insert }]);
    }
    this.#search();
    // Behind what was put in: that may be a match, too, and again when it is replaced.
    const behind = match.from + (insert?.length ?? 0);
    this.#goTo(matchFrom(this.#desk.state.get().matches, this.#doc.cellIds(), match.cellId, behind));
  }

  /** Replaces every match in sources as one undo step. Returns how many there were. */
  replaceAll(replacement: string): number {
    this.#search();
    const { matches: all, options } = this.#desk.state.get();
    const matches = all.filter(({ output }) => output === undefined);
    const expression = findExpression(options);
    if (!(expression instanceof RegExp)) return 0;
    this.#doc.undo.endStep();
    this.#doc.doc.transact(() => {
      for (const [cellId, found] of byCell(matches)) {
        const source = this.#doc.cell(cellId)?.source.toString() ?? "";
        this.#doc.changeSource(
          cellId,
          found.flatMap((match) => {
            const insert = replacementFor(source, match, expression, replacement, options.isRegExp);
            return insert === null ? [] : [{ from: match.from, to: match.to, insert }];
          }),
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
    const now = this.#desk.state.get();
    const expression = findExpression(now.options);
    const usable = expression instanceof RegExp;
    this.#inSources = usable ? findAll(this.#sources(), expression) : [];
    this.#desk.set({ isInvalid: expression === "invalid" });
    this.#merge();
  }

  /** The current match stays the current one, wherever it stands among all of them. */
  #merge(): void {
    const now = this.#desk.state.get();
    const matches = inOrder(this.#doc.cellIds(), this.#inSources, this.#inOutputs);
    const same = indexOfSame(matches, now.matches[now.current]);
    this.#desk.set({ matches, current: same >= 0 ? same : Math.min(now.current, matches.length - 1) });
  }

  #searchOutputs(): void {
    const { inOutputs, options } = this.#desk.state.get();
    const expression = findExpression(options);
    if (inOutputs && expression instanceof RegExp) {
      this.#outputs.search(expression, (result) => this.#tell(result));
      return;
    }
    this.#outputs.close();
    this.#tell({ matches: [], isDone: true, missed: 0 });
  }

  #tell({ matches, isDone, missed }: OutputSearchResult): void {
    this.#desk.set({ isLooking: !isDone, missed });
    // While it looks again through what changed, what it had found is shown.
    if (!isDone && matches.length < this.#inOutputs.length) return;
    this.#inOutputs = matches;
    this.#merge();
    this.#goToFirst();
  }

  *#sources(): Iterable<readonly [CellId, string]> {
    for (const id of this.#doc.cellIds()) {
      const cell = this.#doc.cell(id);
      if (cell) yield [id, cell.source.toString()];
    }
  }

  #goTo(index: number): void {
    const now = this.#desk.state.get();
    this.#desk.set({ current: index });
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
