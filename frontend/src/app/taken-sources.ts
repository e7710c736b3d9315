/** Sources as they were taken at a gesture: what is typed meanwhile changes nothing of them. */
import type { CellId } from "../core/cell.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import { digestOf } from "./digest.ts";
import type { Captured, Wish } from "./run-gate.ts";

/** How much of its cell a run ran. */
export type RunExtent = "whole" | "part";

/** What was taken at a gesture. */
export interface Taken extends Wish {
  /** What stood in the cell, where the source is a part of it: that is judged. */
  readonly judged?: string;
  readonly extent?: RunExtent;
}

/** `known`: of the same runs, maybe with other sources; the same source is not digested again. */
export async function withDigests(
  taken: readonly Wish[],
  known: readonly Captured[] = [],
): Promise<readonly Captured[]> {
  const before = new Map(known.map((one) => [one.runId, one]));
  return await Promise.all(
    taken.map(async ({ runId, cellId, source }) => {
      const same = before.get(runId);
      const digest = same?.source === source ? same.digest : await digestOf(source);
      return { runId, cellId, source, digest };
    }),
  );
}

/** What stands in those of the cells that are code, and which of them hold blanks at most. */
export function sourcesOf(doc: NotebookDoc, ids: readonly CellId[]) {
  const cells = ids.flatMap((cellId) => {
    const cell = doc.cell(cellId);
    return cell?.type === "code" ? [{ cellId, source: cell.source.toString() }] : [];
  });
  const isBlank = ({ source }: { readonly source: string }) => source.trim() === "";
  return {
    code: cells.filter((cell) => !isBlank(cell)),
    blank: cells.filter(isBlank).map(({ cellId }) => cellId),
  };
}
