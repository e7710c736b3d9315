import { describe, expect, it } from "vitest";
import { headingLevel, headingText, hiddenUnder, sectionOf, viewSections } from "./sections.ts";

const levels: Record<string, number> = { h1: 1, h2: 2, h2b: 2, h1b: 1 };
const ids = ["x", "h1", "a", "h2", "b", "h2b", "c", "h1b", "d"];
const level = (id: string): number | null => levels[id] ?? null;

describe("sections", () => {
  it("reads headings", () => {
    expect([
      headingLevel("# A"),
      headingLevel("\n### B"),
      headingLevel("<h2>x"),
      headingLevel("#no"),
      headingLevel("text\n# A"),
    ]).toEqual([1, 3, 2, null, null]);
    expect(headingText("## **Load** the `data`\nmore")).toBe("Load the data");
  });

  it("hides what lies under a collapsed heading, down to the next of its level", () => {
    expect(viewSections(ids, new Set(["h2"]), level)).toEqual({
      visible: ["x", "h1", "a", "h2", "h2b", "c", "h1b", "d"],
      hidden: new Map([["h2", 1]]),
    });
    expect(viewSections(ids, new Set(["h1", "h2"]), level)).toEqual({
      visible: ["x", "h1", "h1b", "d"],
      hidden: new Map([["h1", 5]]),
    });
  });

  it("ignores a collapsed cell that is no heading any more", () => {
    expect(viewSections(ids, new Set(["a"]), level).visible).toEqual(ids);
  });

  it("says which cells belong to a section and what hides a cell", () => {
    expect(sectionOf(ids, "h1", level)).toEqual(["h1", "a", "h2", "b", "h2b", "c"]);
    expect(sectionOf(ids, "h1b", level)).toEqual(["h1b", "d"]);
    expect([hiddenUnder(ids, "b", new Set(["h1"]), level), hiddenUnder(ids, "d", new Set(["h1"]), level)]).toEqual([
      "h1",
      null,
    ]);
  });
});
