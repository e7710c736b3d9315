import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CellId } from "../../core/cell.ts";
import type { RunRecord } from "../../core/notebook.ts";
import { Listeners } from "../../core/observable.ts";
import { LASTING_MS } from "../../core/shown-run.ts";
import type { NotebookServices, QueuePlace } from "./services.ts";
import { ShownRuns } from "./shown-runs.ts";

const cell = "c" as CellId;
const record: RunRecord = {
  run_id: "r",
  cell_id: cell,
  kind: "executed",
  status: "queued",
  source_digest: null,
  person: null,
  runtime: null,
  execution_count: null,
  started_at: null,
  finished_at: null,
  epoch: 1,
  n: 1,
  through: null,
  writer: null,
  outputs: [],
};

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** A page with one cell, whose run and place are told by `tell`. */
function page() {
  const listeners = new Listeners();
  let [run, place]: [RunRecord | null, QueuePlace | null] = [null, null];
  const subscribeCell = (_id: CellId, fn: () => void) => listeners.add(fn);
  const services = {
    runs: { subscribeCell, headOf: () => run, isWriter: () => true },
    actions: { subscribeCell, placeOf: () => place },
  };
  return {
    shown: new ShownRuns(services as unknown as NotebookServices),
    listeners,
    tell(next: RunRecord | null, nextPlace: QueuePlace | null): void {
      [run, place] = [next, nextPlace];
      listeners.notify();
    },
  };
}

test("a run that is over within a moment is told when it is over; until then the cell is behind", () => {
  const { shown, tell } = page();
  const heard = vi.fn();
  shown.subscribe(cell, heard);
  tell(record, "waiting");
  tell({ ...record, status: "running" }, "running");
  expect([shown.placeOf(cell), shown.runOf(cell), shown.isBehind(cell, "margin")]).toEqual([null, null, true]);
  expect(heard).toHaveBeenCalledTimes(1); // that it is behind
  const ended: RunRecord = { ...record, status: "ok" };
  tell(ended, null);
  vi.advanceTimersByTime(1_000);
  expect([shown.placeOf(cell), shown.runOf(cell), shown.isBehind(cell, "margin")]).toEqual([null, ended, false]);
  expect(heard).toHaveBeenCalledTimes(2);
});

test("a run that lasts is told when it has lasted, though nothing more is heard of it", () => {
  const { shown, tell } = page();
  const heard = vi.fn();
  shown.subscribe(cell, heard);
  const running: RunRecord = { ...record, status: "running" };
  tell(record, "waiting");
  tell(running, "running");
  vi.advanceTimersByTime(LASTING_MS - 1);
  expect([shown.placeOf(cell), heard.mock.calls.length]).toEqual([null, 1]);
  vi.advanceTimersByTime(1);
  expect([shown.placeOf(cell), shown.runOf(cell), heard.mock.calls.length]).toEqual(["running", running, 2]);
});

test("a cell that waits for a yes says so once it has waited, and its outputs alone are behind then", () => {
  const { shown, tell } = page();
  shown.subscribe(cell, () => {});
  const ended: RunRecord = { ...record, status: "ok" };
  tell(ended, "waiting");
  expect([shown.placeOf(cell), shown.isBehind(cell, "margin"), shown.isBehind(cell, "outputs")]).toEqual([
    null,
    true,
    true,
  ]);
  vi.advanceTimersByTime(LASTING_MS);
  expect([shown.placeOf(cell), shown.isBehind(cell, "margin"), shown.isBehind(cell, "outputs")]).toEqual([
    "waiting",
    false,
    true,
  ]);
  tell(ended, null);
  expect([shown.placeOf(cell), shown.isBehind(cell, "outputs")]).toEqual([null, false]);
});

test("a row that has gone leaves nothing behind, and one that comes into sight sees how it is", () => {
  const { shown, tell, listeners } = page();
  const ends = [shown.subscribe(cell, () => {}), shown.subscribe(cell, () => {})];
  tell(record, "waiting");
  for (const end of ends) end();
  expect([listeners.size, vi.getTimerCount()]).toEqual([0, 0]);
  shown.subscribe(cell, () => {});
  expect(shown.placeOf(cell)).toBe("waiting");
});
