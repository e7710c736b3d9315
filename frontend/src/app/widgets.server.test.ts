/** Widgets of a real kernel over a cable that is cut: what a person moves meanwhile is what the kernel has afterwards, or the other way round. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import type { PageMessage } from "../core/frame-messages.ts";
import { rootOf, VIEW_MIME } from "../core/widget-state.ts";
import { cuttable } from "../kernel/testing/cable.ts";
import {
  jupyterPython,
  type RunningCompanion,
  type RunningJupyter,
  startCompanion,
  startJupyter,
} from "../kernel/testing/jupyter.ts";
import { until } from "../kernel/testing/runs.ts";
import type { WidgetFrameLine } from "../outputs/rendered.ts";
import { RoomServer, whyNoServer } from "../sync/room-server-for-tests.ts";
import { HUB, Page, TestBrowser } from "./page-for-tests.ts";

const MAKE = `import threading, ipywidgets as w
pressed = []
s, b = w.IntSlider(value=7), w.Button(description='Press')
b.on_click(pressed.append)
w.VBox([s, b])`;
const ASK = "print('kernel:', s.value, len(pressed))";
const MOVE = "s.value = 42";

/** The kernel moves the slider once there is a file `go`, and then writes `gone`. */
const moveLater = (folder: string) => `import os, time
def later():
    while not os.path.exists(${JSON.stringify(join(folder, "go"))}):
        time.sleep(0.02)
    s.value = 42
    open(${JSON.stringify(join(folder, "gone"))}, 'w').close()
threading.Thread(target=later, daemon=True).start()`;

/** The frame of an output, as far as the page sees it. */
class Frame {
  readonly heard: PageMessage[] = [];
  unsure = 0;
  #line: WidgetFrameLine | null = null;
  #said = 0;
  #waiting: (() => void)[] = [];

  async open(page: Page, runId: string, root: string): Promise<void> {
    this.#line = await page.widgets.openLine({
      root,
      runId,
      isOwn: true,
      saved: null,
      tell: (message) => {
        this.heard.push(message);
        for (const look of [...this.#waiting]) look();
      },
      onDeaf: () => expect.unreachable("a kernel listens"),
      onUnsure: () => {
        this.unsure += 1;
      },
      onRevived: () => expect.unreachable("it was never shown from a file"),
    });
    await this.hears(() => this.models().length > 1, "the models");
  }

  models() {
    return this.heard.flatMap((message) => (message.type === "models" ? message.models : []));
  }

  idOf(name: string): string {
    return this.models().find(({ state }) => state["_model_name"] === name)?.model_id ?? "";
  }

  /** A person moves the slider. Resolves when the kernel is done with it. */
  move(value: number): Promise<void> {
    const data = { method: "update", state: { value }, buffer_paths: [] } as const;
    return this.#say(this.idOf("IntSliderModel"), data);
  }

  press(): Promise<void> {
    return this.#say(this.idOf("ButtonModel"), { method: "custom", content: { event: "click" } });
  }

  /** Where the slider stands, as the frame was told last. */
  told(): unknown {
    const slider = this.idOf("IntSliderModel");
    const values = this.heard.flatMap((message) =>
      message.type === "comm" && message.comm_id === slider && "state" in message.data
        ? [message.data.state["value"] ?? []].flat()
        : [],
    );
    return values.at(-1);
  }

  async hears(check: () => boolean, what: string): Promise<void> {
    await new Promise<void>((give, fail) => {
      const timer = setTimeout(() => fail(new Error(`The frame did not hear ${what}.`)), 90_000);
      const look = () => {
        if (!check()) return;
        clearTimeout(timer);
        this.#waiting = this.#waiting.filter((one) => one !== look);
        give();
      };
      this.#waiting.push(look);
      look();
    });
  }

  close(): void {
    this.#line?.close();
  }

  #say(modelId: string, data: Extract<PageMessage, { type: "comm" }>["data"]): Promise<void> {
    this.#said += 1;
    const id = this.#said;
    this.#line?.receive({ type: "comm_msg", id, comm_id: modelId, data, buffers: [] });
    return this.hears(() => this.heard.some((one) => one.type === "sent" && one.id === id), `the end of ${id}`);
  }
}

describe.skipIf(jupyterPython() === null || whyNoServer !== null)("widgets over a cable that is cut", () => {
  const rooms = new RoomServer();
  let stock: RunningJupyter;
  let companion: RunningCompanion;

  beforeAll(async () => {
    [stock, companion] = await Promise.all([startJupyter({ app: "server" }), startCompanion([HUB]), rooms.start()]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([stock?.stop(), companion?.stop(), rooms.close()]);
  }, 30_000);

  async function open(kind: "plain Jupyter" | "the companion", atEnd: TestContext["onTestFinished"]) {
    const folder = mkdtempSync(join(tmpdir(), "runhere-widgets-"));
    const notebook = await rooms.notebook([MAKE, ASK, MOVE, moveLater(folder)]);
    const cable = await cuttable(kind === "plain Jupyter" ? stock.port : companion.port);
    const page = new Page(new TestBrowser(), rooms, notebook);
    await page.tab.online();
    const pairing = async () => `${HUB}/connect#rt=${cable.baseUrl.slice(0, -1)}&pair=${await companion.pairing(HUB)}`;
    const link = kind === "plain Jupyter" ? `${cable.baseUrl}?token=${stock.token}` : await pairing();
    await page.runtime.connect(link);
    await page.ready();
    page.driver.runCells(["c0"]);
    await page.ends("c0", "ok");
    const run = page.tab.runs.headOf("c0");
    const output = run?.outputs.find((one) => "data" in one && VIEW_MIME in one.data);
    const root = output && "data" in output ? rootOf(output.data[VIEW_MIME]) : null;
    const [frame, other] = [new Frame(), new Frame()];
    for (const one of [frame, other]) await one.open(page, run?.run_id ?? "", root ?? "");
    atEnd(async () => {
      for (const one of [frame, other]) one.close();
      await page.runtime.shutdown().catch(() => {});
      page.kill();
      cable.close();
      rmSync(folder, { recursive: true });
    });
    return { page, cable, frame, other, folder };
  }

  /** What the kernel has. */
  async function kernels(page: Page): Promise<string> {
    const before = page.tab.runs.headOf("c1")?.run_id;
    page.driver.runCells(["c1"]);
    await page.tab.run(() => page.tab.runs.headOf("c1")?.run_id !== before, "the next run");
    await page.ends("c1", "ok");
    return page.text("c1");
  }

  async function interrupted(page: Page): Promise<void> {
    await until(page.runtime.binding, ({ phase }) => phase === "interrupted", 60_000);
  }

  for (const kind of ["plain Jupyter", "the companion"] as const) {
    // Side by side: each waits for long silences.
    it.concurrent(`${kind}: a slider that is moved while the cable is cut works again, with the right value`, async ({
      onTestFinished,
    }) => {
      const { page, cable, frame, other } = await open(kind, onTestFinished);
      // Reset, moved before the page knows; then moved while it waits.
      cable.cut();
      await frame.move(8);
      await page.ready();
      expect(await kernels(page)).toBe("kernel: 8 0\n");
      cable.cut();
      await interrupted(page);
      await frame.move(9);
      expect(await kernels(page)).toBe("kernel: 9 0\n");
      // Swallowed without a word, with several moves: each waits for the end of the one before.
      cable.blackHole();
      const moved = frame.move(10).then(() => frame.move(11));
      await interrupted(page);
      cable.heal();
      await moved;
      expect(await kernels(page)).toBe("kernel: 11 0\n");
      await other.hears(() => other.told() === 11, "where the slider stands");
      // And on: both ways, with a button.
      await frame.press();
      page.driver.runCells(["c2"]);
      for (const one of [frame, other]) await one.hears(() => one.told() === 42, "what the kernel sets");
      expect(await kernels(page)).toBe("kernel: 42 1\n");
    }, 120_000);

    it.concurrent(`${kind}: what both moved meanwhile ends as one value everywhere, and a press is never done twice`, async ({
      onTestFinished,
    }) => {
      const { page, cable, frame, other, folder } = await open(kind, onTestFinished);
      page.driver.runCells(["c3"]);
      await page.ends("c3", "ok");
      cable.blackHole();
      const done = [frame.move(10), frame.press()];
      writeFileSync(join(folder, "go"), "");
      await expect.poll(() => existsSync(join(folder, "gone")), { timeout: 20_000 }).toBe(true);
      await interrupted(page);
      cable.heal();
      await Promise.all(done);
      await page.ready();
      const [, value, presses] = (await kernels(page)).trim().split(" ");
      // Plain Jupyter: the move was lost, and the kernel's own counts; the companion gets it after that.
      const isPlain = kind === "plain Jupyter";
      expect(value).toBe(isPlain ? "42" : "10");
      await other.hears(() => other.told() === Number(value), "where the slider stands");
      await frame.hears(() => frame.told() === Number(value), "where the slider stands");
      expect([presses, frame.unsure]).toEqual(isPlain ? ["0", 1] : ["1", 0]);
    }, 120_000);
  }
});
