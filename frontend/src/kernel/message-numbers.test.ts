import { expect, test } from "vitest";
import { laterOf, MessageNumbers, numberOf } from "./message-numbers.ts";

function heard(...ids: readonly string[]): MessageNumbers {
  const numbers = new MessageNumbers();
  for (const id of ids) numbers.heard(id, null);
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

const begins = (request: string) => ({ request, says: "begins" }) as const;
const ends = (request: string) => ({ request, says: "ends" }) as const;

test("an answer to somebody else is not missing here", () => {
  const numbers = new MessageNumbers();
  // Busy, the answer that only the other one hears, idle.
  numbers.heard("s_7_6", begins("theirs"));
  numbers.heard("s_7_8", ends("theirs"));
  numbers.heard("s_7_9", null);
  expect(numbers.missing("s_7_5", "s_7_9")).toBe(0);
  numbers.heard("s_7_11", null);
  expect(numbers.missing("s_7_5", "s_7_11")).toBe(1);
});

test("an answer to somebody else explains one hole, and only one in which it can stand", () => {
  const numbers = new MessageNumbers();
  // A word without an answer, with everything heard in between; what is missing later is missing.
  numbers.heard("s_7_6", begins("a comm"));
  numbers.heard("s_7_7", ends("a comm"));
  numbers.heard("s_7_9", null);
  expect(numbers.missing("s_7_5", "s_7_9")).toBe(1);
  // Two at once, on two channels: two answers, and a third number that nobody heard.
  numbers.heard("s_7_10", begins("one"));
  numbers.heard("s_7_11", begins("other"));
  numbers.heard("s_7_13", ends("one"));
  numbers.heard("s_7_15", ends("other"));
  expect(numbers.missing("s_7_9", "s_7_15")).toBe(0);
  numbers.heard("s_7_17", null);
  expect(numbers.missing("s_7_9", "s_7_17")).toBe(1);
  // The answer stands in a hole between, its end after what is asked about.
  numbers.heard("s_7_18", begins("long"));
  numbers.heard("s_7_20", null);
  numbers.heard("s_7_21", ends("long"));
  expect(numbers.missing("s_7_17", "s_7_20")).toBe(0);
});

test("where the beginning was not heard, its end explains that and the answer, and nothing further", () => {
  const numbers = heard("s_7_6");
  numbers.heard("s_7_9", ends("theirs"));
  expect(numbers.missing("s_7_6", "s_7_9")).toBe(0);
  numbers.heard("s_7_13", ends("another"));
  expect(numbers.missing("s_7_9", "s_7_13")).toBe(1);
  numbers.heard("s_7_15", null);
  numbers.heard("s_7_17", ends("of another time"));
  expect(numbers.missing("s_7_13", "s_7_15")).toBe(1);
});

test("names that cannot be compared tell of no loss", () => {
  const numbers = heard("s_7_6", "s_7_9");
  expect(numbers.missing("s_8_1", "s_7_9")).toBe(0);
  expect(numbers.missing("b", "s_7_9")).toBe(0);
  expect(heard("a", "c").missing("a", "c")).toBe(0);
  expect(heard("a", "c").last).toBeNull();
});

test("another process begins another row", () => {
  const numbers = heard("s_7_6", "t_8_3");
  expect(numbers.last).toBe("t_8_3");
  expect(numbers.missing("s_7_5", "s_7_6")).toBe(0);
  expect(numbers.missing("t_8_1", "t_8_3")).toBe(1);
});

test("what running code forks off counts for itself, and does not end the row", () => {
  const numbers = heard("s_7_6", "s_8_7", "s_7_7", "s_8_9", "s_7_9");
  expect(numbers.last).toBe("s_7_9");
  expect(numbers.missing("s_7_5", "s_7_9")).toBe(1);
  expect(["s_8_8", "s_7_8", "s_7_7"].map((id) => numbers.lacks(id))).toEqual([false, true, false]);
});

test("of very many holes the oldest are forgotten, and nothing there is taken for missing", () => {
  const numbers = heard(...Array.from({ length: 300 }, (_, index) => `s_7_${index * 2}`));
  expect(numbers.missing("s_7_0", "s_7_598")).toBe(199);
  expect(numbers.missing("s_7_0", "s_7_100")).toBe(0);
  expect([numbers.lacks("s_7_4"), numbers.lacks("s_7_5"), numbers.lacks("s_7_597")]).toEqual([false, false, true]);
});

test("the later of two names, where they can be compared", () => {
  expect(laterOf("s_7_9", "s_7_10")).toBe("s_7_10");
  expect(laterOf("s_7_10", "s_7_9")).toBe("s_7_10");
  expect(laterOf("s_7_10", "s_8_11")).toBe("s_7_10");
  expect(laterOf(null, "b")).toBe("b");
  expect(laterOf("b", null)).toBe("b");
});
