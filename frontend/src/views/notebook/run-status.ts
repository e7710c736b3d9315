/** What a cell's run looks like in words and signs. Pure. */
import type { RunRecord } from "../../core/notebook.ts";
import type { QueuePlace } from "./services.ts";

export type RunLook =
  | "never"
  | "queued"
  | "running"
  | "running-elsewhere"
  | "ok"
  | "error"
  | "interrupted"
  | "cancelled"
  | "lost"
  | "saved";

/** `place` is this page's own queue; it knows before the run's record does. */
export function runLook(run: RunRecord | null, place: QueuePlace | null, isContactLost: boolean): RunLook {
  if (place === "waiting") return "queued";
  if (place === "running") return "running";
  if (!run) return "never";
  if (isContactLost || run.status === "lost") return "lost";
  if (run.status === "queued") return "queued";
  if (run.status === "running") return "running-elsewhere";
  if (run.kind === "imported" || run.kind === "copied_from") return run.status === "error" ? "error" : "saved";
  return run.status;
}

/** The words for a run of somebody else's: whose machine it was on, as far as that is told. */
export function ranWhere({
  runtime,
}: RunRecord): "notebook.ranByOnOwn" | "notebook.ranByHosted" | "notebook.ranByOther" {
  if (runtime?.kind === "local") return "notebook.ranByOnOwn";
  return runtime?.kind === "hosted" ? "notebook.ranByHosted" : "notebook.ranByOther";
}

/** What is said of a cell whose source is not what its last run ran. `extent`: null where this page did not run it. */
export function otherSource(
  extent: "whole" | "part" | null,
): "notebook.editedSince" | "notebook.partRan" | "notebook.editedOrPart" {
  if (extent === null) return "notebook.editedOrPart";
  return extent === "part" ? "notebook.partRan" : "notebook.editedSince";
}

/** When a run began, ms; `at-home`: outputs and times of it are stored nowhere; null: it never began, or nobody here ran it. */
export function ranWhen({ kind, status, started_at: at }: RunRecord): number | "at-home" | null {
  if (at !== null) return at;
  return kind === "executed" && (status === "ok" || status === "error" || status === "interrupted") ? "at-home" : null;
}

/** `0.04 s`, `12.3 s`, `2 min 5 s`, `1 h 2 min`; the words are the same in every language we speak. */
export function showDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Milliseconds; null where nobody knows: a clock was set back meanwhile, or the one that began it is ahead of ours. */
export function elapsedBetween(from: number, to: number): number | null {
  return to < from ? null : to - from;
}

/** Milliseconds a finished run took, or null. */
export function durationOf(run: RunRecord | null): number | null {
  if (!run || run.started_at === null || run.finished_at === null) return null;
  return elapsedBetween(run.started_at, run.finished_at);
}
