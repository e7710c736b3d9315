import { expect, test } from "vitest";
import { NOTHING_FOLDED, type OutputOp } from "../core/outputs.ts";
import type { RunEvent } from "../kernel/execute.ts";
import { heardIn, notRecorded, RunWatch, showing } from "./run-watch.ts";

const printed = (text: string): OutputOp => ({
  op: "output",
  output: { output_type: "stream", name: "stdout", text },
});
const says = (text: string): RunEvent => ({ type: "ops", ops: [printed(text)] });
const heard = (...ids: string[]) => ids.map((id) => ({ id, ops: [printed("the same\n")] }));
const ids = (through: string | null, ...all: string[]) => notRecorded(heard(...all), through).map(({ id }) => id);

test("what the record holds is left out by the message's name, whatever it says", () => {
  expect(ids("s_7_4", "s_7_3", "s_7_4", "s_7_5", "s_7_6")).toEqual(["s_7_5", "s_7_6"]);
  expect(ids("b", "a", "b")).toEqual([]);
});

test("what was heard only after the record's last message is all news", () => {
  expect(ids("s_7_4", "s_7_5", "s_7_10")).toEqual(["s_7_5", "s_7_10"]);
  expect(ids("b", "c", "d")).toEqual(["c", "d"]);
  expect(ids(null, "a")).toEqual(["a"]);
});

test("a writer that heard more than this tab before it died has recorded all of this", () => {
  expect(ids("s_7_10", "s_7_8", "s_7_9")).toEqual([]);
  expect(ids("s_7_10", "s_8_1", "s_7_9")).toEqual(["s_8_1"]);
});

test("a run that prints for long is not kept whole: what the record holds is let go", () => {
  const watch = new RunWatch();
  for (let n = 0; n < 1_000; n += 1) watch.heard("r", says("x"), `s_7_${n}`, n > 10 ? `s_7_${n - 10}` : null);
  watch.heard("r", { type: "replied", status: "ok", executionCount: 3, interrupted: false }, "reply", "s_7_989");
  const { outputs, reply } = watch.take("r");
  expect(outputs.length).toBeLessThan(220);
  expect(outputs.at(-1)?.id).toBe("s_7_999");
  expect(reply?.executionCount).toBe(3);
  expect(watch.take("r").outputs).toEqual([]);
});

test("the events of a whole run come to what it shows", () => {
  const { folded, isIdle } = heardIn([says("a"), says("b"), { type: "idle" }]);
  expect(isIdle).toBe(true);
  expect(showing(folded)).toEqual([{ op: "clear", wait: false }, printed("ab")]);
  expect(showing(NOTHING_FOLDED)).toEqual([{ op: "clear", wait: false }]);
});
