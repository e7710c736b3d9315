import { afterEach, expect, test, vi } from "vitest";
import type { PastedCell } from "../../doc/notebook-doc.ts";

const cells: readonly PastedCell[] = [
  { type: "markdown", source: "# Rain" },
  { type: "code", source: "rain = 1", metadata: { tags: ["kept"] } },
];
const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A tab has a module of its own. */
async function opened(channelName: string) {
  vi.resetModules();
  const tab = await import("./clipboard.ts");
  ends.push(tab.shareCells(channelName));
  return tab;
}

test("several cells that one tab copied are several cells in another one, with their types", async () => {
  const [here, there, other] = [await opened("ann"), await opened("ann"), await opened("bob")];
  expect(there.hasKeptCells()).toBe(false);
  here.keepCells(cells);
  await expect.poll(() => there.keptCells()).toEqual(cells);
  there.keepCells([{ type: "raw", source: "later" }]);
  await expect.poll(() => here.keptCells()).toEqual([{ type: "raw", source: "later" }]);
  expect(other.hasKeptCells()).toBe(false);
});

test("a tab that is opened after the copy has the cells too, and keeps what it copied itself meanwhile", async () => {
  const here = await opened("ann");
  here.keepCells(cells);
  const later = await opened("ann");
  await expect.poll(() => later.keptCells()).toEqual(cells);
  const closed = await opened("ann");
  closed.keepCells([{ type: "code", source: "own" }]);
  await expect.poll(() => later.keptCells()).toEqual([{ type: "code", source: "own" }]);
  expect(closed.keptCells()).toEqual([{ type: "code", source: "own" }]);
});
