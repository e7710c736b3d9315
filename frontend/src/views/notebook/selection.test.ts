import { describe, expect, it } from "vitest";
import { extendBy, selectedIds, selectOnly, stepFrom, withoutGone } from "./selection.ts";

const ids = ["a", "b", "c", "d"];

describe("selection", () => {
  it("is a block between anchor and active cell, whichever comes first", () => {
    expect(selectedIds(ids, { active: "a", anchor: "c", mode: "command" })).toEqual(["a", "b", "c"]);
    expect(selectedIds(ids, { active: "c", anchor: "a", mode: "command" })).toEqual(["a", "b", "c"]);
    expect(selectedIds(ids, selectOnly("b"))).toEqual(["b"]);
    expect(selectedIds(ids, selectOnly("gone"))).toEqual([]);
    expect(selectedIds(ids, { active: "b", anchor: "gone", mode: "command" })).toEqual(["b"]);
  });

  it("grows and shrinks by one cell and stops at the ends", () => {
    const grown = extendBy(ids, selectOnly("c"), 1);
    expect(selectedIds(ids, grown)).toEqual(["c", "d"]);
    expect(extendBy(ids, grown, 1)).toEqual(grown);
    expect(selectedIds(ids, extendBy(ids, grown, -1))).toEqual(["c"]);
  });

  it("steps within the list", () => {
    expect([stepFrom(ids, "a", 1), stepFrom(ids, "a", -1), stepFrom(ids, null, 1), stepFrom([], null, 1)]).toEqual([
      "b",
      "a",
      "a",
      null,
    ]);
  });

  it("goes to a neighbour when the active cell is deleted", () => {
    expect(withoutGone(ids, ["a", "c", "d"], selectOnly("b", "edit"))).toEqual(selectOnly("c"));
    expect(withoutGone(ids, ["a"], selectOnly("d"))).toEqual(selectOnly("a"));
    expect(withoutGone(ids, [], selectOnly("d"))).toEqual(selectOnly(null));
    expect(withoutGone(ids, ["b", "c"], { active: "b", anchor: "a", mode: "command" })).toEqual(selectOnly("b"));
  });
});
