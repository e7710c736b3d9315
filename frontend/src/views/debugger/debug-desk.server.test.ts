import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { JournalConnection } from "../../kernel/journal-link.ts";
import { KernelConnection } from "../../kernel/kernel.ts";
import type { KernelPort } from "../../kernel/kernel-port.ts";
import { newId } from "../../kernel/messages.ts";
import type { JupyterServer } from "../../kernel/server.ts";
import { cuttable } from "../../kernel/testing/cable.ts";
import { realClock } from "../../kernel/testing/clock.ts";
import { echoKernel } from "../../kernel/testing/echo-kernel.ts";
import { freePort } from "../../kernel/testing/free-port.ts";
import {
  clientOf,
  jupyterPython,
  type RunningJupyter,
  startCompanion,
  startJupyter,
} from "../../kernel/testing/jupyter.ts";
import { MemoryStorage } from "../../kernel/testing/memory-storage.ts";
import { printed, run, send, until } from "../../kernel/testing/runs.ts";
import { Cells, DebuggedTab, portOf } from "./desk-for-tests.ts";

const HUB = "http://hub.example:8800";
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

const FUNCTION = "def area(width, height):\n    size = width * height\n    return {'size': size}";
const CALL = "found = area(3, 4)\nprint(found['size'])";

interface Place {
  readonly name: "jupyter_server" | "notebook 7" | "the companion";
  readonly begin: () => Promise<RunningJupyter>;
}

/** Python's own kernel, where `debugpy` cannot be imported. */
const bareKernel = {
  name: "bare",
  displayName: "Python without debugpy",
  language: "python",
  source: `
import sys

sys.modules["debugpy"] = None

from ipykernel.kernelapp import launch_new_instance

launch_new_instance()
`,
} as const;

const PLACES: readonly Place[] = [
  { name: "jupyter_server", begin: () => startJupyter({ app: "server", kernels: [echoKernel, bareKernel] }) },
  { name: "notebook 7", begin: () => startJupyter({ app: "notebook" }) },
  { name: "the companion", begin: () => startCompanion([HUB]) },
];

describe.skipIf(jupyterPython() === null).each(PLACES)("a debugger on $name", ({ name, begin }) => {
  let jupyter: RunningJupyter;
  let server: JupyterServer;
  beforeAll(async () => {
    jupyter = await begin();
    server = serverAt(jupyter.baseUrl);
  }, 60_000);
  afterAll(async () => await jupyter?.stop(), 20_000);

  function serverAt(baseUrl: string): JupyterServer {
    return clientOf(jupyter, { auth: name === "the companion" ? "header" : "query", origin: HUB, baseUrl });
  }

  async function attach(kernelspec = "python3"): Promise<{ id: string; kernel: KernelPort }> {
    const { id } = (await server.startSession({ path: `${newId(Math.random)}.ipynb`, name: "x", kernelspec })).kernel;
    return { id, kernel: await portTo(id, server) };
  }

  async function portTo(kernelId: string, through: JupyterServer): Promise<KernelPort> {
    const about = {
      server: through,
      kernelId,
      sessionId: newId(Math.random),
      clock: realClock,
      onWake: () => () => {},
    };
    const kernel =
      name === "the companion"
        ? new JournalConnection({ ...about, process: null, prove: async () => "proven" })
        : new KernelConnection({ ...about, process: null, isTokenRefused: async () => false });
    ends.push(() => kernel.close());
    await until(kernel.state, ({ phase }) => phase === "open");
    return kernel;
  }

  function tabOf(kernel: KernelPort, cells: Cells, store?: MemoryStorage): DebuggedTab {
    const tab = new DebuggedTab(cells, portOf(kernel), store);
    ends.push(() => tab.close());
    return tab;
  }

  it("stops at a breakpoint in a function, shows its variables, steps, goes on, and the cell's output comes", async () => {
    const { kernel } = await attach();
    const tab = tabOf(kernel, new Cells([FUNCTION, CALL]));
    // Set while it is off; the text changes before the cell runs and the debugger begins.
    tab.mark("c0", 2);
    tab.cells.doc.getText("c0").insert(0, "# how large\n");
    const { ran: defined } = await tab.start("c0");
    tab.desk.turnOn();
    await until(tab.desk.state, ({ phase }) => phase === "on");
    expect((await defined)?.status).toBe("ok");
    const { ran } = await tab.start("c1");

    const halt = await tab.stands("c0", 3);
    expect(halt.reason).toBe("breakpoint");
    expect(halt.frames[0]?.name).toBe("area");
    await tab.shows("width", "3");
    expect([tab.value("height"), tab.value("size")]).toEqual(["4", undefined]);
    // The caller is the next frame, in the other cell.
    const caller = halt.frames[1];
    expect(caller === undefined ? null : tab.desk.placeOf(caller)).toMatchObject({ cellId: "c1", line: 1 });
    expect(kernel.status.get()).toBe("busy");

    tab.desk.move("next");
    await tab.stands("c0", 4);
    await tab.shows("size", "12");
    tab.desk.move("stepOut");
    await tab.stands("c1", 1);
    tab.desk.move("next");
    await tab.stands("c1", 2);
    await tab.shows("found", "{'size': 12}");
    const { halt: now } = tab.desk.state.get();
    const found = now?.values.get(now.scopes[0]?.reference ?? 0)?.find(({ name }) => name === "found");
    tab.desk.open(found?.reference ?? 0);
    const inside = await until(tab.desk.state, (state) => state.halt?.values.has(found?.reference ?? 0) === true);
    expect(inside.halt?.values.get(found?.reference ?? 0)).toContainEqual(
      expect.objectContaining({ name: "'size'", value: "12" }),
    );
    expect(await tab.desk.display("found")).toMatchObject({ "text/plain": "{'size': 12}" });
    tab.desk.move("continue");
    const done = await ran;
    expect([done?.status, printed(done?.outputs ?? [])]).toEqual(["ok", "12\n"]);
    await until(tab.desk.state, ({ halt: after }) => after === null);
  }, 90_000);

  // The rest is the same program on the same server.
  if (name === "notebook 7") return;
  const onStock = it.runIf(name === "jupyter_server");

  onStock(
    "begins though somebody stood for a while at the port that the kernel chose for its debugger",
    async () => {
      const { kernel } = await attach();
      // The port that a kernel chooses may not be free yet, or be any connection's by then: it has chosen one that the system gives to nobody.
      const port = await freePort();
      const held = await run(
        kernel,
        [
          "import socket",
          "client = get_ipython().kernel.debugger.debugpy_client",
          "client.get_host_port()",
          `taken = socket.create_server((client.debugpy_host, ${port}))`,
          `client.debugpy_port = "${port}"`,
        ].join("\n"),
      );
      expect(held.status).toBe("ok");
      const tab = tabOf(kernel, new Cells(["x = 1\ny = 2"]));
      tab.mark("c0", 2);
      tab.desk.turnOn();
      await until(tab.desk.state, ({ refusals }) => refusals > 0);
      await run(kernel, "taken.close()");
      await until(tab.desk.state, ({ phase }) => phase === "on");
      const { ran } = await tab.start("c0");
      await tab.stands("c0", 2);
      tab.desk.move("continue");
      expect((await ran)?.status).toBe("ok");
    },
    120_000,
  );

  onStock(
    "debugs a cell that has no breakpoints from its first line, once",
    async () => {
      const { kernel } = await attach();
      const tab = tabOf(kernel, new Cells(["\n# why\nx = 1\ny = 2\nprint(x + y)"]));
      const { ran } = await tab.start("c0", true);
      await tab.stands("c0", 3);
      tab.desk.move("continue");
      expect(printed((await ran)?.outputs ?? [])).toBe("3\n");
      await until(tab.desk.state, ({ halt }) => halt === null);
      // It just runs, the next time.
      const again = await tab.start("c0");
      expect((await again.ran)?.status).toBe("ok");
      expect(tab.desk.state.get().phase).toBe("on");
    },
    90_000,
  );

  onStock(
    "follows what is typed, passes by what was taken away, and costs a stop only while it is on",
    async () => {
      const { kernel } = await attach();
      const cells = new Cells(["a = 1\nb = 2\nc = 3"]);
      const tab = tabOf(kernel, cells);
      tab.mark("c0", 2);
      cells.doc.getText("c0").insert(0, "first = 0\n");
      expect(tab.book.lines("c0")).toEqual([3]);
      const off = await tab.start("c0");
      expect((await off.ran)?.status).toBe("ok");

      tab.desk.turnOn();
      await until(tab.desk.state, ({ phase }) => phase === "on");
      const on = await tab.start("c0");
      await tab.stands("c0", 3);
      tab.mark("c0", 3);
      tab.mark("c0", 4);
      await until(tab.desk.state, ({ cells: placed }) => placed.get("c0")?.step === "set");
      tab.desk.move("continue");
      await tab.stands("c0", 4);
      // Turned off while it stands still: the cell runs to its end.
      tab.desk.turnOff();
      expect((await on.ran)?.status).toBe("ok");
      const after = await tab.start("c0");
      expect((await after.ran)?.status).toBe("ok");
    },
    90_000,
  );

  onStock(
    "stops where an exception is raised that nothing catches, or at every one, as is wished",
    async () => {
      const { kernel } = await attach();
      const tab = tabOf(kernel, new Cells(["try:\n    int('a')\nexcept ValueError:\n    pass\n1 / 0"]));
      tab.desk.stopOn("unhandled");
      tab.desk.turnOn();
      await until(tab.desk.state, ({ phase }) => phase === "on");
      const first = await tab.start("c0");
      const halt = await tab.stands("c0", 5);
      expect(halt).toMatchObject({ reason: "exception" });
      expect(halt.text).toBe("ZeroDivisionError: division by zero");
      tab.desk.move("continue");
      expect((await first.ran)?.status).toBe("error");

      tab.desk.stopOn("raised");
      const second = await tab.start("c0");
      await tab.stands("c0", 2);
      tab.desk.stopOn("nothing");
      tab.desk.move("continue");
      expect((await second.ran)?.status).toBe("error");
    },
    90_000,
  );

  it("after a restart it is attached again and stops at the same breakpoints", async () => {
    const { id, kernel } = await attach();
    const tab = tabOf(kernel, new Cells(["x = 1\ny = 2"]));
    tab.mark("c0", 2);
    tab.desk.turnOn();
    await until(tab.desk.state, ({ phase }) => phase === "on");
    await tab.start("c0");
    await tab.stands("c0", 2);
    const isOff = until(tab.desk.state, ({ halt, phase }) => halt === null && phase !== "on");
    // The server's answer may be behind all that the new kernel said.
    await server.restart(id);
    await isOff;
    await until(tab.desk.state, ({ phase }) => phase === "on", 60_000);
    const { ran } = await tab.start("c0");
    await tab.stands("c0", 2);
    tab.desk.move("continue");
    expect((await ran)?.status).toBe("ok");
  }, 120_000);

  it("what is to run while the kernel is restarted stops at its breakpoints in the new process", async () => {
    const { id, kernel } = await attach();
    const restart = { isOver: Promise.resolve() };
    const cells = new Cells(["x = 1\ny = 2"]);
    const tab = new DebuggedTab(cells, portOf(kernel), new MemoryStorage(), undefined, () => restart.isOver);
    ends.push(() => tab.close());
    tab.mark("c0", 2);
    tab.desk.turnOn();
    await until(tab.desk.state, ({ phase }) => phase === "on");
    const isAnew = new Promise<void>((give) => {
      ends.push(kernel.listen((event) => event.type === "process_changed" && give()));
    });
    restart.isOver = server.restart(id).then(() => isAnew);
    const prepared = tab.desk.prepare([{ cellId: "c0", source: cells.text("c0") }], null);
    await restart.isOver;
    expect(await prepared).toBe(true);
    const ran = run(kernel, cells.text("c0"));
    await tab.stands("c0", 2);
    tab.desk.move("continue");
    expect((await ran).status).toBe("ok");
  }, 120_000);

  it("a page that comes later takes the session over, stopped as it is, and both follow", async () => {
    const { kernel } = await attach();
    const cells = new Cells(["x = 41\ny = x + 1\nz = y"]);
    const store = new MemoryStorage();
    const tab = tabOf(kernel, cells, store);
    tab.mark("c0", 2);
    tab.desk.turnOn();
    await until(tab.desk.state, ({ phase }) => phase === "on");
    const { ran } = await tab.start("c0");
    await tab.stands("c0", 2);

    const later = tabOf(kernel, cells, store);
    expect(later.book.lines("c0")).toEqual([2]);
    await later.stands("c0", 2);
    await later.shows("x", "41");
    later.desk.move("next");
    await Promise.all([tab.stands("c0", 3), later.stands("c0", 3)]);
    tab.desk.move("continue");
    expect((await ran)?.status).toBe("ok");
    await until(later.desk.state, ({ halt }) => halt === null);
  }, 90_000);

  it("after a switch to another kernel it stops there, and the one left behind still stands when it is chosen again", async () => {
    const [first, second] = [await attach(), await attach()];
    const port = portOf(first.kernel);
    const tab = new DebuggedTab(new Cells(["x = 1\ny = x + 1"]), port);
    ends.push(() => tab.close());
    tab.mark("c0", 2);
    tab.desk.turnOn();
    await until(tab.desk.state, ({ phase }) => phase === "on");
    await tab.start("c0");
    await tab.stands("c0", 2);

    port.set(null);
    expect(tab.desk.state.get().halt).toBeNull();
    first.kernel.close();
    port.set(second.kernel);
    await until(tab.desk.state, ({ phase }) => phase === "on");
    const { ran } = await tab.start("c0");
    await tab.stands("c0", 2);
    tab.desk.move("continue");
    expect((await ran)?.status).toBe("ok");

    const again = await portTo(first.id, server);
    port.set(again);
    await tab.stands("c0", 2);
    await tab.shows("x", "1");
    tab.desk.move("continue");
    await until(tab.desk.state, ({ halt }) => halt === null);
    expect(printed((await run(again, "print(y)")).outputs)).toBe("2\n");
  }, 120_000);

  it("two browsers at one kernel: each run stops at the breakpoints of who runs, and both see where it stands", async () => {
    const { id, kernel } = await attach();
    const cells = new Cells(["x = 1\ny = 2\nz = 3"]);
    const mine = tabOf(kernel, cells);
    const theirs = tabOf(await portTo(id, server), cells);
    mine.mark("c0", 2);
    mine.desk.turnOn();
    await until(mine.desk.state, ({ phase }) => phase === "on");
    theirs.mark("c0", 3);
    theirs.desk.turnOn();
    await until(theirs.desk.state, ({ phase, cells: placed }) => phase === "on" && placed.get("c0")?.step === "set");

    const first = await mine.start("c0");
    await Promise.all([mine.stands("c0", 2), theirs.stands("c0", 2)]);
    theirs.desk.move("continue");
    expect((await first.ran)?.status).toBe("ok");
    await until(mine.desk.state, ({ halt }) => halt === null);

    const second = await theirs.start("c0");
    await Promise.all([mine.stands("c0", 3), theirs.stands("c0", 3)]);
    mine.desk.move("continue");
    expect((await second.ran)?.status).toBe("ok");

    // One of them turns it off: the other's hears of it and begins anew.
    await until(mine.desk.state, ({ halt }) => halt === null);
    theirs.desk.turnOff();
    await until(mine.desk.state, ({ phase }) => phase !== "on");
    await until(mine.desk.state, ({ phase }) => phase === "on", 60_000);
    const third = await mine.start("c0");
    await mine.stands("c0", 2);
    mine.desk.move("continue");
    expect((await third.ran)?.status).toBe("ok");
  }, 120_000);

  onStock(
    "waits with its start for a cell that runs, and the kernel answers meanwhile",
    async () => {
      const { id, kernel } = await attach();
      const tab = tabOf(kernel, new Cells(["x = 1"]));
      await run(kernel, "1");
      send(kernel, "import time\nwhile True: time.sleep(0.05)");
      await until(kernel.status, (status) => status === "busy");
      tab.desk.turnOn();
      await until(tab.desk.state, ({ phase }) => phase === "resting");
      expect((await tab.start("c0", true)).ran).toBeNull();
      await server.interrupt(id);
      await until(tab.desk.state, ({ phase }) => phase === "on");
    },
    90_000,
  );

  it("a cut line changes nothing, and what was said meanwhile reopens no stop that is over", async () => {
    const { id, kernel: near } = await attach();
    const cable = await cuttable(jupyter.port);
    ends.push(() => cable.close());
    const cells = new Cells(["x = 1\ny = 2\nz = 3"]);
    const store = new MemoryStorage();
    const other = tabOf(near, cells, store);
    other.mark("c0", 1);
    other.mark("c0", 3);
    other.desk.turnOn();
    await until(other.desk.state, ({ phase }) => phase === "on");
    const far = await portTo(id, serverAt(cable.baseUrl));
    const tab = tabOf(far, cells, store);
    await until(tab.desk.state, ({ phase }) => phase === "on");
    const { ran } = await other.start("c0");
    await tab.stands("c0", 1);
    cable.cut();
    await until(far.state, ({ phase }) => phase !== "open");
    expect(tab.desk.state.get().halt).not.toBeNull();
    await until(far.state, ({ phase }) => phase === "open");
    await tab.stands("c0", 1);

    cable.blackHole();
    cable.cut();
    await other.stands("c0", 1);
    other.desk.move("continue");
    await other.stands("c0", 3);
    other.desk.move("continue");
    expect((await ran)?.status).toBe("ok");
    cable.heal();
    far.reconnectNow();
    const stops: number[] = [];
    ends.push(
      tab.desk.state.subscribe(() => {
        const { halt } = tab.desk.state.get();
        if (halt?.isMoving === false && halt.frames[0]?.line === 3) stops.push(halt.threadId);
      }),
    );
    await until(tab.desk.state, ({ halt, look }) => halt === null && look === "none");
    const again = await tab.start("c0");
    await tab.stands("c0", 1);
    expect(stops).toEqual([]);
    tab.desk.turnOff();
    expect((await again.ran)?.status).toBe("ok");
  }, 120_000);

  it.runIf(name === "jupyter_server")(
    "a kernel that has no debugger says so, and runs on undisturbed",
    async () => {
      const { kernel } = await attach("echo");
      // It is built on ipykernel, and so claims a debugger without knowing what that is asked.
      const tab = tabOf(kernel, new Cells(["hello"]));
      const { ran } = await tab.start("c0", true);
      expect([ran, tab.desk.state.get().cannot]).toEqual([null, { code: "no_debugger", language: "echo" }]);
      tab.desk.turnOff();
      const plain = await tab.start("c0");
      expect(printed((await plain.ran)?.outputs ?? [])).toBe("hello");
    },
    60_000,
  );

  onStock(
    "a Python without debugpy says so, and runs on undisturbed",
    async () => {
      const { kernel } = await attach("bare");
      const tab = tabOf(kernel, new Cells(["print(6 * 7)"]));
      const { ran } = await tab.start("c0", true);
      expect([ran, tab.desk.state.get().cannot]).toEqual([null, { code: "no_debugger", language: "python" }]);
      tab.desk.turnOff();
      const plain = await tab.start("c0");
      expect(printed((await plain.ran)?.outputs ?? [])).toBe("42\n");
    },
    60_000,
  );
});
