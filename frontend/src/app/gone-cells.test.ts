import { beforeEach, expect, test } from "vitest";
import * as Y from "yjs";
import { Value } from "../core/observable.ts";
import { emptyQueue, type QueueEvent, stepQueue } from "../core/runs.ts";
import { NotebookDoc } from "../doc/notebook-doc.ts";
import { formatRoot } from "../doc/schema.ts";
import type { KernelPort } from "../kernel/kernel-port.ts";
import { dropGone } from "./gone-cells.ts";

let doc: NotebookDoc;
let queue: Value<ReturnType<typeof emptyQueue>>;
let port: Value<Pick<KernelPort, "journal"> | null>;
let cancelled: string[];
let end: () => void;

const at = (index: number): string => doc.cellIds()[index] ?? "";
const step = (event: QueueEvent): void => queue.set(stepQueue(queue.get(), event).state);

/** Four cells are asked for; the first is at work, and the second is in the kernel's hands. */
beforeEach(() => {
  doc = new NotebookDoc(new Y.Doc(), { now: () => 1 });
  formatRoot(doc.doc).set("schema", 1);
  doc.pasteCells(
    ["a", "b", "c", "d"].map((source) => ({ type: "code", source })),
    null,
  );
  queue = new Value(emptyQueue(2));
  cancelled = [];
  port = new Value<Pick<KernelPort, "journal"> | null>({ journal: null });
  end = dropGone({ doc, queue, runtime: { port }, cancel: (id) => cancelled.push(id) });
  step({ type: "connected" });
  step({ type: "enqueue", runs: doc.cellIds().map((cellId) => ({ runId: cellId, cellId, source: "" })) });
  step({ type: "started", runId: at(0) });
});

test("a cell that is deleted or made text while it waits is taken out; one that stays, or runs, is not", () => {
  doc.setType(at(2), "markdown");
  expect(cancelled).toEqual([at(2)]);
  const last = at(3);
  doc.deleteCells([last]);
  expect(cancelled).toEqual([at(2), last]);
  doc.setType(at(0), "markdown");
  doc.setCellMetadata(at(1), "tags", ["a"]);
  expect(cancelled).toHaveLength(2);
});

test("what a kernel has that gives nothing back stays; another kernel is asked", () => {
  doc.setType(at(1), "raw");
  expect(cancelled).toEqual([]);
  doc.setType(at(1), "code");
  port.set({ journal: { withdraw: () => {} } as unknown as NonNullable<KernelPort["journal"]> });
  doc.setType(at(1), "raw");
  expect(cancelled).toEqual([at(1)]);
});

test("a cell that has left the queue, and any after the end, is nobody's affair", () => {
  step({ type: "cancel", cellId: at(2) });
  doc.setType(at(2), "markdown");
  end();
  doc.setType(at(3), "markdown");
  expect(cancelled).toEqual([]);
});
