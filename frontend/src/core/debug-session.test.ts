import { describe, expect, it } from "vitest";
import {
  type Ask,
  DEBUG_OFF,
  type DebugAction,
  type DebugEvent,
  type DebugState,
  isAllPlaced,
  isPlaced,
  type Reply,
  stepDebug,
} from "./debug-session.ts";

/** A session and what it asked for. */
class Session {
  state: DebugState = DEBUG_OFF;
  actions: DebugAction[] = [];

  do(event: DebugEvent): this {
    const { state, actions } = stepDebug(this.state, event);
    this.state = state;
    this.actions.push(...actions);
    return this;
  }

  /** What was asked since, emptied. */
  take(): readonly string[] {
    return this.actions.splice(0).map((action) => (action.type === "ask" ? action.ask.command : action.type));
  }

  /** Answers the oldest open question of this kind. */
  answer(command: Ask["command"], reply: Reply | null): this {
    const at = this.actions.findIndex((action) => action.type === "ask" && action.ask.command === command);
    const [found] = this.actions.splice(at, 1);
    if (at < 0 || found?.type !== "ask") throw new Error(`${command} was not asked`);
    return this.do({ type: "told", ask: found.ask, reply });
  }
}

const ok = (body: unknown = {}): Reply => ({ isOk: true, body });
const REFUSED: Reply = { isOk: false, body: {} };
const info = (isStarted: boolean, ...stoppedThreads: number[]): Reply =>
  ok({ isStarted, hashSeed: 7, tmpFilePrefix: "/tmp/k/", tmpFileSuffix: ".py", stoppedThreads });
const PYTHON = { type: "facts", facts: { language: "python", hasDebugger: true } } as const;
const CELL = { cellId: "c1", source: "x = 1\ny = 2", lines: [2] };

function linked(): Session {
  return new Session().do({ type: "link", isOpen: true }).do({ type: "idle", isIdle: true });
}

function attached(...wishes: readonly (typeof CELL)[]): Session {
  const session = linked().do({ type: "place", cells: wishes }).do({ type: "turn_on" }).do({ type: "turn" }).do(PYTHON);
  session.answer("debugInfo", info(false)).answer("initialize", ok()).answer("attach", ok());
  return session.answer("debugInfo", info(true));
}

function stopped(): Session {
  const session = attached();
  session.take();
  session.do({ type: "heard", event: "stopped", body: { threadId: 1, reason: "breakpoint" } });
  session.answer("debugInfo", info(true, 1, 2));
  session.answer("stackTrace", ok({ stackFrames: [{ id: 9, name: "f", line: 3, source: { path: "/tmp/k/1.py" } }] }));
  session.answer("scopes", ok({ scopes: [{ name: "Locals", variablesReference: 5 }] }));
  return session.answer(
    "variables",
    ok({ variables: [{ name: "x", type: "int", value: "1", variablesReference: 0 }] }),
  );
}

describe("beginning", () => {
  it("asks in order: its turn, what the kernel can, how it stands, then initialize and attach", () => {
    const session = linked().do({ type: "turn_on" });
    expect(session.take()).toEqual(["take_turn"]);
    expect(session.do({ type: "turn" }).take()).toEqual(["ask_facts"]);
    session.do(PYTHON).answer("debugInfo", info(false));
    expect(session.state.phase).toBe("starting");
    session.answer("initialize", ok()).answer("attach", ok());
    expect(session.state.phase).toBe("on");
    expect(session.take()).toEqual(["setExceptionBreakpoints", "give_turn", "debugInfo"]);
  });

  it("waits for a kernel that works: the whole control channel would wait with it", () => {
    const session = new Session().do({ type: "link", isOpen: true }).do({ type: "turn_on" }).do({ type: "turn" });
    session.do(PYTHON).answer("debugInfo", info(false));
    expect([session.state.phase, session.take()]).toEqual(["resting", ["take_turn", "ask_facts"]]);
    session.do({ type: "idle", isIdle: true });
    expect([session.state.phase, session.take()]).toEqual(["starting", ["initialize"]]);
  });

  it("takes over a session that is there already, also one that stands still", () => {
    const session = linked().do({ type: "turn_on" }).do({ type: "turn" }).do(PYTHON);
    session.answer("debugInfo", info(true, 4));
    expect(session.state.phase).toBe("on");
    session.answer("debugInfo", info(true, 4));
    expect(session.take()).toContain("stackTrace");
  });

  it.each([
    ["no answer for a minute", [null, null, null, null, null, null], "silent"],
    ["no debugger", [{ language: "bash", hasDebugger: false }], "no_debugger"],
  ] as const)("says why not: %s, and asks for nothing more", (_, answers, code) => {
    const session = linked().do({ type: "turn_on" }).do({ type: "turn" });
    for (const facts of answers) {
      expect(session.state.phase).toBe("asking");
      session.take();
      session.do({ type: "facts", facts });
    }
    expect([session.state.phase, session.state.cannot?.code]).toEqual(["cannot", code]);
    expect(session.take()).toEqual(["give_turn"]);
  });

  it("believes no kernel of another language that claims a debugger and does not know the question", () => {
    const session = linked().do({ type: "turn_on" }).do({ type: "turn" });
    session.do({ type: "facts", facts: { language: "echo", hasDebugger: true } }).answer("debugInfo", null);
    expect(session.state.cannot).toEqual({ code: "no_debugger", language: "echo" });
  });

  it("asks again a kernel that is only just starting", () => {
    const session = linked().do({ type: "turn_on" }).do({ type: "turn" });
    session.take();
    expect(session.do({ type: "facts", facts: null }).take()).toEqual(["ask_facts"]);
    session.do(PYTHON).answer("debugInfo", null);
    expect(session.take()).toEqual(["ask_facts"]);
    expect(session.do(PYTHON).answer("debugInfo", info(false)).state.phase).toBe("starting");
  });

  it("says that the debugger did not start, and can be tried again", () => {
    const session = linked().do({ type: "turn_on" }).do({ type: "turn" }).do(PYTHON);
    session.answer("debugInfo", info(false));
    for (let tries = 1; tries < 4; tries += 1) {
      session.answer("initialize", REFUSED);
      expect(session.state.phase).toBe("starting");
      expect(session.take()).toContain("again_later");
      session.do({ type: "again" });
    }
    session.answer("initialize", REFUSED);
    expect(session.state.cannot).toEqual({ code: "refused" });
    session.take();
    expect(session.do({ type: "again" }).take()).toEqual([]);
    expect(session.do({ type: "turn_on" }).take()).toEqual(["take_turn"]);
  });

  it("asks once more after a refusal when no cell runs, and is on then", () => {
    const session = linked().do({ type: "turn_on" }).do({ type: "turn" }).do(PYTHON);
    session.answer("debugInfo", info(false)).answer("initialize", REFUSED);
    session.do({ type: "idle", isIdle: false }).take();
    expect(session.do({ type: "again" }).take()).toEqual([]);
    session.do({ type: "idle", isIdle: true }).answer("initialize", ok()).answer("attach", ok());
    expect(session.state.phase).toBe("on");
  });

  it("ends what it began when it is turned off meanwhile", () => {
    const session = linked().do({ type: "turn_on" }).do({ type: "turn" }).do(PYTHON);
    session.answer("debugInfo", info(false)).answer("initialize", ok());
    session.do({ type: "turn_off", isElsewhere: false }).answer("attach", ok());
    expect(session.state.phase).toBe("off");
    expect(session.take()).toContain("disconnect");
  });
});

describe("breakpoints", () => {
  it("are set when the session begins: the text is written first, then its lines", () => {
    const session = attached(CELL);
    expect(isPlaced(session.state, CELL)).toBe(false);
    session.answer("dumpCell", ok({ sourcePath: "/tmp/k/1.py" }));
    expect(session.actions.at(-1)).toEqual({
      type: "ask",
      ask: { command: "setBreakpoints", cellId: "c1", path: "/tmp/k/1.py", lines: [2] },
    });
    session.answer("setBreakpoints", ok());
    expect(isPlaced(session.state, CELL)).toBe(true);
  });

  it("of another text are set there, and taken back in the one before", () => {
    const session = attached(CELL)
      .answer("dumpCell", ok({ sourcePath: "/tmp/k/1.py" }))
      .answer("setBreakpoints", ok());
    session.take();
    session.do({ type: "place", cells: [{ cellId: "c1", source: "new", lines: [1] }] });
    expect(session.actions).toEqual([
      { type: "ask", ask: { command: "setBreakpoints", cellId: "c1", path: "/tmp/k/1.py", lines: [] } },
      { type: "ask", ask: { command: "dumpCell", cellId: "c1", code: "new" } },
    ]);
  });

  it("that are there already are not set again, and a cell without any is only written", () => {
    const session = attached(CELL)
      .answer("dumpCell", ok({ sourcePath: "/tmp/k/1.py" }))
      .answer("setBreakpoints", ok());
    session.take();
    const bare = { cellId: "c2", source: "z", lines: [] };
    session.do({ type: "place", cells: [CELL, bare] }).answer("dumpCell", ok({ sourcePath: "/tmp/k/2.py" }));
    expect(session.take()).toEqual([]);
    expect(isPlaced(session.state, bare)).toBe(true);
  });

  it("are told once more with each run: another browser at this kernel may have put its own in their place", () => {
    const session = attached(CELL)
      .answer("dumpCell", ok({ sourcePath: "/tmp/k/1.py" }))
      .answer("setBreakpoints", ok());
    session.take();
    const run = { cellId: "c2", source: "f()", lines: [] };
    session.do({ type: "place", cells: [run], isForRun: true });
    expect(isAllPlaced(session.state)).toBe(false);
    expect(session.actions).toEqual([
      { type: "ask", ask: { command: "setBreakpoints", cellId: "c1", path: "/tmp/k/1.py", lines: [2] } },
      { type: "ask", ask: { command: "dumpCell", cellId: "c2", code: "f()" } },
    ]);
    session.answer("dumpCell", ok({ sourcePath: "/tmp/k/2.py" })).answer("setBreakpoints", ok());
    expect([isAllPlaced(session.state), isPlaced(session.state, run)]).toEqual([true, true]);
    // Without any breakpoints a run asks nothing.
    session.do({ type: "place", cells: [{ ...CELL, lines: [] }] }).answer("setBreakpoints", ok());
    session.do({ type: "place", cells: [run], isForRun: true });
    expect(session.take()).toEqual([]);
  });

  it("that changed while the text was being written are set as they are now", () => {
    const session = attached(CELL).do({ type: "place", cells: [{ ...CELL, lines: [1] }] });
    session.answer("dumpCell", ok({ sourcePath: "/tmp/k/1.py" }));
    expect(session.actions.at(-1)).toMatchObject({ ask: { lines: [1] } });
    session.answer("setBreakpoints", ok());
    expect(session.state.cells.get("c1")?.step).toBe("set");
  });

  it("do not hold up a run when the kernel refuses them", () => {
    const session = attached(CELL).answer("dumpCell", REFUSED);
    expect(isPlaced(session.state, CELL)).toBe(true);
  });
});

describe("a thread that stands still", () => {
  it("is shown with its frames, scopes and the variables of the first scope", () => {
    const { halt } = stopped().state;
    expect(halt).toMatchObject({ threadId: 1, reason: "breakpoint", frameId: 9, isMoving: false });
    expect(halt?.values.get(5)).toEqual([{ name: "x", type: "int", value: "1", reference: 0 }]);
  });

  it("is not believed of an event alone: an old one stops nothing", () => {
    const session = attached();
    session.take();
    session.do({ type: "heard", event: "stopped", body: { threadId: 1, reason: "breakpoint" } });
    session.answer("debugInfo", info(true));
    expect([session.state.halt, session.state.hint, session.take()]).toEqual([null, null, []]);
  });

  it("is looked for in the next thread when the first has no frames", () => {
    const session = attached();
    session.take();
    session
      .do({ type: "look" })
      .answer("debugInfo", info(true, 3, 4))
      .answer("stackTrace", ok({ stackFrames: [] }));
    expect(session.actions).toEqual([{ type: "ask", ask: { command: "stackTrace", threadId: 4, others: [] } }]);
  });

  it("moves once: what is shown stays until it stands again", () => {
    const session = stopped();
    session.take();
    expect(session.do({ type: "move", how: "next" }).do({ type: "move", how: "next" }).actions).toEqual([
      { type: "ask", ask: { command: "next", threadId: 1 } },
    ]);
    session.answer("next", ok()).do({ type: "heard", event: "continued", body: {} });
    expect(session.state.halt).toMatchObject({ frameId: 9, isMoving: true });
    session.take();
    session.do({ type: "heard", event: "stopped", body: { threadId: 1, reason: "step" } });
    session.answer("debugInfo", info(true, 1));
    session.answer("stackTrace", ok({ stackFrames: [{ id: 11, name: "f", line: 4 }] }));
    expect(session.state.halt).toMatchObject({ frameId: 11, reason: "step", isMoving: false });
  });

  it("that runs on is not shown any more", () => {
    const session = stopped().do({ type: "move", how: "continue" }).answer("continue", ok());
    session.do({ type: "look" }).answer("debugInfo", info(true));
    expect([session.state.phase, session.state.halt]).toEqual(["on", null]);
  });

  it("can be moved again when the kernel refused to move it", () => {
    const session = stopped().do({ type: "move", how: "stepIn" }).answer("stepIn", REFUSED);
    expect(session.state.halt?.isMoving).toBe(false);
  });

  it("shows another frame's variables when that is chosen, and what is inside a value when it is opened", () => {
    const session = stopped();
    session.take();
    expect(session.do({ type: "frame", frameId: 77 }).take()).toEqual([]);
    session.do({ type: "open", reference: 6 }).answer("variables", ok({ variables: [] }));
    expect(session.state.halt?.values.get(6)).toEqual([]);
    expect(session.do({ type: "open", reference: 6 }).take()).toEqual([]);
  });

  it("asks again when something happened while it was asking", () => {
    const session = attached();
    session.take();
    session.do({ type: "look" }).do({ type: "look" }).do({ type: "look" });
    expect(session.actions).toHaveLength(1);
    session.answer("debugInfo", info(true));
    expect(session.take()).toEqual(["debugInfo"]);
  });
});

describe("what may happen to the kernel", () => {
  it("another process: the session begins again and its breakpoints are set again", () => {
    const session = attached(CELL)
      .answer("dumpCell", ok({ sourcePath: "/tmp/k/1.py" }))
      .answer("setBreakpoints", ok());
    session.take();
    session.do({ type: "anew" });
    expect([session.state.phase, session.state.halt, session.take()]).toEqual(["queueing", null, ["take_turn"]]);
    session.do({ type: "turn" }).do(PYTHON).answer("debugInfo", info(false)).answer("initialize", ok());
    expect(session.answer("attach", ok()).take()).toContain("dumpCell");
  });

  it("a cut line: what is shown stays, nothing can be moved, and it is looked at again", () => {
    const session = stopped().do({ type: "link", isOpen: false });
    session.take();
    expect(session.do({ type: "move", how: "next" }).take()).toEqual([]);
    expect(session.state.halt?.frameId).toBe(9);
    session.do({ type: "link", isOpen: true }).answer("debugInfo", info(true, 1));
    expect([session.state.halt?.frameId, session.take()]).toEqual([9, []]);
    session.do({ type: "look" }).answer("debugInfo", info(true));
    expect(session.state.halt).toBeNull();
  });

  it("a line that is cut while it begins: it begins again when it is there", () => {
    const session = linked().do({ type: "turn_on" }).do({ type: "turn" }).do({ type: "link", isOpen: false });
    expect(session.state.phase).toBe("queueing");
    session.take();
    expect(session.do({ type: "link", isOpen: true }).take()).toEqual(["take_turn"]);
  });

  it("another page ended the session: it begins again", () => {
    const session = stopped().do({ type: "look" }).answer("debugInfo", info(false));
    expect([session.state.phase, session.state.halt]).toEqual(["queueing", null]);
  });

  it("turned off in another tab: nothing is asked", () => {
    const session = stopped();
    session.take();
    expect(session.do({ type: "turn_off", isElsewhere: true }).take()).toEqual([]);
    expect([session.state.phase, session.state.halt]).toEqual(["off", null]);
    expect(session.do({ type: "heard", event: "stopped", body: {} }).take()).toEqual([]);
  });

  it("turned off here: the kernel is told", () => {
    const session = stopped();
    session.take();
    expect(session.do({ type: "turn_off", isElsewhere: false }).take()).toEqual(["disconnect"]);
  });
});
