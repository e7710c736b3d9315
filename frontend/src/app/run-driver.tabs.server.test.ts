/** Real Jupyter, real rooms of a real hub: tabs of one browser that are reloaded, closed, killed, and opened again. */
import { describe, expect, it } from "vitest";
import { newGate } from "../kernel/testing/gate.ts";
import { until } from "../kernel/testing/runs.ts";
import { drivenPages, expectWhole, gatedTicks, TICKS, whyNoDrivenPages } from "./driven-pages-for-tests.ts";

describe.skipIf(whyNoDrivenPages !== null)("a tab that leaves", () => {
  const { rooms, pages, jupyter, open, another } = drivenPages();

  it("a reload loses and doubles nothing, and needs no new token", async () => {
    const gate = newGate();
    const { page, browser, notebook, session } = await open([gatedTicks(gate), "print('next')"]);
    page.driver.runCells(["c0"]);
    await page.prints("c0", "5\n");
    await page.tab.saved();
    page.kill();
    pages.pop();
    const again = await another(browser, notebook, session);
    expect(await again.runtime.reattach()).toBe(true);
    await again.ready();
    await until(again.driver.pending, (count) => count === 1);
    gate.open();
    await again.ends("c0", "ok");
    await expectWhole(again);
    again.driver.runCells(["c1"]);
    await again.ends("c1", "ok");
    expect(again.tab.runs.headOf("c1")?.execution_count).toBe(2);
  }, 60_000);

  it("cells that waited when the page was closed are told of once, and show again what they showed before", async () => {
    const gate = newGate();
    const { page, browser, notebook, session } = await open([gatedTicks(gate), "print('old')", "print('never ran')"]);
    page.driver.runCells(["c1"]);
    await page.ends("c1", "ok");
    page.driver.runAll();
    await page.prints("c0", "1\n");
    expect([page.driver.placeOf("c1"), page.text("c1")]).toEqual(["waiting", ""]);
    await page.tab.saved();
    // While its page lives, another one leaves alone what waits there.
    const beside = await another(browser, notebook, session);
    await beside.tab.saved();
    expect(beside.tab.runs.headOf("c1")?.status).toBe("queued");
    page.kill();
    pages.splice(pages.indexOf(page), 1);
    beside.kill();
    pages.splice(pages.indexOf(beside), 1);
    const again = await another(browser, notebook, session);
    const told: unknown[] = [];
    again.runtime.notice.subscribe(() => told.push(again.runtime.notice.get()));
    await again.tab.run(() => again.text("c1") === "old\n", "the old output");
    await again.tab.run(() => again.tab.runs.headOf("c2") === null, "a cell that never ran");
    expect(again.status("c1")).toBe("ok");
    await again.runtime.reattach();
    gate.open();
    await again.ends("c0", "ok");
    expect([told, again.driver.pending.get()]).toEqual([[{ code: "not_run", count: 2 }], 0]);
    await again.tab.saved();
    await again.runtime.shutdown();
    again.kill();
    pages.splice(pages.indexOf(again), 1);
    const later = await another(browser, notebook, session);
    expect([later.text("c1"), later.runtime.notice.get()]).toEqual(["old\n", null]);
  }, 60_000);

  it("cells that waited in a page that was closed are told of by a page that was there before, too", async () => {
    const gate = newGate();
    const { page, browser, notebook } = await open([gatedTicks(gate), "print('old')", "print('never ran')"]);
    page.driver.runCells(["c1"]);
    await page.ends("c1", "ok");
    const beside = await another(browser, notebook);
    expect(await beside.runtime.reattach()).toBe(true);
    await beside.ready();
    const told: unknown[] = [];
    beside.runtime.notice.subscribe(() => told.push(beside.runtime.notice.get()));
    page.driver.runAll();
    await page.prints("c0", "1\n");
    beside.storedElsewhere();
    await page.tab.saved();
    await beside.tab.run(() => beside.status("c2") === "queued", "what waits, seen from the other page");
    page.kill();
    pages.splice(pages.indexOf(page), 1);
    await beside.tab.run(() => beside.text("c1") === "old\n", "the old output");
    await beside.tab.run(() => beside.tab.runs.headOf("c2") === null, "a cell that never ran");
    gate.open();
    await beside.ends("c0", "ok");
    expect([told, beside.driver.pending.get()]).toEqual([[{ code: "not_run", count: 2 }], 0]);
  }, 60_000);

  it("a tab that comes back after the end finds everything", async () => {
    const { page, browser, notebook, session } = await open([TICKS]);
    page.driver.runCells(["c0"]);
    await page.prints("c0", "3\n");
    await page.tab.saved();
    const kernel = `${jupyter().baseUrl}api/kernels/${page.kernelId()}?token=${jupyter().token}`;
    page.kill();
    pages.pop();
    await expect.poll(async () => await (await fetch(kernel)).json()).toMatchObject({ execution_state: "idle" });
    const again = await another(browser, notebook, session);
    await again.runtime.reattach();
    await again.ends("c0", "ok");
    await expectWhole(again);
  }, 60_000);

  it("a second tab follows without a question, and takes over when the first is killed", async () => {
    const { page: first, browser, notebook } = await open([TICKS, "print('by the second')"]);
    const second = await another(browser, notebook);
    expect(await second.runtime.reattach()).toBe(true);
    await second.ready();
    first.driver.runCells(["c0"]);
    await second.prints("c0", "5\n");
    first.kill();
    pages.shift();
    await second.ends("c0", "ok");
    await expectWhole(second);
    second.driver.runCells(["c1"]);
    await second.ends("c1", "ok");
  }, 60_000);

  it("a kernel that is shut down in another tab, also of another notebook, is gone at once, and what waited is cancelled", async () => {
    const gate = newGate();
    const { page: first, browser, notebook } = await open([gatedTicks(gate), "print('waits')"]);
    const second = await another(browser, notebook);
    expect(await second.runtime.reattach()).toBe(true);
    await second.ready();
    const toldOnce = [{ code: "variables_lost", reason: "kernel_gone" }];
    for (const end of [
      () => second.runtime.shutdown(),
      () => second.runtime.shutdownSession({ sessionId: null, kernelId: first.kernelId() }),
    ]) {
      const told: unknown[] = [];
      const stop = first.runtime.notice.subscribe(() => told.push(first.runtime.notice.get()));
      first.driver.runAll();
      await first.prints("c0", "1\n");
      await end();
      // The line between tabs takes a turn; the server, which says nothing, took a quarter of a minute.
      await new Promise((wake) => setImmediate(wake));
      expect([first.runtime.binding.get().phase, told, first.driver.pending.get()]).toEqual(["gone", toldOnce, 0]);
      expect(first.status("c0")).toBe("interrupted");
      stop();
      await first.runtime.newKernel();
      await first.ready();
      first.runtime.dismissNotice();
    }
    gate.open();
  }, 60_000);

  it("what another tab interrupts ends as interrupted, and the tab whose queue that was is told so", async () => {
    const {
      page: first,
      browser,
      notebook,
    } = await open(["import time\nprint('on', flush=True)\nwhile True: time.sleep(0.05)", "print('waits')"]);
    const second = await another(browser, notebook);
    expect(await second.runtime.reattach()).toBe(true);
    await second.ready();
    first.driver.runAll();
    // A kernel that has only begun with a cell is not in its code yet: there an interrupt would meet nothing of it.
    await first.prints("c0", "on");
    await second.runtime.interrupt();
    await first.ends("c0", "interrupted");
    expect(first.driver.stopped.get()).toEqual({ cellId: "c0", cancelled: 1, reason: "interrupted" });
    expect(first.status("c1")).not.toBe("ok");
  }, 60_000);

  it("of lines that all read the same, none is lost or doubled when another tab takes over", async () => {
    const same = "import time\nfor i in range(16):\n    print('tick', flush=True)\n    time.sleep(0.25)";
    const { page: first, browser, notebook } = await open([same]);
    first.driver.runCells(["c0"]);
    await first.prints("c0", "tick\n".repeat(4));
    const second = await another(browser, notebook);
    expect(await second.runtime.reattach()).toBe(true);
    await second.ready();
    await second.prints("c0", "tick\n".repeat(9));
    first.kill();
    pages.shift();
    await second.ends("c0", "ok");
    await expectWhole(second, "tick\n".repeat(16));
    await second.tab.saved();
  }, 60_000);

  it("a tab closed while the hub is away: the next one tells the hub what the first had heard", async () => {
    const gate = newGate();
    const { page, browser, notebook, session } = await open([gatedTicks(gate), "print('short')"]);
    await page.tab.saved();
    await rooms.kill();
    await page.tab.offlineNow();
    page.driver.runCells(["c1", "c0"]);
    await page.ends("c1", "ok");
    await page.prints("c0", "5\n");
    page.kill();
    pages.pop();
    await rooms.start();
    const again = await another(browser, notebook, session);
    // What had ended is told without any kernel; what had not is told as far as it was heard, and nobody goes on with it.
    await again.ends("c1", "ok");
    expect(again.text("c1")).toBe("short\n");
    await again.prints("c0", "5\n");
    await again.tab.run(() => again.tab.runs.headOf("c0")?.writer === null, "a run without a writer");
    await again.tab.saved();
    expect(await again.runtime.reattach()).toBe(true);
    gate.open();
    await again.ends("c0", "ok");
    await expectWhole(again);
    await again.tab.saved();
  }, 90_000);

  it("a question pending at the reload is asked again", async () => {
    const { page, browser, notebook, session } = await open(["print('hello', input('who? '))"]);
    page.driver.runCells(["c0"]);
    await until(page.driver.stdin, (request) => request !== null);
    await page.tab.saved();
    page.kill();
    pages.pop();
    const again = await another(browser, notebook, session);
    await again.runtime.reattach();
    await until(again.driver.stdin, (request) => request !== null);
    again.driver.answerStdin("Ann");
    await again.ends("c0", "ok");
    expect(again.text("c0")).toContain("hello Ann\n");
  }, 60_000);
});
