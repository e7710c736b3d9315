import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runRecord } from "./run-record-for-tests.ts";
import {
  emptyQueue,
  entryOf,
  type QueueAction,
  type QueueEvent,
  type QueueState,
  ranAtOnce,
  stepQueue,
} from "./runs.ts";

const run = (n: number) => ({ runId: `r${n}`, cellId: `c${n}`, source: `${n}` });

function play(events: readonly QueueEvent[], window = 1): { state: QueueState; actions: QueueAction[] } {
  let state = emptyQueue(window);
  const actions: QueueAction[] = [];
  for (const event of events) {
    const step = stepQueue(state, event);
    state = step.state;
    actions.push(...step.actions);
  }
  return { state, actions };
}

const wish = (...ns: number[]): QueueEvent => ({ type: "wish", runs: ns.map(run) });
const refuse = (...ns: number[]): QueueEvent => ({ type: "refuse", runIds: ns.map((n) => `r${n}`) });
const phases = ({ entries }: QueueState) => entries.map(({ runId, phase }) => `${runId} ${phase}`);
const enqueue = (...ns: number[]): QueueEvent => ({ type: "enqueue", runs: ns.map(run) });
const replied = (n: number, status: "ok" | "error" | "aborted", count: number | null = null): QueueEvent => ({
  type: "replied",
  runId: `r${n}`,
  status,
  executionCount: count,
});
const send = (n: number): QueueAction => ({ type: "send", ...run(n) });
const finish = (
  n: number,
  status: "ok" | "error" | "interrupted" | "cancelled",
  count: number | null = null,
): QueueAction => ({
  type: "finish",
  runId: `r${n}`,
  cellId: `c${n}`,
  status,
  executionCount: count,
});

describe("the queue", () => {
  test("lets go of what another kernel has, without a word of how it ended, and goes on with what waits", () => {
    const left: QueueEvent = { type: "left", runIds: ["r1"] };
    expect(play([{ type: "connected" }, enqueue(1, 2), left]).actions).toEqual([send(1), send(2)]);
    expect(phases(play([enqueue(1), left]).state)).toEqual([]);
  });

  test("waits for a kernel, then sends one at a time", () => {
    expect(play([enqueue(1, 2)]).actions).toEqual([]);
    expect(play([enqueue(1, 2), { type: "connected" }]).actions).toEqual([send(1)]);
    expect(play([{ type: "connected" }, enqueue(1, 2), replied(1, "ok", 7)]).actions).toEqual([
      send(1),
      finish(1, "ok", 7),
      send(2),
    ]);
  });

  test("hands everything over at once where the window allows it", () => {
    const { actions, state } = play([{ type: "connected" }, enqueue(1, 2, 3)], Number.POSITIVE_INFINITY);
    expect(actions).toEqual([send(1), send(2), send(3)]);
    expect(state.entries.map((entry) => entry.phase)).toEqual(["submitted", "submitted", "submitted"]);
  });

  test("what is wished waits for its yes, and nothing overtakes it", () => {
    const open: QueueEvent = { type: "connected" };
    const { actions, state } = play([open, wish(1, 2), enqueue(3)]);
    expect([actions, phases(state)]).toEqual([[], ["r1 wished", "r2 wished", "r3 waiting"]]);
    expect(stepQueue(state, enqueue(1, 2)).actions).toEqual([send(1)]);
    expect(stepQueue(state, refuse(1, 2)).actions).toEqual([send(3)]);
    expect(phases(play([open, enqueue(1), wish(2), { type: "adopt", ...run(9) }]).state)).toEqual([
      "r1 submitted",
      "r9 running",
      "r2 wished",
    ]);
  });

  test("a no answers every press on its cells until then, and nobody who was said yes to", () => {
    const again = { runId: "r1b", cellId: "c1", source: "again" };
    const { state } = play([wish(1, 2), { type: "wish", runs: [again] }, enqueue(2)]);
    expect(phases(stepQueue(state, refuse(1, 2)).state)).toEqual(["r2 waiting"]);
    expect(phases(play([wish(1), { type: "wish", runs: [again] }, enqueue(1), refuse(1)]).state)).toEqual([
      "r1 waiting",
      "r1b wished",
    ]);
  });

  test("a person takes back what is only wished, without a word; an error and the end of a kernel do not", () => {
    const begun: QueueEvent[] = [{ type: "connected" }, enqueue(1), { type: "started", runId: "r1" }, wish(2, 3)];
    const left = (event: QueueEvent) => {
      const { state, actions } = play([...begun, event]);
      return [actions.slice(2), phases(state)];
    };
    expect(left({ type: "cancel", cellId: "c2" })).toEqual([[], ["r1 running", "r3 wished"]]);
    expect(left({ type: "interrupt" })).toEqual([[{ type: "interrupt_kernel", cancelled: 2 }], ["r1 running"]]);
    expect(left({ type: "hold" })).toEqual([[], ["r1 running"]]);
    expect(left(replied(1, "error"))).toEqual([[finish(1, "error")], ["r2 wished", "r3 wished"]]);
    expect(left({ type: "kernel_gone" })).toEqual([[finish(1, "interrupted")], ["r2 wished", "r3 wished"]]);
    expect(play([wish(2), { type: "interrupt" }])).toEqual({ actions: [], state: emptyQueue() });
  });

  test("an error stops it, visibly", () => {
    const { actions, state } = play([
      { type: "connected" },
      enqueue(1, 2, 3),
      { type: "started", runId: "r1" },
      replied(1, "error", 1),
    ]);
    expect(actions).toEqual([
      send(1),
      { type: "running", runId: "r1", cellId: "c1" },
      finish(1, "error", 1),
      finish(2, "cancelled"),
      finish(3, "cancelled"),
      { type: "stopped", by: "r1", cancelled: 2, reason: "error" },
    ]);
    expect(state.entries).toEqual([]);
  });

  test("an error of the last cell stops nothing, and says nothing", () => {
    expect(play([{ type: "connected" }, enqueue(1), replied(1, "error")]).actions).toEqual([
      send(1),
      finish(1, "error"),
    ]);
  });

  test("what the kernel aborted is cancelled", () => {
    const events: QueueEvent[] = [{ type: "connected" }, enqueue(1, 2), replied(1, "error"), replied(2, "aborted")];
    expect(play(events, 5).actions).toEqual([
      send(1),
      send(2),
      finish(1, "error"),
      { type: "stopped", by: "r1", cancelled: 1, reason: "error" },
      finish(2, "cancelled"),
    ]);
  });

  test("cancelling takes a waiting cell out, and leaves the running one alone", () => {
    const events: QueueEvent[] = [{ type: "connected" }, enqueue(1, 2), { type: "started", runId: "r1" }];
    expect(play([...events, { type: "cancel", cellId: "c2" }]).actions.slice(2)).toEqual([finish(2, "cancelled")]);
    const running = play([...events, { type: "cancel", cellId: "c1" }]);
    expect(running.actions.slice(2)).toEqual([]);
    expect(entryOf(running.state, "c1")?.phase).toBe("running");
  });

  test("what was handed over and has not begun is asked back, and ends with the answer", () => {
    const { actions, state } = play([{ type: "connected" }, enqueue(1, 2), { type: "cancel", cellId: "c2" }], 2);
    expect(actions.slice(2)).toEqual([{ type: "withdraw", runId: "r2", cellId: "c2" }]);
    expect(state.entries).toHaveLength(2);
    expect(stepQueue(state, replied(2, "aborted")).actions).toEqual([finish(2, "cancelled")]);
    expect(stepQueue(state, { type: "started", runId: "r2" }).actions).toEqual([
      { type: "running", runId: "r2", cellId: "c2" },
    ]);
  });

  test("an interrupt asks back what was handed over behind the running cell", () => {
    const begun: QueueEvent[] = [{ type: "connected" }, enqueue(1, 2), { type: "started", runId: "r1" }];
    expect(play([...begun, { type: "interrupt" }], 2).actions.slice(3)).toEqual([
      { type: "interrupt_kernel", cancelled: 0 },
      { type: "withdraw", runId: "r2", cellId: "c2" },
    ]);
  });

  test("an interrupt that does not reach the kernel leaves an error an error", () => {
    const begun: QueueEvent[] = [
      { type: "connected" },
      enqueue(1),
      { type: "started", runId: "r1" },
      { type: "interrupt" },
    ];
    const end = replied(1, "error", 3);
    expect(play([...begun, { type: "not_interrupted" }, end]).actions.at(-1)).toEqual(finish(1, "error", 3));
    expect(play([...begun, end]).actions.at(-1)).toEqual(finish(1, "interrupted", 3));
  });

  test("interrupt interrupts the running cell, cancels the rest, and the error that follows counts as interrupted", () => {
    const events: QueueEvent[] = [
      { type: "connected" },
      enqueue(1, 2),
      { type: "started", runId: "r1" },
      { type: "interrupt" },
    ];
    const { actions, state } = play(events);
    expect(actions.slice(2)).toEqual([{ type: "interrupt_kernel", cancelled: 1 }, finish(2, "cancelled")]);
    expect(stepQueue(state, replied(1, "error", 3)).actions).toEqual([finish(1, "interrupted", 3)]);
    expect(play([enqueue(1), { type: "interrupt" }]).actions).toEqual([finish(1, "cancelled")]);
    // The kernel works for another tab, or for a widget.
    expect(play([{ type: "interrupt", isBusy: true }]).actions).toEqual([{ type: "interrupt_kernel", cancelled: 0 }]);
    expect(play([{ type: "interrupt", isBusy: false }]).actions).toEqual([]);
  });

  test("what was given up elsewhere before the running cell's end is told with it; what was asked back here is not", () => {
    const begun: QueueEvent[] = [{ type: "connected" }, enqueue(1, 2, 3, 4), { type: "started", runId: "r1" }];
    const asked: QueueEvent[] = [{ type: "cancel", cellId: "c2" }, ...[2, 3, 4].map((n) => replied(n, "aborted"))];
    const isOver = (interrupted: boolean): QueueEvent[] => [
      { type: "replied", runId: "r1", status: "error", executionCount: 1, interrupted },
    ];
    const told = (...events: QueueEvent[]) => play(events, 9).actions.filter(({ type }) => type === "stopped");
    const stopped = { type: "stopped", by: "r1", cancelled: 2, reason: "interrupted" };
    expect(told(...begun, ...asked, ...isOver(true))).toEqual([stopped]);
    expect(told(...begun, ...asked, ...isOver(false))).toEqual([{ ...stopped, reason: "error" }]);
    expect(told(...begun, { type: "interrupt" }, ...asked, ...isOver(true))).toEqual([]);
    expect(told(...begun, ...asked, replied(1, "ok"), enqueue(5), ...isOver(true))).toEqual([]);
  });

  test("an interrupt from elsewhere stops it, and is said to be one; one from here need not be told", () => {
    const begun: QueueEvent[] = [{ type: "connected" }, enqueue(1, 2), { type: "started", runId: "r1" }];
    const isOver: QueueEvent = { type: "replied", runId: "r1", status: "error", executionCount: 1, interrupted: true };
    expect(play([...begun, isOver]).actions.slice(2)).toEqual([
      finish(1, "error", 1),
      finish(2, "cancelled"),
      { type: "stopped", by: "r1", cancelled: 1, reason: "interrupted" },
    ]);
    // Both are handed over already: the second is aborted by the kernel.
    const told = play([...begun, { type: "interrupt" }, isOver], 5).actions;
    expect(told.filter(({ type }) => type === "stopped")).toEqual([]);
  });

  test("a kernel that is gone ends everything", () => {
    const { actions, state } = play([
      { type: "connected" },
      enqueue(1, 2),
      { type: "started", runId: "r1" },
      { type: "kernel_gone" },
    ]);
    expect(actions.slice(2)).toEqual([finish(1, "interrupted"), finish(2, "cancelled")]);
    expect(state).toEqual({ entries: [], window: 1, connected: false, held: false });
  });

  test("a restart cancels what waited before it and keeps what was asked for since, until the new process listens", () => {
    const { actions, state } = play([
      { type: "connected" },
      enqueue(1, 2),
      { type: "started", runId: "r1" },
      { type: "hold" },
      enqueue(3),
      { type: "kernel_gone" },
      { type: "connected" },
      { type: "release" },
    ]);
    expect(actions).toEqual([
      send(1),
      { type: "running", runId: "r1", cellId: "c1" },
      finish(2, "cancelled"),
      finish(1, "interrupted"),
      send(3),
    ]);
    expect(state.held).toBe(false);
  });

  test("a restart that failed leaves the running cell alone", () => {
    const { actions } = play([{ type: "connected" }, enqueue(1), { type: "hold" }, enqueue(2), { type: "release" }]);
    expect(actions).toEqual([send(1)]);
  });

  test("a lost connection keeps the queue and sends nothing meanwhile", () => {
    const { actions, state } = play([{ type: "connected" }, enqueue(1, 2), { type: "disconnected" }, replied(1, "ok")]);
    expect(actions.slice(1)).toEqual([finish(1, "ok")]);
    expect(stepQueue(state, { type: "connected" }).actions).toEqual([send(2)]);
  });

  test("a run found after a reload is adopted once, and ends like any other", () => {
    const adopt: QueueEvent = { type: "adopt", ...run(9) };
    const { actions, state } = play([
      adopt,
      adopt,
      { type: "connected" },
      enqueue(1),
      { type: "started", runId: "r9" },
    ]);
    expect(actions).toEqual([]);
    expect(stepQueue(state, replied(9, "ok", 4)).actions).toEqual([finish(9, "ok", 4), send(1)]);
  });

  test("the cell of a running entry is found before one that waits", () => {
    const again = { runId: "r1b", cellId: "c1", source: "again" };
    const { state } = play([
      { type: "connected" },
      enqueue(1),
      { type: "enqueue", runs: [again] },
      { type: "started", runId: "r1" },
    ]);
    expect(entryOf(state, "c1")?.runId).toBe("r1");
    expect(entryOf(state, "none")).toBeNull();
  });

  test("whatever happens, a run leaves exactly once and no more are out than the window allows", () => {
    const event = fc.oneof(
      fc.uniqueArray(fc.nat(9), { maxLength: 4 }).map((ns) => enqueue(...ns)),
      fc.uniqueArray(fc.nat(9), { maxLength: 4 }).map((ns) => wish(...ns)),
      fc.uniqueArray(fc.nat(9), { maxLength: 4 }).map((ns) => refuse(...ns)),
      fc
        .record({ n: fc.nat(9), status: fc.constantFrom("ok" as const, "error" as const, "aborted" as const) })
        .map(({ n, status }) => replied(n, status)),
      fc.nat(9).map((n): QueueEvent => ({ type: "started", runId: `r${n}` })),
      fc.nat(9).map((n): QueueEvent => ({ type: "cancel", cellId: `c${n}` })),
      fc.nat(9).map((n): QueueEvent => ({ type: "adopt", ...run(n) })),
      fc.constantFrom<QueueEvent>(
        { type: "interrupt" },
        { type: "connected" },
        { type: "disconnected" },
        { type: "kernel_gone" },
        { type: "hold" },
        { type: "release" },
      ),
    );
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
        (events, window) => {
          let state = emptyQueue(window);
          for (const one of events) {
            const before = state.entries.filter(({ phase }) => phase !== "wished").map((entry) => entry.runId);
            const step = stepQueue(state, one);
            const after = new Set(step.state.entries.map((entry) => entry.runId));
            const left = before.filter((id) => !after.has(id));
            const finished = step.actions.flatMap((action) => (action.type === "finish" ? [action.runId] : []));
            expect(finished.sort()).toEqual(left.sort());
            const out = step.state.entries.filter((entry) => entry.phase === "submitted").length;
            expect(out).toBeLessThanOrEqual(window);
            state = step.state;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("two runs are at once when neither ended before the other began", () => {
  const record = (started_at: number | null, finished_at: number | null) => runRecord({ started_at, finished_at });
  expect(ranAtOnce(record(1, 5), record(3, 9))).toBe(true);
  expect(ranAtOnce(record(3, null), record(1, 5))).toBe(true);
  expect(ranAtOnce(record(1, 3), record(3, 9))).toBe(false);
  expect(ranAtOnce(record(4, 9), record(1, 3))).toBe(false);
  expect(ranAtOnce(record(null, null), record(1, 3))).toBe(false);
});
