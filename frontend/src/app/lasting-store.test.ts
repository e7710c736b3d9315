import { expect, test } from "vitest";
import type { CellId } from "../core/cell.ts";
import type { RunId } from "../core/notebook.ts";
import { forgetLink, keepLink, linkAt } from "./disk-links.ts";
import { lastingStore } from "./lasting-store.ts";
import { SentRuns } from "./sent-runs.ts";
import { UnsentRuns } from "./unsent-runs.ts";

/** A browser's store that takes no more while `isFull`. */
class SmallStore {
  readonly items = new Map<string, string>();
  isFull = false;

  get length(): number {
    return this.items.size;
  }

  key(at: number): string | null {
    return [...this.items.keys()][at] ?? null;
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.isFull) throw new DOMException("the quota has been exceeded", "QuotaExceededError");
    this.items.set(key, value);
  }
}

const RUN = "run-1" as RunId;

test("a store with room is written to, and nobody is told", () => {
  const small = new SmallStore();
  const told: unknown[] = [];
  lastingStore(small, (error) => told.push(error)).setItem("key", "value");
  expect(small.items).toEqual(new Map([["key", "value"]]));
  expect(told).toEqual([]);
});

test("a full store stops nothing: this page reads what it wrote, and it is told", () => {
  const small = new SmallStore();
  const told: unknown[] = [];
  const store = lastingStore(small, (error) => told.push(error));
  store.setItem("key", "before");
  small.isFull = true;
  store.setItem("key", "after");
  expect(store.getItem("key")).toBe("after");
  expect(small.items.get("key")).toBe("before");
  expect(told).toHaveLength(1);
});

test("once there is room again, the store has the latest words", () => {
  const small = new SmallStore();
  const store = lastingStore(small, () => {});
  small.isFull = true;
  store.setItem("key", "one");
  small.isFull = false;
  store.setItem("key", "two");
  small.setItem("key", "three of another tab");
  expect(store.getItem("key")).toBe("three of another tab");
});

test("runs are sent, waited for and found again by a page whose browser is full", () => {
  const small = new SmallStore();
  small.isFull = true;
  const store = lastingStore(small, () => {});
  const unsent = new UnsentRuns(store, "notebook");
  unsent.add([{ runId: RUN, page: "page", at: 1 }]);
  unsent.over(RUN);
  expect(unsent.all()).toEqual([]);
  const sent = new SentRuns(store, "notebook");
  sent.add({ runId: RUN, cellId: "cell" as CellId, kernelId: "kernel", sentAt: 1, input: null });
  expect(sent.of("kernel").map((run) => run.runId)).toEqual([RUN]);
});

test("a file that was opened from a disk is known again, and can be forgotten, by a page whose browser is full", () => {
  const small = new SmallStore();
  const store = lastingStore(small, () => {});
  const place = { baseUrl: "http://127.0.0.1:8888/", path: "rain.ipynb" };
  keepLink(store, { ...place, notebookId: "early", personId: "ann", label: "gpu-box", path: "snow.ipynb" });
  small.isFull = true;
  keepLink(store, { ...place, notebookId: "late", personId: "ann", label: "gpu-box" });
  expect(linkAt(store, place, "ann")?.notebookId).toBe("late");
  expect(linkAt(store, { ...place, path: "snow.ipynb" }, "ann")?.notebookId).toBe("early");
  forgetLink(store, "late");
  expect(linkAt(store, place, "ann")).toBeNull();
});

test("where the browser keeps nothing, the page does, and nobody is told that it is full", () => {
  const told: unknown[] = [];
  const store = lastingStore(null, (error) => told.push(error));
  store.setItem("key", "value");
  expect([store.getItem("key"), store.getItem("other"), store.keys(), told]).toEqual(["value", null, ["key"], []]);
});
