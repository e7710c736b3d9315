import { expect, it } from "vitest";
import type { CellId } from "../core/cell.ts";
import { sectionMemory } from "./section-memory.ts";

const shelf = new Map<string, string>();
const store = {
  getItem: (key: string) => shelf.get(key) ?? null,
  setItem: (key: string, value: string) => void shelf.set(key, value),
};

it("keeps collapsed sections by notebook", () => {
  sectionMemory(store, "a").keep(["c1", "c2"] as CellId[]);
  expect(sectionMemory(store, "a").collapsed()).toEqual(["c1", "c2"]);
  expect(sectionMemory(store, "b").collapsed()).toEqual([]);
});

it("takes what it cannot read for nothing collapsed", () => {
  for (const broken of ["{", "{}", "null", "[1, null]"]) {
    shelf.set("runhere-sections:a", broken);
    expect(sectionMemory(store, "a").collapsed()).toEqual([]);
  }
});
