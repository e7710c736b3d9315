import { expect, test } from "vitest";
import type { Output, OutputOp } from "../core/outputs.ts";
import type { RunEvent } from "../kernel/execute.ts";
import { catchUp, RunWatch } from "./run-watch.ts";

const line = (n: number): OutputOp => ({
  op: "output",
  output: { output_type: "stream", name: "stdout", text: `line ${n}\n` },
});
const printed = (...ns: number[]): Output[] => [
  { output_type: "stream", name: "stdout", text: ns.map((n) => `line ${n}\n`).join("") },
];
const heard = (...ns: number[]) => {
  const watch = new RunWatch();
  for (const n of ns) watch.heard("r", { type: "ops", ops: [line(n)] } satisfies RunEvent);
  return watch.take("r");
};

test("of a run heard from the middle, what its writer recorded meanwhile is not said again", () => {
  expect(catchUp(heard(3, 4, 5, 6), printed(1, 2, 3, 4))).toEqual([line(5), line(6)]);
  expect(catchUp(heard(3, 4), printed(1, 2, 3, 4))).toEqual([]);
});

test("what the writer did not come to record is added whole", () => {
  expect(catchUp(heard(3, 4), printed(1, 2))).toEqual([line(3), line(4)]);
  expect(catchUp(heard(3), [])).toEqual([line(3)]);
});
