import { expect, test } from "vitest";
import { GapWatch } from "./gap-watch.ts";
import { TestClock } from "./testing/clock.ts";
import type { KernelMessage } from "./wire.ts";

const SESSION = "ours";
const RUN = "f00d";

function setUp() {
  const clock = new TestClock();
  const gaps: string[] = [];
  const kept = new Map<string, string>();
  const store: { unsavedSince: number | null } = { unsavedSince: null };
  const watch = new GapWatch({
    clock,
    session: SESSION,
    isOurs: (runId) => runId === RUN,
    keep: (runId, msgId) => kept.set(runId, msgId),
    unsavedSince: () => store.unsavedSince,
    onGap: (runId) => gaps.push(runId),
  });
  const hears = (n: number, more: { parent?: string; by?: string; type?: string } = {}) =>
    watch.heard(message(`kernel_7_${n}`, more));
  return { clock, gaps, kept, store, watch, hears };
}

function message(id: string, { parent = RUN, by = SESSION, type = "stream" }: Record<string, string>): KernelMessage {
  const header = { msg_id: id, msg_type: type, session: "kernel", username: "", date: "", version: "5.4" };
  const content = type === "status" ? { execution_state: "idle" } : {};
  return {
    channel: "iopub",
    header,
    parent_header: { msg_id: parent, session: by },
    metadata: {},
    content,
    buffers: [],
  };
}

test("what was said between two sockets and heard on neither is a gap", () => {
  const { watch, hears, clock, gaps } = setUp();
  for (const n of [1, 2, 3]) hears(n);
  watch.opened([RUN]);
  hears(6);
  clock.advance(1_000);
  expect(gaps).toEqual([RUN]);
  hears(7);
  clock.advance(10_000);
  expect(gaps).toEqual([RUN]);
});

test("another socket that loses nothing, and one whose channels overtake each other, leave no mark", () => {
  const { watch, hears, clock, gaps } = setUp();
  for (const n of [1, 2, 3]) hears(n);
  watch.opened([RUN]);
  hears(4);
  watch.opened([RUN]);
  hears(7, { type: "execute_reply" });
  hears(5);
  hears(6);
  clock.advance(10_000);
  expect(gaps).toEqual([]);
});

test("a run of a page that is gone: from what it recorded, or kept, to what is heard here", () => {
  for (const [through, kept, expected] of [
    ["kernel_7_5", null, [RUN]],
    ["kernel_7_5", "kernel_7_7", []],
    ["kernel_7_7", "kernel_7_5", []],
    [null, "kernel_7_6", [RUN]],
    [null, null, []],
    ["a-name-without-number", null, []],
  ] as const) {
    const early = setUp();
    early.hears(8);
    early.watch.takenOver(RUN, { through, kept, heard: "kernel_7_8" });
    early.clock.advance(1_000);
    const late = setUp();
    late.watch.takenOver(RUN, { through, kept, heard: null });
    late.clock.advance(1_000);
    expect(late.gaps).toEqual([]);
    late.hears(8);
    late.clock.advance(1_000);
    expect([early.gaps, late.gaps]).toEqual([expected, expected]);
  }
});

test("a run of a page that is gone: what is lost between the last word heard with it and the first one heard without it is a gap", () => {
  for (const [next, expected] of [
    [10, [RUN]],
    [9, []],
  ] as const) {
    const { watch, hears, clock, gaps } = setUp();
    for (const n of [6, 7, 8]) hears(n);
    // The socket was opened before the run was taken over, and nothing has come through it.
    watch.opened([]);
    watch.takenOver(RUN, { through: "kernel_7_7", kept: null, heard: "kernel_7_8" });
    hears(next);
    clock.advance(2_000);
    expect(gaps).toEqual(expected);
  }
});

test("what is lost further on, behind what the server kept, is a gap: while the run goes on, and at its end", () => {
  for (const isOver of [false, true]) {
    const { watch, hears, clock, gaps } = setUp();
    watch.takenOver(RUN, { through: "kernel_7_4", kept: null, heard: null });
    for (const n of [5, 6, 8]) hears(n);
    if (isOver) watch.finished(RUN);
    clock.advance(3_000);
    expect(gaps).toEqual([RUN]);
    hears(9);
    clock.advance(10_000);
    expect(gaps).toEqual([RUN]);
  }
  const { watch, hears, clock, gaps } = setUp();
  watch.takenOver(RUN, { through: "kernel_7_4", kept: null, heard: null });
  for (const n of [5, 6, 7]) hears(n);
  clock.advance(3_000);
  expect(gaps).toEqual([]);
  for (const n of [8, 10]) hears(n);
  clock.advance(3_000);
  expect(gaps).toEqual([RUN]);
});

test("what the kernel told somebody else is no gap", () => {
  const { watch, hears, clock, gaps } = setUp();
  hears(1);
  watch.opened([RUN]);
  // Another client's question, and one that the server asked in our name; both answers went elsewhere.
  hears(3, { parent: "b", by: "another", type: "status" });
  hears(5, { parent: "server_9_1", type: "status" });
  hears(6);
  clock.advance(1_000);
  expect(gaps).toEqual([]);
});

test("the server's own words are in no row of the kernel", () => {
  const { watch, hears, clock, gaps } = setUp();
  hears(1);
  watch.opened([RUN]);
  const { header, ...rest } = message("ours_9_44", { type: "status" });
  watch.heard({ ...rest, header: { ...header, session: SESSION } });
  hears(2);
  clock.advance(1_000);
  expect(gaps).toEqual([]);
});

test("an answer whose outputs never came has a gap; one with all of them has none", () => {
  const { watch, hears } = setUp();
  hears(1, { parent: "earlier" });
  watch.begins(RUN);
  hears(5, { type: "execute_reply" });
  expect(watch.hasGap(RUN)).toBe(true);
  for (const n of [2, 3, 4]) hears(n);
  expect(watch.hasGap(RUN)).toBe(false);
});

test("keeps what was heard a while ago, and at the leaving only what is stored", () => {
  const { watch, hears, clock, kept, store } = setUp();
  hears(1, { type: "status" });
  expect(kept.get(RUN)).toBe("kernel_7_1");
  hears(2);
  clock.advance(1_000);
  hears(3);
  expect(kept.get(RUN)).toBe("kernel_7_1");
  clock.advance(1_000);
  expect(kept.get(RUN)).toBe("kernel_7_2");
  // Heard just now, and not stored yet: nothing of it is claimed, however the second falls.
  store.unsavedSince = clock.now();
  watch.leaving();
  expect(kept.get(RUN)).toBe("kernel_7_2");
  store.unsavedSince = null;
  watch.leaving();
  expect(kept.get(RUN)).toBe("kernel_7_3");
  hears(4);
  hears(5, { type: "comm_msg" });
  watch.leaving();
  expect(kept.get(RUN)).toBe("kernel_7_5");
  watch.finished(RUN);
  kept.clear();
  clock.advance(10_000);
  watch.leaving();
  expect(kept.size).toBe(0);
});

test("what was heard a while ago is not claimed while it is still to be stored", () => {
  const { hears, clock, kept, store } = setUp();
  hears(1, { type: "status" });
  hears(2);
  store.unsavedSince = clock.now();
  clock.advance(1_000);
  hears(3);
  clock.advance(10_000);
  expect(kept.get(RUN)).toBe("kernel_7_1");
  // What is unsaved now came after the second.
  store.unsavedSince = clock.now();
  clock.advance(3_000);
  expect(kept.get(RUN)).toBe("kernel_7_2");
  store.unsavedSince = null;
  clock.advance(3_000);
  expect(kept.get(RUN)).toBe("kernel_7_3");
});

test("of a run that said more than a kernel holds, what the kernel let go of is told from numbers that it gave to nothing", () => {
  const { watch, hears } = setUp();
  const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `kernel_7_${from + at}`);
  hears(1, { parent: "another" });
  watch.begins(RUN);
  for (let n = 2; n <= 900; n += 1) if (n !== 500) hears(n);
  // So few a kernel holds: whatever is missing of them, it is not because they came too fast.
  expect([watch.hasGap(RUN), watch.lacksOfMany(RUN)]).toEqual([true, false]);
  for (let n = 901; n <= 1_200; n += 1) hears(n);
  expect(watch.lacksOfMany(RUN)).toBe(true);
  const sent = ids(2, 1_200).filter((id) => id !== "kernel_7_500");
  expect(watch.lacks(RUN, sent, true)).toBe(false);
  expect(watch.lacks(RUN, ids(2, 1_200), true)).toBe(true);
  // The kernel has only the end: the hole is before that, or in it.
  expect([watch.lacks(RUN, ids(700, 1_200), false), watch.lacks(RUN, sent.slice(100), false)]).toEqual([true, false]);
  // It does not tell: one number is no proof.
  expect(watch.lacks(RUN, [], false)).toBe(false);
  hears(1_203);
  expect(watch.lacks(RUN, [], false)).toBe(true);
});
