// @vitest-environment jsdom
import "fake-indexeddb/auto";
import { IDBDatabase, IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ownKey } from "../core/owner.ts";
import { IndexedDbOffline } from "./offline.ts";

const update = new Uint8Array([1, 2, 3]);
const writes = () =>
  vi.mocked(IDBDatabase.prototype.transaction).mock.calls.filter(([, mode]) => mode === "readwrite").length;

beforeEach(() => {
  vi.spyOn(IDBDatabase.prototype, "transaction");
  // The grace never ends by itself here.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => vi.useRealTimers());

async function opened(storage: IDBFactory, tab: string): Promise<IndexedDbOffline> {
  const store = new IndexedDbOffline("n", tab, storage);
  await store.load();
  return store;
}

test("an edit that the hub acknowledges at once is never written", async () => {
  const store = await opened(new IDBFactory(), "t");
  const key = store.add(update, 1, true);
  expect(store.state.get()).toBe("writing");
  store.remove([key]);
  expect(store.state.get()).toBe("ok");
  await vi.advanceTimersByTimeAsync(1_000);
  await store.settled();
  expect(writes()).toBe(0);
});

test("an edit that the hub does not acknowledge is written after a moment", async () => {
  const storage = new IDBFactory();
  const store = await opened(storage, "t");
  store.add(update, 1, true);
  await vi.advanceTimersByTimeAsync(100);
  await vi.waitFor(() => expect(store.state.get()).toBe("ok"), 15_000);
  expect(writes()).toBe(1);
  expect(await (await opened(storage, "later")).load()).toMatchObject([{ key: ["n", "t", 0], at: 1 }]);
});

test("an edit that goes nowhere else is written without waiting", async () => {
  const store = await opened(new IDBFactory(), "t");
  store.add(update, 1);
  await vi.waitFor(() => expect(store.state.get()).toBe("ok"), 15_000);
  expect(writes()).toBe(1);
});

test.each([
  ["left", () => window.dispatchEvent(new Event("pagehide"))],
  [
    "hidden",
    () => {
      vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
      document.dispatchEvent(new Event("visibilitychange"));
    },
  ],
])("a page that is %s writes at once what it has sent", async (_, leave) => {
  const storage = new IDBFactory();
  const store = await opened(storage, "t");
  store.add(update, 1, true);
  leave();
  await vi.waitFor(() => expect(store.state.get()).toBe("ok"), 15_000);
  expect(await (await opened(storage, "later")).load()).toHaveLength(1);
});

test("edits wait for the person who made them, and go out in nobody else's name", async () => {
  const storage = new IDBFactory();
  const of = (owner: string | null) => new IndexedDbOffline(ownKey(owner, "n"), `tab of ${owner}`, storage);
  const hers = of("ada");
  hers.add(update, 1);
  await hers.settled();
  for (const other of ["bob", null]) expect(await of(other).load()).toEqual([]);
  expect(await of("ada").load()).toMatchObject([{ at: 1 }]);
});
