import { expect, test } from "vitest";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { StoredRuns } from "./stored-runs.ts";

interface Entry {
  readonly runId: string;
  readonly says?: string;
}

class CountedStorage extends MemoryStorage {
  written = 0;
  override setItem(key: string, value: string): void {
    this.written += 1;
    super.setItem(key, value);
  }
}

function setUp() {
  const store = new CountedStorage();
  const page = () => new StoredRuns<Entry>(store, "k");
  return { store, one: page(), other: page() };
}

const ids = (list: StoredRuns<Entry>) => list.all().map(({ runId }) => runId);
const written = () => Promise.resolve();

test("what comes and goes at one stroke is written once, and read here before", async () => {
  const { store, one, other } = setUp();
  for (let n = 0; n < 1_000; n += 1) one.put({ runId: `${n}` });
  for (let n = 1; n < 999; n += 1) one.remove(`${n}`);
  expect([ids(one), one.get("0"), one.get("5"), store.written]).toEqual([["0", "999"], { runId: "0" }, null, 0]);
  await written();
  expect([ids(other), store.written]).toEqual([["0", "999"], 1]);
});

test("what another page writes meanwhile stays", async () => {
  const { one, other } = setUp();
  one.put({ runId: "a" });
  one.put({ runId: "b" });
  await written();
  other.put({ runId: "c" });
  one.put({ runId: "a", says: "more" });
  one.remove("b");
  await written();
  expect([ids(one), ids(other), other.get("a")]).toEqual([["a", "c"], ["a", "c"], { runId: "a", says: "more" }]);
});

test("to take out what is not there writes nothing, and what cannot be read is no list", async () => {
  const { store, one } = setUp();
  store.items.set("k", "{");
  one.remove("a");
  await written();
  expect([ids(one), store.written]).toEqual([[], 0]);
  one.put({ runId: "a" });
  await written();
  expect(JSON.parse(store.items.get("k") ?? "")).toEqual([{ runId: "a" }]);
});
