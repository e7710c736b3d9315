/** What one change of a large notebook costs others: few bytes, and word to those whom it concerns. */
import { describe, expect, test, vi } from "vitest";
import * as Y from "yjs";
import { NotebookDoc } from "./notebook-doc.ts";
import { seededDoc, seededRandom } from "./seed-for-tests.ts";

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

  /** The bytes that each step sends to the hub. */
  function sent(page: NotebookDoc, step: () => void): number {
    let bytes = 0;
    const weigh = (told: Uint8Array) => {
      bytes += told.length;
    };
    page.doc.on("update", weigh);
    step();
    page.doc.off("update", weigh);
    return bytes;
  }

  test("one key stroke is some twenty bytes, and no cell is drawn for it", () => {
    const page = opened();
    const ids = page.cellIds();
    expect(ids).toHaveLength(count);
    const told = vi.fn();
    for (const id of ids) page.subscribeCell(id, told);
    page.subscribeCells(told);
    const text = page.cell(ids[Math.floor(count / 2)] ?? "")?.source;
    for (let n = 0; n < 100; n += 1)
      expect(sent(page, () => page.doc.transact(() => text?.insert(40, "x"), page.origin))).toBeLessThan(50);
    expect(told).not.toHaveBeenCalled(); // the cell's editor hears of it from the text itself
    page.destroy();
  });

  test("a cell inserted, moved or deleted is sent alone", () => {
    const page = opened();
    for (let n = 0; n < 30; n += 1) {
      const ids = page.cellIds();
      const inserted = sent(page, () => page.insertCell({ after: ids[n * 10] ?? null, type: "code" }));
      const moved = sent(page, () => page.moveCells([ids[n] ?? ""], ids[n + 500] ?? null));
      const deleted = sent(page, () => page.deleteCells([ids[n + 1] ?? ""]));
      expect(Math.max(inserted, moved, deleted)).toBeLessThan(2_000);
      expect(Math.min(inserted, moved, deleted)).toBeGreaterThan(0);
    }
    page.destroy();
  });
});
