import { describe, expect, test } from "vitest";
import { covers, isKnown, isTyped, isWorthAsking, type Vouch } from "./vouched.ts";

const OWN: Vouch = { state: "own", digest: "d", coversTyping: true, askedAt: 1_000, revision: 3 };
const TRUSTED: Vouch = { ...OWN, state: "trusted" };
const SAME = { digest: "d", revision: 3 };
const TYPED = { digest: "e", revision: 3 };

describe("the hub's word covers", () => {
  test("the source that was asked about, and what was typed into it since", () => {
    expect(covers(TRUSTED, SAME)).toBe(true);
    expect(covers(TRUSTED, TYPED)).toBe(true);
  });
  test("nothing that was to be reviewed", () => {
    expect(covers({ ...TRUSTED, state: "review" }, SAME)).toBe(false);
  });
  test("no other source after somebody else's change, or where the accepted one was covered alone", () => {
    expect(covers(TRUSTED, { digest: "e", revision: 4 })).toBe(false);
    expect(covers({ ...TRUSTED, coversTyping: false }, TYPED)).toBe(false);
    expect(covers({ ...TRUSTED, coversTyping: false }, SAME)).toBe(true);
  });
  test("no other source that does not stand in the cell", () => {
    expect(covers(TRUSTED, { digest: "e", revision: null })).toBe(false);
    expect(covers({ ...TRUSTED, revision: null }, { digest: "e", revision: null })).toBe(false);
  });
});

describe("the hub need not be asked again", () => {
  test("about what is one's own, however long ago it said so", () => {
    expect(isKnown(OWN, TYPED, 99_000_000)).toBe(true);
  });
  test("about what rests on a decision, for ten seconds", () => {
    expect(isKnown(TRUSTED, TYPED, 10_999)).toBe(true);
    expect(isKnown(TRUSTED, TYPED, 11_000)).toBe(false);
    expect(isKnown(TRUSTED, TYPED, 999)).toBe(false); // the clock was set back
  });
  test("but after any change by somebody else, also when the same text stands there again", () => {
    expect(isKnown(OWN, { digest: "d", revision: 4 }, 1_001)).toBe(false);
    expect(isKnown(OWN, { digest: "d", revision: null }, 1_001)).toBe(false);
  });
});

describe("asking ahead is worth it", () => {
  test("where nothing is known, or something else than typing happened", () => {
    expect(isWorthAsking(undefined, 0, 1_001)).toBe(true);
    expect(isWorthAsking(OWN, 4, 1_001)).toBe(true);
  });
  test("never for one's own, in time for what is trusted, seldom for what needs a question anyway", () => {
    expect(isWorthAsking(OWN, 3, 99_000_000)).toBe(false);
    expect(isWorthAsking(TRUSTED, 3, 5_999)).toBe(false);
    expect(isWorthAsking(TRUSTED, 3, 6_000)).toBe(true);
    expect(isWorthAsking({ ...OWN, state: "review" }, 3, 2_999)).toBe(false);
    expect(isWorthAsking({ ...OWN, state: "review" }, 3, 3_000)).toBe(true);
  });
});

test("typed is what the person put in alone, in short pieces", () => {
  const typed = { isOwnEdit: true, isAlone: true, inserted: "x" };
  expect(isTyped(typed)).toBe(true);
  expect(isTyped({ ...typed, inserted: "" })).toBe(true); // taken out
  expect(isTyped({ ...typed, inserted: "\n            " })).toBe(true); // a line begun, indented
  expect(isTyped({ ...typed, inserted: "exit" })).toBe(false);
  expect(isTyped({ ...typed, isOwnEdit: false })).toBe(false);
  expect(isTyped({ ...typed, isAlone: false })).toBe(false);
});
