/** The page's sync layer against the hub's own rooms, in a process that is killed (`kill -9`) and comes back. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { sha256Hex } from "../core/hex.ts";
import type { OutputOp } from "../core/outputs.ts";
import { announce, othersIn } from "../doc/awareness.ts";
import { seededRandom } from "../doc/seed-for-tests.ts";
import { RoomServer, whyNoServer } from "./room-server-for-tests.ts";
import { Tab, type TabOptions } from "./tab-for-tests.ts";

// A hub takes seconds to start where the machine is busy.
vi.setConfig({ testTimeout: 180_000 });

const DIGEST = "0".repeat(64);
const line = (text: string): OutputOp => ({ op: "output", output: { output_type: "stream", name: "stdout", text } });

describe.skipIf(whyNoServer !== null)(`against the real hub${whyNoServer ? ` (${whyNoServer})` : ""}`, () => {
  const server = new RoomServer();
  const open: Tab[] = [];
  beforeAll(() => server.start(), 60_000);
  afterAll(() => server.close());
  afterEach(async () => {
    for (const tab of open.splice(0)) tab.close();
    await server.start();
  }, 60_000);

  async function tab(options: Omit<TabOptions, "server" | "storage"> & { storage?: IDBFactory }): Promise<Tab> {
    const made = new Tab({ server, storage: new IDBFactory(), ...options });
    open.push(made);
    await made.online();
    return made;
  }

  async function restart(): Promise<void> {
    await server.kill();
    await server.start();
  }

  const streamText = (of: Tab, cell = "c0"): string =>
    (of.runs.headOf(cell)?.outputs ?? [])
      .map((output) => (output.output_type === "stream" ? output.text : ""))
      .join("");

  describe("document", () => {
    test("1.7 2.3 2.4 two browsers edit one notebook, and each says when it is saved", async () => {
      const notebook = await server.notebook(["a", "b"]);
      const mine = await tab({ notebook });
      const theirs = await tab({ notebook, browserId: "browser-2", person: "Bo" });
      expect([mine.doc.isLoaded, mine.doc.cellIds()]).toEqual([true, ["c0", "c1"]]);
      mine.type("c0", "!");
      theirs.type("c0", "?");
      const added = theirs.doc.insertCell({ after: "c1", type: "markdown", source: "new" });
      mine.doc.moveCells(["c1"], null);
      await Promise.all([mine.saved(), theirs.saved()]);
      await mine.shows(() => mine.text(added) === "new" && mine.text("c0").length === 3, "their edits");
      await theirs.shows(() => theirs.text("c0").length === 3 && theirs.doc.cellIds()[0] === "c1", "my edits");
      expect(theirs.doc.cellIds()).toEqual(mine.doc.cellIds());
      expect(theirs.text("c0")).toBe(mine.text("c0"));
    });

    test("2.8 each sees where the other is, until they go", async () => {
      const notebook = await server.notebook(["a"]);
      const mine = await tab({ notebook });
      const theirs = await tab({ notebook, browserId: "browser-2" });
      const person = { id: mine.socket.state.get().hello?.person.id ?? "", name: "Test", color: "#336699" };
      announce(theirs.doc.awareness, { person, cursor: { cell: "c0", anchor: 0, head: 1 } });
      const others = () => othersIn(mine.doc.awareness);
      const told = (fn: () => void) => {
        mine.doc.awareness.on("change", fn);
        return () => mine.doc.awareness.off("change", fn);
      };
      await mine.until(told, () => others()[0]?.cursor?.cell === "c0", "their cursor");
      theirs.close();
      await mine.until(told, () => others().length === 0, "nobody else");
    });

    test("2.4 acknowledged edits survive kill -9; unacknowledged ones of a dead tab come back from its browser", async () => {
      const random = seededRandom(Number(process.env["RUNHERE_SEED"] ?? 7));
      const notebook = await server.notebook([""]);
      const storage = new IDBFactory();
      const typed: string[] = [];
      const acknowledged = new Set<string>();
      let mine = await tab({ notebook, storage });
      let theirs = await tab({ notebook, browserId: "browser-2" });
      const note = (character: string) => typed.push(character);
      const listen = (of: Tab, made: string[]) =>
        of.socket.state.subscribe(() => {
          if (of.socket.state.get().saved) for (const character of made) acknowledged.add(character);
        });
      const madeByMe: string[] = [];
      const madeByThem: string[] = [];
      listen(mine, madeByMe);
      listen(theirs, madeByThem);

      for (let round = 0; round < 3; round += 1) {
        const killAt = Math.floor(random() * 30);
        for (let n = 0; n < 30; n += 1) {
          const character = String.fromCharCode(0x4e00 + typed.length);
          const [who, made] = random() < 0.5 ? [mine, madeByMe] : [theirs, madeByThem];
          made.push(character);
          note(character);
          who.type("c0", character);
          if (n === killAt) await server.kill();
          else if (random() < 0.3) await new Promise<void>((resolve) => void setImmediate(resolve));
        }
        if (round === 1) {
          // Both tabs die while the hub is away: one browser returns, the other person's had time to store too.
          await Promise.all([mine.offline.settled(), theirs.offline.settled()]);
          const acknowledgedBefore = [...acknowledged];
          mine.close();
          theirs.close();
          await server.start();
          const stranger = await tab({ notebook, browserId: "browser-3" });
          await stranger.shows(
            () => acknowledgedBefore.every((character) => stranger.text("c0").includes(character)),
            "all acknowledged",
          );
          stranger.close();
          mine = await tab({ notebook, storage });
          theirs = await tab({ notebook, browserId: "browser-2", storage: theirs.storage });
          listen(mine, madeByMe);
          listen(theirs, madeByThem);
        } else {
          await server.start();
        }
        await Promise.all([mine.saved(), theirs.saved()]);
      }

      await server.kill();
      mine.close();
      theirs.close();
      await server.start();
      const fresh = await tab({ notebook, browserId: "browser-4" });
      await fresh.shows(() => fresh.text("c0").length >= typed.length, "everything");
      expect([...fresh.text("c0")].sort()).toEqual([...typed].sort());
      expect(acknowledged.size).toBe(typed.length);
      expect(await mine.offline.load()).toEqual([]);
    });

    test("two tabs of one browser lose and double nothing over a dead hub", async () => {
      const notebook = await server.notebook(["", ""]);
      const storage = new IDBFactory();
      const one = await tab({ notebook, storage });
      const two = await tab({ notebook, storage });
      await server.kill();
      await Promise.all([one.offlineNow(), two.offlineNow()]);
      one.type("c0", "one");
      two.type("c0", "two");
      two.type("c1", "2");
      await Promise.all([one.offline.settled(), two.offline.settled()]);
      expect(one.socket.state.get().saved).toBe(false);
      // The first dies; the second stays.
      one.close();
      await server.start();
      await two.saved();
      const fresh = await tab({ notebook, browserId: "browser-2" });
      await fresh.shows(() => fresh.text("c0").length >= 6, "both");
      expect([["onetwo", "twoone"].includes(fresh.text("c0")), fresh.text("c1")]).toEqual([true, "2"]);
      expect(await two.offline.load()).toEqual([]);
    });

    test("5 4404 a notebook that is not there is refused; one that is opens", async () => {
      const missing = new Tab({ server, notebook: "f".repeat(32), storage: new IDBFactory() });
      open.push(missing);
      await missing.state(() => missing.socket.state.get().connection === "refused", "refused");
      expect(missing.socket.state.get().refusedCode).toBe("no_such_notebook");
      const there = await tab({ notebook: await server.notebook([]) });
      expect(there.socket.state.get().connection).toBe("online");
    });
  });

  describe("runs", () => {
    test("3.3 3.4 others see a run as it goes, and who comes later sees it whole", async () => {
      const notebook = await server.notebook(["print(1)"]);
      const mine = await tab({ notebook });
      const theirs = await tab({ notebook, browserId: "browser-2", person: "Bo" });
      mine.runs.start({
        runId: "run-1",
        cellId: "c0",
        sourceDigest: DIGEST,
        runtime: { kind: "local", label: "Laptop" },
      });
      mine.runs.status("run-1", { status: "running", executionCount: 3, startedAt: 5 });
      mine.runs.ops("run-1", [line("a\n")]);
      mine.runs.ops("run-1", [line("b\n")]);
      mine.runs.status("run-1", { status: "ok", finishedAt: 6 });
      await theirs.run(() => theirs.runs.headOf("c0")?.status === "ok", "their view of the run");
      const { writer: _1, n: _2, epoch: _3, ...seen } = theirs.runs.headOf("c0") ?? {};
      const { writer: _4, n: _5, epoch: _6, ...made } = mine.runs.headOf("c0") ?? {};
      expect(seen).toEqual(made);
      expect(streamText(theirs)).toBe("a\nb\n");
      expect([theirs.runs.isWriter("run-1"), mine.runs.isWriter("run-1")]).toEqual([false, true]);
      await mine.saved();
      const later = await tab({ notebook, browserId: "browser-3" });
      await later.run(() => later.runs.headOf("c0") !== null, "the run");
      expect([streamText(later), later.runs.headOf("c0")?.execution_count]).toEqual(["a\nb\n", 3]);
    });

    test("3.3 output written over kill -9 of the hub arrives whole, once, in order", async () => {
      const notebook = await server.notebook(["loop"]);
      const mine = await tab({ notebook });
      const expected: string[] = [];
      const print = (count: number) => {
        for (let n = 0; n < count; n += 1) {
          expected.push(`line ${expected.length}\n`);
          mine.runs.ops("run-1", [line(expected.at(-1) ?? "")]);
        }
      };
      mine.runs.start({ runId: "run-1", cellId: "c0", sourceDigest: DIGEST, runtime: null, startedAt: 1 });
      for (let round = 0; round < 2; round += 1) {
        print(2_000);
        if (round === 0) await mine.saved();
        print(100);
        await server.kill();
        print(500);
        await mine.offlineNow();
        print(500);
        expect(mine.socket.state.get().saved).toBe(false);
        await server.start();
        await mine.online();
        print(10);
      }
      mine.runs.status("run-1", { status: "ok", finishedAt: 2 });
      await mine.saved();
      await restart();
      const fresh = await tab({ notebook, browserId: "browser-2" });
      await fresh.run(() => fresh.runs.headOf("c0")?.status === "ok", "the finished run");
      expect(await textOf(fresh)).toBe(expected.join(""));
      expect(streamText(mine)).toBe(expected.join(""));

      async function textOf(of: Tab): Promise<string> {
        let text = "";
        for (const output of of.runs.headOf("c0")?.outputs ?? []) {
          if (output.output_type !== "stream") continue;
          text +=
            typeof output.text === "string"
              ? output.text
              : JSON.parse(new TextDecoder().decode(await server.readBlob(notebook, output.text.$blob)));
        }
        return text;
      }
    });

    test("a run started without a hub is told when it is back", async () => {
      const notebook = await server.notebook(["x", "y"]);
      const mine = await tab({ notebook });
      await server.kill();
      await mine.offlineNow();
      mine.runs.start({ runId: "run-1", cellId: "c0", sourceDigest: DIGEST, runtime: null });
      mine.runs.ops("run-1", [line("offline\n")]);
      mine.runs.status("run-1", { status: "ok" });
      mine.runs.start({ runId: "run-2", cellId: "c1", sourceDigest: DIGEST, runtime: null });
      mine.runs.clearOutputs(["c1"]);
      expect(mine.socket.state.get()).toMatchObject({ saved: false });
      await server.start();
      await mine.saved();
      const fresh = await tab({ notebook, browserId: "browser-2" });
      await fresh.run(() => fresh.runs.headOf("c0")?.status === "ok", "the run");
      expect([streamText(fresh), fresh.runs.headOf("c1"), mine.runs.headOf("c1")]).toEqual(["offline\n", null, null]);
    });

    test("3.5 3.6 a closed tab's run: contact lost, then taken over in the same browser at once, elsewhere only by force", async () => {
      const notebook = await server.notebook(["x"]);
      const storage = new IDBFactory();
      const first = await tab({ notebook, storage });
      const second = await tab({ notebook, storage });
      const elsewhere = await tab({ notebook, browserId: "browser-2" });
      first.runs.start({ runId: "run-1", cellId: "c0", sourceDigest: DIGEST, runtime: null, startedAt: 1 });
      first.runs.ops("run-1", [line("one\n")]);
      await first.saved();
      await second.run(() => streamText(second) === "one\n", "the output");
      expect(await second.runs.takeOver("run-1", false)).toBe(false);
      expect(second.runs.isWriter("run-1")).toBe(false);
      first.close();
      const lost = (of: Tab) =>
        of.run(() => of.runs.unfinished().some((run) => of.runs.isContactLost(run)), "contact lost");
      await Promise.all([lost(second), lost(elsewhere)]);
      expect(await elsewhere.runs.takeOver("run-1", false)).toBe(false);
      expect(await second.runs.takeOver("run-1", false)).toBe(true);
      second.runs.ops("run-1", [line("two\n")]);
      await elsewhere.run(() => streamText(elsewhere) === "one\ntwo\n", "both lines");
      expect(await elsewhere.runs.takeOver("run-1", true)).toBe(true);
      await second.run(() => !second.runs.isWriter("run-1"), "the lease lost");
      second.runs.ops("run-1", [line("ignored\n")]);
      elsewhere.runs.ops("run-1", [line("three\n")]);
      elsewhere.runs.status("run-1", { status: "ok" });
      await second.run(() => second.runs.headOf("c0")?.status === "ok", "the end");
      expect([streamText(second), streamText(elsewhere)]).toEqual(Array(2).fill("one\ntwo\nthree\n"));
    });

    test("3.7 3.8 clearing, bringing back, copying and cancelling move heads for everybody", async () => {
      const notebook = await server.notebook(["x", "y"]);
      const mine = await tab({ notebook });
      const theirs = await tab({ notebook, browserId: "browser-2" });
      mine.runs.start({ runId: "run-1", cellId: "c0", sourceDigest: DIGEST, runtime: null, startedAt: 1 });
      mine.runs.ops("run-1", [line("kept\n")]);
      mine.runs.status("run-1", { status: "ok" });
      await theirs.run(() => streamText(theirs) === "kept\n", "the output");
      const before = mine.runs.clearOutputs(["c0", "c1"]);
      await theirs.run(() => theirs.runs.headOf("c0") === null, "nothing");
      mine.runs.restoreHeads(before);
      await theirs.run(() => streamText(theirs) === "kept\n", "the output again");
      mine.runs.copyHead("c0", "c1");
      expect(streamText(mine, "c1")).toBe("kept\n");
      await theirs.run(() => streamText(theirs, "c1") === "kept\n", "the copy");
      await mine.saved();
      expect(mine.runs.headOf("c1")).toEqual(theirs.runs.headOf("c1"));
      expect(mine.runs.headOf("c1")?.kind).toBe("copied_from");
      mine.runs.start({ runId: "run-2", cellId: "c0", sourceDigest: DIGEST, runtime: null });
      await theirs.run(() => theirs.runs.headOf("c0")?.run_id === "run-2", "the queued run");
      mine.runs.status("run-2", { status: "cancelled" });
      expect(mine.runs.headOf("c0")?.run_id).toBe("run-1");
      await theirs.run(() => theirs.runs.headOf("c0")?.run_id === "run-1", "the run before");
    });

    test("two people who start one cell at the same moment end with the same head", async () => {
      const notebook = await server.notebook(["x"]);
      const mine = await tab({ notebook });
      const theirs = await tab({ notebook, browserId: "browser-2", person: "Bo" });
      for (let round = 0; round < 10; round += 1) {
        mine.runs.start({ runId: `mine-${round}`, cellId: "c0", sourceDigest: DIGEST, runtime: null });
        theirs.runs.start({ runId: `theirs-${round}`, cellId: "c0", sourceDigest: DIGEST, runtime: null });
        await Promise.all([mine.saved(), theirs.saved()]);
      }
      const fresh = await tab({ notebook, browserId: "browser-3" });
      const head = () => fresh.runs.headOf("c0")?.run_id;
      await fresh.run(() => head() !== undefined, "a head");
      await mine.run(() => mine.runs.headOf("c0")?.run_id === head(), "my head is the hub's");
      await theirs.run(() => theirs.runs.headOf("c0")?.run_id === head(), "their head is the hub's");
    });

    test("4.5 a large value goes ahead as a blob, a small one stands in the frame", async () => {
      const notebook = await server.notebook(["x"]);
      const mine = await tab({ notebook });
      const picture = "A".repeat(200_000);
      const data = { "image/png": picture, "text/plain": "small", "application/json": Array(30_000).fill(1) };
      mine.runs.start({ runId: "run-1", cellId: "c0", sourceDigest: DIGEST, runtime: null, startedAt: 1 });
      mine.runs.ops("run-1", [
        { op: "output", output: { output_type: "display_data", data, metadata: {} } },
        line("after\n"),
      ]);
      expect(mine.runs.headOf("c0")?.outputs[0]).toEqual({ output_type: "display_data", data, metadata: {} });
      await mine.saved();
      const fresh = await tab({ notebook, browserId: "browser-2" });
      await fresh.run(() => fresh.runs.headOf("c0")?.outputs.length === 2, "the outputs");
      const [shown] = fresh.runs.headOf("c0")?.outputs ?? [];
      const bytes = new TextEncoder().encode(JSON.stringify(picture));
      const sha256 = await sha256Hex(bytes);
      expect(shown?.output_type === "display_data" && shown.data["image/png"]).toEqual({
        $blob: sha256,
        size_bytes: bytes.length,
      });
      expect(shown?.output_type === "display_data" && shown.data["text/plain"]).toBe("small");
      expect(new Uint8Array(await server.readBlob(notebook, sha256))).toEqual(bytes);
    });

    test("a megabyte of terminal colours passes in frames of their size", async () => {
      const notebook = await server.notebook(["x"]);
      const mine = await tab({ notebook });
      const text = `${"\u001b[31mé😀\u001b[0m".repeat(30)}\n`.repeat(2_000);
      mine.runs.start({ runId: "run-1", cellId: "c0", sourceDigest: DIGEST, runtime: null, startedAt: 1 });
      mine.runs.ops("run-1", [line(text)]);
      mine.runs.status("run-1", { status: "ok" });
      await mine.saved();
      const theirs = await tab({ notebook, browserId: "browser-2" });
      await theirs.run(() => theirs.runs.headOf("c0")?.status === "ok", "the run");
      expect(streamText(mine)).toBe(text);
      const parts = theirs.runs.headOf("c0")?.outputs ?? [];
      expect(parts.length).toBeGreaterThan(0);
    });
  });
});
