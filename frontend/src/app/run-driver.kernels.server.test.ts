/** Real Jupyter, real rooms of a real hub: kernels that are chosen, die, are culled, and are asked for again. */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cuttable } from "../kernel/testing/cable.ts";
import { newGate } from "../kernel/testing/gate.ts";
import { startJupyter } from "../kernel/testing/jupyter.ts";
import { until } from "../kernel/testing/runs.ts";
import {
  drivenPages,
  ENDS_ITSELF,
  expectOneRestart,
  expectWhole,
  gatedTicks,
  isMarked,
  whyNoDrivenPages,
} from "./driven-pages-for-tests.ts";
import { Page, TestBrowser } from "./page-for-tests.ts";

/** Ends a kernel that has done nothing for some seconds, also while a page is there; one that takes as long to start, too. */
const CULLING = ["cull_idle_timeout=12", "cull_interval=1", "cull_connected=True"].map(
  (setting) => `--MappingKernelManager.${setting}`,
);

describe.skipIf(whyNoDrivenPages !== null)("kernels under running cells", () => {
  const { rooms, pages, jupyter, open, another } = drivenPages();

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

  it("a restart asked for while the server replaces a kernel that died is that one", async () => {
    const { page } = await open(ENDS_ITSELF);
    await expectOneRestart(page);
    expect(jupyter().log()).not.toContain("Exception restarting kernel");
  }, 60_000);

  it("a restart asked for while the server replaces a kernel, and is then out of reach, fails soon; what is run since waits", async () => {
    const cable = await cuttable(jupyter().port);
    const { page } = await open(ENDS_ITSELF, cable.baseUrl);
    page.driver.runCells(["c0"]);
    await until(page.runtime.kernel, ({ status }) => status === "restarting");
    cable.close();
    const restarted = page.driver.restart();
    page.driver.runCells(["c2"]);
    await expect(restarted).rejects.toMatchObject({ code: "runtime_unreachable" });
    expect([page.driver.placeOf("c0"), page.driver.placeOf("c2")]).toEqual([null, "waiting"]);
  }, 60_000);

  it("asks which kernel where the server has none of the notebook's language, and takes another one of the same", async () => {
    const notebook = await rooms.notebook(["print(1)"]);
    const page = new Page(new TestBrowser(), rooms, notebook, { wants: { name: "ir", language: "r" } });
    pages.push(page);
    await page.tab.online();
    const before = (await sessionPaths()).length;
    const connecting = page.runtime.connect(`${jupyter().baseUrl}?token=${jupyter().token}`);
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
    await same.runtime.connect(`${jupyter().baseUrl}?token=${jupyter().token}`);
    await same.ready();
    expect(same.runtime.notice.get()).toMatchObject({ code: "kernel_instead", wanted: "myenv" });
  }, 60_000);

  async function sessionPaths(): Promise<unknown[]> {
    const answer = await fetch(`${jupyter().baseUrl}api/sessions?token=${jupyter().token}`);
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
    const folder = join(jupyter().root, "my work");
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
    await page.runtime.connect(`${jupyter().port}`);
    expect(page.runtime.binding.get()).toMatchObject({ phase: "authenticating", step: "token" });
    await page.runtime.giveToken(jupyter().token);
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
    expect([...browser.local.items.values()].join()).not.toContain(jupyter().token);
    expect(JSON.stringify(page.runtime.binding.get())).not.toContain(jupyter().token);
    expect(JSON.stringify(page.tab.runs.headOf("c0"))).not.toMatch(new RegExp(`${jupyter().token}|${jupyter().port}`));
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

  it("another runtime is connected to while a cell runs: the run is left to its kernel, and gone on with once that is back", async () => {
    const gate = newGate();
    const { page } = await open([gatedTicks(gate), "print('there')"]);
    page.driver.runCells(["c0"]);
    await page.prints("c0", "5\n");
    const [here, kernelId] = [page.runtime.lastAddress ?? "", page.kernelId()];
    const there = await startJupyter({ app: "server" });
    await page.runtime.connect(`${there.baseUrl}?token=${there.token}`);
    page.driver.runCells(["c1"]);
    await page.ends("c1", "ok");
    await page.tab.run(() => {
      const left = page.tab.runs.headOf("c0");
      return left !== null && page.tab.runs.isContactLost(left);
    }, "the run to be nobody's");
    expect(page.status("c0")).toBe("running");
    expect([page.driver.placeOf("c0"), isMarked(page, "c0"), page.runtime.notice.get()]).toEqual([null, false, null]);
    await page.runtime.shutdown();
    await page.runtime.connect(here);
    await page.tab.run(() => page.driver.placeOf("c0") === "running", "the run to be gone on with");
    expect(page.kernelId()).toBe(kernelId);
    gate.open();
    await page.ends("c0", "ok");
    await expectWhole(page);
    await there.stop();
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
});
