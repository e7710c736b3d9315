/**
 * SPEC 2.4 over any history: tabs type, lose the hub, crash and return; the hub commits, or is killed and comes back with what it had
 * committed. What was acknowledged is never missing, and what was not comes back from the browser's own store.
 */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NotebookDoc } from "../doc/notebook-doc.ts";
import { seededDoc, seededRandom } from "../doc/seed-for-tests.ts";
import { FakeHub, HandClock, settle } from "./fakes-for-tests.ts";
import { IndexedDbOffline } from "./offline.ts";
import { RoomSocket } from "./room-socket.ts";
import { RunStore } from "./run-store.ts";

type Step =
  | { readonly do: "type" | "split" | "merge" | "delete" | "undo" | "tabCrash"; readonly who: number }
  | { readonly do: "commit" | "hubCrash" | "hubAway" | "hubBack" | "wait" };

const TABS = 3;
const who = fc.nat(TABS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("type" as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("split" as const, "merge" as const, "delete" as const, "undo" as const),
      who,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tabCrash" as const), who }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "commit" as const,
        "hubCrash" as const,
        "hubAway" as const,
        "hubBack" as const,
        "wait" as const,
      ),
    }),
  },
);

class Tab {
  readonly doc: NotebookDoc;
  readonly socket: RoomSocket;
  readonly offline: IndexedDbOffline;
  readonly typed: string[] = [];

  constructor(hub: FakeHub, clock: HandClock, storage: IDBFactory, name: string, random: () => number) {
    this.doc = new NotebookDoc(undefined, { now: () => clock.now(), random, typingPauseMs: 0 });
    this.offline = new IndexedDbOffline("n", name, storage);
    const runs = new RunStore({ browserId: "b", putBlob: async () => {}, clock });
    const { doc, offline } = this;
    this.socket = new RoomSocket({
      url: "ws://hub",
      doc,
      runs,
      offline,
      browserId: "b",
      tabId: name,
      clock,
      connect: hub.connect,
      wakes: () => () => {},
    });
    this.socket.start();
  }

  get text(): string {
    return [...this.doc.doc.getMap("cells").keys()].map((id) => this.#sourceOf(id)).join("");
  }

  #sourceOf(id: string): string {
    const view = this.doc.cell(id);
    if (view) return view.source.toString();
    const orphan = this.doc.doc.getMap<{ get(key: string): unknown }>("cells").get(id)?.get("source");
    return String(orphan ?? "");
  }

  close(): void {
    this.socket.stop();
    this.doc.destroy();
  }
}

describe("2.4 whatever happens", () => {
  test("acknowledged characters stay, unacknowledged ones come back, and all tabs agree", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), fc.integer(), async (steps, seed) => {
        const random = seededRandom(seed);
        const hub = new FakeHub(
          seededDoc(
            [
              { type: "code", source: "a" },
              { type: "code", source: "b" },
            ],
            random,
          ),
        );
        hub.relays = true;
        hub.acknowledges = false;
        const clock = new HandClock();
        const storages = Array.from({ length: 2 }, () => new IDBFactory());
        let names = 0;
        // Two tabs of one browser, one of another.
        const openTab = (at: number): Tab => {
          names += 1;
          return new Tab(hub, clock, storages[at < 2 ? 0 : 1] ?? new IDBFactory(), `t${names}`, random);
        };
        const tabs = Array.from({ length: TABS }, (_, at) => openTab(at));
        const kept = new Set<string>();
        const takenBack = new Set<string>();
        let next = 0x4e00;
        await settle();

        for (const one of steps) {
          if ("who" in one) {
            const tab = tabs[one.who];
            if (!tab) continue;
            const ids = tab.doc.cellIds();
            const id = ids[Math.floor(random() * ids.length)];
            const source = id === undefined ? undefined : tab.doc.cell(id)?.source;
            if (one.do === "tabCrash") {
              // What a browser had under way to its disk is given the moment that it needs.
              await tab.offline.settled();
              tab.close();
              tabs[one.who] = openTab(one.who);
              await settle();
            } else if (one.do === "undo") {
              const before = new Set(tab.text);
              tab.doc.undo.undo();
              const after = new Set(tab.text);
              for (const character of before) if (!after.has(character)) takenBack.add(character);
            } else if (source && id !== undefined) {
              const offset = Math.floor(random() * (source.length + 1));
              if (one.do === "type") {
                const character = String.fromCharCode(next);
                next += 1;
                kept.add(character);
                tab.doc.doc.transact(() => source.insert(offset, character), tab.doc.origin);
              } else if (one.do === "split") tab.doc.splitCell(id, offset);
              else if (one.do === "merge") tab.doc.mergeCells(ids.slice(0, 2));
              else tab.doc.deleteCells([id]);
            }
          } else if (one.do === "commit") hub.commit();
          else if (one.do === "hubCrash") hub.crash();
          else if (one.do === "hubAway") {
            hub.accepts = false;
            hub.crash();
          } else if (one.do === "hubBack") hub.accepts = true;
          else {
            clock.advance(20_000);
            await settle();
          }
        }

        hub.accepts = true;
        for (let round = 0; round < 3; round += 1) {
          clock.advance(20_000);
          await settle();
          hub.commit();
        }
        await settle();
        // Everything is said to be saved: then the hub alone, after one more crash, must have it all.
        expect(tabs.map((tab) => tab.socket.state.get().saved)).toEqual(Array(TABS).fill(true));
        hub.crash();
        for (const tab of tabs) tab.close();
        const fresh = new Tab(hub, clock, new IDBFactory(), "fresh", random);
        await settle();
        const text = new Set(fresh.text);
        expect([...kept].filter((character) => !text.has(character) && !takenBack.has(character))).toEqual([]);
        for (const tab of tabs) expect([...tab.text].sort()).toEqual([...fresh.text].sort());
        // One tab may have sent what another kept: what each of them has to remove goes first.
        await Promise.all(tabs.map((tab) => tab.offline.settled()));
        for (const tab of tabs) expect(await tab.offline.load()).toEqual([]);
        fresh.close();
      }),
      { numRuns: Number(process.env["RUNHERE_PROPERTY_RUNS"] ?? 60) },
    );
  }, 120_000);
});
