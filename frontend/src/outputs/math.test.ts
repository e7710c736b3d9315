import { describe, expect, it } from "vitest";
import { extractFormulas, withoutNumbers } from "./math.ts";

function formulas(source: string): (readonly [string, boolean])[] {
  return extractFormulas(source).formulas.map(({ tex, display }) => [tex, display]);
}

describe("extractFormulas", () => {
  it("takes every kind of formula", () => {
    expect(formulas("a $x_1*y_2$ b $$z$$ c \\(p\\) d \\[q\\] \\begin{align*}a&b\\\\c\\end{align*}")).toEqual([
      ["x_1*y_2", false],
      ["z", true],
      ["p", false],
      ["q", true],
      ["\\begin{align*}a&b\\\\c\\end{align*}", true],
    ]);
  });

  it("leaves code and money alone", () => {
    expect(formulas("`$x$` and ``a $y$``")).toEqual([]);
    expect(formulas("```\n$x$\n```\n")).toEqual([]);
    expect(formulas("It costs $5 and $10 today")).toEqual([]);
    expect(formulas("\\$5$")).toEqual([]);
  });

  it("puts a mark where the formula was", () => {
    const { text } = extractFormulas("a $x$ b");
    expect(text).toBe("a \uE0000\uE001 b");
  });

  it("ends on long text that never closes: with its square the steps would take an hour", () => {
    const open = `${"$a ".repeat(1_000_000)}${"`".repeat(5_000)}`;
    expect(extractFormulas(open)).toEqual({ text: open, formulas: [] });
  });
});

it("numbers no formula that did not ask for a number", () => {
  expect(withoutNumbers("\\begin{align}a&=1\\\\b\\end{align}")).toBe("\\begin{align*}a&=1\\\\b\\end{align*}");
  const asked = "\\begin{aligned}a\\end{aligned}\\begin{gather*}b\\tag{7}\\end{gather*}";
  expect(withoutNumbers(asked)).toBe(asked);
});
