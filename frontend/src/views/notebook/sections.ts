/** Sections: a text cell that begins with a heading opens one; it reaches to the next heading of its level or above. */
import type { CellId } from "../../core/cell.ts";

/** 1–6 for a text that begins with `#`…`######` (or an `<h1>`…), else null. */
export function headingLevel(source: string): number | null {
  const start = /^\s*(?:(#{1,6})[ \t]+\S|<h([1-6])[\s>])/i.exec(source);
  if (!start) return null;
  return start[1] ? start[1].length : Number(start[2]);
}

/** The heading's words without marks, for labels. */
export function headingText(source: string): string {
  const line = source.trimStart().split("\n", 1)[0] ?? "";
  return line
    .replace(/^#{1,6}[ \t]+/, "")
    .replace(/<[^>]*>/g, "")
    .replace(/[*_`]/g, "")
    .trim();
}

export interface SectionView {
  /** Cells in sight, in order. */
  readonly visible: readonly CellId[];
  /** Collapsed heading → how many cells it hides. */
  readonly hidden: ReadonlyMap<CellId, number>;
}

/** What is in sight while these sections are collapsed. `level` gives a cell's heading level or null. */
export function viewSections(
  ids: readonly CellId[],
  collapsed: ReadonlySet<CellId>,
  level: (id: CellId) => number | null,
): SectionView {
  if (collapsed.size === 0) return { visible: ids, hidden: new Map() };
  const visible: CellId[] = [];
  const hidden = new Map<CellId, number>();
  let under: { id: CellId; level: number } | null = null;
  for (const id of ids) {
    const own = level(id);
    if (under && own !== null && own <= under.level) under = null;
    if (under) {
      hidden.set(under.id, (hidden.get(under.id) ?? 0) + 1);
      continue;
    }
    visible.push(id);
    if (own !== null && collapsed.has(id)) {
      under = { id, level: own };
      hidden.set(id, 0);
    }
  }
  return { visible, hidden };
}

export function isSameView(one: SectionView, other: SectionView): boolean {
  if (one.visible.length !== other.visible.length || one.hidden.size !== other.hidden.size) return false;
  return (
    one.visible.every((id, index) => id === other.visible[index]) &&
    [...one.hidden].every(([id, count]) => other.hidden.get(id) === count)
  );
}

/** The cells of the section that `heading` opens, the heading first. */
export function sectionOf(
  ids: readonly CellId[],
  heading: CellId,
  level: (id: CellId) => number | null,
): readonly CellId[] {
  const at = ids.indexOf(heading);
  const own = level(heading);
  if (at < 0 || own === null) return at < 0 ? [] : [heading];
  const end = ids.findIndex((id, index) => index > at && (level(id) ?? 7) <= own);
  return ids.slice(at, end < 0 ? ids.length : end);
}

/** The collapsed heading that hides `id`, or null when it is in sight. */
export function hiddenUnder(
  ids: readonly CellId[],
  id: CellId,
  collapsed: ReadonlySet<CellId>,
  level: (id: CellId) => number | null,
): CellId | null {
  for (const heading of collapsed) {
    if (heading !== id && sectionOf(ids, heading, level).includes(id)) return heading;
  }
  return null;
}
