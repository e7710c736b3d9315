import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Value } from "../../core/observable.ts";
import { ask } from "../../kernel/ask.ts";
import type { KernelConnection } from "../../kernel/kernel.ts";
import type { KernelPort } from "../../kernel/kernel-port.ts";
import type { JupyterServer } from "../../kernel/server.ts";
import { realClock } from "../../kernel/testing/clock.ts";
import { echoKernel } from "../../kernel/testing/echo-kernel.ts";
import { newGate } from "../../kernel/testing/gate.ts";
import { clientOf, jupyterPython, type RunningJupyter, startJupyter } from "../../kernel/testing/jupyter.ts";
import { newKernel } from "../../kernel/testing/new-kernel.ts";
import { collect, nextEvent, run, send, until } from "../../kernel/testing/runs.ts";
import { barrenKernel, silentKernel } from "../../kernel/testing/silent-kernels.ts";
import { VariablesDesk, type VariablesState } from "./variables-desk.ts";

const HUB = "http://hub.example:8800";
const INFO = { channel: "control", type: "kernel_info_request", content: {}, withinMs: 20_000 } as const;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

const SETUP = `
import math
import numpy as np
import pandas as pd
rain = pd.DataFrame({"day": range(120), "mm": [0.5] * 120})
grid = np.zeros((300, 40))
nested = [1, {"key": ["deep"]}]
long = "wet " * 100
def add(a, b): return a + b
class Bad:
    def __repr__(self): raise ValueError("no")
bad = Bad()
_hidden = 1
`;

describe.skipIf(jupyterPython() === null)("variables on plain Jupyter", () => {
  let jupyter: RunningJupyter;
  let server: JupyterServer;
  beforeAll(async () => {
    jupyter = await startJupyter({ app: "server", kernels: [echoKernel, silentKernel, barrenKernel] });
    server = clientOf(jupyter, { auth: "query", origin: HUB });
  }, 60_000);
  afterAll(async () => await jupyter?.stop(), 20_000);

  async function attach(kernelspec = "python3"): Promise<{ id: string; kernel: KernelConnection }> {
    const { id, port: kernel } = await newKernel(server, kernelspec);
    ends.push(() => kernel.close());
    await until(kernel.state, ({ phase }) => phase === "open");
    return { id, kernel };
  }

  function deskOf(kernel: KernelPort): VariablesDesk {
    const port = new Value<KernelPort | null>(kernel);
    const desk = new VariablesDesk({ port, sessionId: () => "session-of-the-test", clock: realClock });
    ends.push(() => desk.close());
    return desk;
  }

  /** Resolves once the kernel begins with code. */
  const begun = (kernel: KernelPort): Promise<true> =>
    nextEvent(
      kernel,
      (event) => (event.type === "message" && event.message.header.msg_type === "execute_input") || null,
    );

  /** What the server takes the kernel for: it culls by this, and by this decides what a page that comes back is given. */
  const stateOf = async (kernelId: string) =>
    (await server.sessions()).find(({ kernel }) => kernel.id === kernelId)?.kernel.executionState;

  const names = ({ listing }: VariablesState) => listing?.variables.map(({ name }) => name) ?? [];
  const found = ({ listing }: VariablesState, name: string) => listing?.variables.find((one) => one.name === name);

  it("tells names, types, shapes, sizes and previews, and again after each run", async () => {
    const { kernel } = await attach();
    const desk = deskOf(kernel);
    await until(desk.state, ({ listing }) => listing?.isWhole === true);
    expect(names(desk.state.get())).toEqual([]);
    expect((await run(kernel, SETUP)).status).toBe("ok");
    // Before the run has ended it may have been listed as far as it had come.
    const told = await until(desk.state, (state) => names(state).includes("rain") && found(state, "bad") !== undefined);
    expect(names(told)).not.toContain("_hidden");
    expect(found(told, "rain")).toMatchObject({
      type: "DataFrame",
      shape: [120, 2],
      preview: "day, mm",
      opens: "table",
    });
    expect(found(told, "grid")).toMatchObject({ shape: [300, 40], bytes: 96_000, preview: "float64", opens: "table" });
    expect(found(told, "nested")).toMatchObject({ kind: "value", shape: [2], preview: "[1, {'key': ['deep']}]" });
    expect([found(told, "math")?.kind, found(told, "add")?.kind, found(told, "Bad")?.kind]).toEqual([
      "module",
      "function",
      "class",
    ]);
    expect(found(told, "bad")?.preview).toContain("Bad instance");
    await run(kernel, "later = 5; del grid");
    const after = await until(desk.state, (state) => names(state).includes("later"));
    expect(names(after)).not.toContain("grid");
    // Listing leaves the person's count of runs as it is.
    expect((await run(kernel, "1")).executionCount).toBe(3);
  }, 60_000);

  it("opens tables page by page, nested values, and long texts", async () => {
    const { kernel } = await attach();
    await run(kernel, SETUP);
    const desk = deskOf(kernel);
    await until(desk.state, ({ listing }) => listing?.isWhole === true);
    const second = await desk.open(["rain"], 100);
    expect(second).toMatchObject({ is: "table", columns: ["day", "mm"], total: 120, width: 2 });
    expect(second).toHaveProperty("index.length", 20);
    expect(second).toHaveProperty("rows.0", ["100", "0.5"]);
    expect(await desk.open(["grid"], 0)).toMatchObject({ is: "table", width: 40, total: 300 });
    expect(await desk.open(["nested", 1], 0)).toMatchObject({
      is: "values",
      values: [{ name: "'key'", opens: "values" }],
    });
    expect(await desk.open(["nested", 1, 0], 0)).toMatchObject({ values: [{ preview: "'deep'" }] });
    expect(await desk.open(["long"], 0)).toEqual({ is: "text", text: "wet ".repeat(100), total: 400 });
    expect(await desk.open(["nowhere"], 0)).toEqual({ is: "gone" });
  }, 60_000);

  it.each([
    ["and says so", "python3"],
    ["and does not say so beforehand", silentKernel.name],
  ])(
    "a kernel that can, %s, answers while a cell runs, also when the panel was opened only then, and shows no figure half drawn",
    async (_, spec) => {
      const { id, kernel } = await attach(spec);
      await run(kernel, "%matplotlib inline\nimport matplotlib.pyplot as plt\nbefore = [1, 2]");
      const shown: string[] = [];
      ends.push(
        kernel.listen((event) => {
          if (event.type === "message") shown.push(event.message.header.msg_type);
        }),
      );
      const over = collect(
        kernel,
        send(kernel, "import time\nplt.plot([1])\nduring = 3\nwhile True: time.sleep(0.05)"),
      );
      const desk = deskOf(kernel);
      const plain = await until(desk.state, (state) => names(state).includes("during"));
      expect(plain.listing?.isWhole).toBe(false);
      expect(found(plain, "before")).toMatchObject({ type: "list", preview: "[1, 2]", shape: null });
      // The one channel may be ahead of the other.
      await until(kernel.status, (status) => status === "busy");
      expect(shown).not.toContain("display_data");
      await server.interrupt(id);
      const whole = await until(desk.state, ({ listing }) => listing?.isWhole === true);
      expect(found(whole, "before")?.shape).toEqual([2]);
      // What is published may come behind the answers: the cell's own figure is here with its end.
      await over;
      const figures = shown.includes("display_data");
      send(kernel, "more = 4\nwhile True: time.sleep(0.05)");
      const busy = await until(desk.state, (state) => names(state).includes("more"));
      expect(busy.listing?.isWhole).toBe(true);
      await until(kernel.status, (status) => status === "busy");
      // Looked into meanwhile, too, without a figure.
      expect(await desk.open(["before"], 0)).toMatchObject({ is: "values", total: 2, values: [{ preview: "1" }, {}] });
      expect([kernel.status.get(), shown.includes("display_data")]).toEqual(["busy", figures]);
      // A server that took it for idle would drop a message at the next reconnect, and may end it.
      expect(await stateOf(id)).toBe("busy");
      await server.interrupt(id);
    },
    60_000,
  );

  it("a kernel without a debugger tells everything after the cell that runs", async () => {
    const { id, kernel } = await attach(barrenKernel.name);
    // "Busy" a kernel is with every question, also with the server's own at its start.
    const isRunning = begun(kernel);
    send(kernel, "during = [3]\nimport time\nwhile True: time.sleep(0.05)");
    await isRunning;
    const desk = deskOf(kernel);
    // The panel's own question waits behind the cell.
    expect(await ask({ port: kernel, session: "another", clock: realClock }, INFO)).not.toBeNull();
    expect(desk.state.get().listing).toBeNull();
    await server.interrupt(id);
    const told = await until(desk.state, ({ listing }) => listing?.isWhole === true);
    expect(found(told, "during")).toMatchObject({ shape: [1], preview: "[3]" });
    expect(await desk.open(["during"], 0)).toMatchObject({ is: "values", total: 1 });
  }, 60_000);

  it("a kernel without a debugger tells everything also after a cell that fails, which empties its queue", async () => {
    const { kernel } = await attach(barrenKernel.name);
    const gate = newGate();
    const isRunning = begun(kernel);
    send(kernel, `during = [3]\n${gate.wait}\nraise ValueError`);
    await isRunning;
    const sends = vi.spyOn(kernel, "send");
    const desk = deskOf(kernel);
    const isAsked = () => sends.mock.calls.some(([{ header }]) => header.msg_type === "execute_request");
    await expect.poll(isAsked).toBe(true);
    gate.open();
    const told = await until(desk.state, ({ listing }) => listing?.isWhole === true);
    expect(found(told, "during")).toMatchObject({ shape: [1] });
  }, 60_000);

  it("a panel that is opened while code lets nobody speak fills when the code ends", async () => {
    const { kernel } = await attach();
    const gate = newGate();
    send(kernel, `during = [3]\n${gate.hold}`);
    await gate.held();
    const desk = deskOf(kernel);
    await until(desk.state, ({ phase }) => phase === "silent", 20_000);
    gate.open();
    const told = await until(desk.state, ({ listing }) => listing?.isWhole === true, 20_000);
    expect(found(told, "during")).toMatchObject({ shape: [1] });
  }, 60_000);

  it("is empty after a restart, and fills again", async () => {
    const { id, kernel } = await attach();
    await run(kernel, "gone = 1");
    const desk = deskOf(kernel);
    await until(desk.state, (state) => names(state).includes("gone"));
    await server.restart(id);
    await until(desk.state, (state) => state.phase === "listed" && !names(state).includes("gone"));
    await run(kernel, "here = 1");
    await until(desk.state, (state) => names(state).includes("here"));
  }, 60_000);

  it("says that a kernel of another language cannot, and asks it nothing", async () => {
    const { kernel } = await attach("echo");
    const desk = deskOf(kernel);
    const told = await until(desk.state, ({ phase }) => phase === "foreign");
    expect([told.language, told.listing]).toEqual(["echo", null]);
    expect((await run(kernel, "hello")).executionCount).toBe(1);
  }, 60_000);
});
