import { expect, test } from "vitest";
import type { RunRecord } from "../../core/notebook.ts";
import { withOutputs } from "./with-outputs.ts";

const cell = (type: string) => ({ cell_type: type, metadata: {}, source: [] });

test("a file gets what each code cell shows, in the order of the cells", () => {
  const text = JSON.stringify({ cells: [cell("markdown"), cell("code"), cell("code")], metadata: {}, nbformat: 4 });
  const shown = { outputs: [{ output_type: "stream", name: "stdout", text: "1" }], execution_count: 3 };
  const heads = [null, shown as unknown as RunRecord, null]; // as much of a record as is read
  const made = JSON.parse(withOutputs(text, heads)) as { cells: readonly unknown[] };
  expect(made.cells).toEqual([cell("markdown"), { ...cell("code"), ...shown }, cell("code")]);
});
