import { expect, test } from "vitest";
import { laterOf, MessageNumbers, numberOf } from "./message-numbers.ts";

function heard(...ids: readonly string[]): MessageNumbers {
  const numbers = new MessageNumbers();
  for (const id of ids) numbers.heard(id, false);
  return numbers;
}

const upTo = (series: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${series}_${from + index}`);

test("a kernel's names hold its session, its process and a number; others hold none", () => {
  expect(numberOf("0ac1-55f_4711_12")).toEqual({ series: "0ac1-55f_4711_", n: 12 });
  // What jupyter_client 6 makes.
  expect(numberOf("0ac1-55f_12")).toEqual({ series: "0ac1-55f_", n: 12 });
  expect(numberOf("7f0e2b3c-0000-4000-8000-9a9a9a9a9a9a")).toBeNull();
});

test("nothing is missing in a row, in whatever order it came", () => {
  expect(heard(...upTo("s_7", 5, 20)).missing("s_7_4", "s_7_20")).toBe(0);
  expect(heard("s_7_5", "s_7_8", "s_7_6", "s_7_7", "s_7_9").missing("s_7_4", "s_7_9")).toBe(0);
  expect(heard("s_7_9", "s_7_8", "s_7_8", "s_7_7").missing("s_7_6", "s_7_9")).toBe(0);
});

test("each hole is counted, between the two only", () => {
  const numbers = heard("s_7_6", "s_7_9", ...upTo("s_7", 12, 20));
  expect(numbers.missing("s_7_5", "s_7_20")).toBe(4);
  expect(numbers.missing("s_7_9", "s_7_20")).toBe(2);
  expect(numbers.missing("s_7_12", "s_7_20")).toBe(0);
  expect(numbers.missing("s_7_2", "s_7_6")).toBe(3);
  expect(numbers.missing("s_7_20", "s_7_6")).toBe(0);
});

test("an answer to somebody else is not missing here", () => {
  const numbers = new MessageNumbers();
  // Busy, the answer that only the other one hears, idle.
  numbers.heard("s_7_6", false);
  numbers.heard("s_7_8", true);
  numbers.heard("s_7_9", false);
  expect(numbers.missing("s_7_5", "s_7_9")).toBe(0);
  numbers.heard("s_7_11", false);
  expect(numbers.missing("s_7_5", "s_7_11")).toBe(1);
});

test("names that cannot be compared tell of no loss", () => {
  const numbers = heard("s_7_6", "s_7_9");
  expect(numbers.missing("s_8_1", "s_7_9")).toBe(0);
  expect(numbers.missing("b", "s_7_9")).toBe(0);
  expect(heard("a", "c").missing("a", "c")).toBe(0);
  expect(heard("a", "c").last).toBeNull();
});

test("another process begins another row", () => {
  const numbers = heard("s_7_6", "s_8_3");
  expect(numbers.last).toBe("s_8_3");
  expect(numbers.missing("s_7_5", "s_7_6")).toBe(0);
  expect(numbers.missing("s_8_1", "s_8_3")).toBe(1);
});

test("the later of two names, where they can be compared", () => {
  expect(laterOf("s_7_9", "s_7_10")).toBe("s_7_10");
  expect(laterOf("s_7_10", "s_7_9")).toBe("s_7_10");
  expect(laterOf("s_7_10", "s_8_11")).toBe("s_7_10");
  expect(laterOf(null, "b")).toBe("b");
  expect(laterOf("b", null)).toBe("b");
});
