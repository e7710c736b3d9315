/**
 * A debug session with one kernel as one page has it: state and event in, new state and wanted actions out.
 *
 *   off ──turn_on──▶ queueing ──turn──▶ asking ──started already──────────────────▶ on
 *    ▲                  ▲  ▲              ├── not yet ─▶ resting ──idle──▶ starting ──▲
 *    │                  │  └─ no link ────┤                                  │
 *    └──turn_off── any  └─ another process└── cannot ◀── refused, silent ────┘
 *
 * Whether threads stand still is never taken from an event: an event may be old (a journal hands on what was said while the line was cut).
 * It only makes the session look; what `debugInfo` then says counts. So there is nothing that a reload, a cut or another tab can make wrong.
 */
import type { CellId } from "./cell.ts";
import type { FileNaming } from "./cell-file.ts";
import {
  type DebugInfo,
  type DebugVariable,
  type Frame,
  framesIn,
  hintIn,
  infoIn,
  type Scope,
  scopesIn,
  sourcePathIn,
  variablesIn,
} from "./debug-replies.ts";
import {
  breakpointsTold,
  type CellWish,
  cellWritten,
  isCellPlaced,
  markedCells,
  type PlaceAsk,
  type PlacedCell,
  type PlacedStep,
  placeCells,
  wantedCells,
} from "./placed-cells.ts";

export type { CellWish } from "./placed-cells.ts";

export type Move = "continue" | "next" | "stepIn" | "stepOut";

/** At which exceptions a thread stops. */
export type StopOn = "nothing" | "unhandled" | "raised";

/** One request to the kernel's debugger. */
export type Ask =
  | { readonly command: "debugInfo" | "initialize" | "attach" | "disconnect" }
  | PlaceAsk
  | { readonly command: "setExceptionBreakpoints"; readonly stopOn: StopOn }
  /** `others`: asked next when this one has no frames. */
  | { readonly command: "stackTrace"; readonly threadId: number; readonly others: readonly number[] }
  | { readonly command: "scopes"; readonly frameId: number }
  /** With `scopes`: of the frame's first one, and then all of them are shown at once. */
  | { readonly command: "variables"; readonly reference: number; readonly scopes?: readonly Scope[] }
  | { readonly command: Move; readonly threadId: number };

/** `body` is whatever the kernel put there. */
export interface Reply {
  readonly isOk: boolean;
  readonly body: unknown;
}

/** Where a thread stands still. */
export interface Halt {
  readonly threadId: number;
  /** `breakpoint`, `step`, `exception`, …; "" when it is not known. */
  readonly reason: string;
  /** Of the exception; "" when there is none. */
  readonly text: string;
  readonly frames: readonly Frame[];
  readonly frameId: number;
  readonly scopes: readonly Scope[];
  /** What is inside, by reference. */
  readonly values: ReadonlyMap<number, readonly DebugVariable[]>;
  /** It was told to go on; all of this is of before. */
  readonly isMoving: boolean;
}

/** Why there is no debugging: a kernel of another language, none in the kernel, no answer, or it would not begin. */
export type Cannot =
  | { readonly code: "no_debugger"; readonly language: string }
  | { readonly code: "silent" | "refused" };

export interface DebugState {
  readonly phase: "off" | "queueing" | "asking" | "resting" | "starting" | "on" | "cannot";
  readonly cannot: Cannot | null;
  readonly isLinked: boolean;
  readonly isIdle: boolean;
  readonly naming: FileNaming | null;
  readonly cells: ReadonlyMap<CellId, PlacedCell>;
  readonly stopOn: StopOn;
  /** What of it the kernel has answered last; null: nothing yet. */
  readonly stopOnTold: StopOn | null;
  readonly halt: Halt | null;
  /** Why a thread stopped, as far as an event told; what counts is whether it stands still. */
  readonly hint: { readonly threadId: number; readonly reason: string; readonly text: string } | null;
  /** A question how things stand is on its way; `again`: something happened since. */
  readonly look: "none" | "asked" | "again";
  /** How often the kernel did not answer when a session was to begin: one that starts, or is held by a cell, answers late. */
  readonly silences: number;
  /** How often it refused to begin one. */
  readonly refusals: number;
  /** Of the kernel, lower case; "" until it told. */
  readonly language: string;
}

export interface Facts {
  /** Lower case. */
  readonly language: string;
  readonly hasDebugger: boolean;
}

export type DebugEvent =
  | { readonly type: "turn_on" }
  /** `isElsewhere`: another tab of this browser told the kernel already. */
  | { readonly type: "turn_off"; readonly isElsewhere: boolean }
  /** Another process, or another kernel, from now on. */
  | { readonly type: "anew" }
  | { readonly type: "link"; readonly isOpen: boolean }
  | { readonly type: "idle"; readonly isIdle: boolean }
  /** No other tab of this browser is just beginning a session. */
  | { readonly type: "turn" }
  /** Time to ask once more for what was refused. */
  | { readonly type: "again" }
  | { readonly type: "facts"; readonly facts: Facts | null }
  /** `reply` null: none came. */
  | { readonly type: "told"; readonly ask: Ask; readonly reply: Reply | null }
  /** A `debug_event` of the kernel. */
  | { readonly type: "heard"; readonly event: string; readonly body: unknown }
  /** `isForRun`: these are about to run; what the kernel was told of other cells is told once more with them. */
  | { readonly type: "place"; readonly cells: readonly CellWish[]; readonly isForRun?: boolean }
  | { readonly type: "stop_on"; readonly stopOn: StopOn }
  | { readonly type: "move"; readonly how: Move }
  | { readonly type: "frame"; readonly frameId: number }
  | { readonly type: "open"; readonly reference: number }
  /** Time to see how things stand. */
  | { readonly type: "look" };

export type DebugAction =
  | { readonly type: "ask"; readonly ask: Ask }
  | { readonly type: "ask_facts" }
  | { readonly type: "take_turn" }
  | { readonly type: "give_turn" }
  /** `look` again in a moment. */
  | { readonly type: "look_later" }
  /** `again`, in a while. */
  | { readonly type: "again_later" };

export interface DebugStep {
  readonly state: DebugState;
  readonly actions: readonly DebugAction[];
}

export const DEBUG_OFF: DebugState = {
  phase: "off",
  cannot: null,
  isLinked: false,
  isIdle: false,
  naming: null,
  cells: new Map(),
  stopOn: "nothing",
  stopOnTold: null,
  halt: null,
  hint: null,
  look: "none",
  silences: 0,
  refusals: 0,
  language: "",
};

/** Of ten seconds each. */
const SILENCES = 6;
/** ipykernel chooses its debugger's port some time before that takes it, and keeps to it: meanwhile a connection may stand there, mostly a short one. */
const REFUSALS = 4;

export function stepDebug(state: DebugState, event: DebugEvent): DebugStep {
  switch (event.type) {
    case "turn_on":
      return state.phase === "off" || state.phase === "cannot" ? begin(state) : only(state);
    case "turn_off":
      return turnOff(state, event.isElsewhere);
    case "anew":
      return anew(state);
    case "link":
      return linked({ ...state, isLinked: event.isOpen });
    case "idle":
      return rested({ ...state, isIdle: event.isIdle });
    case "turn":
      return state.phase === "queueing"
        ? { state: { ...state, phase: "asking" }, actions: [{ type: "ask_facts" }] }
        : left(state);
    case "again":
      return state.phase === "starting" && state.refusals > 0 ? rested({ ...state, phase: "resting" }) : only(state);
    case "facts":
      return factsTold(state, event.facts);
    case "told":
      return told(state, event.ask, event.reply);
    case "heard":
      return heard(state, event.event, event.body);
    case "place":
      return event.isForRun === true ? placeForRun(state, event.cells) : place(state, event.cells);
    case "stop_on":
      return stopAt({ ...state, stopOn: event.stopOn });
    case "move":
      return move(state, event.how);
    case "frame":
      return selectFrame(state, event.frameId);
    case "open":
      return state.halt === null || state.halt.values.has(event.reference)
        ? only(state)
        : asking(state, { command: "variables", reference: event.reference });
    case "look":
      return look(state);
  }
}

/** Whether the kernel knows the breakpoints of this text of the cell, or never will. */
export function isPlaced({ cells }: DebugState, wish: Pick<CellWish, "cellId" | "source">): boolean {
  return isCellPlaced(cells, wish);
}

/** Whether the kernel knows all breakpoints that it was told, or never will. */
export function isAllPlaced({ cells }: DebugState): boolean {
  return markedCells(cells).every((wish) => isCellPlaced(cells, wish));
}

/** Whether the kernel knows on which exceptions to stop, or never will. */
export function isStopSet({ stopOn, stopOnTold }: DebugState): boolean {
  return stopOn === stopOnTold;
}

// ── Beginning and end ────────────────────────────────────────────────────────────────────────────────────────────────

function begin(state: DebugState): DebugStep {
  const next: DebugState = { ...state, phase: "queueing", cannot: null, look: "none", language: "" };
  return { state: { ...next, silences: 0, refusals: 0 }, actions: state.isLinked ? [{ type: "take_turn" }] : [] };
}

function turnOff(state: DebugState, isElsewhere: boolean): DebugStep {
  const isAttached = state.phase === "on" && !isElsewhere;
  const actions: DebugAction[] = isAttached ? [{ type: "ask", ask: { command: "disconnect" } }] : [];
  if (hasTurn(state)) actions.push({ type: "give_turn" });
  return { state: { ...forgotten(state), phase: "off", cannot: null }, actions };
}

/** Nothing that the process before was told holds any more. */
function anew(state: DebugState): DebugStep {
  const next = forgotten(state);
  if (state.phase === "off") return only(next);
  const { state: begun, actions } = begin(next);
  return { state: begun, actions: hasTurn(state) ? [{ type: "give_turn" }, ...actions] : actions };
}

function forgotten(state: DebugState): DebugState {
  const cells = wantedCells(state.cells);
  return { ...state, cells, stopOnTold: null, halt: null, hint: null, naming: null, look: "none" };
}

function hasTurn({ phase }: DebugState): boolean {
  return phase === "asking" || phase === "resting" || phase === "starting";
}

function left(state: DebugState): DebugStep {
  return { state, actions: [{ type: "give_turn" }] };
}

/** The line was cut, or is there again. A question that was on its way is not answered any more. */
function linked(state: DebugState): DebugStep {
  if (!state.isLinked && hasTurn(state)) return left({ ...state, phase: "queueing", look: "none" });
  if (!state.isLinked) return only({ ...state, look: "none" });
  if (state.phase === "on") return look({ ...state, look: "none" });
  return state.phase === "queueing" ? { state, actions: [{ type: "take_turn" }] } : only(state);
}

function factsTold(state: DebugState, facts: Facts | null): DebugStep {
  if (state.phase !== "asking") return only(state);
  if (facts === null) return silent(state);
  if (!facts.hasDebugger) return fail(state, { code: "no_debugger", language: facts.language });
  return asking({ ...state, language: facts.language }, { command: "debugInfo" });
}

function silent(state: DebugState): DebugStep {
  // Kernels of other languages that are built on ipykernel claim its debugger, too, and do not know what they are asked.
  const { language } = state;
  if (language !== "" && language !== "python") return fail(state, { code: "no_debugger", language });
  const silences = state.silences + 1;
  if (silences >= SILENCES) return fail(state, { code: "silent" });
  return { state: { ...state, silences }, actions: [{ type: "ask_facts" }] };
}

function fail(state: DebugState, cannot: Cannot): DebugStep {
  return { state: { ...state, phase: "cannot", cannot }, actions: [{ type: "give_turn" }] };
}

/** A debugger begins by running a line of its own: while a cell runs, the whole control channel would wait for it. */
function rested(state: DebugState): DebugStep {
  if (state.phase !== "resting" || !state.isIdle) return only(state);
  return asking({ ...state, phase: "starting" }, { command: "initialize" });
}

function attached(state: DebugState): DebugStep {
  const { state: next, actions } = place({ ...state, phase: "on" }, wishesOf(state));
  const more = stopAt(next).actions;
  const looked = look(next);
  return { state: looked.state, actions: [...actions, ...more, { type: "give_turn" }, ...looked.actions] };
}

function wishesOf({ cells }: DebugState): readonly CellWish[] {
  return [...cells].map(([cellId, { source, lines }]) => ({ cellId, source, lines }));
}

function stopAt(state: DebugState): DebugStep {
  return state.phase === "on"
    ? asking(state, { command: "setExceptionBreakpoints", stopOn: state.stopOn })
    : only(state);
}

// ── Answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function told(state: DebugState, ask: Ask, reply: Reply | null): DebugStep {
  const isOk = reply?.isOk === true;
  switch (ask.command) {
    case "debugInfo":
      return infoTold(state, reply === null ? null : infoIn(reply.body));
    case "initialize":
      if (state.phase !== "starting") return only(state);
      return isOk ? asking(state, { command: "attach" }) : notBegun(state, reply);
    case "attach":
      return attachTold(state, reply);
    case "dumpCell":
      return placed(state, cellWritten(state.cells, ask, isOk ? sourcePathIn(reply.body) : null));
    case "setBreakpoints":
      return placed(state, breakpointsTold(state.cells, ask, isOk));
    case "setExceptionBreakpoints":
      return only({ ...state, stopOnTold: ask.stopOn });
    case "stackTrace":
      return framesTold(state, ask, isOk ? framesIn(reply.body) : []);
    case "scopes":
      return scopesTold(state, ask.frameId, isOk ? scopesIn(reply.body) : []);
    case "variables":
      return variablesTold(state, ask, isOk ? variablesIn(reply.body) : []);
    case "continue":
    case "next":
    case "stepIn":
    case "stepOut":
      return isOk ? { state, actions: [{ type: "look_later" }] } : look(still(state));
    default:
      return only(state);
  }
}

function notBegun(state: DebugState, reply: Reply | null): DebugStep {
  if (reply === null) return fail(state, { code: "silent" });
  const refusals = state.refusals + 1;
  if (refusals >= REFUSALS) return fail(state, { code: "refused" });
  return { state: { ...state, refusals }, actions: [{ type: "again_later" }] };
}

function attachTold(state: DebugState, reply: Reply | null): DebugStep {
  // Turned off while it began.
  if (state.phase === "off") return reply?.isOk ? asking(state, { command: "disconnect" }) : only(state);
  if (state.phase !== "starting") return only(state);
  return reply?.isOk ? attached(state) : fail(state, { code: reply === null ? "silent" : "refused" });
}

function infoTold(state: DebugState, info: DebugInfo | null): DebugStep {
  if (state.phase === "asking") {
    if (info === null) return silent(state);
    const named = { ...state, naming: info.naming };
    return info.isStarted ? attached(named) : rested({ ...named, phase: "resting" });
  }
  if (state.phase !== "on") return only(state);
  const isOld = state.look === "again";
  const seen: DebugState = { ...state, look: "none" };
  const step = info === null ? only(seen) : standing(seen, info);
  if (!isOld || step.state.phase !== "on") return step;
  const again = look(step.state);
  return { state: again.state, actions: [...step.actions, ...again.actions] };
}

/** How the threads stand. */
function standing(state: DebugState, { isStarted, stoppedThreads, naming }: DebugInfo): DebugStep {
  // Another page ended it, or the process is another one: from the beginning.
  if (!isStarted) return begin(forgotten(state));
  const { halt, hint } = state;
  if (stoppedThreads.length === 0) return only({ ...state, naming, halt: null, hint: null });
  const likely = [hint?.threadId, halt?.threadId].find((id) => id !== undefined && stoppedThreads.includes(id));
  const threadId = likely ?? stoppedThreads[0] ?? 0;
  const isSame = halt !== null && !halt.isMoving && hint === null && halt.threadId === threadId;
  if (isSame) return only({ ...state, naming });
  const others = stoppedThreads.filter((id) => id !== threadId);
  return asking({ ...state, naming }, { command: "stackTrace", threadId, others });
}

function look(state: DebugState): DebugStep {
  if (state.phase !== "on" || !state.isLinked) return only(state);
  if (state.look !== "none") return only({ ...state, look: "again" });
  return asking({ ...state, look: "asked" }, { command: "debugInfo" });
}

function heard(state: DebugState, event: string, body: unknown): DebugStep {
  if (event === "stopped") return look({ ...state, hint: hintIn(body) });
  // After a step the thread stops again at once; what is shown stays until then.
  if (event === "continued") return state.phase === "on" ? { state, actions: [{ type: "look_later" }] } : only(state);
  return event === "terminated" || event === "exited" ? look(state) : only(state);
}

// ── A thread that stands still ───────────────────────────────────────────────────────────────────────────────────────

function framesTold(
  state: DebugState,
  { threadId, others }: Extract<Ask, { command: "stackTrace" }>,
  frames: readonly Frame[],
): DebugStep {
  if (state.phase !== "on") return only(state);
  const [top] = frames;
  const [next, ...rest] = others;
  if (top === undefined && next !== undefined) {
    return asking(state, { command: "stackTrace", threadId: next, others: rest });
  }
  if (top === undefined) return only({ ...state, halt: null, hint: null });
  const { hint, halt: before } = state;
  const halt: Halt = {
    threadId,
    reason: hint?.reason ?? "",
    text: hint?.text ?? "",
    frames,
    frameId: top.id,
    // Of before, until the new ones are told: nothing flickers while somebody steps.
    scopes: before?.scopes ?? [],
    values: before?.values ?? new Map(),
    isMoving: false,
  };
  return asking({ ...state, halt, hint: null }, { command: "scopes", frameId: top.id });
}

function scopesTold(state: DebugState, frameId: number, scopes: readonly Scope[]): DebugStep {
  const { halt } = state;
  if (halt === null || halt.frameId !== frameId) return only(state);
  const [first] = scopes;
  if (first === undefined) return only({ ...state, halt: { ...halt, scopes, values: new Map() } });
  return asking(state, { command: "variables", reference: first.reference, scopes });
}

function variablesTold(
  state: DebugState,
  { reference, scopes }: Extract<Ask, { command: "variables" }>,
  variables: readonly DebugVariable[],
): DebugStep {
  const { halt } = state;
  if (halt === null) return only(state);
  if (scopes !== undefined) {
    return only({ ...state, halt: { ...halt, scopes, values: new Map([[reference, variables]]) } });
  }
  return only({ ...state, halt: { ...halt, values: new Map(halt.values).set(reference, variables) } });
}

function selectFrame(state: DebugState, frameId: number): DebugStep {
  const { halt } = state;
  if (halt === null || !halt.frames.some(({ id }) => id === frameId)) return only(state);
  return asking({ ...state, halt: { ...halt, frameId } }, { command: "scopes", frameId });
}

function move(state: DebugState, how: Move): DebugStep {
  const { halt } = state;
  if (halt === null || halt.isMoving || !state.isLinked) return only(state);
  return asking({ ...state, halt: { ...halt, isMoving: true } }, { command: how, threadId: halt.threadId });
}

function still(state: DebugState): DebugState {
  return state.halt === null ? state : { ...state, halt: { ...state.halt, isMoving: false } };
}

// ── Breakpoints ──────────────────────────────────────────────────────────────────────────────────────────────────────

function place(state: DebugState, wishes: readonly CellWish[]): DebugStep {
  return placed(state, placeCells(state.cells, wishes, state.phase === "on" ? "told" : "noted"));
}

function placeForRun(state: DebugState, runs: readonly CellWish[]): DebugStep {
  if (state.phase !== "on") return place(state, runs);
  const others = markedCells(state.cells).filter(({ cellId }) => !runs.some((run) => run.cellId === cellId));
  return placed(state, placeCells(state.cells, [...others, ...runs], "told_again"));
}

function placed(state: DebugState, { cells, asks }: PlacedStep): DebugStep {
  return { state: { ...state, cells }, actions: asks.map((ask) => ({ type: "ask", ask })) };
}

function only(state: DebugState): DebugStep {
  return { state, actions: [] };
}

function asking(state: DebugState, ask: Ask): DebugStep {
  return { state, actions: [{ type: "ask", ask }] };
}
