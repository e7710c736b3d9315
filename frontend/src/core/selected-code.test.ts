import { expect, test } from "vitest";
import { selectedCode } from "./selected-code.ts";

const SOURCE = "for n in range(3):\n    a = n\n    b = a + 1\nprint(b)";
const at = (text: string): number => SOURCE.indexOf(text);

test("the selected text runs, whichever way it was selected", () => {
  const [from, to] = [at("a + 1"), at("a + 1") + 5];
  expect(selectedCode(SOURCE, from, to)).toBe("a + 1");
  expect(selectedCode(SOURCE, to, from)).toBe("a + 1");
});

test("without selected text the cursor's line runs", () => {
  expect(selectedCode(SOURCE, at("(b)"), at("(b)"))).toBe("print(b)");
  expect(selectedCode(SOURCE, 0, 0)).toBe("for n in range(3):");
  expect(selectedCode(SOURCE, SOURCE.length, SOURCE.length)).toBe("print(b)");
  expect(selectedCode("a\n\nb", 2, 2)).toBe("");
  expect(selectedCode("a\n\nb", 1, 2)).toBe("");
});

test("lines that begin behind their indentation take it along", () => {
  const [from, to] = [at("a = n"), at("\nprint")];
  expect(selectedCode(SOURCE, from, to)).toBe("    a = n\n    b = a + 1");
  expect(selectedCode(SOURCE, from, at("\n    b"))).toBe("a = n");
  expect(selectedCode(SOURCE, at("n in"), to)).toMatch(/^n in range/);
});

test("a cursor of a text that is shorter by now stays inside it", () => {
  expect(selectedCode("x = 1", 40, 90)).toBe("x = 1");
});
