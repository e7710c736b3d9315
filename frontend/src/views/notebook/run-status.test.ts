import { describe, expect, it } from "vitest";
import type { RunRecord } from "../../core/notebook.ts";
import { runRecord } from "../../core/run-record-for-tests.ts";
import { durationOf, elapsedBetween, ranWhen, ranWhere, runLook, showDuration } from "./run-status.ts";

const run = runRecord();

describe("run status", () => {
  it("trusts this page's queue before the record", () => {
    expect(runLook(run, "waiting", false)).toBe("queued");
    expect(runLook(null, "running", false)).toBe("running");
  });

  it("tells lost contact from a run on somebody else's machine", () => {
    const running: RunRecord = { ...run, status: "running", finished_at: null };
    expect(runLook(running, null, true)).toBe("lost");
    expect(runLook(running, null, false)).toBe("running-elsewhere");
    const queued: RunRecord = { ...running, status: "queued", started_at: null };
    expect([runLook(queued, null, false), runLook(queued, null, true)]).toEqual(["queued", "lost"]);
  });

  it("does not call outputs from a file finished", () => {
    expect(runLook({ ...run, kind: "imported" }, null, false)).toBe("saved");
    expect([runLook(null, null, false), runLook(run, null, false)]).toEqual(["never", "ok"]);
  });

  it("says whose machine somebody else's run was on, as far as that is told", () => {
    const on = (kind: string) => ranWhere({ ...run, runtime: { kind, label: "Python 3" } });
    expect([on("local"), on("hosted"), on("a later kind")]).toEqual([
      "notebook.ranByOnOwn",
      "notebook.ranByHosted",
      "notebook.ranByOther",
    ]);
    expect(ranWhere(run)).toBe("notebook.ranByOther");
  });

  it("knows a time that is kept at home from a run that never began", () => {
    const untimed: RunRecord = { ...run, started_at: null, finished_at: null };
    expect([ranWhen(run), ranWhen(untimed), ranWhen({ ...untimed, status: "error" })]).toEqual([
      1_000,
      "at-home",
      "at-home",
    ]);
    const never = [
      { ...untimed, status: "cancelled" as const },
      { ...untimed, kind: "imported" as const },
    ];
    expect(never.map(ranWhen)).toEqual([null, null]);
  });

  it("shows durations as people say them", () => {
    expect([40, 12_340, 125_000, 3_720_000].map(showDuration)).toEqual(["0.04 s", "12.3 s", "2 min 5 s", "1 h 2 min"]);
    expect([durationOf(run), durationOf({ ...run, finished_at: null })]).toEqual([2_500, null]);
    // The clock was set back meanwhile.
    expect(durationOf({ ...run, finished_at: 0 })).toBeNull();
    expect([elapsedBetween(1_000, 0), elapsedBetween(1_000, 1_000)]).toEqual([null, 0]);
  });
});
