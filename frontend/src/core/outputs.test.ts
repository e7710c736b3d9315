import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  displayId,
  type Folded,
  foldOps,
  NOTHING_FOLDED,
  normalise,
  type Output,
  type OutputOp,
  updateDisplay,
} from "./outputs.ts";

interface Golden {
  readonly name: string;
  readonly ops: readonly OutputOp[];
  readonly outputs: readonly Output[];
  readonly clear_pending?: boolean;
}

const folder = join(import.meta.dirname, "../../../protocol/examples/outputs");
const goldens = readdirSync(folder).map((file): Golden => JSON.parse(readFileSync(join(folder, file), "utf8")));

describe("golden cases", () => {
  test("there are some", () => {
    expect(goldens.length).toBeGreaterThan(20);
  });

  for (const { name, ops, outputs, clear_pending } of goldens) {
    const expected: Folded = { outputs, clearPending: clear_pending ?? false };

    test(`4.6 at once: ${name}`, () => {
      expect(foldOps(NOTHING_FOLDED, ops)).toEqual(expected);
    });

    test(`4.6 one by one: ${name}`, () => {
      expect(ops.reduce((state, op) => foldOps(state, [op]), NOTHING_FOLDED)).toEqual(expected);
    });
  }
});

const printed = (text: string): OutputOp => ({ op: "output", output: { output_type: "stream", name: "stdout", text } });

describe("foldOps", () => {
  test("leaves the given state as it was", () => {
    const before = foldOps(NOTHING_FOLDED, [printed("a\n")]);
    foldOps(before, [printed("b\n"), { op: "clear", wait: false }]);
    expect(before).toEqual({ outputs: [{ output_type: "stream", name: "stdout", text: "a\n" }], clearPending: false });
  });

  test("folds on from a record that came over the wire", () => {
    const state: Folded = { outputs: [{ output_type: "stream", name: "stdout", text: "50%\r" }], clearPending: false };
    expect(foldOps(state, [printed("99")]).outputs).toEqual([{ output_type: "stream", name: "stdout", text: "99%\b" }]);
  });

  test.each([1, 50, 100_000])("100,000 lines, %i at a time, are one output", (batch) => {
    const lines = Array.from({ length: 100_000 }, (_, n) => printed(`line ${n} of a program that says a lot\n`));
    let state = NOTHING_FOLDED;
    for (let from = 0; from < lines.length; from += batch) state = foldOps(state, lines.slice(from, from + batch));
    const [output, ...more] = state.outputs;
    expect(more).toEqual([]);
    expect(output?.output_type === "stream" && typeof output.text === "string" && output.text.split("\n").length).toBe(
      100_001,
    );
  });
});

describe("display ids", () => {
  test("an update without a match gives the very same array", () => {
    const outputs: Output[] = [{ output_type: "display_data", data: { "text/plain": "a" }, metadata: {} }];
    expect(updateDisplay(outputs, { op: "update_display", display_id: "x", data: {}, metadata: {} })).toBe(outputs);
    expect(displayId({ output_type: "error", ename: "", evalue: "", traceback: [] })).toBeNull();
    expect(displayId({ output_type: "display_data", data: {}, metadata: { runhere: "?" } })).toBeNull();
    expect(displayId({ output_type: "display_data", data: {}, metadata: { runhere: { display_id: 1 } } })).toBeNull();
  });

  test("normalising joins lines of text and keeps lists of JSON", () => {
    const output = { output_type: "execute_result", data: { "text/plain": ["a\n", "b"], "application/json": ["a"] } };
    // As an old file has it: members missing.
    expect(normalise(output as unknown as Output)).toEqual({
      output_type: "execute_result",
      data: { "text/plain": "a\nb", "application/json": ["a"] },
      metadata: {},
      execution_count: null,
    });
  });
});
