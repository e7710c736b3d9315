/**
 * What a cell shows of its run while that is young. Most runs end within a moment: *waiting* and *running*, each drawn for a few milliseconds, are
 * seen by nobody, and the result waits for their drawing. So a cell keeps what it showed until its new run lasts, speaks, or ends. The same holds
 * before there is a run: who may run what is mostly known at the press; where somebody is asked first, the cell waits, and keeps its old run.
 *
 * Pure; `views/notebook/shown-runs.ts` has the time.
 */
import { isFinished, type RunRecord } from "./notebook.ts";

/** A run of this page is shown as waiting or running once it lasts so long. */
export const LASTING_MS = 100;

/** Where the cell stands in this page's queue, and the run that is its head. */
export interface RunFacts {
  readonly place: "waiting" | "running" | null;
  readonly run: RunRecord | null;
  /** Whether this page records the run. */
  readonly isOurs: boolean;
}

export interface ShownRun {
  /** For the button, the mark and the notes. */
  readonly place: RunFacts["place"];
  readonly run: RunRecord | null;
  /** The run whose outputs are there: the new one's as soon as it has any. */
  readonly outputsOf: RunRecord | null;
  /** Since when something is held back, ms; null: all is shown as it is. */
  readonly heldSince: number | null;
}

/** The outputs that are there are those of the run before: a younger one is held back, or asked for. */
export function areOutputsOld({ place, run, heldSince }: ShownRun): boolean {
  return heldSince !== null || isAskedFor(place, run);
}

/** The cell waits and has no run yet that does. */
function isAskedFor(place: RunFacts["place"], run: RunRecord | null): boolean {
  return place === "waiting" && isAtRest(run);
}

function isAtRest(run: RunRecord | null): boolean {
  return run === null || isFinished(run.status);
}

/** @param before null: nothing was shown. @param at ms, of the clock of `heldSince`. */
export function showRun(before: ShownRun | null, { place, run, isOurs }: RunFacts, at: number): ShownRun {
  const asItIs: ShownRun = { place, run, outputsOf: run, heldSince: null };
  if (before === null) return asItIs;
  const heldSince = before.heldSince ?? at;
  const isYoung = at - heldSince < LASTING_MS;
  if (isAskedFor(place, run)) return isYoung && before.place === null ? { ...asItIs, place: null, heldSince } : asItIs;
  if (run === null || !isOurs || isFinished(run.status)) return asItIs;
  // What is seen to wait or to run goes on being so: only the step away from rest is held back.
  const wasAtRest = before.place !== "running" && isAtRest(before.run);
  if (!wasAtRest || !isYoung) return asItIs;
  return { ...before, outputsOf: run.outputs.length > 0 ? run : before.outputsOf, heldSince };
}
