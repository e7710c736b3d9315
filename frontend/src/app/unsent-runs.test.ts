import { expect, test, vi } from "vitest";
import { TestClock } from "../kernel/testing/clock.ts";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { UnsentRuns } from "./unsent-runs.ts";

const RUN = { runId: "r", page: "p", at: 1 };

test("what waits is looked after once, and again later where that failed: the hub was away", async () => {
  const clock = new TestClock();
  const store = new MemoryStorage();
  let stored = () => {};
  const onStored = (fn: () => void) => {
    stored = fn;
    return () => {};
  };
  const tries = vi.fn(async () => {
    if (tries.mock.calls.length === 1) throw new TypeError("Failed to fetch dynamically imported module");
  });
  const close = new UnsentRuns(store, "n").whenAny(tries, { onStored, clock });
  expect(tries).toHaveBeenCalledTimes(0);
  new UnsentRuns(store, "n").add([RUN]);
  await Promise.resolve();
  stored();
  await Promise.allSettled(tries.mock.results.map(({ value }) => value));
  expect(tries).toHaveBeenCalledTimes(1);
  clock.advance(60_000);
  expect(tries).toHaveBeenCalledTimes(2);
  await Promise.allSettled(tries.mock.results.map(({ value }) => value));
  stored();
  clock.advance(60_000);
  expect(tries).toHaveBeenCalledTimes(2);
  close();
});
