import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";
import type { Judgement } from "../api/client.ts";
import { HubUnreachable } from "../api/errors.ts";
import { Value } from "../core/observable.ts";
import { NotebookDoc } from "../doc/notebook-doc.ts";
import { exchange, replica, seededDoc, seededRandom } from "../doc/seed-for-tests.ts";
import { HandClock, settle } from "../sync/fakes-for-tests.ts";
import { FIRST_ROOM_STATE, type RoomState } from "../sync/room-state.ts";
import type { Review, TrustState } from "../views/trust/review.ts";
import { type Captured, RunGate } from "./run-gate.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

type Cell = Judgement["cells"][number];
/** The browser's own is worked out by a thread that nobody can wait for here. */
const digestOf = async (source: string): Promise<string> => `digest of ${source}`;
const EVE = { id: "eve", name: "Eve" };

/** A notebook of one cell whose hub says what `says` holds, and counts how often it is asked. */
function opened(first: Partial<Cell>) {
  const document = seededDoc([{ type: "code", source: "a = 1" }], seededRandom(99));
  const doc = new NotebookDoc(document, { now: () => 1_000, random: seededRandom(7), typingPauseMs: 0 });
  const clock = new HandClock();
  const hub = { asked: [] as string[], says: first, isAway: false, isQuick: true, answers: Promise.resolve() };
  const review = new Value<Review | null>(null);
  const states = new Value<ReadonlyMap<string, TrustState>>(new Map());
  const gate = new RunGate({
    notebookId: "n",
    doc,
    room: { state: new Value<RoomState>({ ...FIRST_ROOM_STATE, connection: "online", saved: true }) },
    hub: {
      async judgeCells(_, cells) {
        hub.asked.push(...cells.map(({ digest }) => digest));
        if (hub.isAway) throw new HubUnreachable("away");
        const cell: Omit<Cell, "cell_id"> = {
          state: "own",
          strangers: [],
          editors: [],
          trusted_source: null,
          ...hub.says,
        };
        const judged = cells.map(({ cell_id }) => ({ ...cell, cell_id }));
        await hub.answers;
        return { seq: 1, owner: EVE, unknown_once: false, cells: judged };
      },
      trustCells: async () => {},
      trustAuthor: async () => {},
    },
    turnToHosted: null,
    digestOf,
    digestNow: (source) => (hub.isQuick ? `digest of ${source}` : null),
    review,
    states,
    clock,
  });
  ends.push(
    () => gate.close(),
    () => doc.destroy(),
  );
  const source = () => doc.cell("c0")?.source.toString() ?? "";
  return {
    doc,
    document,
    clock,
    hub,
    review,
    states,
    gate,
    put: (text: string) => doc.doc.transact(() => doc.cell("c0")?.source.insert(0, text), doc.origin),
    /** Run it; whether it may, and undefined while a person is asked. */
    async run(): Promise<boolean | undefined> {
      const captured: Captured = { runId: "r", cellId: "c0", source: source(), digest: await digestOf(source()) };
      let may: boolean | undefined;
      void gate.approve([captured]).then((approved) => {
        may = approved.length > 0;
      });
      await settle();
      return may;
    },
    /** Run it, and take it back before the hub has answered. */
    async runAndTakeBack(): Promise<readonly Captured[]> {
      const captured: Captured = { runId: "r", cellId: "c0", source: source(), digest: await digestOf(source()) };
      let isWanted = true;
      const approved = gate.approve([captured], (runs) => (isWanted ? runs : []));
      isWanted = false;
      return await approved;
    },
    /** What may run at once; null: somebody is to be asked first. */
    atOnce: () => gate.approveAtOnce([{ runId: "r", cellId: "c0", source: source() }]),
    async ahead(): Promise<void> {
      gate.lookAhead("c0");
      await settle();
    },
  };
}

test("what the hub said ahead of the gesture, and what was typed since, runs without asking it again", async () => {
  const page = opened({ state: "trusted" });
  await page.ahead();
  page.put("x");
  page.put("y");
  expect(await page.run()).toBe(true);
  expect(page.hub.asked).toHaveLength(1);
});

test("what was asked before the person's answer and told behind it brings no mark back", async () => {
  const page = opened({ state: "review", strangers: [EVE] });
  expect(await page.run()).toBeUndefined();
  expect(page.states.get().get("c0")).toBe("review");
  let tell = () => {};
  page.hub.answers = new Promise((resolve) => {
    tell = resolve;
  });
  page.clock.advance(2_000);
  page.gate.lookAhead("c0");
  await settle();
  page.clock.advance(1);
  page.review.get()?.answer({ kind: "cells" });
  await settle();
  expect(page.states.get().get("c0")).toBe("trusted");
  tell();
  await settle();
  expect([page.hub.asked.length, page.states.get().get("c0")]).toEqual([2, "trusted"]);
});

test("what the hub vouches for runs at once, what somebody else touched or nobody looked at does not", async () => {
  const page = opened({ state: "own" });
  expect(page.atOnce()).toBeNull();
  await page.ahead();
  page.put("x");
  expect(page.atOnce()).toEqual([{ runId: "r", cellId: "c0", source: "xa = 1", digest: "digest of xa = 1" }]);
  page.hub.isQuick = false;
  expect(page.atOnce()).toBeNull();
  page.hub.isQuick = true;
  const other = replica(page.document);
  other.getMap<Y.Map<unknown>>("cells").get("c0")?.set("source", new Y.Text("theirs()"));
  exchange(page.document, other);
  expect(page.atOnce()).toBeNull();
  expect(page.hub.asked).toHaveLength(1);
});

test("an answer that rests on a decision is asked for again after ten seconds", async () => {
  const page = opened({ state: "trusted" });
  await page.ahead();
  page.clock.advance(10_000);
  expect(await page.run()).toBe(true);
  expect(page.hub.asked).toHaveLength(2);
  page.clock.advance(10_000);
  page.hub.says = { state: "review", strangers: [EVE] };
  expect(await page.run()).toBeUndefined();
  expect(page.review.get()?.cells.map(({ cellId }) => cellId)).toEqual(["c0"]);
});

test.each([
  ["somebody else's key", "x"],
  ["somebody else's key that is taken back", ""],
])("a cell is asked about anew after %s", async (_, stays) => {
  const page = opened({ state: "own" });
  await page.ahead();
  const other = replica(page.document);
  const there = new NotebookDoc(other, { now: () => 1_000, random: seededRandom(8), typingPauseMs: 0 });
  ends.push(() => there.destroy());
  const theirs = there.cell("c0")?.source;
  theirs?.insert(0, "x");
  exchange(page.document, other);
  if (stays === "") theirs?.delete(0, 1);
  exchange(page.document, other);
  page.hub.says = { state: "review", strangers: [EVE] };
  expect(await page.run()).toBeUndefined();
  expect(page.hub.asked).toHaveLength(2);
  expect(page.review.get()).not.toBeNull();
});

test("a cell whose text somebody else replaced by another is asked about anew", async () => {
  const page = opened({ state: "own" });
  await page.ahead();
  const other = replica(page.document);
  other.getMap<Y.Map<unknown>>("cells").get("c0")?.set("source", new Y.Text("theirs()"));
  exchange(page.document, other);
  page.hub.says = { state: "review", strangers: [EVE] };
  expect(await page.run()).toBeUndefined();
  expect(page.review.get()?.cells.map(({ source }) => source)).toEqual(["theirs()"]);
});

test("a piece that was put in, or an undo, is asked about anew", async () => {
  const page = opened({ state: "own" });
  await page.ahead();
  page.put("import os\n");
  expect(await page.run()).toBe(true);
  expect(page.hub.asked).toHaveLength(2);
  page.doc.undo.undo();
  page.hub.says = { state: "review", strangers: [EVE] };
  expect(await page.run()).toBeUndefined();
  expect(page.hub.asked).toHaveLength(3);
});

test("where only this very source was accepted, what is typed into it is asked about", async () => {
  const page = opened({ state: "trusted", strangers: [EVE] });
  await page.ahead();
  expect(await page.run()).toBe(true);
  expect(page.hub.asked).toHaveLength(1);
  page.put("x");
  page.hub.says = { state: "review", strangers: [EVE] };
  expect(await page.run()).toBeUndefined();
  expect(page.hub.asked).toHaveLength(2);
});

test("nothing that was said before trust was taken back is believed, also when its answer comes later", async () => {
  const page = opened({ state: "own" });
  let answer = (): void => {};
  page.hub.answers = new Promise((resolve) => {
    answer = resolve;
  });
  await page.ahead();
  expect(page.hub.asked).toHaveLength(1);
  page.gate.forget();
  answer();
  await settle();
  page.hub.says = { state: "review", strangers: [EVE] };
  expect(await page.run()).toBeUndefined();
  expect(page.hub.asked).toHaveLength(2);
});

test("while the hub is away its last word counts, for that source and what was typed into it", async () => {
  const page = opened({ state: "trusted" });
  await page.ahead();
  page.clock.advance(60_000);
  page.hub.isAway = true;
  page.put("x");
  expect(await page.run()).toBe(true);
  page.put("import os\n");
  expect(await page.run()).toBeUndefined();
  expect(page.review.get()?.isHubAway).toBe(true);
});

test("what was taken back while the hub was asked does not run, and nobody is asked about it", async () => {
  const page = opened({ state: "review", strangers: [EVE] });
  expect(await page.runAndTakeBack()).toEqual([]);
  expect(page.hub.asked).toHaveLength(1);
  expect(page.review.get()).toBeNull();
  expect(await page.run()).toBeUndefined(); // asked again: the question comes
  expect(page.review.get()).not.toBeNull();
});

test("a gesture waits for the answer that is on its way, and asks no second time", async () => {
  const page = opened({ state: "own" });
  page.gate.lookAhead("c0");
  expect(await page.run()).toBe(true);
  expect(page.hub.asked).toHaveLength(1);
});
