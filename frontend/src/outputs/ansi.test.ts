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

  it("reads colours and underlines whose parts are separated by colons", () => {
    const styleOf = (text: string) => readAnsi(text).end;
    expect(styleOf("\x1b[38:2::255:0:0m").fg).toBe("#ff0000");
    expect(styleOf("\x1b[38:2:255:135:0m").fg).toBe("#ff8700");
    expect(styleOf("\x1b[48:5:208m").bg).toBe("#ff8700");
    expect(styleOf("\x1b[1;38:5:9;3m")).toEqual({ ...plainStyle, bold: true, fg: 9, italic: true });
    expect(styleOf("\x1b[4:3m")).toEqual({ ...plainStyle, underline: true });
    expect(styleOf("\x1b[4m\x1b[4:0m")).toEqual(plainStyle);
    expect(styleOf("\x1b[4:3;58:2::255:0:0;58;2;1;3;9m")).toEqual({ ...plainStyle, underline: true });
  });

  it("drops cursor movements, titles and an escape cut in the middle", () => {
    expect(stripAnsi("a\x1b[2Kb\x1b]0;title\x07c\x1b[3")).toBe("abc");
    expect(readAnsi("a\x1b[2Kb").pieces.map((piece) => piece.text)).toEqual(["a", "b"]);
  });

  it("drops the marks of where a cursor stood", () => {
    expect(readAnsi("100%\b\b").pieces).toEqual([{ text: "100%", style: plainStyle }]);
    expect(stripAnsi("a\nb\x1b[1A\r\x1b[3C")).toBe("a\nb");
  });

  it("keeps links to the web and no others", () => {
    expect(readAnsi("\x1b]8;;https://a.example/x\x1b\\t\x1b]8;;\x1b\\").pieces[0]?.style.link).toBe(
      "https://a.example/x",
    );
    expect(readAnsi("\x1b]8;;javascript:alert(1)\x07t").pieces[0]?.style.link).toBeNull();
  });
});
