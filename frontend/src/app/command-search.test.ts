import { describe, expect, it } from "vitest";
import { matchScore } from "./command-search.ts";

describe("matchScore", () => {
  it("wants all letters in order", () => {
    expect(matchScore("xyz", "Run all")).toBeNull();
    expect(matchScore("ral", "Run all")).not.toBeNull();
  });

  it("prefers word starts and letters that stand together", () => {
    const best = (query: string, titles: string[]): string | undefined =>
      titles.toSorted((a, b) => (matchScore(query, b) ?? -99) - (matchScore(query, a) ?? -99))[0];
    expect(best("run", ["Interrupt execution", "Run all", "Restart runtime and run all"])).toBe("Run all");
    expect(best("ra", ["Clear all outputs", "Run all"])).toBe("Run all");
  });

  it("takes Japanese as it is", () => {
    expect(matchScore("実行", "すべて実行")).not.toBeNull();
  });
});
