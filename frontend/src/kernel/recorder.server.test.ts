/** Real kernels on a plain server: what the recorder in them tells of runs. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Asker, ask, kernelFacts } from "./ask.ts";
import { executeRequest } from "./execute.ts";
import { KernelConnection } from "./kernel.ts";
import { newId } from "./messages.ts";
import { installRequest, type RunRecording, readRest, readRun, takesRecorder } from "./recorder.ts";
import { RECORD } from "./recorder-python.ts";
import type { JupyterServer } from "./server.ts";
import { executeSilently } from "./silently.ts";
import { realClock } from "./testing/clock.ts";
import { echoKernel } from "./testing/echo-kernel.ts";
import { newGate } from "./testing/gate.ts";
import { clientOf, jupyterPython, type RunningJupyter, startJupyter } from "./testing/jupyter.ts";
import { newKernel } from "./testing/new-kernel.ts";
import { collect, nextEvent, printed, run, send, until } from "./testing/runs.ts";

interface Own extends Asker {
  readonly kernelId: string;
  readonly port: KernelConnection;
}

const ends: (() => void)[] = [];

describe.skipIf(jupyterPython() === null)("a recorder in a kernel", () => {
  let jupyter: RunningJupyter;
  let server: JupyterServer;
  beforeAll(async () => {
    jupyter = await startJupyter({
      app: "server",
      kernels: [echoKernel],
      flags: ["--ServerApp.iopub_msg_rate_limit=100000", "--ServerApp.iopub_data_rate_limit=1000000000"],
    });
    server = clientOf(jupyter, { auth: "query", origin: "http://hub.example" });
  }, 60_000);
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });
  afterAll(async () => await jupyter?.stop(), 20_000);

  async function kernelOf(kernelspec?: string): Promise<Own> {
    const { id: kernelId, port } = await newKernel(server, kernelspec);
    ends.push(() => port.close());
    await until(port.state, ({ phase }) => phase === "open");
    return { kernelId, port, session: "test", clock: realClock };
  }

  async function recorded(): Promise<Own> {
    const asker = await kernelOf();
    const { port } = asker;
    const request = installRequest(asker);
    const isThere = nextEvent(port, (event) =>
      event.type === "message" &&
      event.message.header.msg_type === "execute_reply" &&
      event.message.parent_header.msg_id === request.header.msg_id
        ? true
        : null,
    );
    port.send(request);
    await isThere;
    return asker;
  }

  /** Resolves once this run prints. "Busy" may be the installation before it, whose words can come after its answer. */
  async function printing(port: KernelConnection, runId: string): Promise<void> {
    await nextEvent(port, (event) => {
      if (event.type !== "message" || event.message.parent_header.msg_id !== runId) return null;
      return event.message.header.msg_type === "stream" || null;
    });
  }

  /** All that the kernel publishes of a run, in the order in which it comes. */
  function published(port: KernelConnection): { of(runId: string): string[] } {
    const said: [string | undefined, string][] = [];
    ends.push(
      port.listen((event) => {
        if (event.type !== "message" || event.message.channel !== "iopub") return;
        said.push([event.message.parent_header.msg_id, event.message.header.msg_id]);
      }),
    );
    return { of: (runId) => said.filter(([parent]) => parent === runId).map(([, id]) => id) };
  }

  const idsOf = (recording: RunRecording | null) => recording?.messages.map(({ header }) => header.msg_id);

  it("tells what was published, in its order: threads, displays and their updates, clears, errors", async () => {
    const asker = await recorded();
    const said = published(asker.port);
    const source = [
      "import threading, time",
      "from IPython.display import display, clear_output",
      "def prints(name):",
      "    for n in range(30): print(name, n, flush=True); time.sleep(0.002)",
      "threads = [threading.Thread(target=prints, args=(name,)) for name in 'abc']",
      "[one.start() for one in threads]; [one.join() for one in threads]",
      "shown = display('one', display_id=True); shown.update('two'); clear_output(wait=True)",
      "1 / 0",
    ].join("\n");
    const { runId, executionCount } = await run(asker.port, source);
    const all = await readRun(asker, { runId, after: null });
    expect(idsOf(all)).toEqual(said.of(runId));
    expect(all?.end).toEqual({ executionCount, failed: "ZeroDivisionError", ran: true });
    const middle = said.of(runId)[40] ?? "";
    expect(idsOf(await readRun(asker, { runId, after: middle }))).toEqual(said.of(runId).slice(41));
    expect(await readRun(asker, { runId, after: "what it never said" })).toBeNull();
    expect(await readRun(asker, { runId: "no run", after: null })).toBeNull();
    expect(await readRest(asker, runId)).toEqual({ ...all, isWhole: true });
    expect(await readRest(asker, "no run")).toBeNull();
  }, 60_000);

  it("tells it also when code lets the kernel do nothing else for a while", async () => {
    const asker = await recorded();
    const { runId } = await run(asker.port, "print('before')");
    const gate = newGate();
    send(asker.port, gate.hold);
    await gate.held();
    setTimeout(gate.open, 6_000);
    expect((await readRun(asker, { runId, after: null }))?.end).toMatchObject({ ran: true, failed: null });
  }, 60_000);

  it("answers while a cell runs, and leaves nothing to be seen in it", async () => {
    const asker = await recorded();
    const source = `print([name for name in {**globals(), **locals()} if "runhere" in name], len(In))`;
    const { outputs, executionCount } = await run(asker.port, source);
    expect([printed(outputs), executionCount]).toEqual(["[] 2\n", 1]);
    await run(asker.port, "%reset -f");
    const runId = send(asker.port, "print('begun', flush=True)\nwhile not globals().get('enough'): pass");
    await printing(asker.port, runId);
    const found = await readRun(asker, { runId, after: null });
    expect(found?.messages.map(({ header }) => header.msg_type)).toEqual(["status", "execute_input", "stream"]);
    expect(found?.end).toBeNull();
    await server.interrupt(asker.kernelId);
  }, 60_000);

  it("tells long records in pieces, and of one that is longer than what it keeps only the end", async () => {
    const asker = await recorded();
    const said = published(asker.port);
    const prints = (lines: number) => `for n in range(${lines}): print('x' * 200_000, flush=True)`;
    const few = await run(asker.port, prints(12));
    expect(idsOf(await readRun(asker, { runId: few.runId, after: null }))).toEqual(said.of(few.runId));
    const many = await run(asker.port, prints(60));
    expect(await readRun(asker, { runId: many.runId, after: null })).toBeNull();
    const rest = said.of(many.runId).slice(-10);
    expect(idsOf(await readRun(asker, { runId: many.runId, after: rest[0] ?? "" }))).toEqual(rest.slice(1));
    expect(await readRun(asker, { runId: few.runId, after: null })).toBeNull();
    const left = await readRest(asker, many.runId);
    expect(left?.isWhole).toBe(false);
    expect(left?.messages.length).toBeGreaterThan(30);
    expect(idsOf(left)).toEqual(said.of(many.runId).slice(-(left?.messages.length ?? 0)));
    expect(left?.end).toMatchObject({ failed: null, ran: true });
    expect(await readRest(asker, few.runId)).toBeNull();
  }, 60_000);

  it("may be put there again, keeps what it has, and never stands in the way of a print", async () => {
    const asker = await recorded();
    const { runId } = await run(asker.port, "print(1)");
    asker.port.send(installRequest(asker));
    await run(asker.port, "print(2)");
    expect((await readRun(asker, { runId, after: null }))?.messages).toHaveLength(4);
    const spoiled = "get_ipython().kernel.iopub_thread._runhere_recorder.runs = None\nprint('still')";
    expect(printed((await run(asker.port, spoiled)).outputs)).toBe("still\n");
    expect(printed((await run(asker.port, "print('here')")).outputs)).toBe("here\n");
  }, 60_000);

  it("put into a kernel that works for somebody else, it has the first cell behind that whole, and nothing of that one", async () => {
    const theirs = await kernelOf();
    const gate = newGate();
    const foreign = send(theirs.port, `print('theirs', flush=True)\n${gate.wait}\nprint('more')`);
    await printing(theirs.port, foreign);
    const port = new KernelConnection({
      server,
      kernelId: theirs.kernelId,
      sessionId: "ours",
      clock: realClock,
      onWake: () => () => {},
      process: null,
      isTokenRefused: async () => false,
    });
    ends.push(() => port.close());
    const asker: Asker = { port, session: "ours", clock: realClock };
    await until(port.state, ({ phase }) => phase === "open");
    port.send(installRequest(asker));
    const own = run(port, "print('ours')");
    gate.open();
    const { runId, outputs } = await own;
    expect(printed(outputs)).toBe("ours\n");
    const kept = await readRun(asker, { runId, after: null });
    expect(kept?.messages.map(({ header }) => header.msg_type)).toEqual([
      "status",
      "execute_input",
      "stream",
      "status",
    ]);
    expect(await readRun(asker, { runId: foreign, after: null })).toBeNull();
  }, 60_000);

  it("holds what a subshell says beside a cell that runs, each by its own run, and tells it meanwhile", async () => {
    const asker = await recorded();
    const { port } = asker;
    const gate = newGate();
    const main = send(port, `print('main', flush=True)\n${gate.wait}\nprint('end')`);
    await printing(port, main);
    const made = await ask(asker, {
      channel: "control",
      type: "create_subshell_request",
      content: {},
      withinMs: 20_000,
    });
    const beside = newId(realClock.random);
    const request = executeRequest({
      runId: beside,
      code: "print('beside')",
      cellId: "c",
      session: "test",
      now: realClock.now(),
    });
    const said = collect(port, beside);
    port.send({ ...request, header: { ...request.header, subshell_id: String(made?.content["subshell_id"]) } });
    expect(printed((await said).outputs)).toBe("beside\n");
    // Its end is not the cell's.
    expect(port.status.get()).toBe("busy");
    const kept = await readRun(asker, { runId: beside, after: null });
    expect(kept?.messages.map(({ header }) => header.msg_type)).toEqual([
      "status",
      "execute_input",
      "stream",
      "status",
    ]);
    expect((await readRun(asker, { runId: main, after: null }))?.end).toBeNull();
    const over = collect(port, main);
    gate.open();
    await over;
    expect((await readRun(asker, { runId: main, after: null }))?.end).toMatchObject({ failed: null, ran: true });
  }, 60_000);

  it("is for IPython only, and does nothing to what is no kernel of Jupyter's own", async () => {
    const asker = await kernelOf(echoKernel.name);
    const facts = await kernelFacts(asker);
    expect(facts === null || takesRecorder(facts)).toBe(false);
    const own = await kernelOf();
    const known = await kernelFacts(own);
    expect(known !== null && takesRecorder(known)).toBe(true);
    // As in a kernel that is built otherwise.
    await run(own.port, "get_ipython().kernel.iopub_thread = None");
    const request = installRequest(own);
    const reply = await executeSilently(own, {
      code: String(request.content["code"]),
      expressions: {},
      withinMs: 10_000,
    });
    expect(reply).toMatchObject({ status: "ok" });
    const { outputs } = await run(own.port, `import builtins\nprint(hasattr(builtins, "${RECORD}"))`);
    expect(printed(outputs)).toBe("False\n");
  }, 60_000);
});
