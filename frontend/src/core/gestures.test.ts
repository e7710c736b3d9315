import { expect, test } from "vitest";
import { Gestures } from "./gestures.ts";

test("a person's input counts once, and for a moment", () => {
  const gestures = new Gestures();
  expect(gestures.take(0)).toBe(false);
  gestures.note({ isTrusted: true, at: 100 });
  expect(gestures.take(200)).toBe(true);
  expect(gestures.take(201)).toBe(false);
  gestures.note({ isTrusted: true, at: 300 });
  expect(gestures.take(1_400)).toBe(false);
});

test("what a script made and a held key are none", () => {
  const gestures = new Gestures();
  gestures.note({ isTrusted: false, at: 1 });
  expect(gestures.take(2)).toBe(false);
  gestures.note({ isTrusted: true, repeat: true, at: 3 });
  expect(gestures.take(4)).toBe(false);
  gestures.note({ isTrusted: true, repeat: false, at: 5 });
  gestures.note({ isTrusted: true, repeat: true, at: 6 });
  expect(gestures.take(7)).toBe(true);
});
