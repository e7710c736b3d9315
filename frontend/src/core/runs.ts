/**
 * The queue of executions of one kernel: state and event in, new state and wanted actions out. `app/run-driver.ts` carries the actions out.
 *
 *   wished ──enqueue──▶ waiting ──send──▶ submitted ──started──▶ running ──replied──▶ (gone)
 *      └─refused           └─cancelled        └─aborted, withdrawn, kernel gone─▶ (gone)
 *
 * Invariant: entries stand in the order in which they were asked for, and none overtakes one that is still wished; at most `window` of them are
 * submitted or running; a run leaves the queue exactly once, with exactly one `finish`. What is wished is no run yet, and leaves without a word.
 */
import type { CellId } from "./cell.ts";
import type { RunId, RunRecord, RunStatus } from "./notebook.ts";

/** `wished`: a person asked for it, and whether it may run, and where, is still being found out. */
export type EntryPhase = "wished" | "waiting" | "submitted" | "running";

export interface QueueEntry {
  readonly runId: RunId;
  readonly cellId: CellId;
  /** The bytes that were captured at the gesture: these run, whatever is typed meanwhile. */
  readonly source: string;
  readonly phase: EntryPhase;
  /** Somebody pressed interrupt for it: an `error` reply then means `interrupted`. */
  readonly interrupted: boolean;
  /** Asked back here, by this one cell's own button. */
  readonly isAskedBack?: boolean;
  /**
   * While it seemed to run, so many behind it were given up elsewhere: by another page that interrupted, or by a companion that knew of its end
   * before the kernel was idle.
   */
  readonly givenUpBehind?: number;
}

export interface QueueState {
  readonly entries: readonly QueueEntry[];
  /** How many may be handed to the kernel at once: 1, or `Infinity` where a journal keeps what a closed page misses. */
  readonly window: number;
  /** Nothing is sent while no kernel listens; the queue is kept. */
  readonly connected: boolean;
  /** The kernel is being restarted by a person: what is asked for meanwhile is meant for the new process, and waits for it. */
  readonly held: boolean;
}

interface QueueRun {
  readonly runId: RunId;
  readonly cellId: CellId;
  readonly source: string;
}

export type QueueEvent =
  | { readonly type: "wish"; readonly runs: readonly QueueRun[] }
  /** These may run: they were wished, or need not be asked about. */
  | { readonly type: "enqueue"; readonly runs: readonly QueueRun[] }
  /** Those of them that are still wished do not run, nor what else was wished of their cells until now: a *no* answers every press before it. */
  | { readonly type: "refuse"; readonly runIds: readonly RunId[] }
  | { readonly type: "started"; readonly runId: RunId }
  | {
      readonly type: "replied";
      readonly runId: RunId;
      readonly status: "ok" | "error" | "aborted";
      readonly executionCount: number | null;
      /** The error is an interrupt, whoever asked for it. */
      readonly interrupted?: boolean;
    }
  | { readonly type: "cancel"; readonly cellId: CellId }
  /** `isBusy`: the kernel may be at work, whoever asked for it (default: only as far as this queue knows). */
  | { readonly type: "interrupt"; readonly isBusy?: boolean }
  | { readonly type: "connected" }
  | { readonly type: "disconnected" }
  /** A person restarts the kernel: what waits is cancelled, what comes from now on waits until `release`. */
  | { readonly type: "hold" }
  /** The restart is over, or has failed. */
  | { readonly type: "release" }
  /** The kernel was not reached with it: what it has goes on, and ends by itself. */
  | { readonly type: "not_interrupted" }
  /** Died, restarted, shut down, culled: nothing that was sent will be answered, and variables are gone. */
  | { readonly type: "kernel_gone" }
  /** These were handed to a kernel that is not heard from here any more: it goes on with them. */
  | { readonly type: "left"; readonly runIds: readonly RunId[] }
  /** A run that an earlier page or another tab started and whose answers arrive here from now on. */
  | {
      readonly type: "adopt";
      readonly runId: RunId;
      readonly cellId: CellId;
      readonly source: string;
      /** Default: running. */
      readonly phase?: "submitted" | "running";
    }
  /** How many may be handed over at once. */
  | { readonly type: "window"; readonly size: number };

export type StopReason = "error" | "interrupted";

/** What ended the queue, for a person. */
export interface QueueStopped {
  /** Null: its run is not known any more. */
  readonly cellId: CellId | null;
  readonly cancelled: number;
  readonly reason: StopReason;
}

export type QueueAction =
  | { readonly type: "send"; readonly runId: RunId; readonly cellId: CellId; readonly source: string }
  | {
      readonly type: "finish";
      readonly runId: RunId;
      readonly cellId: CellId;
      readonly status: Extract<RunStatus, "ok" | "error" | "interrupted" | "cancelled">;
      readonly executionCount: number | null;
    }
  | { readonly type: "running"; readonly runId: RunId; readonly cellId: CellId }
  /** `cancelled`: so many that waited here are taken out, whether the kernel hears of it or not. */
  | { readonly type: "interrupt_kernel"; readonly cancelled: number }
  /** An error, or an interrupt from elsewhere, ended the queue: say so, and how many cells did not run. */
  | { readonly type: "stopped"; readonly by: RunId; readonly cancelled: number; readonly reason: StopReason }
  /** Handed over, and not begun: whoever has it is asked to give it up. Its `aborted` answer ends it; until then it may begin. */
  | { readonly type: "withdraw"; readonly runId: RunId; readonly cellId: CellId };

export interface QueueStep {
  readonly state: QueueState;
  readonly actions: readonly QueueAction[];
}

export function emptyQueue(window = 1): QueueState {
  return { entries: [], window, connected: false, held: false };
}

/** The entry of a cell: the running one if any, else the first. Null when it is not queued. */
export function entryOf(state: QueueState, cellId: CellId): QueueEntry | null {
  const mine = state.entries.filter((entry) => entry.cellId === cellId);
  return mine.find((entry) => entry.phase === "running") ?? mine[0] ?? null;
}

/** Cells of which something waits that can still be taken out. @param takesBack whether the kernel gives back what it was handed and has not begun. */
export function cellsWaiting({ entries }: QueueState, takesBack: boolean): CellId[] {
  const stays = ({ phase }: QueueEntry) => phase === "running" || (phase === "submitted" && !takesBack);
  return entries.filter((entry) => !stays(entry)).map(({ cellId }) => cellId);
}

/** What follows from one event. Events about runs that are not in the queue change nothing (answers may come twice). */
export function stepQueue(state: QueueState, event: QueueEvent): QueueStep {
  switch (event.type) {
    case "wish":
      return { state: withEntries(state, event.runs, "wished"), actions: [] };
    case "enqueue":
      return enqueue(state, event.runs);
    case "refuse":
      return refuse(state, event.runIds);
    case "adopt":
      return adopt(state, event);
    case "window":
      return send({ ...state, window: event.size }, []);
    case "started":
      return started(state, event.runId);
    case "replied":
      return replied(state, event);
    case "cancel":
      return cancel(state, event.cellId);
    case "interrupt":
      return interrupt(state, event.isBusy ?? false);
    case "connected":
      return send({ ...state, connected: true }, []);
    case "disconnected":
      return { state: { ...state, connected: false }, actions: [] };
    case "hold":
      return hold(state);
    case "release":
      return send({ ...state, held: false }, []);
    case "kernel_gone":
      return kernelGone(state);
    case "not_interrupted":
      return {
        state: { ...state, entries: state.entries.map((one) => ({ ...one, interrupted: false })) },
        actions: [],
      };
    case "left":
      return send({ ...state, entries: state.entries.filter(({ runId }) => !event.runIds.includes(runId)) }, []);
  }
}

/** Those that it does not know yet, at its end. */
function withEntries(state: QueueState, runs: readonly QueueRun[], phase: "wished" | "waiting"): QueueState {
  const known = new Set(state.entries.map((entry) => entry.runId));
  const fresh = runs.filter((run) => !known.has(run.runId));
  const added = fresh.map(
    ({ runId, cellId, source }): QueueEntry => ({ runId, cellId, source, phase, interrupted: false }),
  );
  return { ...state, entries: [...state.entries, ...added] };
}

function enqueue(state: QueueState, runs: readonly QueueRun[]): QueueStep {
  const allowed = new Set(runs.map(({ runId }) => runId));
  const entries = state.entries.map((entry) =>
    entry.phase === "wished" && allowed.has(entry.runId) ? { ...entry, phase: "waiting" as const } : entry,
  );
  return send(withEntries({ ...state, entries }, runs, "waiting"), []);
}

function refuse(state: QueueState, runIds: readonly RunId[]): QueueStep {
  const named = new Set(runIds);
  const wished = state.entries.filter(({ phase }) => phase === "wished");
  const cells = new Set(wished.filter(({ runId }) => named.has(runId)).map(({ cellId }) => cellId));
  if (cells.size === 0) return { state, actions: [] };
  return send(
    { ...state, entries: state.entries.filter((entry) => entry.phase !== "wished" || !cells.has(entry.cellId)) },
    [],
  );
}

function adopt(state: QueueState, run: Extract<QueueEvent, { type: "adopt" }>): QueueStep {
  if (find(state, run.runId)) return { state, actions: [] };
  const { runId, cellId, source, phase = "running" } = run;
  const entry: QueueEntry = { runId, cellId, source, phase, interrupted: false };
  const entries = [
    ...state.entries.filter(isHandedOver),
    entry,
    ...state.entries.filter((other) => !isHandedOver(other)),
  ];
  return { state: { ...state, entries }, actions: [] };
}

function started(state: QueueState, runId: RunId): QueueStep {
  const entry = runOf(state, runId);
  if (!entry || entry.phase === "running") return { state, actions: [] };
  return {
    state: replaceEntry(state, { ...entry, phase: "running" }),
    actions: [{ type: "running", runId, cellId: entry.cellId }],
  };
}

function replied(state: QueueState, reply: Extract<QueueEvent, { type: "replied" }>): QueueStep {
  const entry = runOf(state, reply.runId);
  if (!entry) return { state, actions: [] };
  const status =
    reply.status === "aborted"
      ? "cancelled"
      : reply.status === "error" && entry.interrupted
        ? "interrupted"
        : reply.status;
  const done: QueueAction = { ...finish(entry, status), executionCount: reply.executionCount };
  const rest = { ...state, entries: state.entries.filter((other) => other !== entry) };
  if (reply.status === "aborted") return send(noteGivenUp(rest, entry), [done]);
  if (reply.status !== "error") return send(rest, [done]);
  return stopAfter(rest, entry, done, reply.interrupted === true ? "interrupted" : "error");
}

function noteGivenUp(rest: QueueState, gone: QueueEntry): QueueState {
  const running = rest.entries.find(({ phase }) => phase === "running");
  if (running === undefined || gone.isAskedBack === true || gone.interrupted) return rest;
  return replaceEntry(rest, { ...running, givenUpBehind: (running.givenUpBehind ?? 0) + 1 });
}

/**
 * An error stops the queue: what waits is cancelled here; what was submitted is aborted by the kernel itself (`stop_on_error`), and its own
 * answer says so. What is still wished is not in the kernel's line: whoever says yes to it now knows of the error.
 */
function stopAfter(state: QueueState, failed: QueueEntry, done: QueueAction, reason: StopReason): QueueStep {
  const waiting = state.entries.filter((entry) => entry.phase === "waiting");
  const count = waiting.length + state.entries.filter(isHandedOver).length + (failed.givenUpBehind ?? 0);
  // Who pressed interrupt here need not be told of it.
  const isNews = count > 0 && !failed.interrupted;
  const stopped: QueueAction[] = isNews ? [{ type: "stopped", by: failed.runId, cancelled: count, reason }] : [];
  const kept = state.entries.filter((entry) => entry.phase !== "waiting");
  return send({ ...state, entries: kept }, [done, ...cancelled(waiting), ...stopped]);
}

function cancel(state: QueueState, cellId: CellId): QueueStep {
  const isHere = (entry: QueueEntry) => entry.cellId === cellId && !isHandedOver(entry);
  if (state.entries.some(isHere)) {
    const kept = state.entries.filter((entry) => !isHere(entry));
    return send({ ...state, entries: kept }, cancelled(state.entries.filter(isHere)));
  }
  const entries = state.entries.map((entry) =>
    entry.cellId === cellId && entry.phase === "submitted" ? { ...entry, isAskedBack: true } : entry,
  );
  return { state: { ...state, entries }, actions: withdrawals(entries.filter((entry) => entry.cellId === cellId)) };
}

function withdrawals(entries: readonly QueueEntry[]): QueueAction[] {
  const submitted = entries.filter(({ phase }) => phase === "submitted");
  return submitted.map(({ runId, cellId }) => ({ type: "withdraw", runId, cellId }));
}

/**
 * Interrupt: the running cell is interrupted, everything behind it cancelled, also where the cell takes no notice of the interrupt. With
 * nothing handed over, the queue is emptied, and a kernel that works for another tab, another device or a widget is interrupted all the same.
 */
function interrupt(state: QueueState, isBusy: boolean): QueueStep {
  const { kept, actions } = withoutWaiting(state);
  if (kept.some(({ phase }) => phase === "running")) actions.push(...withdrawals(kept));
  if (isBusy || kept.length > 0)
    actions.unshift({ type: "interrupt_kernel", cancelled: state.entries.length - kept.length });
  return { state: { ...state, entries: kept.map((entry) => ({ ...entry, interrupted: true })) }, actions };
}

function hold(state: QueueState): QueueStep {
  const { kept, actions } = withoutWaiting(state);
  return { state: { ...state, entries: kept, held: true }, actions };
}

/** In a restart that was asked for, only what was handed over ends with the old process; what is still wished never was for it. */
function kernelGone(state: QueueState): QueueStep {
  const isLost = (entry: QueueEntry) => isHandedOver(entry) || (entry.phase === "waiting" && !state.held);
  const lost = state.entries.filter(isLost);
  const actions = lost.map((entry) => finish(entry, entry.phase === "running" ? "interrupted" : "cancelled"));
  const kept = state.entries.filter((entry) => !isLost(entry));
  return { state: { ...state, entries: kept, connected: false }, actions };
}

function withoutWaiting(state: QueueState): { readonly kept: readonly QueueEntry[]; readonly actions: QueueAction[] } {
  return { kept: state.entries.filter(isHandedOver), actions: cancelled(state.entries) };
}

/** The ends of those that are runs already, and wait. */
function cancelled(entries: readonly QueueEntry[]): QueueAction[] {
  return entries.filter(({ phase }) => phase === "waiting").map((entry) => finish(entry, "cancelled"));
}

function isHandedOver({ phase }: QueueEntry): boolean {
  return phase === "submitted" || phase === "running";
}

function send(state: QueueState, before: readonly QueueAction[]): QueueStep {
  if (!state.connected || state.held) return { state, actions: before };
  let free = state.window - state.entries.filter(isHandedOver).length;
  const actions = [...before];
  const entries = state.entries.map((entry) => {
    if (entry.phase === "wished") free = 0;
    if (entry.phase !== "waiting" || free <= 0) return entry;
    free -= 1;
    actions.push({ type: "send", runId: entry.runId, cellId: entry.cellId, source: entry.source });
    return { ...entry, phase: "submitted" as const };
  });
  return { state: { ...state, entries }, actions };
}

function finish(
  entry: QueueEntry,
  status: Extract<QueueAction, { type: "finish" }>["status"],
): Extract<QueueAction, { type: "finish" }> {
  return { type: "finish", runId: entry.runId, cellId: entry.cellId, status, executionCount: null };
}

function find(state: QueueState, runId: RunId): QueueEntry | undefined {
  return state.entries.find((entry) => entry.runId === runId);
}

/** Of what is only wished nobody else can say anything. */
function runOf(state: QueueState, runId: RunId): QueueEntry | undefined {
  const entry = find(state, runId);
  return entry?.phase === "wished" ? undefined : entry;
}

function replaceEntry(state: QueueState, changed: QueueEntry): QueueState {
  return { ...state, entries: state.entries.map((entry) => (entry.runId === changed.runId ? changed : entry)) };
}

/** Whether two runs of a cell were under way at the same time, so that neither simply came after the other. */
export function ranAtOnce(one: RunRecord, other: RunRecord): boolean {
  if (one.started_at === null || other.started_at === null) return false;
  const endOf = ({ finished_at: end }: RunRecord) => end ?? Number.POSITIVE_INFINITY;
  return one.started_at < endOf(other) && other.started_at < endOf(one);
}
