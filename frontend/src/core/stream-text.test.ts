import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldStream, withoutCursor } from "./stream-text.ts";

// biome-ignore format: one line per kind of character
const terminalText = fc.array(fc.constantFrom("a", "b", "あ", "😀", "\n", "\r", "\b", "\u001b[31m", "\u001b[0m", "\u001b[K", "\u001b[2K", "\u001b[", "\u001b]8;;x\u0007"), { maxLength: 30 });

describe("foldStream", () => {
  test("folding chunk by chunk gives what folding all at once gives, and folding again changes nothing", () => {
    fc.assert(
      fc.property(fc.array(terminalText, { maxLength: 5 }), (chunks) => {
        const pieces = chunks.map((chunk) => chunk.join(""));
        const stepwise = pieces.reduce((shown, chunk) => foldStream(shown, chunk), "");
        expect(stepwise).toBe(foldStream("", pieces.join("")));
        expect(foldStream("", stepwise)).toBe(stepwise);
      }),
      { numRuns: 500 },
    );
  });

  test("what people read has no cursor marks", () => {
    expect(withoutCursor(foldStream("", "ab\r\ncd\r"))).toBe("ab\ncd");
    expect(withoutCursor(foldStream("", "abcd\b\b"))).toBe("abcd");
    expect(withoutCursor("plain\ntext")).toBe("plain\ntext");
  });
});
