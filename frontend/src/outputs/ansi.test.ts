import { describe, expect, it } from "vitest";
import { plainStyle, readAnsi, stripAnsi } from "./ansi.ts";

describe("readAnsi", () => {
  it("leaves plain text whole", () => {
    expect(readAnsi("abc")).toEqual({ pieces: [{ text: "abc", style: plainStyle }], end: plainStyle });
  });

  it("carries the style over to the next piece of text", () => {
    const first = readAnsi("\x1b[1;31mred");
    expect(first.end).toEqual({ ...plainStyle, bold: true, fg: 1 });
    expect(readAnsi(" on\x1b[0m off", first.end).pieces).toEqual([
      { text: " on", style: { ...plainStyle, bold: true, fg: 1 } },
      { text: " off", style: plainStyle },
    ]);
  });

  it("reads 256 and true colours", () => {
    expect(readAnsi("\x1b[38;5;208mx").pieces[0]?.style.fg).toBe("#ff8700");
    expect(readAnsi("\x1b[48;2;1;2;255mx").pieces[0]?.style.bg).toBe("#0102ff");
    expect(readAnsi("\x1b[38;5;244mx").pieces[0]?.style.fg).toBe("#808080");
    expect(readAnsi("\x1b[92mx").pieces[0]?.style.fg).toBe(10);
  });

  it("drops cursor movements, titles and an escape cut in the middle", () => {
    expect(stripAnsi("a\x1b[2Kb\x1b]0;title\x07c\x1b[3")).toBe("abc");
    expect(readAnsi("a\x1b[2Kb").pieces.map((piece) => piece.text)).toEqual(["a", "b"]);
  });

  it("keeps links to the web and no others", () => {
    expect(readAnsi("\x1b]8;;https://a.example/x\x1b\\t\x1b]8;;\x1b\\").pieces[0]?.style.link).toBe(
      "https://a.example/x",
    );
    expect(readAnsi("\x1b]8;;javascript:alert(1)\x07t").pieces[0]?.style.link).toBeNull();
  });
});
