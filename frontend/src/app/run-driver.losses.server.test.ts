/** Real Jupyter, real rooms of a real hub: what a cable or a server's limit swallowed is told again, or marked. */
import { existsSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cuttable } from "../kernel/testing/cable.ts";
import { type Gate, newGate } from "../kernel/testing/gate.ts";
import { type RunningJupyter, type StockJupyter, startJupyter } from "../kernel/testing/jupyter.ts";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { until } from "../kernel/testing/runs.ts";
import {
  ALL_TICKS,
  CANNOT_TELL,
  drivenPages,
  expectMarked,
  expectWhole,
  isMarked,
  notices,
  TICKS,
  whyNoDrivenPages,
} from "./driven-pages-for-tests.ts";
import { TestBrowser } from "./page-for-tests.ts";

describe.skipIf(whyNoDrivenPages !== null)("output that was lost on its way", () => {
  const { rooms, pages, jupyter, open, another } = drivenPages();

  it.each([
    ["tells again what a cable swallowed: nothing is missing, and nothing is marked", "", false],
    ["cannot tell what a cable swallowed: the run goes on, ends, and is marked", CANNOT_TELL, true],
  ])(
    "a kernel that %s",
    async (_, before, isLost) => {
      const cable = await cuttable(jupyter().port);
      const gate = newGate();
      const lines = Array.from({ length: 120 }, (_, line) => `${line}\n`).join("");
      const { page } = await open(
        [
          `${before}import time\nfor i in range(120):\n    while i == 110 and ${gate.isShut}: time.sleep(0.02)\n    print(i, flush=True)\n    time.sleep(0.2)`,
        ],
        cable.baseUrl,
      );
      page.driver.runCells(["c0"]);
      await page.prints("c0", "5\n");
      cable.blackHole();
      await until(page.runtime.binding, (state) => state.phase === "interrupted", 60_000);
      cable.heal();
      await page.ready();
      gate.open();
      await page.tab.run(() => page.text("c0").endsWith("119\n"), "the last line");
      await page.ends("c0", "ok");
      await (isLost ? expectMarked : expectWhole)(page, lines);
      cable.close();
    },
    120_000,
  );

  /** Prints twelve lines, the fifth and the ninth once their gates are open. */
  const inThreeParts = (fifth: Gate, ninth: Gate) => `import time
for i in range(12):
    while i == 4 and ${fifth.isShut} or i == 8 and ${ninth.isShut}: time.sleep(0.02)
    print(i, flush=True)`;

  it.each([
    ["is told again by the kernel, once", "", false],
    ["is lost where the kernel cannot tell, and the run is marked", CANNOT_TELL, true],
  ])(
    "what was on the wire when a page left %s",
    async (_, before, isLost) => {
      const cable = await cuttable(jupyter().port);
      const [fifth, ninth] = [newGate(), newGate()];
      const { page, browser, notebook, session } = await open([before + inThreeParts(fifth, ninth)], cable.baseUrl);
      page.driver.runCells(["c0"]);
      await page.prints("c0", "3\n");
      // A wire long enough to hold four lines.
      cable.blackHole();
      fifth.open();
      await vi.waitFor(() => expect(cable.swallowed()).toContain('7\\n"'), 15_000);
      const recorded = page.text("c0");
      await page.tab.saved();
      page.kill();
      pages.pop();
      cable.cut();
      cable.heal();
      const again = await another(browser, notebook, session);
      expect(await again.runtime.reattach()).toBe(true);
      // It has asked the kernel: after the run it would be told by what the page puts there anew.
      await until(again.driver.pending, (count) => count === 1);
      ninth.open();
      await again.ends("c0", "ok");
      await (isLost ? expectMarked : expectWhole)(again);
      expect(again.text("c0").startsWith(recorded)).toBe(true);
      expect(again.text("c0")).toMatch(/11\n$/);
      cable.close();
    },
    60_000,
  );

  it("an interrupt that does not reach the runtime is told, with what it took out of the queue; one that does is not", async () => {
    const cable = await cuttable(jupyter().port);
    const endless = "import time\nprint('on', flush=True)\nwhile True: time.sleep(0.05)";
    const { page } = await open([endless, "print('waits')"], cable.baseUrl);
    const told: unknown[] = [];
    page.runtime.notice.subscribe(() => told.push(page.runtime.notice.get()));
    page.driver.runAll();
    await page.prints("c0", "on\n");
    cable.blackHole();
    cable.cut();
    await until(page.runtime.binding, (state) => state.phase === "interrupted", 60_000);
    page.driver.interrupt();
    await until(page.runtime.notice, (notice) => notice !== null);
    expect(told).toEqual([{ code: "not_interrupted", count: 1 }]);
    expect([page.driver.placeOf("c0"), page.tab.runs.headOf("c1")]).toEqual(["running", null]);
    page.runtime.dismissNotice();
    cable.heal();
    await page.ready();
    page.driver.interrupt();
    await page.ends("c0", "interrupted");
    expect(page.runtime.notice.get()).toBeNull();
    cable.close();
  }, 90_000);

  it("what the kernel told again is told to the hub, and to another browser that looks on", async () => {
    const cable = await cuttable(jupyter().port);
    const notebook = await rooms.notebook([TICKS]);
    const page = await another(new TestBrowser(), notebook);
    const looker = await another(new TestBrowser("browser-2"), notebook);
    await page.runtime.connect(`${cable.baseUrl}?token=${jupyter().token}`);
    await page.ready();
    page.driver.runCells(["c0"]);
    await page.prints("c0", "3\n");
    cable.cut();
    cable.heal();
    await page.ends("c0", "ok");
    await looker.ends("c0", "ok");
    await page.tab.saved();
    expect([page.text("c0"), looker.text("c0"), isMarked(looker, "c0")]).toEqual([ALL_TICKS, ALL_TICKS, false]);
    cable.close();
  }, 60_000);

  /** In a cell: as `CANNOT_TELL`, and no page that comes makes it good again. */
  const KEEPS_NOTHING = "get_ipython().kernel.iopub_thread._runhere_recorder.runs = None\n";
  const LINES = "for n in range(600):\n    print('line', n, flush=True)";

  it("too many messages for the server's limit: each line once, for everybody, where the kernel can tell; else marked, once", async () => {
    const own = await startJupyter({ app: "server", token: "few", flags: ["--ServerApp.iopub_msg_rate_limit=20"] });
    const all = Array.from({ length: 600 }, (_, n) => `line ${n}\n`).join("");
    for (const [before, tells] of [
      ["", true],
      [CANNOT_TELL, false],
    ] as const) {
      const notebook = await rooms.notebook([before + LINES, "print('next')"]);
      const page = await another(new TestBrowser(), notebook);
      const looker = await another(new TestBrowser("browser-2"), notebook);
      await page.runtime.connect(`${own.baseUrl}?token=few`);
      await page.ready();
      page.driver.runAll();
      await page.ends("c1", "ok");
      expect(page.text("c1")).toBe("next\n");
      expect(page.text("c0") === all).toBe(tells);
      expect(notices(page, "c0")).toEqual(tells ? [] : [{ code: "too_fast" }]);
      expect(page.text("c0")).not.toContain("IOPub");
      expect(page.runtime.notice.get()).toBeNull();
      await page.tab.saved();
      await looker.ends("c1", "ok");
      await looker.tab.run(() => looker.text("c0") === page.text("c0"), "the same text");
      expect(notices(looker, "c0")).toEqual(notices(page, "c0"));
    }
    await own.stop();
  }, 120_000);

  describe("of a run that prints too fast, whose page goes meanwhile,", () => {
    let few: RunningJupyter;
    beforeAll(async () => {
      few = await startJupyter({ app: "server", token: "few", flags: ["--ServerApp.iopub_msg_rate_limit=20"] });
    }, 60_000);
    afterAll(async () => await few?.stop(), 20_000);

    const ALL = Array.from({ length: 600 }, (_, n) => `line ${n}\n`).join("");
    const inTwoParts = ({ isShut }: Gate) =>
      `for n in range(600):\n    while n == 300 and ${isShut}: __import__("time").sleep(0.02)\n    print('line', n, flush=True)`;

    const begun = async (source: string) => {
      const notebook = await rooms.notebook([source, "print('next')"]);
      const [browser, session] = [new TestBrowser(), new MemoryStorage()];
      const page = await another(browser, notebook, session);
      await page.runtime.connect(`${few.baseUrl}?token=few`);
      await page.ready();
      page.driver.runCells(["c0"]);
      return { page, browser, notebook, session };
    };

    /** The page that comes back goes on with the run, which shows what it showed. */
    const goneAndBack = async ({ page, browser, notebook, session }: Awaited<ReturnType<typeof begun>>) => {
      page.tab.runs.flush();
      await page.tab.saved();
      page.kill();
      pages.pop();
      const again = await another(browser, notebook, session);
      await again.tab.run(() => isMarked(again, "c0"), "the mark");
      expect(await again.runtime.reattach()).toBe(true);
      await until(again.driver.pending, (count) => count === 1);
      return again;
    };

    it.each([
      ["the page that comes back fills in what was dropped before it came, and after", "", true],
      ["the page that comes back keeps the mark where the kernel cannot tell, ever", KEEPS_NOTHING, false],
    ])(
      "%s",
      async (_, before, tells) => {
        const gate = newGate();
        const gone = await begun(before + inTwoParts(gate));
        await gone.page.tab.run(() => isMarked(gone.page, "c0"), "the mark");
        const again = await goneAndBack(gone);
        gate.open();
        await again.ends("c0", "ok");
        expect(again.text("c0") === ALL).toBe(tells);
        expect(notices(again, "c0").length > 0).toBe(!tells);
        again.driver.runCells(["c1"]);
        await again.ends("c1", "ok");
      },
      60_000,
    );

    it.each([
      ["an answer that was shown before the mark stays where it was shown", "input()\n", "", true],
      ["an answer that was shown behind the mark stays, and so does the mark", "", "input()\n", false],
    ])(
      "%s",
      async (_, before, between, tells) => {
        const gate = newGate();
        const flood = "for n in range(300): print('line', n, flush=True)\n";
        const source = `${before}${flood}${between}${gate.wait}\nprint('the end')`;
        const { page, browser, notebook, session } = await begun(source);
        await until(page.driver.stdin, (request) => request !== null);
        if (before === "") await page.tab.run(() => isMarked(page, "c0"), "the mark");
        page.driver.answerStdin("forty-two");
        await page.tab.run(() => isMarked(page, "c0"), "the mark");
        await page.prints("c0", "forty-two");
        const again = await goneAndBack({ page, browser, notebook, session });
        gate.open();
        await again.ends("c0", "ok");
        const lines = Array.from({ length: 300 }, (_unused, n) => `line ${n}\n`).join("");
        expect(again.text("c0") === `forty-two\n${lines}the end\n`).toBe(tells);
        expect(notices(again, "c0").length > 0).toBe(!tells);
        expect(again.text("c0").match(/forty-two/g)).toHaveLength(1);
        expect(again.text("c0")).toMatch(/the end\n$/);
      },
      60_000,
    );
  });

  describe("of a run that prints while the server stands still,", () => {
    let unlimited: StockJupyter;
    beforeAll(async () => {
      const flags = ["--ServerApp.iopub_msg_rate_limit=0", "--ServerApp.iopub_data_rate_limit=0"];
      unlimited = await startJupyter({ app: "server", token: "slow", flags });
    }, 60_000);
    afterAll(async () => await unlimited?.stop(), 20_000);

    // More than wait in the kernel, on the way and at the server, each with less than a kilobyte around it.
    const LINES = 8_000;
    const ALL = `begun\n${Array.from({ length: LINES }, (_, n) => `line ${n}\n`).join("")}the end\n`;

    it.each([
      ["what the kernel let go of is filled in", "", true],
      ["what the kernel let go of is marked where it has no record", KEEPS_NOTHING, false],
      ["what the kernel let go of is marked where its record is too short", "pad = 'x' * 2000", false],
    ])(
      "%s",
      async (_, before, tells) => {
        const [flood, end] = [newGate(), newGate()];
        const printed = `${unlimited.root}/printed`;
        const source = `${before}
pad = globals().get("pad", "")
print('begun', flush=True)
${flood.wait}
for n in range(${LINES}): print('line', n, flush=True)
for n in range(6_000 if pad else 0): print(pad, flush=True)
open(${JSON.stringify(printed)}, "w").close()
while ${end.isShut}:
    print('and on', flush=True)
    __import__("time").sleep(0.05)
print('the end')`;
        const notebook = await rooms.notebook([source, "print('next')"]);
        const page = await another(new TestBrowser(), notebook);
        await page.runtime.connect(`${unlimited.baseUrl}?token=slow`);
        await page.ready();
        page.driver.runAll();
        await page.prints("c0", "begun");
        unlimited.pause();
        flood.open();
        await vi.waitFor(() => expect(existsSync(printed)).toBe(true), 60_000);
        unlimited.resume();
        rmSync(printed);
        // Until the server has caught up the kernel goes on letting go.
        await page.prints("c0", "and on\n");
        end.open();
        await page.ends("c1", "ok");
        expect(page.text("c1")).toBe("next\n");
        expect(page.text("c0").replaceAll("and on\n", "") === ALL).toBe(tells);
        expect(page.text("c0")).toMatch(/the end\n$/);
        expect(notices(page, "c0")).toEqual(tells ? [] : [{ code: "kernel_dropped" }]);
      },
      120_000,
    );
  });

  it.each([
    ["the kernel tells", ""],
    ["the kernel has no record", KEEPS_NOTHING],
  ])(
    "much that came whole is not marked for numbers that were given to nothing, or to a fork: %s",
    async (_, before) => {
      const source = `${before}import os
class Shown:
    def _ipython_display_(self): print("shown")
for n in range(700): print(n, flush=True)
child = os.fork()
if child == 0:
    __import__("sys").stdout.write("child\\n")
    __import__("sys").stdout.flush()
    os._exit(0)
os.waitpid(child, 0)
for n in range(700): print(n, flush=True)
Shown()`;
      const { page } = await open([source]);
      page.driver.runCells(["c0"]);
      await page.ends("c0", "ok");
      const half = Array.from({ length: 700 }, (_unused, n) => `${n}\n`).join("");
      expect(page.text("c0").replace("child\n", "")).toBe(`${half}${half}shown\n`);
      expect(page.text("c0")).toContain("child\n");
      expect(notices(page, "c0")).toEqual([]);
    },
    60_000,
  );

  // One piece of more than the server lets through in its three seconds (3 MB), however slow the machine: an end of its own could come through.

  const MUCH =
    "import sys\ndef much(name):\n    sys.stdout.write(''.join(f'{name} {n:010}\\n' for n in range(260_000)))\n    sys.stdout.flush()\nprint('begun', flush=True)\n";
  const much = (name: string): string =>
    Array.from({ length: 260_000 }, (_, n) => `${name} ${String(n).padStart(10, "0")}\n`).join("");

  it.each([
    ["what the kernel has is filled in", ["a"], [], ["a"]],
    [
      "what the kernel has let go of stays missing, and marked",
      ["a", "b", "c", "d"],
      [{ code: "too_fast" }],
      ["c", "d"],
    ],
  ])(
    "more bytes than a stock server's own limits allow: %s",
    async (_name, names, marks, shown) => {
      const source = `${MUCH}for name in ${JSON.stringify(names)}: much(name)\nprint('the end')`;
      const { page } = await open([source, "print('next')"]);
      page.driver.runAll();
      await page.ends("c1", "ok");
      const text = page.text("c0");
      expect(text === `begun\n${shown.map(much).join("")}the end\n`).toBe(true);
      expect(notices(page, "c0")).toEqual(marks);
      const outputs = page.tab.runs.headOf("c0")?.outputs ?? [];
      // The mark stands where lines are missing.
      if (marks.length > 0)
        expect(outputs.map(({ output_type: type }) => type)).toEqual(["stream", "display_data", "stream"]);
    },
    120_000,
  );

  it("marks nothing as incomplete where nothing was cut", async () => {
    const { page } = await open(["print(1)"]);
    page.driver.runAll();
    await page.ends("c0", "ok");
    expect(isMarked(page, "c0")).toBe(false);
  }, 60_000);
});
