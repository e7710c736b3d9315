import { expect, test } from "vitest";
import { Value } from "../core/observable.ts";
import type { Output } from "../core/outputs.ts";
import { TestClock } from "../kernel/testing/clock.ts";
import { RunStore } from "../sync/run-store.ts";
import { LiveRuns } from "./live-runs.ts";
import { RunQuestions } from "./run-questions.ts";
import { SentRuns } from "./sent-runs.ts";

const RUN = "f00d";
const MARK = "The connection was cut while this ran: some output may be missing here.";

function textOf(output: Output): unknown {
  return "data" in output ? output.data["text/plain"] : "text" in output ? output.text : null;
}

function setUp() {
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
    dispatch: () => {},
    tellIncomplete: (runIds) => told.push(runIds),
    hasGap: () => false,
    askForEnd: () => false,
  });
  runs.start({ runId: RUN, cellId: "c", sourceDigest: "", runtime: { kind: "local", label: "Python" } });
  live.add(RUN, "c");
  const prints = (text: string) =>
    live.heard(
      RUN,
      { type: "ops", ops: [{ op: "output", output: { output_type: "stream", name: "stdout", text } }] },
      null,
    );
  const shown = () => {
    clock.advance(1_000);
    return (runs.run(RUN)?.outputs ?? []).map(textOf);
  };
  return { live, prints, shown, told };
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
