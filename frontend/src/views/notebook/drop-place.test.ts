import { expect, test } from "vitest";
import { dropPlace, reordered, scrollStep } from "./drop-place.ts";

const rows = [
  { id: "b", top: 100, bottom: 200 },
  { id: "a", top: 0, bottom: 100 },
  { id: "c", top: 200, bottom: 400 },
];

test("cells land at the nearest gap between two rows", () => {
  expect(dropPlace(rows, -20, "z")).toEqual({ before: "a", y: 0 });
  expect(dropPlace(rows, 60, "z")).toEqual({ before: "b", y: 100 });
  expect(dropPlace(rows, 149, "z")).toEqual({ before: "b", y: 100 });
  expect(dropPlace(rows, 151, "z")).toEqual({ before: "c", y: 200 });
  expect(dropPlace([], 10, undefined)).toBeNull();
});

test("only behind the last cell is the end", () => {
  expect(dropPlace(rows, 390, "c")).toEqual({ before: null, y: 400 });
  expect(dropPlace(rows, 390, "z")).toEqual({ before: "c", y: 200 });
});

test("what is moved keeps its order, and lands before the cell that was pointed at", () => {
  const ids = ["a", "b", "c", "d", "e"];
  expect(reordered(ids, ["d", "b"], "a")).toEqual(["b", "d", "a", "c", "e"]);
  expect(reordered(ids, ["b", "c"], null)).toEqual(["a", "d", "e", "b", "c"]);
  expect(reordered(ids, ["b", "c"], "c")).toEqual(ids);
  expect(reordered(ids, ["b", "c"], "d")).toEqual(ids);
});

test("the page scrolls near its edges, the faster the nearer", () => {
  const edges = { top: 100, bottom: 700 };
  expect(scrollStep(400, edges, 16)).toBe(-0);
  const [near, far] = [scrollStep(101, edges, 16), scrollStep(160, edges, 16)];
  expect(near).toBeLessThan(far);
  expect(far).toBeLessThan(0);
  expect(scrollStep(-500, edges, 1_000)).toBe(-1_800);
  expect(scrollStep(699, edges, 16)).toBeGreaterThan(0);
});
