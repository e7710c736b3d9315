/** A real companion with its journal, real rooms of a real hub; tabs and browsers in one process. */
import { createServer } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { NOTICE_MIME } from "../core/mime.ts";
import { type Cable, cuttable } from "../kernel/testing/cable.ts";
import { newGate } from "../kernel/testing/gate.ts";
import { jupyterPython, type RunningCompanion, startCompanion } from "../kernel/testing/jupyter.ts";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { until } from "../kernel/testing/runs.ts";
import { RoomServer, whyNoServer } from "../sync/room-server-for-tests.ts";
import { ENDS_ITSELF, expectOneRestart } from "./driven-pages-for-tests.ts";
import { HUB, Page, TestBrowser } from "./page-for-tests.ts";

const COUNT = 300;
const TICKS = `import time\nfor i in range(${COUNT}):\n    print(i, flush=True)\n    time.sleep(0.01)`;
const ALL_TICKS = Array.from({ length: COUNT }, (_, index) => `${index}\n`).join("");

describe.skipIf(jupyterPython() === null || whyNoServer !== null)("a runtime with a journal", () => {
  const rooms = new RoomServer();
  const pages: Page[] = [];
  let companion: RunningCompanion;

  beforeAll(async () => {
    [companion] = await Promise.all([startCompanion([HUB]), rooms.start()]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([companion?.stop(), rooms.close()]);
  }, 30_000);
  afterEach(async () => {
    await rooms.start();
    for (const page of pages.splice(0)) {
      await page.runtime.shutdown().catch(() => {});
      page.kill();
    }
  });

  async function link(baseUrl = companion.baseUrl): Promise<string> {
    return `${HUB}/connect#rt=${baseUrl.replace(/\/$/, "")}&pair=${await companion.pairing(HUB)}`;
  }

  async function another(browser: TestBrowser, notebook: string, session?: MemoryStorage): Promise<Page> {
    const page = new Page(browser, rooms, notebook, session === undefined ? {} : { session });
    pages.push(page);
    await page.tab.online();
    return page;
  }

  async function open(sources: readonly string[], cable?: Cable) {
    const notebook = await rooms.notebook(sources);
    const browser = new TestBrowser();
    const page = await another(browser, notebook);
    await page.runtime.connect(await link(cable?.baseUrl));
    await page.ready();
    return { page, browser, notebook };
  }

  function kill(page: Page): void {
    page.kill();
    pages.splice(pages.indexOf(page), 1);
  }

  function isMarked(page: Page, cell: string): boolean {
    const outputs = page.tab.runs.headOf(cell)?.outputs ?? [];
    return outputs.some((output) => "data" in output && NOTICE_MIME in output.data);
  }

  it("hands over every cell at once, in order", async () => {
    const { page } = await open(["x = 20", "print(x + 1)", "x * 2"]);
    page.driver.runAll();
    await page.ends("c2", "ok");
    expect(page.text("c1")).toBe("21\n");
    expect(page.tab.runs.headOf("c2")).toMatchObject({ execution_count: 3, status: "ok" });
    expect(page.driver.queue.get()).toMatchObject({ entries: [], window: Number.POSITIVE_INFINITY });
    await page.tab.saved();
  }, 60_000);

  it("a cell that waits is withdrawn: it never runs, and what is behind it does", async () => {
    const gate = newGate();
    const { page } = await open([`print('on', flush=True)\n${gate.wait}`, "x = 1", "print('x' in globals())"]);
    page.driver.runAll();
    await page.prints("c0", "on");
    const withdrawn = page.tab.runs.headOf("c1")?.run_id ?? "";
    page.driver.cancel("c1");
    await page.tab.run(() => page.tab.runs.run(withdrawn)?.status === "cancelled", "c1 to be withdrawn");
    gate.open();
    await page.ends("c2", "ok");
    expect(page.text("c2")).toBe("False\n");
    expect(page.tab.runs.headOf("c1")).toBeNull();
    await page.tab.saved();
  }, 60_000);

  it("an interrupt that the cell takes no notice of still cancels what is behind it", async () => {
    const { page } = await open([
      "import time\ntry:\n    print('on', flush=True)\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('no')",
      "print('never')",
    ]);
    page.driver.runAll();
    await page.prints("c0", "on");
    page.driver.interrupt();
    await page.ends("c0", "ok");
    await until(page.driver.pending, (count) => count === 0);
    expect(page.tab.runs.headOf("c1")).toBeNull();
  }, 60_000);

  it("an interrupt from another tab empties the queue, and the tab whose queue that was is told so", async () => {
    const waits = "import time\nprint('on', flush=True)\ntime.sleep(60)";
    const { page: first, browser, notebook } = await open([waits, "print('b')", "print('c')"]);
    first.driver.runAll();
    await first.prints("c0", "on");
    await first.tab.saved();
    const second = await another(browser, notebook);
    expect(await second.runtime.reattach()).toBe(true);
    await second.ready();
    await until(second.runtime.kernel, ({ status }) => status === "busy");
    second.driver.interrupt();
    await first.ends("c0", "interrupted");
    await until(first.driver.pending, (count) => count === 0);
    expect(first.driver.stopped.get()).toEqual({ cellId: "c0", cancelled: 2, reason: "interrupted" });
    expect([second.driver.stopped.get(), first.tab.runs.headOf("c2")]).toEqual([null, null]);
  }, 60_000);

  it("an error stops the queue, and it is said how many cells did not run", async () => {
    const { page } = await open(["1 / 0", "print('b')", "print('c')"]);
    page.driver.runAll();
    await page.ends("c0", "error");
    await until(page.driver.pending, (count) => count === 0);
    expect(page.driver.stopped.get()).toEqual({ cellId: "c0", cancelled: 2, reason: "error" });
  }, 60_000);

  it("a restart that was asked for here ends with the new process, and nothing is told as lost", async () => {
    const { page } = await open([
      "print('x' in globals())\nx = 1",
      "import time\nprint('on', flush=True)\ntime.sleep(60)",
    ]);
    let told = 0;
    page.runtime.notice.subscribe(() => {
      told += 1;
    });
    for (const before of ["at rest", "at work"]) {
      page.driver.runAll();
      await page.prints("c1", "on");
      if (before === "at rest") {
        page.driver.interrupt();
        await page.ends("c1", "interrupted");
      }
      const former = page.tab.runs.headOf("c0")?.run_id;
      await page.driver.restart();
      page.driver.runCells(["c0"]);
      await page.tab.run(() => page.tab.runs.headOf("c0")?.run_id !== former, "the next run");
      await page.ends("c0", "ok");
      expect([before, page.text("c0"), told, page.runtime.notice.get()]).toEqual([before, "False\n", 0, null]);
    }
  }, 90_000);

  it("a restart asked for while the runtime replaces a kernel that died is that one", async () => {
    const { page } = await open(ENDS_ITSELF);
    await expectOneRestart(page);
  }, 60_000);

  it("an error ends what was handed over", async () => {
    const { page } = await open(["1 / 0", "print('no')", "print('nor this')"]);
    page.driver.runAll();
    await page.ends("c0", "error");
    await until(page.driver.pending, (count) => count === 0);
    expect([page.tab.runs.headOf("c1"), page.tab.runs.headOf("c2")]).toEqual([null, null]);
  }, 60_000);

  it("a tab closed during 'Run all': the next one has everything, in order, once", async () => {
    const sources = Array.from(
      { length: 50 },
      (_, at) => `import time\nfor i in range(4):\n    print(${at}, i, flush=True)\n    time.sleep(0.01)`,
    );
    const { page, browser, notebook } = await open(sources);
    page.driver.runAll();
    await page.prints("c5", "5 1");
    kill(page);
    const again = await another(browser, notebook);
    expect(await again.runtime.reattach()).toBe(true);
    await again.ends("c49", "ok");
    for (const [at] of sources.entries()) {
      expect(again.text(`c${at}`)).toBe([0, 1, 2, 3].map((i) => `${at} ${i}\n`).join(""));
      expect(again.status(`c${at}`)).toBe("ok");
      expect(isMarked(again, `c${at}`)).toBe(false);
    }
    await again.tab.saved();
  }, 90_000);

  it("a cell asked for again while it ran: a later page goes on with both runs and shows the newer one", async () => {
    const gate = newGate();
    const { page, browser, notebook } = await open([`${TICKS}\n    if i == 100:\n        ${gate.wait}`]);
    page.driver.runCells(["c0"]);
    await page.prints("c0", "5\n");
    const former = page.tab.runs.headOf("c0")?.run_id ?? "";
    page.driver.runAfter("c0");
    await page.tab.run(() => page.tab.runs.headOf("c0")?.run_id !== former, "the cell to be asked for again");
    const latter = page.tab.runs.headOf("c0")?.run_id ?? "";
    await page.tab.saved();
    kill(page);
    const again = await another(browser, notebook);
    await again.runtime.reattach();
    await again.tab.run(() => again.tab.runs.run(former) !== null, "the page to go on with the former run");
    expect(again.tab.runs.headOf("c0")?.run_id).toBe(latter);
    const beside = await another(browser, notebook);
    await beside.runtime.reattach();
    gate.open();
    await again.ends("c0", "ok");
    await beside.ends("c0", "ok");
    for (const shown of [again, beside]) {
      expect(shown.tab.runs.headOf("c0")?.run_id).toBe(latter);
      expect(shown.text("c0")).toBe(ALL_TICKS);
    }
    expect(again.tab.runs.run(former)).toMatchObject({ status: "ok" });
    await again.tab.saved();
  }, 90_000);

  it("another browser, paired by a fresh link, takes over what the first left behind", async () => {
    const { page, notebook } = await open([TICKS, "print('second')"]);
    page.driver.runAll();
    await page.prints("c0", "5\n");
    await page.tab.saved();
    kill(page);
    const other = await another(new TestBrowser("browser-2"), notebook);
    await other.runtime.connect(await link());
    await other.ready();
    // The hub lets another browser in after half a minute.
    await other.ends("c0", "ok");
    await other.ends("c1", "ok");
    expect([other.text("c0"), other.text("c1")]).toEqual([ALL_TICKS, "second\n"]);
    expect(await other.runtime.listSessions()).toHaveLength(1);
  }, 90_000);

  it("a cut cable loses and doubles nothing, and marks nothing", async () => {
    const cable = await cuttable(companion.port);
    const { page } = await open([TICKS, "print('after')"], cable);
    page.driver.runAll();
    await page.prints("c0", "20\n");
    cable.cut();
    await page.prints("c0", "60\n");
    cable.blackHole();
    await until(page.runtime.binding, (state) => state.phase === "interrupted", 30_000);
    cable.heal();
    await page.ends("c1", "ok");
    expect(page.text("c0")).toBe(ALL_TICKS);
    expect([isMarked(page, "c0"), isMarked(page, "c1")]).toEqual([false, false]);
    expect(page.runtime.notice.get()).toBeNull();
    cable.close();
  }, 90_000);

  it("a question pending at the reload is asked again, and its answer belongs to the new page", async () => {
    const { page, browser, notebook } = await open(["print('hello', input('who? '))"]);
    page.driver.runCells(["c0"]);
    await until(page.driver.stdin, (request) => request !== null);
    await page.tab.saved();
    kill(page);
    const again = await another(browser, notebook);
    await again.runtime.reattach();
    await until(again.driver.stdin, (request) => request !== null);
    again.driver.answerStdin("Ann");
    await again.ends("c0", "ok");
    expect(again.text("c0")).toBe("who? Ann\nhello Ann\n");
    expect(again.driver.stdin.get()).toBeNull();
  }, 60_000);

  it("a hub that is away from the start to the closing of the tab hears everything afterwards", async () => {
    const { page, browser, notebook } = await open([TICKS]);
    await page.tab.saved();
    await rooms.kill();
    await page.tab.offlineNow();
    page.driver.runAll();
    await page.prints("c0", "10\n");
    kill(page);
    await rooms.start();
    const again = await another(browser, notebook);
    await again.runtime.reattach();
    await again.ends("c0", "ok");
    expect(again.text("c0")).toBe(ALL_TICKS);
    await again.tab.saved();
  }, 90_000);

  it("two tabs have a socket each, and one of them writes", async () => {
    const { page: first, browser, notebook } = await open([TICKS, "print('by the second')"]);
    const second = await another(browser, notebook);
    await second.runtime.reattach();
    await second.ready();
    first.driver.runCells(["c0"]);
    await second.prints("c0", "5\n");
    expect(second.tab.runs.isWriter(first.tab.runs.headOf("c0")?.run_id ?? "")).toBe(false);
    kill(first);
    await second.ends("c0", "ok");
    expect(second.text("c0")).toBe(ALL_TICKS);
    second.driver.runCells(["c1"]);
    await second.ends("c1", "ok");
  }, 60_000);

  it("20,000 flushed prints arrive all", async () => {
    const { page } = await open(["for i in range(20000):\n    print(i, flush=True)"]);
    page.driver.runAll();
    await page.ends("c0", "ok");
    expect(page.text("c0")).toBe(Array.from({ length: 20_000 }, (_, index) => `${index}\n`).join(""));
  }, 90_000);

  it("an impostor on the port gets no token", async () => {
    const own = await startCompanion([HUB]);
    const notebook = await rooms.notebook(["print(1)"]);
    const session = new MemoryStorage();
    const browser = new TestBrowser();
    const page = await another(browser, notebook, session);
    await page.runtime.connect(`${HUB}/connect#rt=${own.baseUrl.replace(/\/$/, "")}&pair=${await own.pairing(HUB)}`);
    await page.ready();
    const heard: string[] = [];
    await own.kill();
    await until(page.runtime.binding, (state) => state.phase === "interrupted");
    const impostor = createServer((request, answer) => {
      heard.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
      answer.setHeader("Access-Control-Allow-Origin", HUB);
      answer.setHeader("Access-Control-Allow-Headers", "authorization, content-type");
      answer.end(JSON.stringify({ mac: "0".repeat(64), name: "runhere-runtime", protocol: 1, version: "1" }));
    });
    impostor.on("upgrade", (request, socket) => {
      heard.push(`upgrade ${request.url} ${JSON.stringify(request.headers)}`);
      socket.destroy();
    });
    await new Promise<void>((ready) => impostor.listen(own.port, "127.0.0.1", ready));
    page.runtime.reconnectNow();
    await until(page.runtime.binding, (state) => state.phase === "interrupted" && state.reason === "token_refused");
    const again = await another(browser, notebook, session);
    await again.runtime.reattach();
    expect(again.runtime.binding.get()).toMatchObject({ failure: { code: "runtime_unproven" } });
    expect(heard.some((line) => line.includes("/api/runhere/challenge"))).toBe(true);
    expect(heard.join("\n")).not.toMatch(/authorization|runhere\.token|[?&]token=/i);
    impostor.close();
    impostor.closeAllConnections();
    await own.stop();
  }, 60_000);
});
