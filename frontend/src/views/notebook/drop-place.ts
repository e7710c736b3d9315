/** Where cells that are dragged would land. Pure; CSS pixels of the window. */
import type { CellId } from "../../core/cell.ts";

export interface PlacedRow {
  readonly id: CellId;
  readonly top: number;
  readonly bottom: number;
}

export interface DropPlace {
  /** The cell that comes to stand below them; null: they become the last. */
  readonly before: CellId | null;
  /** Of the line that shows it. */
  readonly y: number;
}

/** Between which rows `y` is nearest. Rows in any order, only those in sight. */
export function dropPlace(rows: readonly PlacedRow[], y: number, last: CellId | undefined): DropPlace | null {
  const sorted = [...rows].sort((one, other) => one.top - other.top);
  const below = sorted.find(({ top, bottom }) => y < (top + bottom) / 2);
  if (below) return { before: below.id, y: below.top };
  const end = sorted.at(-1);
  // What follows the lowest row in sight is not known here: only the very last cell has nothing behind it.
  return end?.id === last && end ? { before: null, y: end.bottom } : end ? { before: end.id, y: end.top } : null;
}

/** The cells in their new order: `moving` stand before `before`, in the order that they had. */
export function reordered(ids: readonly CellId[], moving: readonly CellId[], before: CellId | null): readonly CellId[] {
  const gone = new Set(moving);
  const at = before === null ? ids.length : ids.indexOf(before);
  const stay = (id: CellId): boolean => !gone.has(id);
  return [...ids.slice(0, at).filter(stay), ...ids.filter((id) => gone.has(id)), ...ids.slice(at).filter(stay)];
}

const EDGE_PX = 72;
/** At the very edge. */
const FASTEST_PX_PER_S = 1_800;

/** By how much to scroll while the pointer stays near an edge of what scrolls. */
export function scrollStep(
  y: number,
  edges: { readonly top: number; readonly bottom: number },
  elapsedMs: number,
): number {
  const depth = Math.max(edges.top + EDGE_PX - y, 0) - Math.max(y - edges.bottom + EDGE_PX, 0);
  const share = Math.max(-1, Math.min(1, depth / EDGE_PX));
  return -Math.sign(share) * share * share * FASTEST_PX_PER_S * (elapsedMs / 1_000);
}
