import { describe, expect, test, vi } from "vitest";
import type { RunRecord } from "../core/notebook.ts";
import type { Output, OutputOp } from "../core/outputs.ts";
import { HandClock, HELLO, settle } from "./fakes-for-tests.ts";
import type { RunHubFrame, RunPageFrame } from "./messages.ts";
import { RunStore } from "./run-store.ts";

const DIGEST = "0".repeat(64);
const line = (text: string): OutputOp => ({ op: "output", output: { output_type: "stream", name: "stdout", text } });
const shown = (text: string): Output => ({ output_type: "stream", name: "stdout", text });

class Rig {
  readonly clock = new HandClock();
  readonly sent: RunPageFrame[] = [];
  readonly blobs = new Map<string, Uint8Array>();
  takesBlobs = true;
  readonly store: RunStore;

  constructor(isMarkedHome: (cellId: string) => boolean = () => false) {
    this.store = new RunStore({
      browserId: "b",
      clock: this.clock,
      isMarkedHome,
      putBlob: async (sha256, bytes) => {
        if (!this.takesBlobs) throw new Error("no");
        this.blobs.set(sha256, bytes);
      },
    });
  }

  connect(omit = false): this {
    this.store.connected({ ...HELLO, omit_outputs: omit }, (frame) => this.sent.push(frame));
    return this;
  }

  start(runId = "r", cellId = "c"): this {
    this.store.start({ runId, cellId, sourceDigest: DIGEST, runtime: null, startedAt: 1 });
    return this;
  }

  hear(frame: RunHubFrame): void {
    this.store.received(frame);
  }

  /** Frames of runs as `n:what`. */
  frames(): string[] {
    return this.sent.flatMap((frame) => {
      if (frame.type !== "run") return [];
      const { event } = frame;
      const what =
        event.type === "outputs"
          ? event.ops.map((op) => (op.op === "output" && "text" in op.output ? op.output.text : op.op)).join("+")
          : event.type;
      return [`${frame.n}:${what}`];
    });
  }
}

const startedIn = (cell: string): Extract<RunHubFrame, { type: "run" }>["event"] => ({
  type: "started",
  cell_id: cell,
  source_digest: DIGEST,
  runtime: null,
  started_at: 1,
});

const record = (part: Partial<RunRecord>): RunRecord => ({
  run_id: "other",
  cell_id: "c",
  kind: "executed",
  status: "running",
  source_digest: DIGEST,
  person: null,
  runtime: null,
  execution_count: null,
  started_at: 1,
  finished_at: null,
  epoch: 1,
  n: 1,
  through: null,
  writer: { session: "s2", person_id: "q", browser_id: "b2" },
  outputs: [],
  ...part,
});

describe("3.3 writing", () => {
  test("the first output goes at once, what follows is gathered for 16 ms, a status waits for neither", () => {
    const rig = new Rig().connect().start();
    rig.store.ops("r", [line("a")]);
    rig.store.ops("r", [line("b")]);
    rig.store.ops("r", [line("c")]);
    expect(rig.frames()).toEqual(["0:started", "1:a"]);
    expect(rig.store.headOf("c")?.outputs).toEqual([shown("a")]);
    rig.clock.advance(15);
    expect(rig.frames()).toHaveLength(2);
    rig.clock.advance(1);
    expect(rig.frames().slice(2)).toEqual(["2:bc"]);
    rig.store.ops("r", [line("d")]);
    rig.store.status("r", { status: "ok", executionCount: 1, finishedAt: 9 });
    expect(rig.frames().slice(3)).toEqual(["3:d", "4:status"]);
    expect(rig.store.headOf("c")).toMatchObject({
      status: "ok",
      execution_count: 1,
      finished_at: 9,
      outputs: [shown("abcd")],
    });
  });

  test("what is gathered goes, also where all that came before it is acknowledged meanwhile", () => {
    const rig = new Rig().connect().start();
    rig.store.ops("r", [line("a")]);
    rig.store.ops("r", [line("b")]);
    rig.hear({ type: "run_ack", run_id: "r", n: 1 });
    rig.clock.advance(16);
    expect(rig.frames()).toEqual(["0:started", "1:a", "2:b"]);
  });

  test("64 KiB do not wait", () => {
    const rig = new Rig().connect().start();
    rig.store.ops("r", [line("a")]);
    rig.store.ops("r", [line("x".repeat(70_000))]);
    const sent = rig.frames().slice(2);
    expect(sent.every((frame) => frame.length <= 65_540)).toBe(true);
    expect(sent.join("").length).toBeGreaterThanOrEqual(70_000);
  });

  test("at most 32 frames are out; the rest goes as they are acknowledged", () => {
    const rig = new Rig().connect().start();
    for (let n = 0; n < 50; n += 1) rig.store.status("r", { executionCount: n });
    const first = rig.frames().length;
    expect(first).toBeLessThanOrEqual(34);
    rig.hear({ type: "run_ack", run_id: "r", n: first - 1 });
    expect(rig.frames()).toHaveLength(51);
    expect(rig.store.unsavedSince.get()).not.toBeNull();
    rig.hear({ type: "run_ack", run_id: "r", n: 50 });
    expect(rig.store.unsavedSince.get()).toBeNull();
  });

  test("a run that is not this tab's is not written", () => {
    const rig = new Rig().connect();
    rig.hear({ type: "runs", heads: { c: "other" }, runs: [record({})] });
    rig.store.ops("other", [line("x")]);
    rig.store.status("other", { status: "ok" });
    expect([rig.sent, rig.store.headOf("c")]).toEqual([[], record({})]);
    rig.start().store.ops("r", [line("x")]);
    expect(rig.frames()).toEqual(["0:started", "1:x"]);
  });
});

describe("3.4 3.5 after a reconnect", () => {
  test("the lease is asked for first, then everything is sent that the hub does not have", () => {
    const rig = new Rig().connect().start();
    rig.store.ops("r", [line("a")]);
    rig.hear({ type: "run_ack", run_id: "r", n: 0 });
    rig.store.disconnected();
    rig.clock.advance(100);
    rig.store.ops("r", [line("b")]);
    rig.sent.length = 0;
    rig.connect().hear({ type: "runs", heads: { c: "r" }, runs: [record({ run_id: "r", n: 2, writer: null })] });
    expect(rig.sent).toEqual([{ type: "take_over", run_id: "r", force: false }]);
    rig.hear({ type: "leased", run_id: "r", epoch: 2, n: 2 });
    expect(rig.sent.slice(1)).toEqual([
      { type: "run", run_id: "r", epoch: 2, n: 2, event: { type: "outputs", ops: [line("b")] } },
    ]);
    expect(rig.store.headOf("c")?.outputs).toEqual([shown("ab")]);
  });

  test("a start that never arrived is told from the beginning", () => {
    const rig = new Rig().connect().start();
    rig.store.ops("r", [line("a")]);
    rig.store.disconnected();
    rig.connect();
    rig.hear({ type: "runs", heads: {}, runs: [] });
    rig.sent.length = 0;
    rig.store.refused("take_over", "unknown_run");
    expect(rig.frames()).toEqual(["0:started", "1:status", "2:a"]);
    expect(rig.store.headOf("c")?.run_id).toBe("r");
  });

  test("a run that another page took meanwhile is let go, and shown on", () => {
    const rig = new Rig().connect().start();
    rig.hear({ type: "run_ack", run_id: "r", n: 0 });
    rig.store.disconnected();
    rig.store.ops("r", [line("mine")]);
    rig.connect().hear({ type: "runs", heads: { c: "r" }, runs: [record({ run_id: "r" })] });
    rig.store.refused("take_over", "held");
    expect([rig.store.isWriter("r"), rig.store.unsavedSince.get()]).toEqual([false, null]);
    rig.hear({ type: "run", run_id: "r", n: 5, event: { type: "outputs", ops: [line(" theirs")] } });
    expect(rig.store.headOf("c")?.outputs).toEqual([shown("mine theirs")]);
  });

  test("an ended, saved run asks for no lease until something more comes of it (3.9)", () => {
    const rig = new Rig().connect().start();
    rig.store.status("r", { status: "ok" });
    rig.hear({ type: "run_ack", run_id: "r", n: 1 });
    rig.store.disconnected();
    rig.sent.length = 0;
    rig
      .connect()
      .hear({ type: "runs", heads: { c: "r" }, runs: [record({ run_id: "r", status: "ok", n: 2, writer: null })] });
    expect(rig.sent).toEqual([]);
    rig.store.ops("r", [line("late")]);
    expect(rig.sent).toEqual([{ type: "take_over", run_id: "r", force: false }]);
    rig.hear({ type: "leased", run_id: "r", epoch: 2, n: 2 });
    expect(rig.frames()).toEqual(["2:late"]);
  });

  test("taking over fails without a connection, and when the connection goes", async () => {
    const rig = new Rig();
    expect(await rig.store.takeOver("other", true)).toBe(false);
    rig.connect().hear({ type: "runs", heads: { c: "other" }, runs: [record({ writer: null })] });
    const asked = rig.store.takeOver("other", false);
    rig.store.disconnected();
    expect(await asked).toBe(false);
    rig.connect();
    const again = rig.store.takeOver("other", false);
    rig.hear({ type: "leased", run_id: "other", epoch: 2, n: 7 });
    expect([await again, rig.store.isWriter("other")]).toEqual([true, true]);
    rig.store.ops("other", [line("on")]);
    expect(rig.frames()).toEqual(["7:on"]);
  });
});

describe("3.4 refusals", () => {
  test("a frame that the hub cannot fold is taken out, and the others move up", () => {
    const rig = new Rig().connect().start();
    for (const text of ["bad", "good", "more"]) {
      rig.store.ops("r", [line(text)]);
      rig.clock.advance(20);
    }
    rig.sent.length = 0;
    rig.hear({ type: "run_ack", run_id: "r", n: 0 });
    rig.hear({ type: "run_refused", run_id: "r", code: "too_large", n: 1, epoch: 1 });
    // What was under way is refused too; that changes nothing more.
    rig.hear({ type: "run_refused", run_id: "r", code: "gap", n: 1, epoch: 1 });
    rig.hear({ type: "run_refused", run_id: "r", code: "gap", n: 1, epoch: 1 });
    expect(rig.frames()).toEqual(["1:good", "2:more"]);
    rig.hear({ type: "run_ack", run_id: "r", n: 2 });
    expect(rig.store.unsavedSince.get()).toBeNull();
  });

  test("not being the writer any more leads to asking", () => {
    const rig = new Rig().connect().start();
    rig.sent.length = 0;
    rig.hear({ type: "run_refused", run_id: "r", code: "not_writer", n: 1, epoch: 2 });
    expect(rig.sent).toEqual([{ type: "take_over", run_id: "r", force: false }]);
  });

  test("3.6 a lease taken by force is let go at once; the hub missing our last socket is not", () => {
    const rig = new Rig().connect().start();
    rig.hear({ type: "writer", run_id: "r", writer: null, status: "running" });
    expect(rig.store.isWriter("r")).toBe(true);
    rig.hear({
      type: "writer",
      run_id: "r",
      writer: { session: "s9", person_id: "p", browser_id: "b9" },
      status: "running",
    });
    expect(rig.store.isWriter("r")).toBe(false);
    rig.hear({ type: "writer", run_id: "r", writer: null, status: "running" });
    const [lost] = rig.store.unfinished();
    expect(lost && rig.store.isContactLost(lost)).toBe(true);
  });
});

describe("3.10 outputs that stay at home", () => {
  test("are shown here and told to nobody, nor are counts; otherwise they are", () => {
    const home = new Rig().connect(true).start();
    home.store.ops("r", [line("secret")]);
    home.store.status("r", { status: "ok", executionCount: 4 });
    expect(home.store.headOf("c")).toMatchObject({ outputs: [shown("secret")], execution_count: 4 });
    expect(JSON.stringify(home.sent)).not.toContain("secret");
    expect(home.sent.at(-1)).toMatchObject({ event: { type: "status", status: "ok" } });
    expect(JSON.stringify(home.sent)).not.toContain("execution_count");
    const open = new Rig().connect(false).start();
    open.store.ops("r", [line("told")]);
    open.store.status("r", { executionCount: 4 });
    expect(JSON.stringify(open.sent)).toContain("told");
    expect(JSON.stringify(open.sent)).toContain("execution_count");
  });

  test("the end of a run is told also right behind outputs that wait", () => {
    const rig = new Rig().connect(true).start();
    rig.hear({ type: "run_ack", run_id: "r", n: 0 });
    rig.store.ops("r", [line("shown at once")]);
    rig.store.ops("r", [line("gathered")]);
    rig.store.status("r", { status: "error" });
    expect(rig.frames()).toEqual(["0:started", "1:status"]);
  });

  test("times are not told; switched on for all, others' outputs go and one's own stay, also over a reconnect", () => {
    const me = { id: HELLO.person.id, name: "Ada" };
    const rig = new Rig().connect().start();
    rig.store.ops("r", [line("mine")]);
    rig.hear({ type: "run", run_id: "x", n: 0, event: startedIn("c2"), run: record({ run_id: "x", cell_id: "c2" }) });
    rig.hear({ type: "run", run_id: "x", n: 1, event: { type: "outputs", ops: [line("theirs")] } });
    expect(rig.store.headOf("c2")?.outputs).toEqual([shown("theirs")]);
    rig.store.keepHome({ everything: true, cells: new Set() });
    rig.sent.length = 0;
    rig.store.status("r", { status: "ok", startedAt: 5, finishedAt: 6 });
    rig.store.start({ runId: "r2", cellId: "c3", sourceDigest: DIGEST, runtime: null, startedAt: 7 });
    expect(JSON.stringify(rig.sent)).not.toMatch(/finished_at|"started_at":\d/);
    expect(rig.store.headOf("c2")?.outputs).toEqual([]);
    expect(rig.store.headOf("c")).toMatchObject({ outputs: [shown("mine")], finished_at: 6 });

    const later = new Rig().connect(true);
    const empty = record({ run_id: "k", cell_id: "c", status: "ok", person: me });
    later.hear({ type: "runs", heads: { c: "k" }, runs: [empty] });
    expect(later.store.emptied().map((run) => run.run_id)).toEqual(["k"]);
    later.store.showKept("k", { outputs: [shown("kept")], execution_count: 3, started_at: 1, finished_at: 2 });
    later.hear({ type: "runs", heads: { c: "k" }, runs: [empty] });
    expect(later.store.headOf("c")).toMatchObject({ outputs: [shown("kept")], execution_count: 3 });
    expect(later.store.emptied()).toEqual([]);
    expect(JSON.stringify(later.sent)).not.toContain("kept");
  });

  test("of one cell they stay as well: by the hub's word, by the cell's own mark, or once the hub refuses them", () => {
    const rig = new Rig((cellId) => cellId === "c9").connect().start();
    rig.store.keepHome({ everything: false, cells: new Set(["c"]) });
    rig.store.start({ runId: "r2", cellId: "c2", sourceDigest: DIGEST, runtime: null, startedAt: 7 });
    rig.store.start({ runId: "r9", cellId: "c9", sourceDigest: DIGEST, runtime: null, startedAt: 7 });
    for (const runId of ["r", "r2", "r9"]) {
      rig.store.ops(runId, [line(`of ${runId} `)]);
      rig.store.status(runId, { status: "ok", executionCount: 4 });
    }
    const told = JSON.stringify(rig.sent);
    expect(told).toContain("of r2 ");
    expect(told).not.toMatch(/of r |of r9 /);
    expect(rig.store.headOf("c")).toMatchObject({ outputs: [shown("of r ")], execution_count: 4 });
    rig.hear({ type: "run_refused", run_id: "r2", code: "outputs_omitted", n: 1, epoch: 1 });
    rig.sent.length = 0;
    rig.store.ops("r2", [line("later")]);
    expect(JSON.stringify(rig.sent)).not.toContain("later");
  });

  test("made before the hub was heard, they are not told either", () => {
    const rig = new Rig().start();
    rig.store.ops("r", [line("secret")]);
    rig.connect(true);
    rig.hear({ type: "runs", heads: {}, runs: [] });
    expect(JSON.stringify(rig.sent)).not.toContain("secret");
    expect(rig.frames()).toEqual(["0:started", "1:status"]);
  });

  test("a large one under way is not stored, and a switch while connected is obeyed from the first refusal", async () => {
    const rig = new Rig().connect().start();
    rig.takesBlobs = false;
    const data = { "image/png": "A".repeat(100_000) };
    rig.store.ops("r", [{ op: "output", output: { output_type: "display_data", data, metadata: {} } }]);
    await settle();
    rig.store.disconnected();
    rig.takesBlobs = true;
    rig.connect(true);
    rig.clock.advance(10_000);
    await settle();
    rig.hear({ type: "leased", run_id: "r", epoch: 2, n: 1 });
    await vi.waitFor(() => expect(rig.frames()).toEqual(["0:started", "1:status"]), 15_000);
    expect(rig.blobs.size).toBe(0);

    const other = new Rig().connect().start();
    other.store.ops("r", [line("secret 1")]);
    other.hear({ type: "run_refused", run_id: "r", code: "outputs_omitted", n: 1, epoch: 1 });
    other.clock.advance(20);
    other.store.ops("r", [line("secret 2")]);
    expect(JSON.stringify(other.sent)).not.toContain("secret 2");
    expect(other.store.headOf("c")?.outputs).toEqual([shown("secret 1secret 2")]);
  });
});

describe("4 outputs", () => {
  test("4.4 update_display reaches every run that a cell shows", () => {
    const rig = new Rig().connect().start("r1", "c1").start("r2", "c2");
    const display = (text: string): OutputOp => ({
      op: "output",
      output: { output_type: "display_data", data: { "text/plain": text }, metadata: { runhere: { display_id: "d" } } },
    });
    rig.store.ops("r1", [display("0%")]);
    let told = 0;
    rig.store.subscribeCell("c1", () => {
      told += 1;
    });
    rig.store.ops("r2", [{ op: "update_display", display_id: "d", data: { "text/plain": "100%" }, metadata: {} }]);
    expect(rig.store.headOf("c1")?.outputs).toMatchObject([{ data: { "text/plain": "100%" } }]);
    expect([told, rig.store.headOf("c2")?.outputs]).toEqual([1, []]);
  });

  test("4.5 a frame waits for its blob, and the blob for the hub", async () => {
    const rig = new Rig().connect().start();
    rig.takesBlobs = false;
    const data = { "image/png": "A".repeat(100_000) };
    rig.store.ops("r", [{ op: "output", output: { output_type: "display_data", data, metadata: {} } }]);
    rig.store.status("r", { status: "ok" });
    await settle();
    expect([rig.frames(), rig.store.unsavedSince.get() !== null]).toEqual([["0:started"], true]);
    rig.takesBlobs = true;
    // The digest is made in a thread of its own: when its answer is here is not ours to say.
    await vi.waitFor(() => {
      rig.clock.advance(2_000);
      expect(rig.frames()).toEqual(["0:started", "1:output", "2:status"]);
    }, 15_000);
    expect(rig.blobs.size).toBe(1);
  });
});

describe("3.7 heads", () => {
  test("starts and moves of heads go out in the order in which they were made", () => {
    const rig = new Rig().start("r1");
    rig.store.clearOutputs(["c"]);
    rig.start("r2");
    rig.connect();
    rig.hear({ type: "runs", heads: { c: null }, runs: [] });
    expect(rig.sent.map((frame) => (frame.type === "run" ? frame.run_id : frame.type))).toEqual(["r1", "head", "r2"]);
    expect(rig.store.headOf("c")?.run_id).toBe("r2");
  });

  test("a refused move is given up; the next one stands", () => {
    const rig = new Rig().connect();
    rig.store.restoreHeads(new Map([["c", "gone"]]));
    rig.store.refused("head", "unknown_run");
    expect(rig.store.unsavedSince.get()).toBeNull();
    rig.store.restoreHeads(new Map([["c", null]]));
    rig.hear({ type: "head", cell_id: "c", run_id: null, seq: 1 });
    expect([rig.store.unsavedSince.get(), rig.store.headOf("c")]).toEqual([null, null]);
  });

  test("two starts that crossed are ordered by the hub", () => {
    const rig = new Rig().connect().start();
    rig.hear({
      type: "run",
      run_id: "other",
      n: 0,
      event: { type: "started", cell_id: "c", source_digest: DIGEST, runtime: null, started_at: 1 },
      run: record({}),
    });
    expect(rig.store.headOf("c")?.run_id).toBe("r");
    rig.hear({ type: "run_ack", run_id: "r", n: 0 });
    expect(rig.sent.at(-1)).toEqual({ type: "head", cell_id: "c", run_id: "r" });
    rig.hear({ type: "head", cell_id: "c", run_id: "r", seq: 4 });
    expect(rig.store.unsavedSince.get()).toBeNull();
    rig.hear({
      type: "run",
      run_id: "later",
      n: 0,
      event: { type: "started", cell_id: "c", source_digest: DIGEST, runtime: null, started_at: 1 },
      run: record({ run_id: "later" }),
    });
    expect(rig.store.headOf("c")?.run_id).toBe("later");
  });

  test("a later wish for the same cell is not undone by the echo of an earlier one", () => {
    const rig = new Rig().connect();
    rig.hear({ type: "runs", heads: { c: "other" }, runs: [record({})] });
    const before = rig.store.clearOutputs(["c"]);
    rig.store.restoreHeads(before);
    rig.hear({ type: "head", cell_id: "c", run_id: null, seq: 1 });
    expect(rig.store.headOf("c")?.run_id).toBe("other");
    rig.hear({ type: "head", cell_id: "c", run_id: "other", seq: 2 });
    expect([rig.store.headOf("c")?.run_id, rig.store.unsavedSince.get()]).toEqual(["other", null]);
  });

  test("clearing what shows nothing sends nothing", () => {
    const rig = new Rig().connect();
    expect(rig.store.clearOutputs(["c"]).size).toBe(0);
    rig.store.copyHead("c", "d");
    expect(rig.sent).toEqual([]);
  });

  test("subscribers hear of their own cell only", () => {
    const rig = new Rig().connect();
    const told: string[] = [];
    rig.store.subscribeCell("c", () => told.push("c"));
    const end = rig.store.subscribeCell("d", () => told.push("d"));
    rig.start("r", "c");
    expect(told.includes("d")).toBe(false);
    expect(told.includes("c")).toBe(true);
    told.length = 0;
    end();
    rig.start("r2", "d");
    expect(told).toEqual([]);
  });
});

describe("3.6 two runs of one cell", () => {
  const head = record({ run_id: "head", started_at: 5, finished_at: 9, status: "ok", writer: null });
  const rigWith = (other: Partial<RunRecord>) => {
    const rig = new Rig().connect();
    rig.hear({ type: "runs", heads: { c: "head" }, runs: [head, record({ run_id: "other", ...other })] });
    return rig.store.rivalOf("c")?.run_id;
  };

  test("one that was under way at the same time is told, finished or running", () => {
    expect(rigWith({ started_at: 4, finished_at: 7, status: "ok", writer: null })).toBe("other");
    expect(rigWith({ started_at: 4 })).toBe("other");
  });

  test("one whose page went away may have ended long before", () => {
    expect(rigWith({ started_at: 1, writer: null })).toBeUndefined();
    expect(rigWith({ started_at: 1, status: "lost", writer: null })).toBeUndefined();
  });
});
