/** Compares two versions of a notebook cell by cell. Cells are the same where their ids are, whatever became of them. */
import type { CellId, CellType } from "./cell.ts";

export interface ComparedCell {
  readonly id: CellId;
  readonly type: CellType;
  readonly source: string;
}

/** One row of a comparison. `number` is the place among all cells of its version, from 1. */
export type CellDifference =
  | { readonly kind: "added"; readonly id: CellId; readonly after: NumberedCell }
  | { readonly kind: "removed"; readonly id: CellId; readonly before: NumberedCell }
  | {
      readonly kind: "same" | "changed";
      readonly id: CellId;
      readonly before: NumberedCell;
      readonly after: NumberedCell;
      /** It stands elsewhere among the cells that both versions have. */
      readonly isMoved: boolean;
    };

export interface NumberedCell extends ComparedCell {
  readonly number: number;
}

/**
 * Every cell of both versions once, in the order of the later one; a removed cell stands behind the cell that it stood behind.
 * `same` means type and source; a cell can be the same and moved.
 */
export function compareCells(before: readonly ComparedCell[], after: readonly ComparedCell[]): CellDifference[] {
  const earlier = new Map(numbered(before).map((cell) => [cell.id, cell]));
  const later = numbered(after);
  const alive = new Set(later.map((cell) => cell.id));
  const removedBehind = removedCells([...earlier.values()], alive);
  const inPlace = new Set(longestRise(later.flatMap((cell) => earlier.get(cell.id) ?? [])));
  const rows = later.flatMap((cell): CellDifference[] => {
    const was = earlier.get(cell.id);
    const row: CellDifference = was
      ? {
          kind: isSame(was, cell) ? "same" : "changed",
          id: cell.id,
          before: was,
          after: cell,
          isMoved: !inPlace.has(was),
        }
      : { kind: "added", id: cell.id, after: cell };
    return [row, ...(removedBehind.get(cell.id) ?? [])];
  });
  return [...(removedBehind.get(null) ?? []), ...rows];
}

/** True when the row shows something that is another now. */
export function isDifference(row: CellDifference): boolean {
  return row.kind !== "same" || row.isMoved;
}

function numbered(cells: readonly ComparedCell[]): NumberedCell[] {
  return cells.map((cell, index) => ({ ...cell, number: index + 1 }));
}

function isSame(one: ComparedCell, other: ComparedCell): boolean {
  return one.type === other.type && one.source === other.source;
}

/** Removed cells by the living cell that they stood behind; null: at the top. */
function removedCells(
  before: readonly NumberedCell[],
  alive: ReadonlySet<CellId>,
): Map<CellId | null, CellDifference[]> {
  const found = new Map<CellId | null, CellDifference[]>();
  let anchor: CellId | null = null;
  for (const cell of before) {
    if (alive.has(cell.id)) {
      anchor = cell.id;
      continue;
    }
    const rows = found.get(anchor) ?? [];
    rows.push({ kind: "removed", id: cell.id, before: cell });
    found.set(anchor, rows);
  }
  return found;
}

/** The most cells whose numbers rise: these stayed, the others were moved. Patience sorting, n log n. */
function longestRise(cells: readonly NumberedCell[]): NumberedCell[] {
  const tops: NumberedCell[] = [];
  const under = new Map<NumberedCell, NumberedCell | undefined>();
  for (const cell of cells) {
    let low = 0;
    for (let high = tops.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((tops[middle]?.number ?? 0) < cell.number) low = middle + 1;
      else high = middle;
    }
    under.set(cell, tops[low - 1]);
    tops[low] = cell;
  }
  const rise: NumberedCell[] = [];
  for (let cell = tops.at(-1); cell; cell = under.get(cell)) rise.push(cell);
  return rise.reverse();
}
