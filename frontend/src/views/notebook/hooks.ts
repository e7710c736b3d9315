/** Parts of the notebook as React sees them; each redraws only what it concerns. */
import { useCallback, useEffect, useLayoutEffect, useState, useSyncExternalStore } from "react";
import type { CellId } from "../../core/cell.ts";
import { sha256Hex } from "../../core/hex.ts";
import type { RunId, RunRecord } from "../../core/notebook.ts";
import type { CellView } from "../../doc/notebook-doc.ts";
import { useSelected } from "../../ui/use-observable.ts";
import type { NotebookController } from "./controller.ts";
import type { QueuePlace } from "./services.ts";
import type { CellPart } from "./shown-runs.ts";

export function useCell({ services: { doc } }: NotebookController, id: CellId): CellView | null {
  return useSyncExternalStore(
    useCallback((fn) => doc.subscribeCell(id, fn), [doc, id]),
    useCallback(() => doc.cell(id), [doc, id]),
  );
}

/** The source as it is now; for previews, not for editors. */
export function useSource(cell: CellView): string {
  const { source } = cell;
  return useSyncExternalStore(
    useCallback(
      (fn) => {
        source.observe(fn);
        return () => source.unobserve(fn);
      },
      [source],
    ),
    useCallback(() => source.toString(), [source]),
  );
}

/** The run that the cell speaks of; a new one once it lasts or is over. */
export function useShownRun({ shownRuns }: NotebookController, id: CellId): RunRecord | null {
  return useSyncExternalStore(
    useCallback((fn) => shownRuns.subscribe(id, fn), [shownRuns, id]),
    useCallback(() => shownRuns.runOf(id), [shownRuns, id]),
  );
}

/** Whether there are outputs to show. */
export function useHasOutputs({ shownRuns }: NotebookController, id: CellId): boolean {
  return useSyncExternalStore(
    useCallback((fn) => shownRuns.subscribe(id, fn), [shownRuns, id]),
    () => (shownRuns.outputsOf(id)?.outputs.length ?? 0) > 0,
  );
}

/** For the `ref` of a part of the cell: says of it, past React, while what it shows will be replaced (`ShownRuns.isBehind`). */
export function useBehindMark(
  { shownRuns }: NotebookController,
  id: CellId,
  part: CellPart,
): (element: HTMLElement | null) => () => void {
  return useCallback(
    (element) => {
      if (element === null) return () => {};
      const mark = (): void => {
        if (shownRuns.isBehind(id, part)) element.setAttribute("aria-busy", "true");
        else element.removeAttribute("aria-busy");
      };
      mark();
      return shownRuns.subscribe(id, mark);
    },
    [shownRuns, id, part],
  );
}

export function useQueuePlace({ shownRuns }: NotebookController, id: CellId): QueuePlace | null {
  return useSyncExternalStore(
    useCallback((fn) => shownRuns.subscribe(id, fn), [shownRuns, id]),
    useCallback(() => shownRuns.placeOf(id), [shownRuns, id]),
  );
}

/** A page that is loaded again goes on with its runs within moments; so long nobody is told that it has left them. */
const LASTING_MS = 4_000;
const lostSince = new Map<RunId, number>();

/** Whether contact with a run is lost, and stays so. Until that is known, the run counts as going on. */
export function useContactLost({ services: { runs } }: NotebookController, run: RunRecord | null): boolean {
  const [, look] = useState(0);
  const isLost = run !== null && runs.isContactLost(run);
  const isSure = run?.status === "lost";
  const runId = run?.run_id ?? null;
  useEffect(() => {
    if (runId === null || isSure) return;
    if (!isLost) {
      lostSince.delete(runId);
      return;
    }
    // Kept past this row's life: one that is scrolled back into sight knows at once.
    const since = lostSince.get(runId) ?? performance.now();
    lostSince.set(runId, since);
    const timer = setTimeout(() => look((n) => n + 1), Math.max(0, since + LASTING_MS - performance.now()));
    return () => clearTimeout(timer);
  }, [runId, isLost, isSure]);
  const since = runId === null ? undefined : lostSince.get(runId);
  return isSure || (isLost && since !== undefined && performance.now() - since >= LASTING_MS);
}

const SETTLED_MS = 500;

/** Whether the cell's source is another than the one that this run ran. Looked at when typing pauses, never for a key. */
export function useEditedSince({ services: { doc } }: NotebookController, id: CellId, run: RunRecord | null): boolean {
  // Said of this digest: it does not hold of the next run's until that was looked at.
  const [said, say] = useState({ digest: "", isEdited: false });
  const digest = run?.source_digest ?? "";
  useEffect(() => {
    const source = doc.cell(id)?.source;
    if (!source || digest === "") return;
    let isGone = false;
    const look = async () => {
      const now = await sha256Hex(new TextEncoder().encode(source.toString()));
      if (!isGone) say({ digest, isEdited: now !== digest });
    };
    let timer = setTimeout(() => void look(), SETTLED_MS);
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(() => void look(), SETTLED_MS);
    };
    source.observe(later);
    return () => {
      isGone = true;
      clearTimeout(timer);
      source.unobserve(later);
    };
  }, [doc, id, digest]);
  return said.digest === digest && said.isEdited;
}

/** Gives the focus to a part of a cell, and scrolls to it, when it is wished for there. Hold `part` in a ref. */
export function useWishedFocus(
  controller: NotebookController,
  { cellId, where }: { readonly cellId: CellId; readonly where: "cell" | "input" },
  part: { readonly current: HTMLElement | null },
): void {
  const wish = useSelected(controller.focus, (now) => (now?.cellId === cellId && now.where === where ? now : null));
  useLayoutEffect(() => {
    if (!wish || !part.current) return;
    controller.focusGranted(wish);
    part.current.focus({ preventScroll: true });
    part.current.scrollIntoView({ block: "nearest" });
  }, [wish, controller, part]);
}
