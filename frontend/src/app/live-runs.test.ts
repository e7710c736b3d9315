import { expect, test } from "vitest";
import { Value } from "../core/observable.ts";
import { NOTHING_FOLDED, type Output } from "../core/outputs.ts";
import { noticeOp } from "../core/run-notice.ts";
import type { RunEvent } from "../kernel/execute.ts";
import { TestClock } from "../kernel/testing/clock.ts";
import { RunStore } from "../sync/run-store.ts";
import type { Drops } from "./dropped-output.ts";
import { LiveRuns } from "./live-runs.ts";
import { RunQuestions } from "./run-questions.ts";
import { SentRuns } from "./sent-runs.ts";

const RUN = "f00d";
const TOO_FAST = "The Jupyter server dropped output here because it came too fast: some lines are missing.";
const DROPPED =
  "The kernel dropped output of this cell because the Jupyter server did not take it in time: some lines above are missing.";
const MARK = "The connection was cut while this ran: some output may be missing here.";

function textOf(output: Output): unknown {
  return "data" in output ? output.data["text/plain"] : "text" in output ? output.text : null;
}

function printing(text: string): RunEvent {
  return { type: "ops", ops: [{ op: "output", output: { output_type: "stream", name: "stdout", text } }] };
}

function setUp({ canFill = false, hasGap = false, lacksOfMany = false } = {}) {
  const asked: (Drops | null)[] = [];
  const kept: (string | null)[] = [];
  const ended: string[] = [];
  const clock = new TestClock();
  const runs = new RunStore({ putBlob: () => Promise.resolve(), browserId: "b", clock });
  const store = new Map<string, string>();
  const sent = new SentRuns(
    {
      getItem: (key) => store.get(key) ?? null,
      setItem: (key, value) => void store.set(key, value),
    },
    "n",
  );
  const told: (readonly string[])[] = [];
  const live = new LiveRuns({
    runs,
    clock,
    questions: new RunQuestions(sent, clock, new Value(null)),
    dispatch: (event) => {
      if (event.type === "replied") ended.push(event.status);
      if (event.type === "replied") live.finished(RUN);
    },
    tellIncomplete: (runIds) => told.push(runIds),
    hasGap: () => hasGap,
    lacksOfMany: () => lacksOfMany,
    askForEnd: () => false,
    keepDrops: (_, after) => kept.push(after),
    fillIn: (runId, { drops }) => {
      asked.push(drops);
      if (canFill) live.hold(runId);
      return canFill;
    },
  });
  runs.start({ runId: RUN, cellId: "c", sourceDigest: "", runtime: { kind: "local", label: "Python" } });
  live.add(RUN, "c");
  const prints = (text: string, id: string | null = null) => live.heard(RUN, printing(text), id);
  const drops = () => live.heard(RUN, { type: "ops", ops: [noticeOp("too_fast")], isTooFast: true }, null);
  const ends = ({ isIdle }: { readonly isIdle: boolean }) => {
    live.heard(RUN, { type: "replied", status: "ok", executionCount: 1, interrupted: false }, null);
    if (isIdle) live.heard(RUN, { type: "idle" }, "kernel_7_9");
  };
  const shown = () => {
    clock.advance(1_000);
    return (runs.run(RUN)?.outputs ?? []).map(textOf);
  };
  return { live, clock, prints, drops, ends, shown, told, asked, kept, ended };
}

test("two signs of one loss leave one mark; another loss further on leaves another", () => {
  const { live, prints, shown, told } = setUp();
  prints("one\n");
  live.opened(false, false);
  live.dropped(RUN);
  expect(shown()).toEqual(["one\n", MARK]);
  expect(told).toEqual([[RUN]]);
  prints("two\n");
  live.dropped(RUN);
  expect(shown()).toEqual(["one\n", MARK, "two\n", MARK]);
  expect(told).toEqual([[RUN], [RUN]]);
});

test("a socket that was closed with a farewell leaves no mark", () => {
  const { live, prints, shown, told } = setUp();
  prints("one\n");
  live.opened(true, false);
  prints("two\n");
  expect(shown()).toEqual(["one\ntwo\n"]);
  expect(told).toEqual([]);
});

test("a run of which the server dropped some asks for it once, at its end, and ends when the answer is there", () => {
  const { live, prints, drops, ends, shown, asked, ended } = setUp({ canFill: true });
  prints("one\n", "kernel_7_1");
  drops();
  prints("four\n", "kernel_7_4");
  drops();
  expect([shown(), asked.length]).toEqual([["one\n", TOO_FAST, "four\n"], 0]);
  ends({ isIdle: true });
  expect(asked.map((one) => one?.before.through)).toEqual(["kernel_7_1"]);
  expect(asked[0]?.before.folded.outputs.map(textOf)).toEqual(["one\n"]);
  expect(ended).toEqual([]);
  const events = [{ id: "kernel_7_9", event: { type: "ops", ops: [{ op: "clear", wait: false }] } as const }];
  live.release(RUN, { events, ids: new Set(), last: "kernel_7_9", end: null }, false);
  expect([shown(), ended, asked.length]).toEqual([[], ["ok"], 1]);
});

test("where the kernel cannot be asked, or cannot tell, the run ends with the mark", () => {
  for (const canFill of [false, true]) {
    const { live, prints, drops, ends, shown, asked, ended } = setUp({ canFill });
    prints("one\n", "kernel_7_1");
    drops();
    ends({ isIdle: true });
    live.release(RUN, null, false);
    expect([shown(), ended, asked.length]).toEqual([["one\n", TOO_FAST], ["ok"], 1]);
  }
});

test("nothing is asked of a run of which nothing was dropped", () => {
  const { prints, ends, asked, ended } = setUp({ canFill: true });
  prints("one\n", "kernel_7_1");
  ends({ isIdle: true });
  expect([asked, ended]).toEqual([[], ["ok"]]);
});

test("an end that was dropped too: the kernel is asked without a word of when that began, and answers in its own time", () => {
  const { live, clock, prints, ends, shown, asked, ended } = setUp({ canFill: true, hasGap: true });
  prints("one\n", "kernel_7_1");
  ends({ isIdle: false });
  clock.advance(2_000);
  expect(asked).toEqual([null]);
  clock.advance(10_000);
  expect(ended).toEqual([]);
  live.release(RUN, null, false);
  expect([shown(), ended]).toEqual([["one\n", DROPPED], ["ok"]]);
});

test("what the kernel dropped without a word is asked for at the end, and marked where it cannot be asked", () => {
  const asks = setUp({ canFill: true, lacksOfMany: true });
  asks.prints("one\n");
  asks.ends({ isIdle: true });
  expect([asks.shown(), asks.asked.length, asks.ended]).toEqual([["one\n"], 1, []]);
  asks.live.unsaid(RUN);
  asks.live.unsaid(RUN);
  asks.live.release(RUN, null, false);
  expect([asks.shown(), asks.ended]).toEqual([["one\n", DROPPED], ["ok"]]);
  const cannot = setUp({ lacksOfMany: true });
  cannot.prints("one\n");
  cannot.ends({ isIdle: true });
  expect([cannot.shown(), cannot.ended]).toEqual([["one\n", DROPPED], ["ok"]]);
  // What a cut may have taken is judged by whoever looks after cuts.
  const cut = setUp({ canFill: true, lacksOfMany: true });
  cut.live.opened(true, true);
  cut.ends({ isIdle: true });
  expect([cut.asked, cut.ended]).toEqual([[], ["ok"]]);
});

test("what strayed into or out of a run's outputs is not overwritten by what the kernel tells", () => {
  const { live, prints, drops, ends, asked } = setUp({ canFill: true });
  prints("name? ", "kernel_7_1");
  drops();
  live.strayed(RUN);
  ends({ isIdle: true });
  expect(asked).toEqual([null]);
});

test("a run that is gone on with: what the server dropped before is asked for at its end, and what it drops while the page comes", () => {
  const standing = {
    executionCount: 1,
    reply: { type: "replied", status: "ok", executionCount: 1, interrupted: false },
    isIdle: true,
    input: null,
    isOlderThanSocket: false,
  } as const;
  const said = printing("two\n");
  const outputs = [
    { id: "server_1_5", ops: [noticeOp("too_fast")], isTooFast: true as const },
    { id: "kernel_7_4", ops: said.type === "ops" ? said.ops : [] },
  ];
  const comes = setUp({ canFill: true });
  comes.live.goOn(RUN, "c", { ...standing, outputs });
  expect(comes.shown()).toEqual([TOO_FAST, "two\n"]);
  expect([comes.asked.length, comes.asked[0]?.before.through, comes.kept, comes.ended]).toEqual([1, null, [null], []]);
  const marked = setUp({ canFill: true });
  const earlier = [{ folded: NOTHING_FOLDED, through: null }];
  marked.live.goOn(RUN, "c", { ...standing, earlier });
  expect([marked.asked, marked.ended]).toEqual([[null], []]);
  const strayed = setUp({ canFill: true });
  strayed.live.goOn(RUN, "c", { ...standing, reply: null, earlier });
  strayed.live.strayed(RUN);
  strayed.ends({ isIdle: true });
  expect([strayed.asked, strayed.ended]).toEqual([[], ["ok"]]);
});
