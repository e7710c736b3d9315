import { expect, test } from "vitest";
import { type HeldKey, heldKeyMeaning } from "./held-keys.ts";

const press = (key: string, more: Partial<HeldKey> = {}): HeldKey => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  isComposing: false,
  ...more,
});

test.each([
  ["a letter", press("d")],
  ["a capital", press("D")],
  ["a space", press(" ")],
  ["what takes a letter back", press("Backspace")],
  ["a character of AltGr", press("@", { ctrlKey: true, altKey: true })],
  ["pasting", press("v", { ctrlKey: true })],
  ["pasting on a Mac", press("v", { metaKey: true })],
  ["a word taken back", press("Backspace", { ctrlKey: true })],
  ["a candidate taken from an input method", press("Enter", { isComposing: true })],
  ["an input method's Escape", press("Escape", { isComposing: true })],
])("%s is kept as text", (_, key) => {
  expect(heldKeyMeaning(key)).toBe("text");
});

test("Escape calls off what is coming", () => {
  expect(heldKeyMeaning(press("Escape"))).toBe("call_off");
});

test.each([
  ["the same chord again, which would open the browser's own", press("f", { ctrlKey: true })],
  ["another command", press("P", { ctrlKey: true })],
  ["Enter: nothing is answered that was not seen", press("Enter")],
  ["Tab", press("Tab")],
])("%s does nothing", (_, key) => {
  expect(heldKeyMeaning(key)).toBe("nothing");
});
