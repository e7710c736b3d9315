/** What a large notebook costs. Limits are loose (shared machines); `RUNHERE_PRINT_COSTS=1` prints the figures. */
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { NotebookDoc } from "./notebook-doc.ts";
import { seededDoc, seededRandom } from "./seed-for-tests.ts";

function tell(what: string, ms: number): void {
  if (process.env["RUNHERE_PRINT_COSTS"]) process.stdout.write(`${what}: ${ms.toFixed(3)} ms\n`);
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

const source =
  "import numpy as np\nfor row in table:\n    print(row, np.mean(row))  # what this does is said here\n".repeat(3);

describe.each([1_000, 5_000])("%i cells", (count) => {
  const update = Y.encodeStateAsUpdate(
    seededDoc(
      Array.from({ length: count }, () => ({ type: "code", source, metadata: { tags: ["a"] } })),
      seededRandom(1),
    ),
  );

  function opened(): NotebookDoc {
    const page = new NotebookDoc(undefined, { typingPauseMs: 600, random: seededRandom(2), now: () => 1 });
    Y.applyUpdate(page.doc, update, "hub");
    return page;
  }

  test("open", () => {
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const began = performance.now();
      const page = opened();
      expect(page.cellIds()).toHaveLength(count);
      times.push(performance.now() - began);
      page.destroy();
    }
    tell(`open ${count} cells (${(update.length / 1e6).toFixed(2)} MB)`, median(times));
    expect(median(times)).toBeLessThan(2_000);
  });

  test("one key stroke", () => {
    const page = opened();
    const ids = page.cellIds();
    let told = 0;
    for (const id of ids.slice(0, 200)) page.subscribeCell(id, () => (told += 1));
    page.subscribeCells(() => (told += 1));
    const text = page.cell(ids[Math.floor(count / 2)] ?? "")?.source;
    const times: number[] = [];
    for (let n = 0; n < 500; n += 1) {
      const began = performance.now();
      page.doc.transact(() => text?.insert(40, "x"), page.origin);
      times.push(performance.now() - began);
    }
    tell(`one key stroke in ${count} cells`, median(times));
    expect(told).toBe(0);
    expect(median(times)).toBeLessThan(5);
    page.destroy();
  });

  test("insert, move and delete one cell", () => {
    const page = opened();
    const times: { [what: string]: number[] } = { insert: [], move: [], delete: [] };
    const timed = (what: string, work: () => void) => {
      const began = performance.now();
      work();
      times[what]?.push(performance.now() - began);
    };
    for (let n = 0; n < 30; n += 1) {
      const ids = page.cellIds();
      timed("insert", () => page.insertCell({ after: ids[n * 10] ?? null, type: "code" }));
      timed("move", () => page.moveCells([ids[n] ?? ""], ids[n + 500] ?? null));
      timed("delete", () => page.deleteCells([ids[n + 1] ?? ""]));
    }
    for (const [what, all] of Object.entries(times)) {
      tell(`${what} one of ${count} cells`, median(all));
      expect(median(all)).toBeLessThan(50);
    }
    page.destroy();
  });
});
