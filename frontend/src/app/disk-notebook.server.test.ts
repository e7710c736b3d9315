/** A notebook at home on the disk of real servers. The hub's part, the merge, is played here by one line of text; it is tested in `hub/`. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, HubUnreachable } from "../api/errors.ts";
import type { DiskState } from "../core/disk-file.ts";
import { Value } from "../core/observable.ts";
import { NOWHERE } from "../core/private-outputs.ts";
import { type Cable, cuttable } from "../kernel/testing/cable.ts";
import { TestClock } from "../kernel/testing/clock.ts";
import {
  clientOf,
  jupyterPython,
  type RunningJupyter,
  startCompanion,
  startJupyter,
} from "../kernel/testing/jupyter.ts";
import type { DiskBase } from "./disk-bases.ts";
import { DiskNotebook, type DiskWay } from "./disk-notebook.ts";

const HUB = "http://hub.example:8800";
const SERVERS: readonly (readonly [string, () => Promise<RunningJupyter>, "header" | "query"])[] = [
  ["jupyter_server without any flag", () => startJupyter({ app: "server" }), "query"],
  ["the companion", () => startCompanion([HUB]), "header"],
];

function file(...sources: string[]): string {
  return `${JSON.stringify({ cells: sources.map((source) => ({ source })), metadata: {}, nbformat: 4 })}\n`;
}

/** A notebook of the hub: what changed in the file is put behind its own cells. */
class PlayedHub {
  cells: string[];
  away = false;
  readonly asked: (readonly [file: string, base: string | null])[] = [];

  constructor(...cells: string[]) {
    this.cells = cells;
  }

  exchange = async (text: string, base: string | null) => {
    if (this.away) throw new HubUnreachable("played");
    this.asked.push([text, base]);
    let theirs: readonly string[];
    try {
      theirs = cellsOf(text);
    } catch {
      throw new ApiError(422, "notebook_invalid", "This file is not a valid notebook.");
    }
    const before = base === null ? [] : cellsOf(base);
    if (text !== base) {
      const gone = before.filter((cell) => !theirs.includes(cell));
      const added = theirs.filter((cell) => !before.includes(cell) && !this.cells.includes(cell));
      this.cells = [...this.cells.filter((cell) => !gone.includes(cell)), ...added];
    }
    return { text: file(...this.cells), conflicts: 0, metadata_kept: false };
  };
}

function cellsOf(text: string): string[] {
  return JSON.parse(text).cells.map((cell: { source: string }) => cell.source);
}

class Bases {
  readonly kept = new Map<string, DiskBase>();
  load = async (id: string) => this.kept.get(id) ?? null;
  keep = async (id: string, base: DiskBase) => void this.kept.set(id, base);
}

describe.skipIf(jupyterPython() === null).each(SERVERS)("a notebook on the disk of %s", (_name, begin, auth) => {
  let jupyter: RunningJupyter;
  let cable: Cable;
  let clock: TestClock;
  let bases: Bases;
  let hub: PlayedHub;
  let hubState: Value<"in_step" | "behind" | "away">;
  let way: Value<DiskWay>;
  let open: DiskNotebook | null;

  beforeAll(async () => {
    jupyter = await begin();
    cable = await cuttable(jupyter.port);
  }, 60_000);
  afterAll(async () => {
    cable?.close();
    await jupyter?.stop();
  }, 20_000);
  beforeEach(() => {
    mkdirSync(join(jupyter.root, "work"), { recursive: true });
    writeFileSync(there(), file("a = 1", "b = 2"));
    clock = new TestClock();
    bases = new Bases();
    bases.kept.set("n", { text: file("a = 1", "b = 2"), pending: null });
    hub = new PlayedHub("a = 1", "b = 2");
    hubState = new Value<"in_step" | "behind" | "away">("in_step");
    way = new Value<DiskWay>(opened());
    open = null;
  });
  afterEach(() => {
    open?.close();
    chmodSync(there("."), 0o755);
    rmSync(there("."), { recursive: true, force: true });
  });

  const there = (name = "ö 1#.ipynb") => join(jupyter.root, "work", name);
  const onDisk = () => readFileSync(there(), "utf-8");
  const transport = (baseUrl = cable.baseUrl) => clientOf(jupyter, { auth, origin: HUB, baseUrl }).transport;
  const opened = (baseUrl?: string): DiskWay => ({ phase: "open", transport: transport(baseUrl), label: "gpu-box" });
  const start = () => {
    const link = { notebookId: "n", personId: "p", baseUrl: cable.baseUrl, label: "gpu-box", path: "work/ö 1#.ipynb" };
    open = new DiskNotebook({
      link,
      bases,
      exchange: hub.exchange,
      way,
      hub: hubState,
      atHome: () => NOWHERE,
      onMoved: () => {},
      clock,
      locks: undefined,
    });
    return open;
  };
  /** Lets time pass until it is so. */
  const until = async (it: DiskNotebook, wanted: Partial<DiskState> & Record<string, unknown>) =>
    await vi.waitFor(
      () => {
        clock.advance(500);
        expect(it.state.get()).toMatchObject(wanted);
      },
      { timeout: 15_000, interval: 20 },
    );
  /** Somebody else's program; servers tell times by the microsecond, file systems may be coarser. */
  const rewrite = (text: string) => {
    writeFileSync(there(), text);
    utimesSync(there(), new Date(), new Date(Date.now() + 5_000));
  };

  it("writes what was typed, and nothing when nothing was", async () => {
    const it = start();
    await until(it, { phase: "saved" });
    expect(onDisk()).toBe(file("a = 1", "b = 2"));
    expect(hub.asked).toEqual([[file("a = 1", "b = 2"), file("a = 1", "b = 2")]]);
    hub.cells = ["a = 10", "b = 2"];
    it.changed("document");
    expect(it.state.get().phase).toBe("saving");
    await until(it, { phase: "saved" });
    expect(onDisk()).toBe(file("a = 10", "b = 2"));
    expect(bases.kept.get("n")).toEqual({ text: onDisk(), pending: null });
  });

  it("brings in what others write, and writes over nothing that was not read", async () => {
    const it = start();
    await until(it, { phase: "saved" });
    rewrite(file("a = 1", "b = 2", "theirs"));
    await vi.waitFor(() => {
      clock.advance(500);
      expect(hub.cells).toEqual(["a = 1", "b = 2", "theirs"]);
    }, 15_000);
    // Both at once: theirs is read before ours is written.
    rewrite(file("a = 1", "b = 2", "theirs", "more"));
    hub.cells = ["mine", ...hub.cells];
    it.changed("document");
    await until(it, { phase: "saved" });
    await vi.waitFor(() => expect(cellsOf(onDisk())).toEqual(["mine", "a = 1", "b = 2", "theirs", "more"]), 15_000);
  });

  it("keeps what was typed while the runtime is away, and writes it when it is back", async () => {
    const it = start();
    await until(it, { phase: "saved" });
    way.set({ phase: "away" });
    hub.cells = ["a = 3", "b = 2"];
    it.changed("document");
    expect(it.state.get()).toEqual({ phase: "waiting", why: "runtime_away" });
    clock.advance(60_000);
    expect(onDisk()).toBe(file("a = 1", "b = 2"));
    way.set(opened());
    await until(it, { phase: "saved" });
    expect(onDisk()).toBe(file("a = 3", "b = 2"));
  });

  it("waits for the hub, and for what the hub has not got yet", async () => {
    hubState.set("behind");
    const it = start();
    clock.advance(60_000);
    expect([it.state.get().phase, hub.asked.length]).toEqual(["saving", 0]);
    hubState.set("away");
    expect(it.state.get()).toEqual({ phase: "waiting", why: "hub_away" });
    hubState.set("in_step");
    hub.away = true;
    await until(it, { phase: "waiting", why: "hub_away" });
    hub.away = false;
    await until(it, { phase: "saved" });
  });

  it("takes for written what arrived though its answer was lost", async () => {
    bases.kept.set("n", { text: file("old"), pending: file("a = 1", "b = 2") });
    hub.cells = ["a = 1", "b = 2", "c"];
    const it = start();
    await until(it, { phase: "saved" });
    expect(hub.asked[0]).toEqual([file("a = 1", "b = 2"), file("a = 1", "b = 2")]);
    expect(onDisk()).toBe(file("a = 1", "b = 2", "c"));
  });

  it("writes the whole again over its own half, which a full disk broke off", async () => {
    const whole = file("mine", "b = 2");
    bases.kept.set("n", { text: file("a = 1", "b = 2"), pending: whole });
    rewrite(whole.slice(0, 20));
    hub.cells = ["mine", "b = 2"];
    const it = start();
    await until(it, { phase: "saved" });
    expect(hub.asked).toEqual([[file("a = 1", "b = 2"), file("a = 1", "b = 2")]]);
    expect(onDisk()).toBe(whole);
  });

  it("does not make a file anew that was deleted, before a person says so", async () => {
    const it = start();
    await until(it, { phase: "saved" });
    renameSync(there(), there("elsewhere.ipynb"));
    hub.cells = ["mine"];
    it.changed("document");
    await until(it, { phase: "stopped", trouble: "missing" });
    expect(() => onDisk()).toThrow();
    it.tryNow("write_mine");
    await until(it, { phase: "saved" });
    expect(onDisk()).toBe(file("mine"));
    expect(readFileSync(there("elsewhere.ipynb"), "utf-8")).toBe(file("a = 1", "b = 2"));
  });

  it("leaves another notebook alone that took the name, until a person chooses", async () => {
    rewrite(file("another", "world"));
    const it = start();
    await until(it, { phase: "stopped", trouble: "another" });
    clock.advance(60_000);
    expect([onDisk(), hub.cells]).toEqual([file("another", "world"), ["a = 1", "b = 2"]]);
    it.tryNow("take_theirs");
    await until(it, { phase: "saved" });
    expect([onDisk(), hub.cells]).toEqual([file("another", "world"), ["another", "world"]]);
  });

  it("leaves alone what is no notebook, and writes ours over it when a person says so", async () => {
    rewrite("<<<<<<< HEAD\n");
    const it = start();
    await until(it, { phase: "stopped", trouble: "invalid" });
    expect(onDisk()).toBe("<<<<<<< HEAD\n");
    it.tryNow("write_mine");
    await until(it, { phase: "saved" });
    expect(onDisk()).toBe(file("a = 1", "b = 2"));
  });

  it("writes nothing to another runtime, unless the very file is there", async () => {
    const it = start();
    await until(it, { phase: "saved" });
    const second = await cuttable(jupyter.port);
    try {
      rewrite(file("a = 1", "changed"));
      hub.cells = ["mine"];
      way.set(opened(second.baseUrl));
      it.changed("document");
      await until(it, { phase: "waiting", why: "other_runtime" });
      expect(onDisk()).toBe(file("a = 1", "changed"));
      rewrite(file("a = 1", "b = 2"));
      await until(it, { phase: "saved" });
      expect([onDisk(), it.link.baseUrl]).toEqual([file("mine"), second.baseUrl]);
    } finally {
      second.close();
    }
  });
});
