import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Value } from "../core/observable.ts";
import type { KernelConnection } from "./kernel.ts";
import type { KernelPort } from "./kernel-port.ts";
import { ResourceWatch } from "./resource-watch.ts";
import type { JupyterServer } from "./server.ts";
import { type Cable, cuttable } from "./testing/cable.ts";
import { realClock } from "./testing/clock.ts";
import { echoKernel } from "./testing/echo-kernel.ts";
import { clientOf, jupyterPython, type RunningJupyter, startCompanion, startJupyter } from "./testing/jupyter.ts";
import { newKernel } from "./testing/new-kernel.ts";
import { run, send, until } from "./testing/runs.ts";

const HUB = "http://hub.example:8800";
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function kernelOn(
  server: JupyterServer,
  kernelspec = "python3",
): Promise<{ id: string; port: KernelConnection }> {
  const kernel = await newKernel(server, kernelspec);
  ends.push(() => kernel.port.close());
  await until(kernel.port.state, ({ phase }) => phase === "open");
  return kernel;
}

function watching(server: JupyterServer, kernel: { id: string; port: KernelPort } | null) {
  const watch = new ResourceWatch({
    server: new Value<JupyterServer | null>(server),
    port: new Value<KernelPort | null>(kernel?.port ?? null),
    kernelId: () => kernel?.id ?? null,
    isCompanion: () => false,
    sessionId: () => "session-of-the-test",
    clock: realClock,
    onWake: () => () => {},
  });
  ends.push(watch.watch());
  return watch.state;
}

describe.skipIf(jupyterPython() === null)("plain Jupyter", () => {
  let jupyter: RunningJupyter;
  let server: JupyterServer;
  beforeAll(async () => {
    jupyter = await startJupyter({ app: "server", kernels: [echoKernel] });
    server = clientOf(jupyter, { auth: "query", origin: HUB });
  }, 60_000);
  afterAll(async () => await jupyter?.stop(), 20_000);

  /** What the server takes the kernel for: it culls by this, and by this decides what a page that comes back is given. */
  async function stateOf(kernelId: string): Promise<string | undefined> {
    return (await server.sessions()).find(({ kernel }) => kernel.id === kernelId)?.kernel.executionState;
  }

  const UNTIL_TOLD = "import time\nwhile not (globals().get('enough')): time.sleep(0.05)";

  it("tells of the kernel and of the machine's memory, also while the kernel works, and nobody takes it for idle for that", async () => {
    const kernel = await kernelOn(server);
    await run(kernel.port, "held = bytearray(200_000_000)");
    const state = watching(server, kernel);
    await until(state, ({ history }) => history.length > 0);
    await until(kernel.port.status, (status) => status === "idle");
    const runId = send(kernel.port, UNTIL_TOLD);
    await until(kernel.port.status, (status) => status === "busy");
    const before = state.get().history.length;
    const told = await until(state, ({ history }) => history.length > before + 1);
    expect(await stateOf(kernel.id)).toBe("busy");
    expect(kernel.port.status.get()).toBe("busy");
    expect(told).toMatchObject({ phase: "live", reach: "kernel" });
    const now = told.history.at(-1);
    expect(now?.kernels).toMatchObject([{ kernelId: kernel.id }]);
    expect(now?.kernels[0]?.memoryBytes).toBeGreaterThan(200_000_000);
    expect(now?.memory?.totalBytes).toBeGreaterThan(now?.memory?.availableBytes ?? 0);
    expect(now?.cpuCount).toBeGreaterThan(0);
    expect([now?.disks, now?.gpus]).toEqual([[], []]);
    await server.interrupt(kernel.id);
    await until(kernel.port.status, (status) => status === "idle");
    expect(runId).not.toBe("");
    const said: string[] = [];
    ends.push(kernel.port.status.subscribe(() => said.push(kernel.port.status.get())));
    const after = state.get().history.length;
    await until(state, ({ history }) => history.length > after + 1);
    expect(said).toEqual([]);
    expect(await stateOf(kernel.id)).toBe("idle");
  }, 60_000);

  it("asks a kernel that it met at work when that work is done", async () => {
    const kernel = await kernelOn(server);
    send(kernel.port, UNTIL_TOLD);
    await until(kernel.port.status, (status) => status === "busy");
    const state = watching(server, kernel);
    await until(state, ({ phase }) => phase === "postponed");
    expect(await stateOf(kernel.id)).toBe("busy");
    expect(state.get().history).toEqual([]);
    await server.interrupt(kernel.id);
    expect((await until(state, ({ phase }) => phase === "live")).history).toHaveLength(1);
  }, 60_000);

  it("says of a kernel that does not tell that it does not, and asks no more", async () => {
    const kernel = await kernelOn(server, "echo");
    const state = watching(server, kernel);
    await until(state, ({ phase }) => phase === "untold", 40_000);
    expect(state.get().history).toEqual([]);
  }, 60_000);
});

describe.skipIf(jupyterPython() === null)("the companion", () => {
  it("streams the whole machine, of all kernels, and again after a cut", async () => {
    const jupyter = await startCompanion([HUB]);
    ends.push(() => void jupyter.stop());
    const cable: Cable = await cuttable(jupyter.port);
    ends.push(() => cable.close());
    const server = clientOf(jupyter, { auth: "header", origin: HUB, baseUrl: cable.baseUrl });
    const { id } = (await server.startSession({ path: "a.ipynb", name: "a", kernelspec: "python3" })).kernel;
    const port = new Value<KernelPort | null>(null);
    const watch = new ResourceWatch({
      server: new Value<JupyterServer | null>(server),
      port,
      kernelId: () => id,
      isCompanion: () => true,
      sessionId: () => "session-of-the-test",
      clock: realClock,
      onWake: () => () => {},
    });
    const kernel = await kernelOn(server);
    port.set(kernel.port);
    ends.push(watch.watch());
    const told = await until(watch.state, ({ history }) => (history.at(-1)?.kernels.length ?? 0) > 1);
    expect(told).toMatchObject({ phase: "live", reach: "machine" });
    const now = told.history.at(-1);
    expect(now?.kernels.map(({ kernelId }) => kernelId).sort()).toEqual([id, kernel.id].sort());
    expect(now?.disks[0]?.totalBytes).toBeGreaterThan(now?.disks[0]?.usedBytes ?? 0);
    expect(now?.cpuCount).toBeGreaterThan(0);
    cable.cut();
    await until(watch.state, ({ phase }) => phase === "cut");
    await until(watch.state, ({ phase }) => phase === "live");
    // The token goes in no address.
    await vi.waitFor(() => expect(jupyter.log()).not.toContain(jupyter.token), 15_000);
  }, 60_000);
});
