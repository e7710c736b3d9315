import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldStream, withoutCursor } from "./stream-text.ts";

// Whole escapes only: half of one that is never finished is no text of a terminal, and folds to something, not to the same every time.
const tokens = [
  "a",
  "b",
  "あ",
  "😀",
  "\n",
  "\r",
  "\b",
  "\u001b[31m",
  "\u001b[0m",
  "\u001b[K",
  "\u001b[2K",
  "\u001b]8;;x\u0007",
];
const terminalText = fc.array(fc.constantFrom(...tokens), { maxLength: 40 }).map((some) => some.join(""));

describe("foldStream", () => {
  test("folding chunk by chunk, cut anywhere, gives what folding all at once gives, and folding again changes nothing", () => {
    fc.assert(
      fc.property(terminalText, fc.array(fc.nat(), { maxLength: 5 }), (text, places) => {
        const characters = [...text];
        const cuts = [...places.map((place) => place % (characters.length + 1)), characters.length].sort(
          (a, b) => a - b,
        );
        let shown = "";
        let from = 0;
        for (const cut of cuts) {
          shown = foldStream(shown, characters.slice(from, cut).join(""));
          from = cut;
        }
        expect(shown).toBe(foldStream("", text));
        expect(foldStream("", shown)).toBe(shown);
      }),
      { numRuns: 2_000 },
    );
  });

  test("escapes cut anywhere, without any move, are put together again", () => {
    const text = "a\u001b[31mred\u001b]8;;http://x\u001b\\\\link\u001b]8;;\u0007\u001b[0m\nnext\u001b[1;4m!\u001b[2Kx";
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(foldStream(foldStream("", text.slice(0, cut)), text.slice(cut))).toBe(foldStream("", text));
    }
  });

  test("what people read has no cursor marks", () => {
    expect(withoutCursor(foldStream("", "ab\r\ncd\r"))).toBe("ab\ncd");
    expect(withoutCursor(foldStream("", "abcd\b\b"))).toBe("abcd");
    expect(withoutCursor("plain\ntext")).toBe("plain\ntext");
  });
});
