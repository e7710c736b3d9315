import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as Y from "yjs";
import { Value } from "../../core/observable.ts";
import { emptyQueue, type QueueEvent, stepQueue } from "../../core/runs.ts";
import { NotebookDoc } from "../../doc/notebook-doc.ts";
import { formatRoot } from "../../doc/schema.ts";
import { RunStore } from "../../sync/run-store.ts";
import type { NotebookController } from "./controller.ts";
import { SectionModel } from "./section-model.ts";
import { sectionWork } from "./section-work.ts";

let doc: NotebookDoc;
let runs: RunStore;
let queue: Value<ReturnType<typeof emptyQueue>>;
let sections: SectionModel;

const at = (index: number): string => doc.cellIds()[index] ?? "";
const step = (event: QueueEvent): void => queue.set(stepQueue(queue.get(), event).state);
const workUnder = (index: number) =>
  sectionWork({ services: { doc, runs, actions: { queue } }, sections } as unknown as NotebookController, at(index));

/** As the driver does it. */
function runCells(...indices: readonly number[]): void {
  const runtime = { kind: "local", label: "" } as const;
  for (const index of indices) runs.start({ runId: `r${index}`, cellId: at(index), sourceDigest: "", runtime });
  step({ type: "enqueue", runs: indices.map((index) => ({ runId: `r${index}`, cellId: at(index), source: "" })) });
}

function end(index: number, status: "ok" | "error"): void {
  step({ type: "replied", runId: `r${index}`, status, executionCount: 1 });
  runs.status(`r${index}`, { status });
}

beforeEach(() => {
  vi.useFakeTimers();
  doc = new NotebookDoc(new Y.Doc(), { now: () => 1 });
  formatRoot(doc.doc).set("schema", 1);
  const cells = ["# Top", "a", "## Part", "b", "c", "# Next", "d"];
  doc.pasteCells(
    cells.map((source) => ({ type: source.startsWith("#") ? "markdown" : "code", source })),
    null,
  );
  runs = new RunStore({ browserId: "b", putBlob: () => Promise.resolve() });
  queue = new Value(emptyQueue());
  sections = new SectionModel(doc);
  sections.toggle(at(0));
  sections.toggle(at(5));
  step({ type: "connected" });
});
afterEach(() => {
  sections.close();
  vi.useRealTimers();
});

it("counts what runs, waits and failed among the cells that a section hides, and only among them", () => {
  expect(workUnder(0).get()).toEqual({ running: 0, waiting: 0, failed: 0 });
  runCells(1, 3, 4);
  step({ type: "started", runId: "r1" });
  expect(workUnder(0).get()).toEqual({ running: 1, waiting: 2, failed: 0 });
  end(1, "ok");
  step({ type: "started", runId: "r3" });
  expect(workUnder(0).get()).toEqual({ running: 1, waiting: 1, failed: 0 });
  end(3, "error");
  runs.status("r4", { status: "cancelled" });
  expect(workUnder(0).get()).toEqual({ running: 0, waiting: 0, failed: 1 });
  expect(workUnder(5).get()).toEqual({ running: 0, waiting: 0, failed: 0 });
});

it("tells when it is another number, once for what comes together, and nothing after the end", () => {
  const work = workUnder(0);
  let told = 0;
  const stop = work.subscribe(() => {
    told += 1;
  });
  runCells(1, 3);
  step({ type: "started", runId: "r1" });
  vi.runOnlyPendingTimers();
  expect([told, work.get()]).toEqual([1, { running: 1, waiting: 1, failed: 0 }]);
  runs.ops("r1", []);
  vi.runOnlyPendingTimers();
  expect(told).toBe(1);
  stop();
  end(1, "ok");
  vi.runOnlyPendingTimers();
  expect(told).toBe(1);
});
