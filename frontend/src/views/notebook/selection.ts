/** Which cells are selected, as rules over the list of visible cells. One cell is active; a block reaches from the anchor to it. */
import type { CellId } from "../../core/cell.ts";

export type Mode = "command" | "edit";

export interface CellSelection {
  readonly active: CellId | null;
  /** Other end of the block; the active cell itself while only one is selected. */
  readonly anchor: CellId | null;
  readonly mode: Mode;
}

export const nothingSelected: CellSelection = { active: null, anchor: null, mode: "command" };

export function selectOnly(id: CellId | null, mode: Mode = "command"): CellSelection {
  return { active: id, anchor: id, mode };
}

/** The selected cells in order. */
export function selectedIds(ids: readonly CellId[], { active, anchor }: CellSelection): readonly CellId[] {
  const at = active === null ? -1 : ids.indexOf(active);
  if (at < 0) return [];
  const other = anchor === null ? at : ids.indexOf(anchor);
  const end = other < 0 ? at : other;
  return ids.slice(Math.min(at, end), Math.max(at, end) + 1);
}

/** The block with its moving end one cell up (-1) or down (1). */
export function extendBy(ids: readonly CellId[], selection: CellSelection, step: -1 | 1): CellSelection {
  const at = selection.active === null ? -1 : ids.indexOf(selection.active);
  const next = ids[at + step];
  if (at < 0 || next === undefined) return selection;
  return { active: next, anchor: selection.anchor ?? selection.active, mode: "command" };
}

/** One cell up (-1) or down (1) of the active one; the same cell at the ends. */
export function stepFrom(ids: readonly CellId[], active: CellId | null, step: -1 | 1): CellId | null {
  const at = active === null ? -1 : ids.indexOf(active);
  if (at < 0) return (step > 0 ? ids[0] : ids.at(-1)) ?? null;
  return ids[Math.max(0, Math.min(ids.length - 1, at + step))] ?? null;
}

/** The selection after cells went: what is gone moves to the next cell that stayed, else the one before. */
export function withoutGone(
  before: readonly CellId[],
  after: readonly CellId[],
  selection: CellSelection,
): CellSelection {
  const alive = new Set(after);
  const { active, anchor } = selection;
  if (active === null || alive.has(active))
    return anchor !== null && !alive.has(anchor) ? { ...selection, anchor: active } : selection;
  const at = before.indexOf(active);
  const next = before.slice(at + 1).find((id) => alive.has(id));
  const previous = before.slice(0, Math.max(0, at)).findLast((id) => alive.has(id));
  return selectOnly(next ?? previous ?? after.at(-1) ?? null);
}
