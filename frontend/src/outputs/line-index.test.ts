import { describe, expect, it } from "vitest";
import { plainStyle } from "./ansi.ts";
import { LineIndex } from "./line-index.ts";

function lines(count: number): string {
  return Array.from({ length: count }, (_, index) => `line ${index}\n`).join("");
}

describe("LineIndex", () => {
  it("counts lines; a final line feed opens none", () => {
    const index = new LineIndex();
    expect(index.count).toBe(1);
    index.update("a\nb");
    expect(index.count).toBe(2);
    index.update("a\nb\n");
    expect(index.count).toBe(2);
    expect(index.slice(0, 2)).toBe("a\nb");
    expect(index.slice(0, 1)).toBe("a");
  });

  it("gives the same whether a text grew or came whole", () => {
    const grown = new LineIndex();
    for (let count = 0; count <= 2_000; count += 37) grown.update(lines(count));
    grown.update(lines(2_000));
    const whole = new LineIndex();
    whole.update(lines(2_000));
    expect([grown.count, grown.slice(1_234, 1_236)]).toEqual([whole.count, whole.slice(1_234, 1_236)]);
    expect(grown.slice(1_234, 1_236)).toBe("line 1234\nline 1235");
  });

  it("says which lines changed when a text is rewritten", () => {
    const index = new LineIndex();
    index.update("a\nb\n 10%");
    expect(index.update("a\nb\n 20%")).toBe(2);
    expect(index.slice(2, 3)).toBe(" 20%");
    expect(index.update("x\ny")).toBe(0);
    expect(index.slice(0, 2)).toBe("x\ny");
  });

  it("knows the style far down", () => {
    const index = new LineIndex();
    index.update(`\x1b[31m${lines(1_000)}\x1b[0m${lines(10)}`);
    expect(index.styleAt(900)).toEqual({ ...plainStyle, fg: 1 });
    expect(index.styleAt(1_005)).toEqual(plainStyle);
  });
});
