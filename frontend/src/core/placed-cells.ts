/**
 * The breakpoints of cells on their way to a kernel's debugger: cells and what happened in, new cells and wanted questions out.
 *
 *   wanted ──placed──▶ dumping ──its file is written──▶ setting ──answered──▶ set
 *                         └── refused ─▶ failed ◀── refused ─┘
 *
 * A cell has breakpoints in one of its texts at a time, the newest that was placed; those in older texts are taken back. Another browser at the
 * same kernel may put its own in place of ours without our hearing of it: before a run, ours are told once more.
 */
import type { CellId } from "./cell.ts";

export interface CellWish {
  readonly cellId: CellId;
  readonly source: string;
  /** From 1, rising. */
  readonly lines: readonly number[];
}

export interface PlacedCell {
  readonly source: string;
  readonly lines: readonly number[];
  /** Of the file that the kernel keeps; null before it has one. */
  readonly path: string | null;
  readonly step: "wanted" | "dumping" | "setting" | "set" | "failed";
}

export type DumpAsk = { readonly command: "dumpCell"; readonly cellId: CellId; readonly code: string };
export type SetAsk = {
  readonly command: "setBreakpoints";
  readonly cellId: CellId;
  readonly path: string;
  readonly lines: readonly number[];
};
export type PlaceAsk = DumpAsk | SetAsk;

export interface PlacedStep {
  readonly cells: ReadonlyMap<CellId, PlacedCell>;
  readonly asks: readonly PlaceAsk[];
}

type Cells = PlacedStep["cells"];

/** `noted`: nobody is there to be asked. `told`: what the kernel is not known to have. `told_again`: also what it was told before. */
export type PlaceHow = "noted" | "told" | "told_again";

export function placeCells(now: Cells, wishes: readonly CellWish[], how: PlaceHow): PlacedStep {
  const cells = new Map(now);
  const asks: PlaceAsk[] = [];
  for (const { cellId, source, lines } of wishes) {
    const known = cells.get(cellId);
    const isSameText = known !== undefined && known.source === source;
    const isThere =
      known?.step === "setting" || (known?.step === "set" && (how !== "told_again" || lines.length === 0));
    if (how === "noted") {
      cells.set(cellId, { source, lines, path: isSameText ? known.path : null, step: "wanted" });
    } else if (isSameText && known.step === "dumping") {
      cells.set(cellId, { ...known, lines });
    } else if (isSameText && isEqual(known.lines, lines) && isThere) {
      // It is there, or on its way.
    } else if (isSameText && known.path !== null) {
      cells.set(cellId, { ...known, lines, step: "setting" });
      asks.push({ command: "setBreakpoints", cellId, path: known.path, lines });
    } else {
      if (known?.path && known.lines.length > 0) {
        asks.push({ command: "setBreakpoints", cellId, path: known.path, lines: [] });
      }
      // Also without breakpoints: the kernel reads there which exceptions a text catches itself.
      cells.set(cellId, { source, lines, path: null, step: "dumping" });
      asks.push({ command: "dumpCell", cellId, code: source });
    }
  }
  return { cells, asks };
}

/** The kernel wrote a text into a file; `path` null: it did not. */
export function cellWritten(cells: Cells, { cellId, code }: DumpAsk, path: string | null): PlacedStep {
  const known = cells.get(cellId);
  if (known?.source !== code || known.step !== "dumping") return { cells, asks: [] };
  const { lines } = known;
  const step = path === null ? "failed" : lines.length === 0 ? "set" : "setting";
  const asks: readonly SetAsk[] =
    path === null || lines.length === 0 ? [] : [{ command: "setBreakpoints", cellId, path, lines }];
  return { cells: new Map(cells).set(cellId, { ...known, path, step }), asks };
}

export function breakpointsTold(cells: Cells, { cellId, path, lines }: SetAsk, isOk: boolean): PlacedStep {
  const known = cells.get(cellId);
  const isMeant = known?.path === path && known.step === "setting" && isEqual(known.lines, lines);
  if (!isMeant) return { cells, asks: [] };
  return { cells: new Map(cells).set(cellId, { ...known, step: isOk ? "set" : "failed" }), asks: [] };
}

/** Whether the kernel knows the breakpoints of this text of the cell, or never will. */
export function isCellPlaced(cells: Cells, { cellId, source }: Pick<CellWish, "cellId" | "source">): boolean {
  const known = cells.get(cellId);
  return known?.source === source && (known.step === "set" || known.step === "failed");
}

/** Those that have breakpoints, as they were placed. */
export function markedCells(cells: Cells): readonly CellWish[] {
  return [...cells]
    .filter(([, { lines }]) => lines.length > 0)
    .map(([cellId, { source, lines }]) => ({ cellId, source, lines }));
}

/** Another process knows none of them. */
export function wantedCells(cells: Cells): Cells {
  return new Map([...cells].map(([id, cell]) => [id, { ...cell, path: null, step: "wanted" as const }]));
}

function isEqual(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((line, at) => line === other[at]);
}
