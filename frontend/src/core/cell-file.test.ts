import { describe, expect, it } from "vitest";
import { cellFile, murmur2 } from "./cell-file.ts";

const NAMING = { seed: 0xc70f6907, prefix: "/tmp/ipykernel_1/", suffix: ".py" };

describe("the file of a cell", () => {
  // From ipykernel's own `murmur2_x86`; a test against a real kernel stands beside the debugger.
  it.each([
    ["", 3990065800],
    ["x = 1", 3427300630],
    ["x = 12\n", 1984038284],
    ["日本語 = 'ä'\nprint(日本語)", 2806131615],
  ])("of %j is named as the kernel names it", (source, hash) => {
    expect(murmur2(new TextEncoder().encode(source), NAMING.seed)).toBe(hash);
    expect(cellFile(source, NAMING)).toBe(`/tmp/ipykernel_1/${hash}.py`);
  });

  it("is another one for another text", () => {
    expect(cellFile("x = 1", NAMING)).not.toBe(cellFile("x = 2", NAMING));
  });
});
