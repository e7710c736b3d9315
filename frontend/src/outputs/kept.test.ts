import { expect, test, vi } from "vitest";
import { Kept } from "./kept.ts";

test("a text is made once, and again when it fell out", () => {
  const kept = new Kept<string>(30);
  const make = vi.fn((text: string) => text.toUpperCase());
  const get = (text: string) => kept.get(text, () => make(text));
  expect([get("a"), get("a"), make.mock.calls.length]).toEqual(["A", "A", 1]);
  for (let n = 0; n < 20; n += 1) {
    get(`${n}`);
    get("a");
  }
  expect(make.mock.calls.filter(([text]) => text === "a")).toHaveLength(1);
  expect(make).toHaveBeenCalledTimes(21);
  get("0");
  expect(make).toHaveBeenCalledTimes(22);
});

test("a long text is not kept", () => {
  const kept = new Kept<number>(100);
  const make = vi.fn(() => 1);
  kept.get("x".repeat(11), make);
  kept.get("x".repeat(11), make);
  expect(make).toHaveBeenCalledTimes(2);
});
