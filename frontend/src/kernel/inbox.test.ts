import { expect, test } from "vitest";
import { Inbox } from "./inbox.ts";
import { TestClock } from "./testing/clock.ts";

/** Handling an item takes 4 ms. */
function setUp({ isHidden = false } = {}) {
  const clock = new TestClock();
  const handled: number[] = [];
  let now = clock.now();
  const inbox = new Inbox<number>({
    clock: { now: () => now, after: (ms, fn) => clock.after(ms, fn), random: () => 0 },
    handle: (item) => {
      handled.push(item);
      now += 4;
    },
    isHidden: () => isHidden,
  });
  return { handled, inbox, turn: () => clock.advance(0) };
}

test("what comes alone is handed on at once", () => {
  const { handled, inbox, turn } = setUp();
  for (const n of [1, 2, 3, 4, 5]) {
    inbox.put(n);
    expect(handled.at(-1)).toBe(n);
    turn();
  }
});

test("a burst is handed on in slices, in order, and what comes meanwhile behind it", () => {
  const { handled, inbox, turn } = setUp();
  for (const n of [1, 2, 3, 4, 5]) inbox.put(n);
  expect(handled).toEqual([1, 2, 3]);
  inbox.put(6);
  turn();
  expect(handled).toEqual([1, 2, 3, 4, 5, 6]);
});

test("where nobody looks everything is handed on at once", () => {
  const { handled, inbox } = setUp({ isHidden: true });
  for (let n = 0; n < 100; n += 1) inbox.put(n);
  expect(handled).toHaveLength(100);
});

test("a flush hands on all that waits, also when handling one brings about another flush", () => {
  const clock = new TestClock();
  const handled: number[] = [];
  let now = clock.now();
  const inbox: Inbox<number> = new Inbox({
    clock: { now: () => now, after: (ms, fn) => clock.after(ms, fn), random: () => 0 },
    handle: (item) => {
      handled.push(item);
      now += 20;
      if (item === 3) inbox.flush();
    },
    isHidden: () => false,
  });
  for (const n of [1, 2, 3, 4, 5]) inbox.put(n);
  expect(handled).toEqual([1]);
  inbox.flush();
  expect(handled).toEqual([1, 2, 3, 4, 5]);
  clock.advance(100);
  expect(handled).toHaveLength(5);
});
