/** Real Jupyter, real rooms of a real hub: what runs, in which order, and what is shown of it. */
import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { newGate } from "../kernel/testing/gate.ts";
import { until } from "../kernel/testing/runs.ts";
import { drivenPages, isMarked, whyNoDrivenPages } from "./driven-pages-for-tests.ts";
import { TestBrowser } from "./page-for-tests.ts";

/** Set it higher to look for a race. */
const RESTARTS = Number(process.env["RUNHERE_RESTARTS"] ?? 3);

describe.skipIf(whyNoDrivenPages !== null)("running cells", () => {
  const { rooms, open, another } = drivenPages();

  it("runs cells in order, with digest, count and outputs at the hub", async () => {
    const { page } = await open(["x = 20", "print(x + 1)", "x * 2"]);
    page.driver.runAll();
    await page.ends("c2", "ok");
    expect(page.tab.runs.headOf("c2")).toMatchObject({
      status: "ok",
      execution_count: 3,
      source_digest: createHash("sha256").update("x * 2").digest("hex"),
      runtime: { kind: "local", label: "Python 3 (ipykernel)" },
      outputs: [{ output_type: "execute_result", data: { "text/plain": "40" }, metadata: {}, execution_count: 3 }],
    });
    expect(page.text("c1")).toBe("21\n");
    expect(page.driver.pending.get()).toBe(0);
    await page.tab.saved();
  }, 60_000);

  it("runs the source of the gesture, whatever is typed meanwhile", async () => {
    const { page } = await open(["print('before')"]);
    page.driver.runCells(["c0"]);
    page.tab.type("c0", "\nprint('after')");
    await page.ends("c0", "ok");
    expect(page.text("c0")).toBe("before\n");
  }, 60_000);

  it("runs selected text: the whole cell is judged, what ran is recorded, and the outputs are the cell's", async () => {
    const source = "n = 3\nfor i in range(n):\n    j = i\n    print('part', j)";
    const { page } = await open([source]);
    const run = async (anchor: number, head: number): Promise<void> => {
      const before = page.tab.runs.headOf("c0")?.run_id;
      expect(page.driver.runPart("c0", { anchor, head })).toBe(true);
      await page.tab.run(() => page.tab.runs.headOf("c0")?.run_id !== before, "another run");
      await page.ends("c0", "ok");
    };
    const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
    await run(0, source.length);
    expect(page.driver.extentOf(page.tab.runs.headOf("c0")?.run_id ?? "")).toBe("whole");
    await run(source.indexOf("j = i"), source.length);
    expect(page.text("c0")).toBe("part 2\n");
    const part = source.slice(source.indexOf("    j = i"));
    expect(page.tab.runs.headOf("c0")?.source_digest).toBe(digest(part));
    expect(page.driver.extentOf(page.tab.runs.headOf("c0")?.run_id ?? "")).toBe("part");
    expect(page.judged).toEqual([source, source]);
    expect(page.driver.runPart("c0", { anchor: 5, head: 5 })).toBe(true); // the cursor's line
    page.tab.type("c0", "\n\n ");
    const end = page.tab.doc.cell("c0")?.source.length ?? 0;
    expect(page.driver.runPart("c0", { anchor: end, head: end })).toBe(false);
  }, 60_000);

  it("hands over within the gesture what may run at once, and never before a gesture that is still asked about", async () => {
    const [first, second] = ["at_once = 20", "print(at_once + 1)"];
    const { page } = await open([first, second]);
    page.driver.runAll();
    expect([page.driver.placeOf("c0"), page.driver.placeOf("c1")]).toEqual(["waiting", "waiting"]);
    await page.ends("c1", "ok");
    expect(page.tab.runs.headOf("c1")).toMatchObject({
      source_digest: createHash("sha256").update(second).digest("hex"),
      execution_count: 2,
    });
    page.driver.runCells(["c0"], { isDebugged: true });
    page.driver.runCells(["c1"]);
    expect([page.driver.placeOf("c0"), page.driver.placeOf("c1")]).toEqual(["waiting", "waiting"]);
    await page.tab.run(() => page.tab.runs.headOf("c1")?.execution_count === 4, "c1 to run after c0");
    expect(page.tab.runs.headOf("c0")?.execution_count).toBe(3);
  }, 60_000);

  it("waits in sight while somebody is asked; after a no, or taken back, the cell is as it was and nothing has run", async () => {
    const { page } = await open(["print('one')", "print('two')"]);
    page.driver.runCells(["c0"]);
    await page.ends("c0", "ok");
    const before = page.tab.runs.headOf("c0");
    const answers: ((may: boolean) => void)[] = [];
    page.asks = () => new Promise((give) => void answers.push(give));
    const isAsked = () => vi.waitUntil(() => answers.length > 0, { timeout: 10_000 });
    const answer = async (may: boolean): Promise<void> => {
      await isAsked();
      answers.shift()?.(may);
    };
    const place = () => page.driver.placeOf("c0");
    page.driver.runCells(["c0"]);
    page.driver.runCells(["c0"]);
    expect([place(), page.tab.runs.headOf("c0")]).toEqual(["waiting", before]);
    await answer(false);
    await vi.waitUntil(() => place() === null, { timeout: 10_000 });
    const takeBack: readonly (() => void)[] = [
      () => page.driver.cancel("c0"),
      () => page.driver.interrupt(),
      () => void page.driver.restart(),
    ];
    for (const act of takeBack) {
      page.driver.runCells(["c0"]);
      expect(place()).toBe("waiting");
      await isAsked();
      act();
      expect(place()).toBeNull();
      await answer(true);
    }
    // A restart waits for no answer, and what is asked for since runs in the new process.
    page.driver.runCells(["c1"]);
    await answer(true);
    await page.ends("c1", "ok");
    expect([page.tab.runs.headOf("c0"), page.tab.runs.headOf("c1")?.execution_count]).toEqual([before, 1]);
  }, 60_000);

  it("passes over cells without code, which then show nothing", async () => {
    const { page } = await open(["1 + 1", "", " \n", "2 + 2"]);
    page.driver.runCells(["c0"]);
    await page.ends("c0", "ok");
    page.tab.doc.cell("c0")?.source.delete(0, 5);
    page.driver.runAll();
    await page.ends("c3", "ok");
    expect(page.tab.runs.headOf("c3")?.execution_count).toBe(2);
    expect(["c0", "c1", "c2"].map((cell) => page.tab.runs.headOf(cell))).toEqual([null, null, null]);
    await page.tab.saved();
  }, 60_000);

  it("stops the queue at an error, visibly", async () => {
    const { page } = await open(["1 / 0", "print('no')", "print('nor this')"]);
    page.driver.runAll();
    await page.ends("c0", "error");
    await until(page.driver.pending, (count) => count === 0);
    expect(page.driver.stopped.get()).toEqual({ cellId: "c0", cancelled: 2, reason: "error" });
    expect([page.tab.runs.headOf("c1"), page.tab.runs.headOf("c2")]).toEqual([null, null]);
  }, 60_000);

  it("interrupts what runs, cancels what waits, and goes on", async () => {
    const { page } = await open(["import time\nprint('on')\ntime.sleep(100)", "print('no')"]);
    page.driver.runAll();
    await page.prints("c0", "on");
    expect([page.driver.placeOf("c0"), page.driver.placeOf("c1")]).toEqual(["running", "waiting"]);
    page.driver.interrupt();
    await page.ends("c0", "interrupted");
    expect(page.tab.runs.headOf("c1")).toBeNull();
    page.driver.runCells(["c1"]);
    await page.ends("c1", "ok");
  }, 60_000);

  it("takes a waiting cell out of the queue", async () => {
    const gate = newGate();
    const { page } = await open([`print('on', flush=True)\n${gate.wait}`, "print('no')"]);
    page.driver.runAll();
    await page.prints("c0", "on");
    page.driver.cancel("c1");
    expect(page.driver.placeOf("c1")).toBeNull();
    gate.open();
    await page.ends("c0", "ok");
    expect(page.tab.runs.headOf("c1")).toBeNull();
  }, 60_000);

  it("a cell that is deleted or made text while it waits does not run; one that runs goes on", async () => {
    const gate = newGate();
    const { page } = await open([`print('on', flush=True)\n${gate.wait}`, "x = 1", "print('x' in globals())", "x = 2"]);
    page.driver.runCells(["c0", "c1", "c3", "c2"]);
    await page.prints("c0", "on");
    page.tab.doc.deleteCells(["c1"]);
    page.tab.doc.setType("c3", "markdown");
    page.tab.doc.moveCells(["c2"], null);
    expect(["c1", "c3", "c2"].map((id) => page.driver.placeOf(id))).toEqual([null, null, "waiting"]);
    page.tab.doc.deleteCells(["c0"]);
    expect(page.driver.placeOf("c0")).toBe("running");
    gate.open();
    await page.ends("c2", "ok");
    expect([page.text("c2"), page.status("c0"), page.driver.pending.get()]).toEqual(["False\n", "ok", 0]);
  }, 60_000);

  it("asks and answers", async () => {
    const { page } = await open(["name = input('who? ')\nprint('hello', name)"]);
    page.driver.runCells(["c0"]);
    const asked = await until(page.driver.stdin, (request) => request !== null);
    expect(asked).toMatchObject({ cellId: "c0", prompt: "who? ", password: false });
    page.driver.answerStdin("Ann");
    await page.ends("c0", "ok");
    expect(page.text("c0")).toBe("who? Ann\nhello Ann\n");
    expect(page.driver.stdin.get()).toBeNull();
  }, 60_000);

  it("restarts, and runs all again", async () => {
    const { page } = await open(["print('x' in globals())\nx = 1"]);
    page.driver.runAll();
    await page.ends("c0", "ok");
    const before = page.tab.runs.headOf("c0")?.run_id;
    await page.driver.restartAndRunAll();
    await page.tab.run(() => page.tab.runs.headOf("c0")?.run_id !== before && page.status("c0") === "ok", "run again");
    expect(page.text("c0")).toBe("False\n");
    expect(page.runtime.notice.get()).toBeNull();
  }, 60_000);

  it("asks for a runtime when there is none, and runs nothing without", async () => {
    const notebook = await rooms.notebook(["print(1)"]);
    const page = await another(new TestBrowser(), notebook);
    page.driver.runCells(["c0"]);
    await until(page.desk.open, (dialog) => dialog === "local");
    expect(page.tab.runs.headOf("c0")).toBeNull();
  }, 60_000);

  it("two tabs run at once over one socket", async () => {
    const { page: first, browser, notebook } = await open(["print('one')", "print('two')"]);
    const second = await another(browser, notebook);
    await second.runtime.reattach();
    await second.ready();
    first.driver.runCells(["c0"]);
    second.driver.runCells(["c1"]);
    await Promise.all([first.ends("c0", "ok"), second.ends("c1", "ok")]);
    await first.ends("c1", "ok");
    expect([first.text("c0"), first.text("c1")]).toEqual(["one\n", "two\n"]);
    expect(await first.runtime.listSessions()).toHaveLength(1);
    // What one tab runs, the other may stop.
    first.tab.type("c0", "\nimport time; print('on'); time.sleep(100)");
    first.driver.runCells(["c0"]);
    await second.tab.run(() => second.driver.placeOf("c0") === "running", "the run of the other tab");
    await second.prints("c0", "on");
    second.driver.interrupt();
    await second.ends("c0", "interrupted");
    expect(second.driver.placeOf("c0")).toBeNull();
  }, 90_000);

  it("runs at once after a restart, and nothing is lost", async () => {
    const { page } = await open(["print('x' in globals())\nx = 1"]);
    for (let time = 1; time <= RESTARTS; time += 1) {
      page.driver.runCells(["c0"]);
      await page.ends("c0", "ok");
      const before = page.tab.runs.headOf("c0")?.run_id;
      const restarted = page.driver.restart();
      page.driver.runCells(["c0"]);
      await restarted;
      await page.tab.run(() => page.tab.runs.headOf("c0")?.run_id !== before, "the next run");
      await page.ends("c0", "ok");
      expect([time, page.text("c0"), isMarked(page, "c0")]).toEqual([time, "False\n", false]);
    }
    expect(page.runtime.notice.get()).toBeNull();
  }, 240_000);
});
