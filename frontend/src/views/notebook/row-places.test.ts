import { expect, test } from "vitest";
import { RowPlaces } from "./row-places.ts";

function places(count: number, height = 100): RowPlaces<string> {
  const made = new RowPlaces<string>(() => height, 12);
  made.setIds(Array.from({ length: count }, (_, index) => `r${index}`));
  return made;
}

test("rows stand below each other, under the padding", () => {
  const rows = places(3);
  expect([rows.topOf("r0"), rows.topOf("r2"), rows.bottomOf("r2"), rows.height]).toEqual([12, 212, 312, 312]);
});

test("a measured row moves those below it, and no others", () => {
  const rows = places(4);
  expect(rows.height).toBe(412);
  expect([rows.isMeasured("r1"), rows.measure("r1", 130), rows.isMeasured("r1")]).toEqual([false, 30, true]);
  expect([rows.topOf("r1"), rows.topOf("r2"), rows.height]).toEqual([112, 242, 442]);
  expect(rows.measure("r1", 130)).toBe(0);
});

test("heights survive another order, and rows that went are gone", () => {
  const rows = places(4);
  rows.measure("r1", 30);
  rows.setIds(["r1", "r3"]);
  expect([rows.topOf("r3"), rows.height, rows.indexOf("r0")]).toEqual([42, 142, -1]);
  expect(rows.measure("r0", 500)).toBe(0);
  expect(rows.height).toBe(142);
});

test("finds the row at a place, the nearest one outside", () => {
  const rows = places(1000);
  rows.measure("r5", 1);
  expect([-50, 0, 111, 112, 512, 513, 1e9].map((y) => rows.indexAt(y))).toEqual([0, 0, 0, 1, 5, 6, 999]);
  expect(places(0).indexAt(5)).toBe(-1);
});
