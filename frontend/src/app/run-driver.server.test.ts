/** Real Jupyter, real rooms of a real hub; tabs of one browser in one process. */
import { createHash } from "node:crypto";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { NOTICE_MIME } from "../core/mime.ts";
import { cuttable } from "../kernel/testing/cable.ts";
import { jupyterPython, type RunningJupyter, startJupyter } from "../kernel/testing/jupyter.ts";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { until } from "../kernel/testing/runs.ts";
import { RoomServer, whyNoServer } from "../sync/room-server-for-tests.ts";
import { Page, TestBrowser } from "./page-for-tests.ts";

const TICKS = "import time\nfor i in range(12):\n    print(i, flush=True)\n    time.sleep(0.25)";
const ALL_TICKS = Array.from({ length: 12 }, (_, index) => `${index}\n`).join("");

/** Whether something was lost is judged a second after the first word that was heard of a run. */
async function judged(): Promise<void> {
  await new Promise((wake) => setTimeout(wake, 1_500));
}

/** Each line once, in order, whatever was on the wire when a page left; and nothing says that any is missing. */
async function expectWhole(page: Page, text = ALL_TICKS): Promise<void> {
  await page.tab.run(() => page.text("c0") === text, "the whole text");
  await judged();
  expect([page.text("c0"), isMarked(page, "c0"), page.runtime.notice.get()]).toEqual([text, false, null]);
}

/** Something is missing, and it is said: with the run, and once to the person. */
async function expectMarked(page: Page, text = ALL_TICKS): Promise<void> {
  await page.tab.run(() => isMarked(page, "c0"), "the mark");
  expect([page.text("c0") === text, page.runtime.notice.get()?.code]).toEqual([false, "maybe_incomplete"]);
}

/** In a cell: what the page put into the kernel cannot be asked any more. */
const CANNOT_TELL = "import builtins\ndel builtins.__runhere_record__\n";

/** Ends a kernel that has done nothing for some seconds, also while a page is there. */
const CULLING = ["cull_idle_timeout=6", "cull_interval=1", "cull_connected=True"].map(
  (setting) => `--MappingKernelManager.${setting}`,
);

/** Set it higher to look for a race. */
const RESTARTS = Number(process.env["RUNHERE_RESTARTS"] ?? 3);

/** What its outputs say of missing ones. */
function notices(page: Page, cell: string): unknown[] {
  const outputs = page.tab.runs.headOf(cell)?.outputs ?? [];
  return outputs.flatMap((output) =>
    "data" in output && NOTICE_MIME in output.data ? [output.data[NOTICE_MIME]] : [],
  );
}

function isMarked(page: Page, cell: string): boolean {
  return notices(page, cell).length > 0;
}

describe.skipIf(jupyterPython() === null || whyNoServer !== null)("running cells", () => {
  const rooms = new RoomServer();
  const pages: Page[] = [];
  let jupyter: RunningJupyter;

  beforeAll(async () => {
    [jupyter] = await Promise.all([startJupyter({ app: "server" }), rooms.start()]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([jupyter?.stop(), rooms.close()]);
  }, 30_000);
  afterEach(async () => {
    for (const page of pages.splice(0)) {
      await page.runtime.shutdown().catch(() => {});
      page.kill();
    }
  });

  async function open(sources: readonly string[]): Promise<{ page: Page; browser: TestBrowser; notebook: string }> {
    const notebook = await rooms.notebook(sources);
    const browser = new TestBrowser();
    const page = await another(browser, notebook);
    await page.runtime.connect(`${jupyter.baseUrl}lab?token=${jupyter.token}`);
    await page.ready();
    return { page, browser, notebook };
  }

  async function another(browser: TestBrowser, notebook: string, session?: MemoryStorage): Promise<Page> {
    const page = new Page(browser, rooms, notebook, session === undefined ? {} : { session });
    pages.push(page);
    await page.tab.online();
    return page;
  }

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
    expect([page.driver.placeOf("c0"), page.driver.placeOf("c1")]).toEqual([null, null]);
    await page.tab.run(() => page.tab.runs.headOf("c1")?.execution_count === 4, "c1 to run after c0");
    expect(page.tab.runs.headOf("c0")?.execution_count).toBe(3);
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
  });

  it("stops the queue at an error, visibly", async () => {
    const { page } = await open(["1 / 0", "print('no')", "print('nor this')"]);
    page.driver.runAll();
    await page.ends("c0", "error");
    await until(page.driver.pending, (count) => count === 0);
    expect(page.driver.stopped.get()).toEqual({ cellId: "c0", cancelled: 2 });
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
    const { page } = await open(["import time\nprint('on')\ntime.sleep(1)", "print('no')"]);
    page.driver.runAll();
    await page.prints("c0", "on");
    page.driver.cancel("c1");
    expect(page.driver.placeOf("c1")).toBeNull();
    await page.ends("c0", "ok");
    expect(page.tab.runs.headOf("c1")).toBeNull();
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

  it("a kernel that dies cancels the queue, and the loss is told once", async () => {
    const { page } = await open([
      "import os, signal\nprint('on', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)",
      "print('no')",
    ]);
    let told = 0;
    page.runtime.notice.subscribe(() => {
      if (page.runtime.notice.get() !== null) told += 1;
    });
    page.driver.runAll();
    await until(page.runtime.notice, (notice) => notice !== null);
    expect(page.runtime.notice.get()).toEqual({ code: "variables_lost", reason: "kernel_died" });
    await until(page.driver.pending, (count) => count === 0);
    expect(page.tab.runs.headOf("c1")).toBeNull();
    page.tab.type("c1", "\nprint('alive')");
    page.driver.runCells(["c1"]);
    await page.ends("c1", "ok");
    expect(told).toBe(1);
  }, 60_000);

  it("asks for a runtime when there is none, and runs nothing without", async () => {
    const notebook = await rooms.notebook(["print(1)"]);
    const page = await another(new TestBrowser(), notebook);
    page.driver.runCells(["c0"]);
    await until(page.desk.open, (dialog) => dialog === "local");
    expect(page.tab.runs.headOf("c0")).toBeNull();
  }, 60_000);

  it("a reload loses and doubles nothing, and needs no new token", async () => {
    const notebook = await rooms.notebook([TICKS, "print('next')"]);
    const browser = new TestBrowser();
    const session = new MemoryStorage();
    const page = await another(browser, notebook, session);
    await page.runtime.connect(`${jupyter.baseUrl}?token=${jupyter.token}`);
    await page.ready();
    page.driver.runCells(["c0"]);
    await page.prints("c0", "5\n");
    await page.tab.saved();
    page.kill();
    pages.pop();
    const again = await another(browser, notebook, session);
    expect(await again.runtime.reattach()).toBe(true);
    await again.ready();
    await until(again.driver.pending, (count) => count === 1);
    await again.ends("c0", "ok");
    await expectWhole(again);
    again.driver.runCells(["c1"]);
    await again.ends("c1", "ok");
    expect(again.tab.runs.headOf("c1")?.execution_count).toBe(2);
  }, 60_000);

  it("cells that waited when the page was closed are told of once, and show again what they showed before", async () => {
    const notebook = await rooms.notebook([TICKS, "print('old')", "print('never ran')"]);
    const browser = new TestBrowser();
    const session = new MemoryStorage();
    const page = await another(browser, notebook, session);
    await page.runtime.connect(`${jupyter.baseUrl}?token=${jupyter.token}`);
    await page.ready();
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
    await again.ends("c0", "ok");
    expect([told, again.driver.pending.get()]).toEqual([[{ code: "not_run", count: 2 }], 0]);
    await again.tab.saved();
    await again.runtime.shutdown();
    again.kill();
    pages.splice(pages.indexOf(again), 1);
    const later = await another(browser, notebook, session);
    expect([later.text("c1"), later.runtime.notice.get()]).toEqual(["old\n", null]);
  }, 60_000);

  it("a tab that comes back after the end finds everything", async () => {
    const notebook = await rooms.notebook([TICKS]);
    const browser = new TestBrowser();
    const session = new MemoryStorage();
    const page = await another(browser, notebook, session);
    await page.runtime.connect(`${jupyter.baseUrl}?token=${jupyter.token}`);
    await page.ready();
    page.driver.runCells(["c0"]);
    await page.prints("c0", "3\n");
    await page.tab.saved();
    page.kill();
    pages.pop();
    await new Promise((wake) => setTimeout(wake, 4_000));
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
    const notebook = await rooms.notebook([TICKS, "print('short')"]);
    const browser = new TestBrowser();
    const session = new MemoryStorage();
    const page = await another(browser, notebook, session);
    await page.runtime.connect(`${jupyter.baseUrl}?token=${jupyter.token}`);
    await page.ready();
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
    await again.ends("c0", "ok");
    await expectWhole(again);
    await again.tab.saved();
  }, 90_000);

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
  }, 60_000);

  it("asks which kernel where the server has none of the notebook's language, and takes another one of the same", async () => {
    const notebook = await rooms.notebook(["print(1)"]);
    const page = new Page(new TestBrowser(), rooms, notebook, { wants: { name: "ir", language: "r" } });
    pages.push(page);
    await page.tab.online();
    const before = (await sessionPaths()).length;
    const connecting = page.runtime.connect(`${jupyter.baseUrl}?token=${jupyter.token}`);
    await until(page.runtime.binding, (state) => state.phase === "connecting" && state.step === "kernelspec_choice");
    page.driver.runCells(["c0"]);
    await until(page.desk.open, (dialog) => dialog === "local");
    expect([(await sessionPaths()).length, page.tab.runs.headOf("c0")]).toEqual([before, null]);
    await page.runtime.newKernel("python3");
    await connecting;
    await page.ends("c0", "ok");
    expect([page.text("c0"), page.desk.open.get(), page.runtime.notice.get()]).toEqual(["1\n", null, null]);

    const same = new Page(new TestBrowser(), rooms, await rooms.notebook(["print(2)"]), {
      wants: { name: "myenv", language: "python" },
    });
    pages.push(same);
    await same.tab.online();
    await same.runtime.connect(`${jupyter.baseUrl}?token=${jupyter.token}`);
    await same.ready();
    expect(same.runtime.notice.get()).toMatchObject({ code: "kernel_instead", wanted: "myenv" });
  }, 60_000);

  async function sessionPaths(): Promise<unknown[]> {
    const answer = await fetch(`${jupyter.baseUrl}api/sessions?token=${jupyter.token}`);
    return (await answer.json()) as unknown[];
  }

  it("a kernel that ends before it answers is told of as that, and the next try is free to take another", async () => {
    const bare = { name: "bare", displayName: "Bare", language: "python", source: "raise SystemExit('no ipykernel')" };
    const flags = ["--KernelRestarter.restart_limit=1", "--AsyncIOLoopKernelRestarter.restart_limit=1"];
    const own = await startJupyter({ app: "server", token: "bare", kernels: [bare], flags });
    const page = await another(new TestBrowser(), await rooms.notebook(["print(1)"]));
    const told: unknown[] = [];
    page.runtime.notice.subscribe(() => told.push(page.runtime.notice.get()));
    await page.runtime.connect(`${own.baseUrl}?token=bare`, { kernelspec: "bare" });
    const failure = { code: "kernel_died_at_start", facts: { kernel: "Bare" } };
    expect(page.runtime.binding.get()).toMatchObject({ phase: "unbound", failure });
    expect(told).toEqual([]);
    await page.runtime.connect(page.runtime.lastAddress ?? "");
    await page.ready();
    expect(page.runtime.kernel.get().name).toBe("python3");
    await page.runtime.shutdown();
    await own.stop();
  }, 120_000);

  it("starts the kernel in the notebook's folder", async () => {
    const folder = join(jupyter.root, "my work");
    mkdirSync(folder);
    writeFileSync(join(folder, "x.ipynb"), "{}");
    writeFileSync(join(folder, "data.txt"), "beside");
    const notebook = await rooms.notebook(["print(open('data.txt').read())"]);
    const place = async () => {
      const { size, mtimeMs } = statSync(join(folder, "x.ipynb"));
      return { folder, fileName: "x.ipynb", sizeBytes: size, modifiedAt: mtimeMs };
    };
    const page = new Page(new TestBrowser(), rooms, notebook, { place });
    pages.push(page);
    await page.tab.online();
    await page.runtime.connect(`${jupyter.port}`);
    expect(page.runtime.binding.get()).toMatchObject({ phase: "authenticating", step: "token" });
    await page.runtime.giveToken(jupyter.token);
    await page.ready();
    expect(page.runtime.binding.get()).toMatchObject({
      attachment: { folder: { path: "my work", place: "notebook" } },
    });
    page.driver.runAll();
    await page.ends("c0", "ok");
    expect(page.text("c0")).toBe("beside\n");
  }, 60_000);

  it("keeps the token out of everything that it stores", async () => {
    const { page, browser } = await open(["1"]);
    page.driver.runAll();
    await page.ends("c0", "ok");
    expect([...browser.local.items.values()].join()).not.toContain(jupyter.token);
    expect(JSON.stringify(page.runtime.binding.get())).not.toContain(jupyter.token);
    expect(JSON.stringify(page.tab.runs.headOf("c0"))).not.toMatch(new RegExp(`${jupyter.token}|${jupyter.port}`));
  }, 60_000);

  it("a server started anew has another token: it is asked for, and the binding stays", async () => {
    const own = await startJupyter({ app: "server", token: "first" });
    const notebook = await rooms.notebook(["print('hello')"]);
    const page = await another(new TestBrowser(), notebook);
    await page.runtime.connect(`${own.baseUrl}?token=first`);
    await page.ready();
    await own.stop();
    await until(page.runtime.binding, (state) => state.phase === "interrupted");
    const anew = await startJupyter({ app: "server", token: "second", port: own.port });
    page.runtime.reconnectNow();
    await until(page.runtime.binding, (state) => state.phase === "interrupted" && state.reason === "token_refused");
    await page.runtime.giveToken("second");
    // The old server's kernel went with it.
    await until(page.runtime.binding, (state) => state.phase === "gone");
    await page.runtime.newKernel();
    await page.ready();
    page.driver.runAll();
    await page.ends("c0", "ok");
    await page.runtime.shutdown();
    await anew.stop();
  }, 90_000);

  it("a kernel that its server culls is told of once, and what waited does not run in the next one", async () => {
    const own = await startJupyter({ app: "server", token: "cull", flags: CULLING });
    const notebook = await rooms.notebook(["x = 1", "print('x' in globals())"]);
    const page = await another(new TestBrowser(), notebook);
    await page.runtime.connect(`${own.baseUrl}?token=cull`);
    await page.ready();
    page.driver.runCells(["c0"]);
    await page.ends("c0", "ok");
    const told: unknown[] = [];
    page.runtime.notice.subscribe(() => told.push(page.runtime.notice.get()));
    await until(page.runtime.binding, (state) => state.phase === "gone");
    expect(told).toEqual([{ code: "variables_lost", reason: "kernel_gone" }]);
    await page.runtime.newKernel();
    await page.ready();
    page.driver.runCells(["c1"]);
    await page.ends("c1", "ok");
    expect(page.text("c1")).toBe("False\n");
    await page.runtime.shutdown();
    await own.stop();
  }, 120_000);

  it("of a kernel that ended, a run or a restart starts a new one on the same server, without a question", async () => {
    const { page } = await open(["print('x' in globals())", "x = 1"]);
    const told: unknown[] = [];
    page.runtime.notice.subscribe(() => told.push(page.runtime.notice.get()));
    const kernels = [page.kernelId()];
    page.driver.runCells(["c1"]);
    await page.ends("c1", "ok");
    await page.runtime.server.get()?.shutdown(page.kernelId());
    await until(page.runtime.binding, (state) => state.phase === "gone");
    page.driver.runCells(["c0"]);
    await page.ends("c0", "ok");
    expect(page.text("c0")).toBe("False\n");
    kernels.push(page.kernelId());
    await page.driver.shutdown();
    expect(page.runtime.binding.get().phase).toBe("gone");
    const before = page.tab.runs.headOf("c1")?.run_id;
    await page.driver.restartAndRunAll();
    await page.tab.run(() => page.tab.runs.headOf("c1")?.run_id !== before, "the next run");
    await page.ends("c1", "ok");
    expect(page.text("c0")).toBe("False\n");
    expect(new Set([...kernels, page.kernelId()]).size).toBe(3);
    expect([told, page.desk.open.get()]).toEqual([[{ code: "variables_lost", reason: "kernel_gone" }], null]);
  }, 90_000);

  it("after a shut down the server went away: what is run next asks, with the address that is known, and runs once it is back", async () => {
    const own = await startJupyter({ app: "server", token: "same" });
    const notebook = await rooms.notebook(["print(1)"]);
    const page = await another(new TestBrowser(), notebook);
    await page.runtime.connect(`${own.baseUrl}?token=same`);
    await page.ready();
    await page.driver.shutdown();
    await own.stop();
    page.driver.runCells(["c0"]);
    await until(page.desk.open, (dialog) => dialog === "local");
    expect(page.runtime.binding.get()).toMatchObject({ phase: "unbound", failure: { code: "nothing_listening" } });
    expect([page.runtime.lastAddress, page.tab.runs.headOf("c0")]).toEqual([own.baseUrl, null]);
    const back = await startJupyter({ app: "server", token: "same", port: own.port });
    await page.runtime.connect(page.runtime.lastAddress ?? "");
    await page.ends("c0", "ok");
    await page.runtime.shutdown();
    await back.stop();
  }, 90_000);

  it("what is run while the kernel is changed runs once, in the new one", async () => {
    const { page } = await open(["x = 1", "print('x' in globals())"]);
    page.driver.runCells(["c0"]);
    await page.ends("c0", "ok");
    const changed = page.runtime.newKernel();
    page.driver.runCells(["c1"]);
    await Promise.all([changed, page.ends("c1", "ok")]);
    expect([page.text("c1"), page.tab.runs.headOf("c1")?.execution_count]).toEqual(["False\n", 1]);
  }, 60_000);

  it("a question pending at the reload is asked again", async () => {
    const notebook = await rooms.notebook(["print('hello', input('who? '))"]);
    const browser = new TestBrowser();
    const session = new MemoryStorage();
    const page = await another(browser, notebook, session);
    await page.runtime.connect(`${jupyter.baseUrl}?token=${jupyter.token}`);
    await page.ready();
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

  it.each([
    ["tells again what a cable swallowed: nothing is missing, and nothing is marked", "", false],
    ["cannot tell what a cable swallowed: the run goes on, ends, and is marked", CANNOT_TELL, true],
  ])(
    "a kernel that %s",
    async (_, before, isLost) => {
      const cable = await cuttable(jupyter.port);
      const lines = Array.from({ length: 120 }, (_, line) => `${line}\n`).join("");
      const notebook = await rooms.notebook([
        `${before}import time\nfor i in range(120):\n    print(i, flush=True)\n    time.sleep(0.2)`,
      ]);
      const page = await another(new TestBrowser(), notebook);
      await page.runtime.connect(`${cable.baseUrl}?token=${jupyter.token}`);
      await page.ready();
      page.driver.runCells(["c0"]);
      await page.prints("c0", "5\n");
      cable.blackHole();
      await until(page.runtime.binding, (state) => state.phase === "interrupted", 60_000);
      cable.heal();
      await page.ready();
      await page.tab.run(() => page.text("c0").endsWith("119\n"), "the last line");
      await page.ends("c0", "ok");
      await (isLost ? expectMarked : expectWhole)(page, lines);
      cable.close();
    },
    120_000,
  );

  it.each([
    ["is told again by the kernel, once", "", false],
    ["is lost where the kernel cannot tell, and the run is marked", CANNOT_TELL, true],
  ])(
    "what was on the wire when a page left %s",
    async (_, before, isLost) => {
      const cable = await cuttable(jupyter.port);
      const notebook = await rooms.notebook([before + TICKS]);
      const browser = new TestBrowser();
      const session = new MemoryStorage();
      const page = await another(browser, notebook, session);
      await page.runtime.connect(`${cable.baseUrl}?token=${jupyter.token}`);
      await page.ready();
      page.driver.runCells(["c0"]);
      await page.prints("c0", "3\n");
      // A wire long enough to hold two lines.
      cable.blackHole();
      await new Promise((wake) => setTimeout(wake, 800));
      const recorded = page.text("c0");
      await page.tab.saved();
      page.kill();
      pages.pop();
      cable.cut();
      cable.heal();
      const again = await another(browser, notebook, session);
      expect(await again.runtime.reattach()).toBe(true);
      await again.ends("c0", "ok");
      await (isLost ? expectMarked : expectWhole)(again);
      expect(again.text("c0").startsWith(recorded)).toBe(true);
      expect(again.text("c0")).toMatch(/11\n$/);
      cable.close();
    },
    60_000,
  );

  it("what the kernel told again is told to the hub, and to another browser that looks on", async () => {
    const cable = await cuttable(jupyter.port);
    const notebook = await rooms.notebook([TICKS]);
    const page = await another(new TestBrowser(), notebook);
    const looker = await another(new TestBrowser("browser-2"), notebook);
    await page.runtime.connect(`${cable.baseUrl}?token=${jupyter.token}`);
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
      expect([looker.text("c0"), notices(looker, "c0")]).toEqual([page.text("c0"), notices(page, "c0")]);
    }
    await own.stop();
  }, 120_000);

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

  it("marks nothing as incomplete where nothing was cut", async () => {
    const { page } = await open(["print(1)"]);
    page.driver.runAll();
    await page.ends("c0", "ok");
    expect(isMarked(page, "c0")).toBe(false);
  }, 60_000);
});
