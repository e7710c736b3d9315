import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { AuthStyle } from "../core/binding.ts";
import { complete, inspect } from "./complete.ts";
import { inputReply } from "./execute.ts";
import { KernelConnection } from "./kernel.ts";
import type { KernelEvent } from "./kernel-port.ts";
import { newId, newMessage } from "./messages.ts";
import { JupyterServer } from "./server.ts";
import { cuttable } from "./testing/cable.ts";
import { realClock } from "./testing/clock.ts";
import { type Gate, newGate } from "./testing/gate.ts";
import { clientOf, type JupyterWish, jupyterPython, type RunningJupyter, startJupyter } from "./testing/jupyter.ts";
import { collect, nextEvent, printed, run, send, until } from "./testing/runs.ts";
import type { SocketLike } from "./transport.ts";

const HUB = "http://hub.example:8800";
/** Set it higher to look for a race. */
const RESTARTS = Number(process.env["RUNHERE_RESTARTS"] ?? 3);

const SERVERS: readonly (readonly [string, JupyterWish, AuthStyle])[] = [
  ["jupyter_server without any flag", { app: "server" }, "query"],
  [
    "notebook 7 with the documented flags",
    {
      app: "notebook",
      flags: [
        `--NotebookApp.allow_origin=${HUB}`,
        "--NotebookApp.port_retries=0",
        "--NotebookApp.allow_credentials=True",
      ],
    },
    "header",
  ],
];

/**
 * Answers as late as one whose packages lie on another machine's disk. It takes its ports at once: in eighteen seconds another program could
 * take them, and the server would start it on the same ones again.
 */
const slowKernel = {
  name: "slow",
  displayName: "Slow",
  language: "python",
  source: `
import time

from ipykernel.kernelapp import IPKernelApp

app = IPKernelApp.instance()
app.initialize()
time.sleep(18)
app.start()
`,
} as const;

/** A way to the server on which some messages do not arrive. */
function deaf({ transport }: JupyterServer, isLost: (text: string) => boolean): JupyterServer {
  return new JupyterServer({
    baseUrl: transport.baseUrl,
    request: (path, options) => transport.request(path, options),
    bytes: (path, options) => transport.bytes(path, options),
    piece: (path, range, signal) => transport.piece(path, range, signal),
    socket: (...wish) => {
      const socket = transport.socket(...wish);
      let hear: SocketLike["onmessage"] = null;
      socket.onmessage = (event) => {
        const text = typeof event.data === "string" ? event.data : Buffer.from(event.data as ArrayBuffer).toString();
        if (!isLost(text)) hear?.(event);
      };
      return new Proxy(socket, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
        set: (target, name, value) => {
          if (name !== "onmessage") return Reflect.set(target, name, value, target);
          hear = value;
          return true;
        },
      });
    },
  });
}

describe.skipIf(jupyterPython() === null).each(SERVERS)("%s", (_name, wish, auth) => {
  let jupyter: RunningJupyter;
  let server: JupyterServer;
  let kernelId: string;
  let sessionId: string;
  const open: KernelConnection[] = [];

  beforeAll(async () => {
    jupyter = await startJupyter({ ...wish, kernels: [slowKernel] });
    server = clientOf(jupyter, { auth, origin: HUB });
  }, 60_000);
  afterAll(async () => {
    await jupyter?.stop();
  }, 20_000);

  beforeEach(async () => {
    const path = `${newId(Math.random)}.ipynb`;
    kernelId = (await server.startSession({ path, name: "x", kernelspec: "python3" })).kernel.id;
    sessionId = newId(Math.random);
  }, 60_000);
  afterEach(async () => {
    for (const connection of open.splice(0)) connection.close();
    await server.shutdown(kernelId);
  });

  function attach(
    more: { server?: JupyterServer; process?: string | null; lookMs?: number; leavingMs?: () => number } = {},
  ): KernelConnection {
    const connection = new KernelConnection({
      server: more.server ?? server,
      kernelId,
      sessionId,
      clock: realClock,
      onWake: () => () => {},
      process: more.process ?? null,
      isTokenRefused: async () => false,
      ...(more.lookMs === undefined ? {} : { lookMs: more.lookMs }),
      ...(more.leavingMs === undefined ? {} : { leavingMs: more.leavingMs }),
    });
    open.push(connection);
    return connection;
  }

  async function restart(kernel: KernelConnection): Promise<void> {
    const changed = nextEvent(kernel, (event) => (event.type === "process_changed" ? true : null));
    await server.restart(kernelId);
    kernel.restarted();
    await changed;
  }

  it("runs code and shows what it gives", async () => {
    const kernel = attach();
    const ran = await run(kernel, "print('a'); print('b')\n1 + 1");
    expect(ran).toEqual({
      runId: ran.runId,
      status: "ok",
      executionCount: 1,
      interrupted: false,
      outputs: [
        { output_type: "stream", name: "stdout", text: "a\nb\n" },
        { output_type: "execute_result", data: { "text/plain": "2" }, metadata: {}, execution_count: 1 },
      ],
    });
    expect(await run(kernel, "print('x' * 3)\n1 / 0")).toMatchObject({
      status: "error",
      outputs: [
        { output_type: "stream", text: "xxx\n" },
        { output_type: "error", ename: "ZeroDivisionError" },
      ],
    });
  }, 60_000);

  it("keeps twenty outputs in order", async () => {
    const { outputs } = await run(attach(), "for i in range(20): display(i)");
    expect(outputs.map((output) => "data" in output && output.data["text/plain"])).toEqual(
      Array.from({ length: 20 }, (_, index) => String(index)),
    );
  }, 60_000);

  it("updates a display by its id", async () => {
    const { outputs } = await run(attach(), "h = display('one', display_id='d'); display('other'); h.update('two')");
    expect(outputs).toEqual([
      { output_type: "display_data", data: { "text/plain": "'two'" }, metadata: { runhere: { display_id: "d" } } },
      { output_type: "display_data", data: { "text/plain": "'other'" }, metadata: {} },
    ]);
  }, 60_000);

  it("answers input(), and knows a password", async () => {
    const kernel = attach();
    const asked: unknown[] = [];
    const code = "import getpass\na = input('name? ')\nb = getpass.getpass('key? ')\nprint(a, b)";
    const { outputs } = await run(kernel, code, (event) => {
      if (event.type !== "input") return;
      asked.push([event.prompt, event.password]);
      const msgId = newId(Math.random);
      kernel.send(
        inputReply({ header: event.request.header, value: `v${asked.length}`, msgId, session: sessionId, now: 0 }),
      );
    });
    expect(asked).toEqual([
      ["name? ", false],
      ["key? ", true],
    ]);
    expect(printed(outputs)).toBe("v1 v2\n");
  }, 60_000);

  it("carries binary buffers both ways, also from the middle of a larger memory", async () => {
    const kernel = attach();
    const code = [
      "def opened(comm, message):",
      "    comm.on_msg(lambda m: comm.send({'n': 1}, buffers=[bytes(reversed(bytes(m['buffers'][0])))]))",
      "get_ipython().kernel.comm_manager.register_target('echo', opened)",
    ].join("\n");
    expect((await run(kernel, code)).status).toBe("ok");
    const comm = (type: string, content: object, buffers: ArrayBufferView[]) =>
      kernel.send(
        newMessage({
          msgId: newId(Math.random),
          type,
          channel: "shell",
          session: sessionId,
          now: 0,
          content: { comm_id: "c", ...content },
          buffers,
        }),
      );
    const back = nextEvent(kernel, (event) =>
      event.type === "message" && event.message.header.msg_type === "comm_msg" ? event.message.buffers : null,
    );
    comm("comm_open", { target_name: "echo", data: {} }, []);
    comm("comm_msg", { data: {} }, [new DataView(Uint8Array.from([9, 1, 2, 3, 9]).buffer, 1, 3)]);
    expect((await back).map((buffer) => [...buffer])).toEqual([[3, 2, 1]]);
  }, 60_000);

  it("interrupts, and restarts with variables lost", async () => {
    const kernel = attach();
    await run(kernel, "x = 1");
    let interrupt: Promise<void> | null = null;
    const sleeping = run(kernel, "import time\nprint('on')\ntime.sleep(100)", (event) => {
      if (event.type === "ops") interrupt ??= server.interrupt(kernelId);
    });
    expect(await sleeping).toMatchObject({ status: "error", interrupted: true });
    await interrupt;
    await restart(kernel);
    expect((await run(kernel, "x")).status).toBe("error");
  }, 60_000);

  it("after each restart the very next run is heard whole", async () => {
    const kernel = attach();
    for (let time = 1; time <= RESTARTS; time += 1) {
      await run(kernel, "x = 1");
      await restart(kernel);
      const { outputs, executionCount } = await run(kernel, "print('x' in globals())");
      expect([time, printed(outputs), executionCount]).toEqual([time, "False\n", 1]);
    }
  }, 240_000);

  it("after each crash the very next run is heard whole", async () => {
    const kernel = attach();
    // After the fifth in a row the server gives the kernel up.
    for (let time = 1; time <= Math.min(RESTARTS, 4); time += 1) {
      send(kernel, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)");
      await until(kernel.status, (status) => status === "restarting");
      const { outputs, executionCount } = await run(kernel, "print('alive')");
      expect([time, printed(outputs), executionCount]).toEqual([time, "alive\n", 1]);
    }
  }, 400_000);

  it("what was sent before a restart never runs in the new process", async () => {
    const kernel = attach();
    await run(kernel, "1");
    const changed = nextEvent(kernel, (event) => (event.type === "process_changed" ? true : null));
    await server.restart(kernelId);
    kernel.restarted();
    send(kernel, "before = 1");
    await changed;
    expect(printed((await run(kernel, "print('before' in globals())")).outputs)).toBe("False\n");
  }, 60_000);

  it("what was sent to a kernel that was just coming back never runs once it is restarted", async () => {
    let isComing = false;
    let unheard = 0;
    const isLost = (text: string) => {
      const isAnswer = isComing && text.includes('"kernel_info_reply"');
      if (isAnswer) unheard += 1;
      return isAnswer;
    };
    const kernel = attach({ server: deaf(server, isLost) });
    send(kernel, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)");
    await until(kernel.status, (status) => status === "restarting");
    isComing = true;
    send(kernel, "before = 1");
    // It is back, and we do not know it. Before that, a stock server would start it twice, on the same ports.
    await vi.waitFor(() => expect(unheard).toBeGreaterThan(0), { timeout: 30_000, interval: 50 });
    await server.restart(kernelId);
    kernel.restarted();
    isComing = false;
    expect(printed((await run(kernel, "print('before' in globals())")).outputs)).toBe("False\n");
  }, 60_000);

  it("waits for a kernel that takes long to start, and does not count that as a failure", async () => {
    await server.shutdown(kernelId);
    kernelId = (await server.startSession({ path: "slow.ipynb", name: "x", kernelspec: "slow" })).kernel.id;
    const kernel = attach();
    const phases: string[] = [];
    kernel.state.subscribe(() => phases.push(kernel.state.get().phase));
    expect((await run(kernel, "1 + 1")).executionCount).toBe(1);
    expect(phases).toEqual(["open"]);
  }, 60_000);

  it("does not wait for a socket that was being opened when the kernel was restarted", async () => {
    const cable = await cuttable(jupyter.port);
    cable.blackHole();
    const kernel = attach({ server: clientOf({ ...jupyter, baseUrl: cable.baseUrl }, { auth, origin: HUB }) });
    const phases: string[] = [];
    kernel.state.subscribe(() => phases.push(kernel.state.get().phase));
    await server.restart(kernelId);
    cable.heal();
    kernel.restarted();
    expect((await run(kernel, "1 + 1")).executionCount).toBe(1);
    expect(phases).toEqual(["connecting", "open"]);
    cable.close();
  }, 60_000);

  it("notices a killed kernel", async () => {
    const kernel = attach();
    const states: string[] = [];
    kernel.status.subscribe(() => states.push(kernel.status.get()));
    const changed = nextEvent(kernel, (event) => (event.type === "process_changed" ? true : null));
    // From outside: one that kills itself may take its last words with it, among them that it was busy.
    const runId = send(kernel, "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)");
    const finished = collect(kernel, runId).then(
      () => "replied",
      () => "never",
    );
    const pid = await nextEvent(kernel, (event) => {
      const lines: string[] = [];
      take(event, runId, lines);
      return lines.join("").trim() || null;
    });
    process.kill(Number(pid), "SIGKILL");
    await until(kernel.status, (status) => status === "restarting" || status === "starting");
    await changed;
    await until(kernel.status, (status) => status === "idle");
    expect(states).toContain("busy");
    expect((await run(kernel, "2 + 2")).executionCount).toBe(1);
    void finished;
  }, 60_000);

  it("notices that its kernel was ended", async () => {
    const kernel = attach({ lookMs: 500 });
    await run(kernel, "1");
    await server.shutdown(kernelId);
    expect(await until(kernel.state, (state) => state.phase === "ended")).toEqual({
      phase: "ended",
      reason: "kernel_gone",
    });
  }, 60_000);

  it("notices that somebody else started its kernel anew, also where the first word of that was lost", async () => {
    const kernel = attach({
      server: deaf(server, (text) => /"execution_state": ?"(starting|restarting)"/.test(text)),
      lookMs: 500,
    });
    await run(kernel, "before = 1");
    const changed = nextEvent(kernel, (event) => (event.type === "process_changed" ? true : null));
    await server.restart(kernelId);
    await changed;
    expect(printed((await run(kernel, "print('before' in dir())")).outputs)).toBe("False\n");
  }, 60_000);

  /** Prints twelve lines, the first of them at once, the others when the gate is open. */
  const inTwoParts = (first: number, { isShut }: Gate) => `import time
for i in range(12):
    while i == ${first} and ${isShut}: time.sleep(0.02)
    print(i, flush=True)`;
  const TWELVE = Array.from({ length: 12 }, (_, i) => `${i}\n`).join("");

  /** The rest of it is said while nobody listens: what is on the wire when a page leaves, a stock server loses (`gap-watch.ts`). */
  async function saidToNobody(gate: Gate): Promise<void> {
    await serverHas({ connections: 0, execution_state: "busy" });
    gate.open();
    await serverHas({ connections: 0, execution_state: "idle" });
  }

  async function serverHas(facts: object): Promise<void> {
    const asked = async () => await fetch(`${jupyter.baseUrl}api/kernels/${kernelId}?token=${jupyter.token}`);
    await vi.waitFor(async () => expect(await (await asked()).json()).toMatchObject(facts), 15_000);
  }

  it("gets after a reload what came meanwhile, once and in order", async () => {
    const before = attach();
    const lines: string[] = [];
    const gate = newGate();
    const runId = send(before, inTwoParts(5, gate));
    await nextEvent(before, (event) => {
      take(event, runId, lines);
      return lines.length >= 5 ? true : null;
    });
    before.close();
    await saidToNobody(gate);
    const after = attach({ process: before.process });
    const rest = await collect(after, runId);
    expect(rest.status).toBe("ok");
    expect(lines.join("") + printed(rest.outputs)).toBe(TWELVE);
  }, 60_000);

  it("says after a cut that something may be missing, and goes on by itself", async () => {
    const wire = await cuttable(jupyter.port);
    const kernel = attach({ server: clientOf(jupyter, { auth, origin: HUB, baseUrl: wire.baseUrl }) });
    await run(kernel, "1");
    const again = nextEvent(kernel, (event) => (event.type === "opened" ? event : null));
    wire.cut();
    expect(await again).toEqual({ type: "opened", again: true, clean: false });
    expect((await run(kernel, "2")).status).toBe("ok");
    wire.close();
  }, 60_000);

  it("does not come back in a page that is being left: what the server keeps is for the next one", async () => {
    const wire = await cuttable(jupyter.port);
    const server = clientOf(jupyter, { auth, origin: HUB, baseUrl: wire.baseUrl });
    const leaving = attach({ server, leavingMs: () => 50_000 });
    const lines: string[] = [];
    const first = nextEvent(leaving, (event) => {
      take(event, runId, lines);
      return lines.length > 0 ? true : null;
    });
    const gate = newGate();
    const runId = send(leaving, inTwoParts(1, gate));
    await first;
    const waits = until(leaving.state, (state) => state.phase === "waiting");
    wire.cut();
    await waits;
    await saidToNobody(gate);
    const next = attach({ process: leaving.process });
    const ended = collect(next, runId);
    await nextEvent(next, (event) => (event.type === "opened" ? true : null));
    expect(leaving.state.get().phase).toBe("waiting");
    const rest = await ended;
    expect(rest.status).toBe("ok");
    expect(lines.join("") + printed(rest.outputs)).toBe(TWELVE);
    wire.close();
  }, 60_000);

  it("notices a cable that swallows everything", async () => {
    const wire = await cuttable(jupyter.port);
    const kernel = attach({ server: clientOf(jupyter, { auth, origin: HUB, baseUrl: wire.baseUrl }) });
    await run(kernel, "1");
    const again = nextEvent(kernel, (event) => (event.type === "opened" ? event : null));
    const lost = until(kernel.state, (state) => state.phase === "waiting");
    wire.blackHole();
    send(kernel, "print('into the void')");
    expect(await lost).toMatchObject({ reason: "socket_silent" });
    wire.heal();
    expect(await again).toEqual({ type: "opened", again: true, clean: false });
    expect((await run(kernel, "2")).status).toBe("ok");
    wire.close();
  }, 90_000);

  it("completes and inspects", async () => {
    const port = attach();
    await run(port, "something_long = 1");
    const asker = { port, session: sessionId, clock: realClock };
    // The first one loads a lot: on a busy machine nobody waits for its answer any more when that comes.
    await vi.waitFor(
      async () =>
        expect(await complete(asker, "'😀'; something_l", 17)).toEqual({
          matches: ["something_long"],
          from: 6,
          to: 17,
        }),
      { timeout: 50_000 },
    );
    expect(await inspect(asker, "print", 3)).toHaveProperty(["text/plain"]);
    expect(await inspect(asker, "no_such_name", 3)).toBeNull();
  }, 60_000);
});

function take(event: KernelEvent, runId: string, lines: string[]): void {
  if (event.type !== "message" || event.message.parent_header.msg_id !== runId) return;
  if (event.message.header.msg_type === "stream") lines.push(String(event.message.content["text"]));
}
