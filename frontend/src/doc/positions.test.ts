import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareCells, isPosition, positionBetween, positionsBetween } from "./positions.ts";
import { seededRandom } from "./seed-for-tests.ts";

interface Limits {
  readonly low: string | null;
  readonly high: string | null;
}

const folder = join(import.meta.dirname, "../../../protocol/examples/positions");
const golden = <T>(name: string): T => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
const random = seededRandom(1);

describe("1.6 golden cases", () => {
  test("order", () => {
    const { cells, order } = golden<{ cells: [string, string][]; order: string[] }>("order");
    expect(
      cells
        .map(([id, position]) => ({ id, position }))
        .sort(compareCells)
        .map(({ id }) => id),
    ).toEqual(order);
  });

  test("validity", () => {
    const { valid, invalid } = golden<{ valid: string[]; invalid: string[] }>("validity");
    expect(valid.filter(isPosition)).toEqual(valid);
    expect(invalid.filter(isPosition)).toEqual([]);
  });

  test.each(golden<{ cases: Limits[] }>("between").cases)("between $low and $high", ({ low, high }) => {
    for (let round = 0; round < 50; round += 1) {
      for (const position of [positionBetween(low, high, random), ...positionsBetween(low, high, 5, random)]) {
        expect(isPosition(position)).toBe(true);
        if (low !== null) expect(position > low).toBe(true);
        if (high !== null) expect(position < high).toBe(true);
      }
    }
  });

  test.each(golden<{ cases: Limits[] }>("ties").cases)(
    "no room between $low and $high: above the lower",
    ({ low, high }) => {
      const position = positionBetween(low, high, random);
      expect(isPosition(position)).toBe(true);
      expect(low !== null && position > low).toBe(true);
    },
  );
});

describe("positions", () => {
  test("a block ascends, without repetition, behind one random prefix", () => {
    for (const count of [2, 3, 100, 5_000]) {
      const block = positionsBetween("1", "2", count, random);
      expect(block).toEqual([...new Set(block)].sort());
      expect(new Set(block.map((position) => position.slice(0, 8))).size).toBe(1);
    }
  });

  test("blocks pasted at one place at the same time do not interleave", () => {
    for (let round = 0; round < 100; round += 1) {
      const blocks = ["a", "b"].flatMap((name) =>
        positionsBetween("V", "W", 10, random).map((position, at) => ({ id: `${name}${at}`, position })),
      );
      const names = blocks
        .sort(compareCells)
        .map(({ id }) => id[0])
        .join("");
      expect(["a".repeat(10) + "b".repeat(10), "b".repeat(10) + "a".repeat(10)]).toContain(names);
    }
  });

  test("writing downwards for 10,000 cells keeps them short", () => {
    let last: string | null = null;
    let longest = 0;
    for (let n = 0; n < 10_000; n += 1) {
      const next: string = positionBetween(last, null, random);
      expect(last === null || next > last).toBe(true);
      longest = Math.max(longest, next.length);
      last = next;
    }
    expect(longest).toBeLessThanOrEqual(8);
  });

  test("whatever was inserted where, there is room for more", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 60 }), fc.integer(), (places, seed) => {
        const numbers = seededRandom(seed);
        const order: string[] = [];
        for (const place of places) {
          const at = place % (order.length + 1);
          order.splice(at, 0, positionBetween(order[at - 1] ?? null, order[at] ?? null, numbers));
        }
        expect(order.every(isPosition)).toBe(true);
        expect(order).toEqual([...new Set(order)].sort());
      }),
    );
  });

  test("a limit that is no position is refused", () => {
    expect(() => positionBetween("a0", null, random)).toThrow("not a cell position");
    expect(positionBetween("a1", null, random) > "a1").toBe(true);
  });
});
