import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldStream } from "./stream-text.ts";

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
  "\u001b[A",
  "\u001b[2A",
  "\u001b[B",
  "\u001b[3C",
  "\u001b[D",
  "\u001b[E",
  "\u001b[F",
  "\u001b[2G",
  "\u001b[J",
  "\u001b[H",
  "\u001b[2;3H",
  "\u001b[3d",
  "\u001b[2J",
  "\u001bc",
  "\u001b(B",
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

  test("rows above can be written again, and no more of them than a window has", () => {
    expect(foldStream("", "a\n\rb\u001b[A\rA\n\rB")).toBe("A\nB");
    const lines = "x\n".repeat(1_000);
    const [first, ...others] = foldStream(lines, "\u001b[999Atop").split("top");
    expect(first).toBe("x\n".repeat(700));
    expect(others).toEqual([`\n${"x\n".repeat(299)}\u001b[300A\r\u001b[3C`]);
  });

  test("lines come into reach when those below them are erased, and a cleared output has none", () => {
    const lines = Array.from({ length: 400 }, (_, line) => `${line}\n`).join("");
    const text = `${lines}\u001b[200A\u001b[J\u001b[250A!`;
    expect(foldStream("", text)).toBe(`!${lines.slice(1, lines.indexOf("200"))}\u001b[200A\r\u001b[1C`);
    expect(foldStream(lines, text.slice(lines.length))).toBe(foldStream("", text));
    expect(foldStream(lines, "\u001b[2J\u001b[Hx\u001b[9A")).toBe("x");
  });

  test("a cursor far to the right makes no line of a thousand spaces", () => {
    expect(foldStream("", "\u001b[9999Cx")).toBe(`${" ".repeat(500)}x`);
  });
});
