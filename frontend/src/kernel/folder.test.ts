import { describe, expect, it } from "vitest";
import { isSameFile, possibleFolders } from "./folder.ts";

describe("possibleFolders", () => {
  it.each([
    ["/home/ann/work", ["home/ann/work", "ann/work", "work", ""]],
    ["/", [""]],
    ["C:\\Users\\ann\\my work", ["Users/ann/my work", "ann/my work", "my work", ""]],
    ["\\\\server\\share\\x", ["server/share/x", "share/x", "x", ""]],
    ["/home/a\\b", ["home/a\\b", "a\\b", ""]],
  ])("%s", (folder, expected) => {
    expect(possibleFolders(folder)).toEqual(expected);
  });
});

describe("isSameFile", () => {
  const place = { folder: "/w", fileName: "x.ipynb", sizeBytes: 10, modifiedAt: 1_000_000 };
  const stat = { kind: "notebook" as const, sizeBytes: 10, modifiedAt: 1_000_500 };
  it.each([
    ["the same", stat, place, true],
    ["another size", { ...stat, sizeBytes: 11 }, place, false],
    ["another time", { ...stat, modifiedAt: 2_000_000 }, place, false],
    ["a folder", { ...stat, kind: "directory" as const }, place, false],
    ["time unknown, same size", stat, { ...place, modifiedAt: null }, true],
    ["size unknown, same time", stat, { ...place, sizeBytes: null }, true],
    ["nothing known", stat, { ...place, sizeBytes: null, modifiedAt: null }, false],
  ])("%s", (_name, found, wanted, expected) => {
    expect(isSameFile(found, wanted)).toBe(expected);
  });
});
