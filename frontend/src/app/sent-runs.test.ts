import { expect, test } from "vitest";
import { SentRuns } from "./sent-runs.ts";

const RUN = { runId: "f00d", cellId: "c", kernelId: "k", sentAt: 0, input: null };

function setUp() {
  const stored = new Map<string, string>();
  let writes = 0;
  const store = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => {
      writes += 1;
      stored.set(key, value);
    },
  };
  const sent = new SentRuns(store, "n");
  sent.add(RUN);
  return { sent, kept: () => sent.of("k")[0], stored: () => new SentRuns(store, "n").of("k")[0], writes: () => writes };
}

test("of what the server drops the first beginning is kept, whatever page says it", async () => {
  const { sent, kept, stored } = setUp();
  sent.dropsBegin(RUN.runId, "kernel_7_3");
  sent.dropsBegin(RUN.runId, "kernel_7_9");
  sent.dropsBegin("another", "kernel_7_1");
  expect(kept()).toEqual({ ...RUN, drops: { after: "kernel_7_3", isFillable: true } });
  await Promise.resolve();
  expect(stored()).toEqual(kept());
});

test("what strayed before may be filled in behind, what strayed after may not", () => {
  const { sent, kept } = setUp();
  sent.strayed(RUN.runId);
  sent.dropsBegin(RUN.runId, null);
  expect(kept()).toEqual({ ...RUN, hasStrayed: true, drops: { after: null, isFillable: true } });
  sent.strayed(RUN.runId);
  expect(kept()).toEqual({ ...RUN, hasStrayed: true, drops: { after: null, isFillable: false } });
});

test("a slider that goes on moving writes nothing more", async () => {
  const { sent, writes } = setUp();
  await Promise.resolve();
  for (let n = 0; n < 3; n += 1) {
    sent.strayed(RUN.runId);
    await Promise.resolve();
  }
  expect(writes()).toBe(2);
});
