import { expect, test } from "vitest";
import type { RunStatus } from "../../core/notebook.ts";
import { Value } from "../../core/observable.ts";
import { emptyQueue, type QueueEvent, type QueueState, stepQueue } from "../../core/runs.ts";
import { tellRunEnds } from "./run-news.ts";

/** A queue whose kernel takes everything, and what is said of it. */
function listening() {
  const queue = new Value<QueueState>(emptyQueue());
  const said: string[] = [];
  const statuses = new Map<string, RunStatus>();
  const close = tellRunEnds({
    queue,
    statusOf: (cellId) => statuses.get(cellId) ?? null,
    positionOf: (cellId) => ["c1", "c2", "c3"].indexOf(cellId) + 1,
    say: (message) => said.push(message),
  });
  const happen = async (event: QueueEvent): Promise<void> => {
    const { state, actions } = stepQueue(queue.get(), event);
    queue.set(state);
    for (const action of actions) if (action.type === "finish") statuses.set(action.cellId, action.status);
    await Promise.resolve();
  };
  const run = (n: number) => ({ runId: `r${n}`, cellId: `c${n}`, source: "" });
  const replied = (n: number, status: "ok" | "error"): Promise<void> =>
    happen({ type: "replied", runId: `r${n}`, status, executionCount: 1 });
  return { said, happen, run, replied, close };
}

test("how a run ended is said once nothing runs any more, and of many only the last", async () => {
  const { said, happen, run, replied, close } = listening();
  await happen({ type: "connected" });
  await happen({ type: "enqueue", runs: [run(1), run(2)] });
  await replied(1, "ok");
  expect(said).toEqual([]);
  await replied(2, "ok");
  expect(said).toEqual(["Cell 2: Finished"]);
  await happen({ type: "enqueue", runs: [run(3)] });
  close();
  await replied(3, "ok");
  expect(said).toHaveLength(1);
});

test("of cells that an error kept from running, the one that failed is named", async () => {
  const { said, happen, run, replied } = listening();
  await happen({ type: "connected" });
  await happen({ type: "enqueue", runs: [run(1), run(2), run(3)] });
  await replied(1, "error");
  expect(said).toEqual(["Cell 1: Failed"]);
});

test("nothing is said of what never began, and of a cell that is no more", async () => {
  const { said, happen, run, replied } = listening();
  await happen({ type: "enqueue", runs: [run(1)] });
  await happen({ type: "cancel", cellId: "c1" });
  await happen({ type: "connected" });
  await happen({ type: "enqueue", runs: [{ ...run(9), cellId: "gone" }] });
  await replied(9, "ok");
  expect(said).toEqual([]);
});
