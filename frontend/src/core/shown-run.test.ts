import { describe, expect, it } from "vitest";
import type { RunRecord } from "./notebook.ts";
import { runRecord } from "./run-record-for-tests.ts";
import { areOutputsOld, LASTING_MS, type RunFacts, type ShownRun, showRun } from "./shown-run.ts";

const before = runRecord({
  run_id: "before",
  finished_at: 1_010,
  outputs: [{ output_type: "stream", name: "stdout", text: "old" }],
});
const queued: RunRecord = {
  ...before,
  run_id: "now",
  status: "queued",
  execution_count: null,
  started_at: null,
  finished_at: null,
  outputs: [],
};
const running: RunRecord = { ...queued, status: "running", started_at: 2_000 };
const spoke: RunRecord = { ...running, outputs: [{ output_type: "stream", name: "stdout", text: "new" }] };
const ended: RunRecord = { ...spoke, status: "ok", finished_at: 2_010, execution_count: 2 };

const rest: RunFacts = { place: null, run: before, isOurs: false };
const waits: RunFacts = { place: "waiting", run: queued, isOurs: true };
const runs: RunFacts = { place: "running", run: running, isOurs: true };
const speaks: RunFacts = { place: "running", run: spoke, isOurs: true };
const over: RunFacts = { place: null, run: ended, isOurs: true };

/** What is shown after facts that came so many ms after the first. */
function shownAfter(...told: readonly (readonly [number, RunFacts])[]): ShownRun {
  const shown = told.reduce<ShownRun | null>((now, [at, facts]) => showRun(now, facts, 5_000 + at), null);
  if (shown === null) throw new Error("nothing was told");
  return shown;
}

describe("a run that is over within a moment", () => {
  it("changes nothing until it says something, and then only its outputs", () => {
    expect(shownAfter([0, rest], [1, waits], [20, runs])).toMatchObject({
      place: null,
      run: before,
      outputsOf: before,
    });
    expect(shownAfter([0, rest], [1, waits], [20, runs], [30, speaks])).toMatchObject({
      run: before,
      outputsOf: spoke,
    });
  });

  it("is shown at once when it ends, also one without outputs", () => {
    const shown = { place: null, run: ended, outputsOf: ended, heldSince: null };
    expect(shownAfter([0, rest], [1, waits], [20, runs], [30, speaks], [31, over])).toEqual(shown);
    const silent: RunRecord = { ...ended, outputs: [] };
    const isSilent = shownAfter([0, rest], [1, waits], [20, runs], [31, { ...over, run: silent }]);
    expect(isSilent).toMatchObject({ run: silent, outputsOf: silent });
  });

  it("is held back as well where the cell never ran", () => {
    const never: RunFacts = { place: null, run: null, isOurs: false };
    expect(shownAfter([0, never], [1, waits], [20, runs])).toMatchObject({ place: null, run: null, outputsOf: null });
  });

  it("begins in the record before it stands in the queue", () => {
    expect(shownAfter([0, rest], [1, { ...waits, place: null }], [1, waits])).toMatchObject({
      place: null,
      run: before,
    });
  });
});

describe("a run that lasts", () => {
  it("is shown once it has lasted, counted from its beginning", () => {
    expect(shownAfter([0, rest], [1, waits], [LASTING_MS, runs]).place).toBeNull();
    const shown = { place: "running", run: running, outputsOf: running, heldSince: null };
    expect(shownAfter([0, rest], [1, waits], [20, runs], [1 + LASTING_MS, runs])).toEqual(shown);
    expect(shownAfter([0, rest], [1, waits], [1 + LASTING_MS, waits]).place).toBe("waiting");
  });

  it("is never held back again: from waiting to running, or run again while it runs", () => {
    const seen = [
      [0, rest],
      [1, waits],
      [1 + LASTING_MS, waits],
    ] as const;
    expect(shownAfter(...seen, [150, runs]).place).toBe("running");
    expect(shownAfter(...seen, [150, { ...runs, run: queued }])).toMatchObject({ place: "running", run: queued });
  });

  it("is shown as it is by a row that comes into sight", () => {
    expect(shownAfter([0, runs])).toEqual({ place: "running", run: running, outputsOf: running, heldSince: null });
  });

  it("of another page is shown at once: who looks on has not pressed", () => {
    expect(shownAfter([0, rest], [1, { ...runs, place: null, isOurs: false }])).toMatchObject({ run: running });
  });

  it("that is taken over in the middle is not taken back", () => {
    const shown = shownAfter([0, rest], [1, { ...runs, place: null, isOurs: false }], [2, runs]);
    expect(shown).toMatchObject({ place: "running", run: running });
  });
});

describe("a cell that waits for a yes", () => {
  const asked: RunFacts = { ...rest, place: "waiting" };

  it("shows nothing of it where the yes comes within a moment", () => {
    expect(shownAfter([0, rest], [1, asked])).toEqual({
      place: null,
      run: before,
      outputsOf: before,
      heldSince: 5_001,
    });
    expect(shownAfter([0, rest], [1, asked], [20, waits], [40, runs])).toMatchObject({ place: null, run: before });
    expect(shownAfter([0, rest], [1, asked], [20, waits], [1 + LASTING_MS, runs]).place).toBe("running");
  });

  it("shows it once that lasts, and keeps its outputs, which are told apart from the next ones", () => {
    const shown = shownAfter([0, rest], [1, asked], [1 + LASTING_MS, asked]);
    expect(shown).toEqual({ place: "waiting", run: before, outputsOf: before, heldSince: null });
    expect([shownAfter([0, rest]), shown].map(areOutputsOld)).toEqual([false, true]);
    const never: RunFacts = { place: null, run: null, isOurs: false };
    expect(
      shownAfter([0, never], [1, { ...never, place: "waiting" }], [200, { ...never, place: "waiting" }]).place,
    ).toBe("waiting");
  });

  it("goes on waiting in sight while its run is young: what the run shows is held back like any other's", () => {
    const seen = [
      [0, rest],
      [1, asked],
      [1 + LASTING_MS, asked],
      [150, waits],
      [170, runs],
    ] as const;
    expect(shownAfter(...seen)).toMatchObject({ place: "waiting", run: before, outputsOf: before });
    expect(shownAfter(...seen, [190, over])).toMatchObject({ place: null, run: ended, outputsOf: ended });
    expect(shownAfter(...seen, [150 + LASTING_MS, runs])).toMatchObject({ place: "running", outputsOf: running });
  });

  it("is as it was at once after a no", () => {
    const asItWas = { place: null, run: before, outputsOf: before, heldSince: null };
    expect(shownAfter([0, rest], [1, asked], [20, rest])).toEqual(asItWas);
    expect(shownAfter([0, rest], [1, asked], [1 + LASTING_MS, asked], [300, rest])).toEqual(asItWas);
  });
});

it("a second run within the first one's moment has a moment of its own", () => {
  const again: RunFacts = { place: "waiting", run: { ...queued, run_id: "again" }, isOurs: true };
  const shown = shownAfter([0, rest], [1, waits], [20, runs], [30, over], [40, again], [LASTING_MS + 20, again]);
  expect(shown).toMatchObject({ place: null, run: ended, outputsOf: ended });
});
