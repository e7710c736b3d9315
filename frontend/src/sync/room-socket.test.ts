import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, describe, expect, test } from "vitest";
import * as Y from "yjs";
import { announce, othersIn } from "../doc/awareness.ts";
import { NotebookDoc } from "../doc/notebook-doc.ts";
import { seededDoc, seededRandom } from "../doc/seed-for-tests.ts";
import { FakeHub, HandClock, settle } from "./fakes-for-tests.ts";
import { IndexedDbOffline } from "./offline.ts";
import { RoomSocket } from "./room-socket.ts";
import type { RefusedCode } from "./room-state.ts";
import { RunStore } from "./run-store.ts";

interface Rig {
  readonly hub: FakeHub;
  readonly clock: HandClock;
  readonly doc: NotebookDoc;
  readonly socket: RoomSocket;
  readonly offline: IndexedDbOffline;
  readonly runs: RunStore;
  readonly wake: () => void;
}

const open: Rig[] = [];
afterEach(() => {
  for (const { socket, doc } of open.splice(0)) {
    socket.stop();
    doc.destroy();
  }
});

let tabs = 0;
function rig(
  given: { hub?: FakeHub; storage?: IDBFactory | undefined; why?: RefusedCode | null; person?: string } = {},
): Rig {
  const hub = given.hub ?? new FakeHub(seededDoc([{ type: "code", source: "a" }], seededRandom(1)));
  const clock = new HandClock();
  const doc = new NotebookDoc(undefined, { now: () => clock.now(), random: seededRandom(tabs), typingPauseMs: 0 });
  const offline = new IndexedDbOffline("n", `t${tabs}`, "storage" in given ? given.storage : new IDBFactory());
  const runs = new RunStore({ browserId: "b", putBlob: async () => {}, clock });
  tabs += 1;
  let wake = () => {};
  const socket = new RoomSocket({
    url: "ws://hub",
    doc,
    runs,
    offline,
    browserId: "b",
    tabId: "t",
    clock,
    connect: hub.connect,
    wakes: (fn) => {
      wake = fn;
      return () => {};
    },
    whyRefused: async () => given.why ?? null,
    ...(given.person === undefined ? {} : { personId: given.person }),
  });
  const made = { hub, clock, doc, socket, offline, runs, wake: () => wake() };
  open.push(made);
  socket.start();
  return made;
}

const type = ({ doc }: Rig, text: string): void => {
  const source = doc.cell("c0")?.source;
  doc.doc.transact(() => source?.insert(source.length, text), doc.origin);
};
const textOf = (doc: Y.Doc): string => (doc.getMap("cells").get("c0") as Y.Map<Y.Text>).get("source")?.toString() ?? "";
const state = ({ socket }: Rig) => socket.state.get();

describe("2.3 joining", () => {
  test("nothing of a page goes out in the name of somebody else who signed in meanwhile", async () => {
    const hub = new FakeHub(seededDoc([{ type: "code", source: "a" }], seededRandom(1)));
    const theirs = rig({ hub, person: "somebody else" });
    const { doc, origin } = theirs.doc;
    doc.transact(() => doc.getMap("cells").set("theirs", new Y.Map()), origin);
    await settle();
    expect(state(theirs)).toMatchObject({ connection: "refused", refusedCode: "signed_out" });
    theirs.wake();
    await settle();
    expect([...hub.doc.getMap("cells").keys()]).toEqual(["c0"]);
    expect(await theirs.offline.load()).toHaveLength(1);

    const mine = rig({ hub, person: "p" });
    await settle();
    type(mine, "!");
    await settle();
    expect([state(mine).connection, textOf(hub.doc)]).toEqual(["online", "a!"]);
  });

  test("join comes first, with the client id of the document; the document arrives", async () => {
    const mine = rig();
    expect(state(mine).connection).toBe("connecting");
    await settle();
    expect(mine.hub.line.sent[0]).toEqual({
      type: "join",
      protocol: 1,
      client_id: mine.doc.doc.clientID,
      browser_id: "b",
      tab_id: "t",
    });
    expect(state(mine)).toMatchObject({
      connection: "online",
      saved: true,
      hello: { session: "s1" },
      refusedCode: null,
      keptOffline: true,
    });
    expect(mine.doc.cellIds()).toEqual(["c0"]);
  });

  test("starting twice connects once", async () => {
    const mine = rig();
    mine.socket.start();
    await settle();
    expect(mine.hub.tries).toBe(1);
  });
});

describe("2.4 acknowledged means durable", () => {
  test("saved only when every frame is covered and nothing waits", async () => {
    const mine = rig();
    await settle();
    mine.hub.acknowledges = false;
    type(mine, "1");
    const since = mine.clock.now();
    mine.clock.advance(100);
    type(mine, "2");
    expect(state(mine)).toMatchObject({ saved: false, unsavedSince: since });
    // Frame 1 was the answer to the hub's state vector.
    mine.hub.line.say({ type: "saved", received: 2, seq: 2 });
    expect(state(mine)).toMatchObject({ saved: false, unsavedSince: since + 100 });
    mine.hub.line.say({ type: "saved", received: 3, seq: 3 });
    expect(state(mine)).toMatchObject({ saved: true, unsavedSince: null });
  });

  test("edits of others need no saving here", async () => {
    const mine = rig();
    await settle();
    const theirs = new Y.Doc();
    Y.applyUpdate(theirs, Y.encodeStateAsUpdate(mine.hub.doc));
    (theirs.getMap("cells").get("c0") as Y.Map<Y.Text>).get("source")?.insert(0, "theirs ");
    mine.hub.line.binary({ type: "update", update: Y.encodeStateAsUpdate(theirs) });
    expect(textOf(mine.doc.doc)).toBe("theirs a");
    expect([state(mine).saved, mine.hub.line.updates.length]).toEqual([true, 1]);
  });

  test("what somebody changes in answer to an edit of others is an edit like any other", async () => {
    const mine = rig();
    await settle();
    const { doc } = mine.doc;
    const answer = ({ origin }: Y.Transaction): void => {
      if (origin !== mine.socket) return;
      doc.off("afterTransaction", answer);
      type(mine, " answered");
    };
    doc.on("afterTransaction", answer);
    const theirs = new Y.Doc();
    Y.applyUpdate(theirs, Y.encodeStateAsUpdate(mine.hub.doc));
    (theirs.getMap("cells").get("c0") as Y.Map<Y.Text>).get("source")?.insert(0, "theirs ");
    mine.hub.line.binary({ type: "update", update: Y.encodeStateAsUpdate(theirs) });
    expect([textOf(mine.doc.doc), textOf(mine.hub.doc)]).toEqual(["theirs a answered", "a answered"]);
    type(mine, " and on");
    expect(textOf(mine.hub.doc)).toBe("a answered and on");
  });

  test("runs count too", async () => {
    const mine = rig();
    await settle();
    mine.runs.start({ runId: "r", cellId: "c0", sourceDigest: "0".repeat(64), runtime: null });
    expect(state(mine).saved).toBe(false);
    mine.hub.line.say({ type: "run_ack", run_id: "r", n: 0 });
    expect(state(mine).saved).toBe(true);
  });

  test("2.5 a hub that cannot write is believed, until it can", async () => {
    const mine = rig();
    await settle();
    mine.hub.acknowledges = false;
    type(mine, "1");
    mine.hub.line.say({ type: "not_saved", code: "disk_full", message: "The disk is full." });
    expect(state(mine)).toMatchObject({ saved: false, notSaved: { code: "disk_full", message: "The disk is full." } });
    await mine.offline.settled();
    expect(await mine.offline.load()).toHaveLength(1);
    mine.hub.line.say({ type: "saved", received: 2, seq: 2 });
    expect(state(mine)).toMatchObject({ saved: true, notSaved: null });
    await mine.offline.settled();
    expect(await mine.offline.load()).toEqual([]);
  });
});

describe("offline", () => {
  test("edits made without a hub are sent on return, once, and then forgotten", async () => {
    const mine = rig();
    await settle();
    mine.hub.line.close(1006);
    expect(state(mine)).toMatchObject({ connection: "offline", saved: true });
    type(mine, " offline");
    expect(state(mine).saved).toBe(false);
    mine.clock.advance(60_000);
    await settle();
    expect(textOf(mine.hub.doc)).toBe("a offline");
    expect(state(mine)).toMatchObject({ connection: "online", saved: true });
    expect(await mine.offline.load()).toEqual([]);
  });

  test("an edit is never told as saved before it is, not even for a moment", async () => {
    const mine = rig();
    await settle();
    mine.hub.acknowledges = false;
    const told: boolean[] = [];
    mine.socket.state.subscribe(() => told.push(state(mine).saved));
    type(mine, " !");
    await mine.offline.settled();
    expect(told.length).toBeGreaterThan(0);
    expect(told).not.toContain(true);
  });

  test("edits count as kept in this browser only once they are written there", async () => {
    const mine = rig();
    await settle();
    mine.hub.line.close(1006);
    expect(state(mine).keptOffline).toBe(true);
    type(mine, " !");
    expect(state(mine)).toMatchObject({ saved: false, keptOffline: false });
    await mine.offline.settled();
    expect(state(mine)).toMatchObject({ saved: false, keptOffline: true });
    expect(await mine.offline.load()).toHaveLength(1);
  });

  test("unacknowledged edits of a dead tab come back with the next one, and only acknowledgement removes them", async () => {
    const storage = new IDBFactory();
    const first = rig({ storage });
    await settle();
    first.hub.accepts = false;
    first.hub.line.close(1006);
    type(first, " lost?");
    await first.offline.settled();
    first.socket.stop();

    first.hub.accepts = true;
    first.hub.acknowledges = false;
    const second = rig({ hub: first.hub, storage });
    await settle();
    expect(textOf(first.hub.doc)).toBe("a lost?");
    expect([textOf(second.doc.doc), state(second).saved]).toEqual(["a lost?", false]);
    expect(await second.offline.load()).toHaveLength(1);
    first.hub.line.say({ type: "saved", received: 1, seq: 1 });
    expect(state(second).saved).toBe(true);
    expect(await second.offline.load()).toEqual([]);
  });

  test("two tabs of one notebook neither lose nor double, nor remove each other's newer entries", async () => {
    const storage = new IDBFactory();
    const one = rig({ storage });
    await settle();
    const two = rig({ hub: one.hub, storage });
    await settle();
    one.hub.acknowledges = false;
    one.hub.accepts = false;
    for (const line of one.hub.lines) if (line.isOpen) line.close(1006);
    type(one, "1");
    type(two, "2");
    await settle();
    one.hub.accepts = true;
    one.clock.advance(60_000);
    await settle();
    type(two, "3");
    await settle();
    // The hub has what `one` found: "1" and "2". Only these may go.
    one.hub.line.say({ type: "saved", received: 1, seq: 1 });
    await settle();
    expect((await one.offline.load()).length).toBe(1);
    two.clock.advance(60_000);
    await settle();
    expect([...textOf(one.hub.doc)].sort().join("")).toBe("123a");
    expect(textOf(two.doc.doc)).toBe(textOf(one.hub.doc));
    one.hub.line.say({ type: "saved", received: 1, seq: 2 });
    await settle();
    expect(await two.offline.load()).toEqual([]);
  });

  test("without storage everything works, and the page says that a closed tab would lose", async () => {
    const mine = rig({ storage: undefined });
    await settle();
    type(mine, "!");
    await settle();
    expect(state(mine)).toMatchObject({ connection: "online", saved: true, keptOffline: false });
    expect(textOf(mine.hub.doc)).toBe("a!");
  });

  test("a damaged entry does not keep the notebook from opening", async () => {
    const storage = new IDBFactory();
    const store = new IndexedDbOffline("n", "dead", storage);
    store.add(new Uint8Array([255, 255, 255]), 1);
    await store.settled();
    const mine = rig({ storage });
    await settle();
    expect(state(mine).connection).toBe("online");
    expect(mine.doc.cellIds()).toEqual(["c0"]);
  });
});

describe("reconnecting", () => {
  test("has no last try, waits longer each time, and is woken at once", async () => {
    const mine = rig();
    await settle();
    mine.hub.accepts = false;
    mine.hub.line.close(1001);
    const tries = [];
    for (let n = 0; n < 20; n += 1) {
      mine.clock.advance(16_000);
      await settle();
      tries.push(mine.hub.tries);
    }
    expect(tries.at(-1)).toBeGreaterThan(tries[0] ?? 0);
    expect(state(mine).connection).toBe("offline");
    mine.hub.accepts = true;
    mine.wake();
    await settle();
    expect(state(mine).connection).toBe("online");
  });

  test("2.6 silence for 40 s is a dead connection; a beat keeps it alive", async () => {
    const mine = rig();
    await settle();
    for (let n = 0; n < 5; n += 1) {
      mine.clock.advance(30_000);
      mine.hub.line.say({ type: "beat" });
    }
    expect(state(mine).connection).toBe("online");
    mine.clock.advance(39_999);
    expect(state(mine).connection).toBe("online");
    mine.clock.advance(1);
    expect(state(mine).connection).toBe("offline");
  });

  test("a socket that never opens is given up", async () => {
    const mine = rig();
    mine.hub.welcome = () => {};
    await settle();
    mine.clock.advance(15_000);
    expect(state(mine).connection).toBe("offline");
    mine.clock.advance(60_000);
    await settle();
    expect(mine.hub.tries).toBeGreaterThan(1);
  });

  test.each([
    [4401, "signed_out"],
    [4403, "not_allowed"],
    [4404, "no_such_notebook"],
    [4409, "document_version"],
    [4413, "message_too_large"],
    [4426, "protocol_version"],
  ])("5 close code %i is final (%s), until a person asks", async (code, reason) => {
    const mine = rig();
    await settle();
    mine.hub.line.close(code);
    expect(state(mine)).toMatchObject({ connection: "refused", refusedCode: reason });
    mine.clock.advance(600_000);
    await settle();
    expect(mine.hub.tries).toBe(1);
    mine.socket.reconnectNow();
    await settle();
    expect(state(mine)).toMatchObject({ connection: "online", refusedCode: null });
  });

  test.each([1001, 1006, 4400, 4429, 4500])("5 close code %i is tried again", async (code) => {
    const mine = rig();
    await settle();
    mine.hub.line.close(code);
    expect(state(mine)).toMatchObject({ connection: "offline", refusedCode: null });
    mine.clock.advance(code === 4429 ? 4_999 : 0);
    await settle();
    expect(mine.hub.tries).toBe(1);
    mine.clock.advance(1_000);
    await settle();
    expect(state(mine).connection).toBe("online");
  });

  test("a refused upgrade is asked about; where the reason is final, trying ends", async () => {
    const mine = rig({ why: "signed_out" });
    mine.hub.accepts = false;
    await settle();
    expect(state(mine)).toMatchObject({ connection: "refused", refusedCode: "signed_out" });
    mine.clock.advance(600_000);
    await settle();
    expect(mine.hub.tries).toBe(1);
  });

  test("nonsense from the hub ends the connection, and the next one works; an unknown type is ignored", async () => {
    const mine = rig();
    await settle();
    mine.hub.line.say({ type: "from_the_future" });
    mine.hub.line.raw(new Uint8Array([9, 9]).buffer);
    expect(state(mine).connection).toBe("online");
    mine.hub.line.raw('{"type":"saved"}');
    expect(state(mine).connection).toBe("offline");
    mine.clock.advance(60_000);
    await settle();
    expect(state(mine).connection).toBe("online");
    mine.hub.line.raw(new Uint8Array([0, 2, 200]).buffer);
    expect(state(mine).connection).toBe("offline");
  });

  test("stopping is final and may be done twice", async () => {
    const mine = rig();
    await settle();
    mine.socket.stop();
    mine.socket.stop();
    mine.socket.reconnectNow();
    mine.clock.advance(600_000);
    await settle();
    expect([mine.hub.tries, state(mine).connection, mine.clock.waiting]).toEqual([1, "offline", 0]);
  });
});

describe("what else the hub says", () => {
  test("2.7 the file's state and 2.9 the role", async () => {
    const mine = rig();
    await settle();
    const reasons = [{ code: "conflict_markers", facts: { line: 3 } }];
    mine.hub.line.say({ type: "file", state: "conflict", path: "a.ipynb", message: "Markers.", reasons } as never);
    expect(state(mine).file).toEqual({ state: "conflict", path: "a.ipynb", message: "Markers.", reasons });
    mine.hub.line.say({ type: "role", role: "viewer" } as never);
    expect(state(mine).hello?.role).toBe("viewer");
  });

  test("2.9 a reader sends no document frame; an editor answers", async () => {
    const hub = new FakeHub(seededDoc([{ type: "code", source: "a" }], seededRandom(1)));
    hub.hello = { ...hub.hello, role: "viewer" };
    const reader = rig({ hub });
    await settle();
    expect([state(reader).connection, hub.line.updates.length]).toEqual(["online", 0]);
    const editor = rig();
    await settle();
    expect(editor.hub.line.updates).toHaveLength(1);
  });

  test("2.8 presence is sent once a person is known, again after a reconnect, and others go with the connection", async () => {
    const mine = rig();
    await settle();
    expect(mine.hub.line.awareness).toEqual([]);
    announce(mine.doc.awareness, { person: { id: "p", name: "Ada", color: "#000" } });
    expect(mine.hub.line.awareness).toHaveLength(1);
    const theirs = rig();
    announce(theirs.doc.awareness, { person: { id: "q", name: "Bo", color: "#111" } });
    await settle();
    const said = theirs.hub.line.awareness[0];
    if (said) mine.hub.line.binary({ type: "awareness", update: said });
    expect(othersIn(mine.doc.awareness).map(({ person }) => person.name)).toEqual(["Bo"]);
    mine.hub.line.close(1006);
    expect(othersIn(mine.doc.awareness)).toEqual([]);
    mine.clock.advance(60_000);
    await settle();
    expect(mine.hub.line.awareness).toHaveLength(1);
  });
});
