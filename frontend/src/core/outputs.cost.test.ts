/** What a flood of output costs. `RUNHERE_PRINT_COSTS=1` prints the figures. */
import { expect, test } from "vitest";
import { foldOps, NOTHING_FOLDED, type OutputOp } from "./outputs.ts";

const line = (n: number): OutputOp => ({
  op: "output",
  output: { output_type: "stream", name: "stdout", text: `line ${n} of a program that says a lot about little\n` },
});

test.each([1, 50, 100_000])("100,000 lines, %i at a time", (batch) => {
  const ops = Array.from({ length: 100_000 }, (_, n) => line(n));
  const began = performance.now();
  let state = NOTHING_FOLDED;
  let longest = 0;
  for (let from = 0; from < ops.length; from += batch) {
    const start = performance.now();
    state = foldOps(state, ops.slice(from, from + batch));
    longest = Math.max(longest, performance.now() - start);
  }
  const tookMs = performance.now() - began;
  if (process.env["RUNHERE_PRINT_COSTS"]) {
    process.stdout.write(
      `fold 100,000 lines, ${batch} at a time: ${tookMs.toFixed(0)} ms, longest step ${longest.toFixed(2)} ms\n`,
    );
  }
  expect(state.outputs).toHaveLength(1);
  expect(tookMs).toBeLessThan(3_000);
});
