/** FOR TESTS: pages on one real Jupyter and the rooms of one real hub, and what is expected of the runs that they drive. */
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { NOTICE_MIME } from "../core/mime.ts";
import type { Gate } from "../kernel/testing/gate.ts";
import { jupyterPython, type RunningJupyter, startJupyter } from "../kernel/testing/jupyter.ts";
import { MemoryStorage } from "../kernel/testing/memory-storage.ts";
import { until } from "../kernel/testing/runs.ts";
import { RoomServer, whyNoServer } from "../sync/room-server-for-tests.ts";
import { Page, TestBrowser } from "./page-for-tests.ts";

/** Null: they can be had here. */
export const whyNoDrivenPages = jupyterPython() === null ? "no interpreter with Jupyter" : whyNoServer;

export interface DrivenPages {
  readonly rooms: RoomServer;
  /** Those that are still open; what a test kills it takes out. */
  readonly pages: Page[];
  readonly jupyter: () => RunningJupyter;
  /** A page of a new notebook, connected; `baseUrl` is another way to the same Jupyter. */
  readonly open: (
    sources: readonly string[],
    baseUrl?: string,
  ) => Promise<{ page: Page; browser: TestBrowser; notebook: string; session: MemoryStorage }>;
  /** One more page of a notebook, not connected. */
  readonly another: (browser: TestBrowser, notebook: string, session?: MemoryStorage) => Promise<Page>;
}

/** To be called in a `describe`: it starts and stops with it. */
export function drivenPages(): DrivenPages {
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

  const another: DrivenPages["another"] = async (browser, notebook, session) => {
    const page = new Page(browser, rooms, notebook, session === undefined ? {} : { session });
    pages.push(page);
    await page.tab.online();
    return page;
  };
  const open: DrivenPages["open"] = async (sources, baseUrl = jupyter.baseUrl) => {
    const notebook = await rooms.notebook(sources);
    const browser = new TestBrowser();
    const session = new MemoryStorage();
    const page = await another(browser, notebook, session);
    await page.runtime.connect(`${baseUrl}lab?token=${jupyter.token}`);
    await page.ready();
    return { page, browser, notebook, session };
  };
  return { rooms, pages, jupyter: () => jupyter, open, another };
}

/** Prints a number four times a second, for three seconds. */
export const TICKS = "import time\nfor i in range(12):\n    print(i, flush=True)\n    time.sleep(0.25)";
export const ALL_TICKS = Array.from({ length: 12 }, (_, index) => `${index}\n`).join("");

/** The same numbers; the seventh once the gate is open. */
export function gatedTicks({ isShut }: Gate): string {
  return `import time\nfor i in range(12):\n    while i == 6 and ${isShut}: time.sleep(0.02)\n    print(i, flush=True)`;
}

/** In a cell: what the page put into the kernel cannot be asked any more. */
export const CANNOT_TELL = "import builtins\ndel builtins.__runhere_record__\n";

/** What a cell's outputs say of missing ones. */
export function notices(page: Page, cell: string): unknown[] {
  const outputs = page.tab.runs.headOf(cell)?.outputs ?? [];
  return outputs.flatMap((output) =>
    "data" in output && NOTICE_MIME in output.data ? [output.data[NOTICE_MIME]] : [],
  );
}

export function isMarked(page: Page, cell: string): boolean {
  return notices(page, cell).length > 0;
}

/** Each line of `c0` once, in order, whatever was on the wire when a page left; and nothing says that any is missing. */
export async function expectWhole(page: Page, text = ALL_TICKS): Promise<void> {
  await page.tab.run(() => page.text("c0") === text, "the whole text");
  // Whether something was lost is judged a second after the first word that was heard of a run.
  await new Promise((wake) => setTimeout(wake, 1_500));
  expect([page.text("c0"), isMarked(page, "c0"), page.runtime.notice.get()]).toEqual([text, false, null]);
}

/** Some of `c0` is missing, and it is said: with the run, and once to the person. */
export async function expectMarked(page: Page, text = ALL_TICKS): Promise<void> {
  await page.tab.run(() => isMarked(page, "c0"), "the mark");
  expect([page.text("c0") === text, page.runtime.notice.get()?.code]).toEqual([false, "maybe_incomplete"]);
}

/** The server replaces a process that ended by itself: a restart asked for in that moment is that one, and drops what waited for the old one. */
export async function expectOneRestart(page: Page): Promise<void> {
  page.driver.runCells(["c0"]);
  await until(page.runtime.kernel, ({ status }) => status === "restarting");
  page.driver.runCells(["c1"]);
  const restarted = page.driver.restart();
  page.driver.runCells(["c2"]);
  await restarted;
  await page.ends("c2", "ok");
  expect([page.text("c1"), page.text("c2"), page.tab.runs.headOf("c2")?.execution_count]).toEqual(["", "False\n", 1]);
}

/** The cells of `expectOneRestart`. */
export const ENDS_ITSELF = ["import os\nos._exit(1)", "print('no')", "print('begun' in globals())\nbegun = 1"];
