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
