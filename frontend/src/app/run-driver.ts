/**
 * Runs cells: the queue's pure rules (`core/runs.ts`) joined to the kernel's messages and the run store.
 *
 * A run's id is the `msg_id` of its request, so any message finds its run, also after a reload. This tab writes the runs that it started, and
 * those that it took over: the tab that holds the kernel's socket takes over the unfinished runs of this browser that nobody writes any more.
 */
import type { CellId } from "../core/cell.ts";
import { isFinished, type RunId, type RunStatus } from "../core/notebook.ts";
import { type Observable, Value } from "../core/observable.ts";
import type { OutputOp } from "../core/outputs.ts";
import { emptyQueue, entryOf, type QueueAction, type QueueEvent, type QueueState, stepQueue } from "../core/runs.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import { executeRequest, inputReply, type RunEvent, runEvent } from "../kernel/execute.ts";
import type { KernelEvent, KernelPort } from "../kernel/kernel.ts";
import { type Clock, newId, RecentIds } from "../kernel/messages.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import { systemClock } from "../sync/clock.ts";
import type { RunStore } from "../sync/run-store.ts";
import { catchUp, RunWatch } from "./run-watch.ts";
import type { LossReason, NotebookRuntime } from "./runtime-driver.ts";
import type { LocalStore } from "./runtime-memory.ts";
import { type SentRun, SentRuns } from "./sent-runs.ts";

/** A question of running code (`input()`, `getpass()`). */
export interface StdinRequest {
  readonly cellId: CellId;
  readonly runId: RunId;
  readonly prompt: string;
  readonly password: boolean;
}

export type QueuePlace = "waiting" | "running";

/** Said once: an error ended the queue. */
export interface QueueStopped {
  readonly cellId: CellId | null;
  readonly cancelled: number;
}

/** MIME type of a notice of ours among a run's outputs. */
export const NOTICE_MIME = "application/vnd.runhere.notice+json";

export interface RunDriverOptions {
  readonly notebookId: string;
  readonly doc: NotebookDoc;
  readonly runs: RunStore;
  readonly runtime: NotebookRuntime;
  /** Asked when cells are to run and no runtime is bound: opens the dialog; resolves true once connected. */
  readonly askForRuntime: () => Promise<boolean>;
  /** Where this browser keeps what it sent; default: `localStorage`. */
  readonly store?: LocalStore;
  readonly clock?: Clock;
}

/** A run in the hands of this tab, from its sending to its end. */
interface LiveRun {
  readonly cellId: CellId;
  reply: Extract<RunEvent, { type: "replied" }> | null;
  isIdle: boolean;
  /** Sent before the present socket was opened. */
  isOlderThanSocket: boolean;
  /** Set when the run ends otherwise than the queue would say. */
  end: RunStatus | null;
}

interface Question {
  readonly request: StdinRequest;
  readonly header: KernelMessage["header"];
}

const IDLE_MS = 2_000;

export class RunDriver {
  readonly #options: RunDriverOptions;
  readonly #clock: Clock;
  readonly #sent: SentRuns;
  readonly #watch = new RunWatch();
  readonly #live = new Map<RunId, LiveRun>();
  readonly #adopting = new Set<RunId>();
  /** Requests that are no runs of this browser; looked up once each. */
  readonly #strange = new RecentIds(1_000);
  readonly #stdin = new Value<StdinRequest | null>(null);
  readonly #stopped = new Value<QueueStopped | null>(null);
  readonly #queue = new Value<QueueState>(emptyQueue());
  readonly #pending = new Value(0);
  readonly #cellListeners = new Map<CellId, Set<() => void>>();
  readonly #ends: (() => void)[] = [];
  #question: Question | null = null;
  /** Gestures are carried out in the order in which they were made. */
  #gestures: Promise<void> = Promise.resolve();
  #endPort: () => void = () => {};
  #isDrained = false;
  #openedAt = 0;

  constructor(options: RunDriverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#sent = new SentRuns(options.store ?? localStorage, options.notebookId);
    const { runtime, runs } = options;
    this.#ends.push(
      runtime.port.subscribe(() => this.#follow(runtime.port.get())),
      runtime.onLoss((reason) => this.#lost(reason)),
      runs.subscribe(() => this.#adoptOrphans()),
    );
    this.#follow(runtime.port.get());
  }

  get stdin(): Observable<StdinRequest | null> {
    return this.#stdin;
  }
  get queue(): Observable<QueueState> {
    return this.#queue;
  }
  /** How many runs of this page are queued or running. */
  get pending(): Observable<number> {
    return this.#pending;
  }
  /** The last time that an error ended the queue, until dismissed. */
  get stopped(): Observable<QueueStopped | null> {
    return this.#stopped;
  }
  dismissStopped(): void {
    this.#stopped.set(null);
  }

  // ── Gestures ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Run these cells in this order; those without code are passed over. The source is taken now. */
  runCells(ids: readonly CellId[]): void {
    const captured = ids.flatMap((cellId) => {
      const cell = this.#options.doc.cell(cellId);
      return cell?.type === "code"
        ? [{ runId: newId(this.#clock.random), cellId, source: cell.source.toString() }]
        : [];
    });
    if (captured.length === 0) return;
    const before = this.#gestures;
    this.#gestures = (async () => {
      await before;
      const { runtime, askForRuntime } = this.#options;
      if (runtime.port.get() === null && !(await askForRuntime())) return;
      await this.#enqueue(captured);
    })().catch(() => {});
  }

  runAll(): void {
    this.runCells(this.#options.doc.cellIds());
  }

  /** All cells before this one. */
  runBefore(id: CellId): void {
    const ids = this.#options.doc.cellIds();
    this.runCells(ids.slice(0, Math.max(0, ids.indexOf(id))));
  }

  /** This cell and all after it. */
  runAfter(id: CellId): void {
    const ids = this.#options.doc.cellIds();
    const at = ids.indexOf(id);
    if (at >= 0) this.runCells(ids.slice(at));
  }

  /** Stop what runs; what waits is cancelled. */
  interrupt(): void {
    this.#dispatch({ type: "interrupt" });
  }

  /** Take a waiting cell out of the queue; nothing happens to a running one. */
  cancel(cellId: CellId): void {
    this.#dispatch({ type: "cancel", cellId });
  }

  /** @throws RuntimeError */
  async restart(): Promise<void> {
    await this.#options.runtime.restart();
  }

  /** @throws RuntimeError: nothing has run then. */
  async restartAndRunAll(): Promise<void> {
    await this.#options.runtime.restart();
    this.runAll();
  }

  /** @throws RuntimeError */
  async shutdown(): Promise<void> {
    await this.#options.runtime.shutdown();
  }

  placeOf(cellId: CellId): QueuePlace | null {
    const entry = entryOf(this.#queue.get(), cellId);
    if (entry === null) return null;
    return entry.phase === "running" ? "running" : "waiting";
  }

  /** Calls `fn` after the place of this cell changed. */
  subscribeCell(cellId: CellId, fn: () => void): () => void {
    const listeners = this.#cellListeners.get(cellId) ?? new Set();
    this.#cellListeners.set(cellId, listeners);
    const entry = () => fn();
    listeners.add(entry);
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0) this.#cellListeners.delete(cellId);
    };
  }

  /** Answer the question of `stdin`; without one nothing happens. */
  answerStdin(text: string): void {
    const question = this.#question;
    const port = this.#options.runtime.port.get();
    if (question === null || port === null) return;
    this.#ask(null);
    this.#sent.asks(question.request.runId, null);
    const { sessionId: session } = this.#options.runtime;
    const msgId = newId(this.#clock.random);
    port.send(inputReply({ header: question.header, value: text, msgId, session, now: this.#clock.now() }));
    // The answer to `input()` belongs to what the cell shows, as on a terminal; a password does not.
    const echo = question.request.password ? "\n" : `${text}\n`;
    const shown: OutputOp = {
      op: "output",
      output: { output_type: "stream", name: "stdout", text: question.request.prompt + echo },
    };
    this.#options.runs.ops(question.request.runId, [shown]);
  }

  close(): void {
    this.#endPort();
    for (const end of this.#ends.splice(0)) end();
  }

  // ── Queue ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #enqueue(captured: readonly { runId: RunId; cellId: CellId; source: string }[]): Promise<void> {
    const digests = await Promise.all(captured.map(({ source }) => digestOf(source)));
    const { runs, runtime } = this.#options;
    // Never the address: others see this label.
    const label = { kind: "local", label: runtime.kernel.get().displayName ?? "" };
    captured.forEach(({ runId, cellId }, index) => {
      runs.start({ runId, cellId, sourceDigest: digests[index] ?? "", runtime: label });
    });
    this.#stopped.set(null);
    this.#dispatch({ type: "enqueue", runs: captured });
  }

  #dispatch(event: QueueEvent): void {
    const before = this.#queue.get();
    const { state, actions } = stepQueue(before, event);
    this.#queue.set(state);
    this.#pending.set(state.entries.length);
    for (const action of actions) this.#carryOut(action);
    if (before.entries !== state.entries) this.#tellCells(before, state);
  }

  #tellCells(before: QueueState, after: QueueState): void {
    const cells = new Set([...before.entries, ...after.entries].map((entry) => entry.cellId));
    for (const id of cells) for (const fn of [...(this.#cellListeners.get(id) ?? [])]) fn();
  }

  #carryOut(action: QueueAction): void {
    const { runs, runtime } = this.#options;
    switch (action.type) {
      case "send":
        this.#send(action);
        break;
      case "running":
        runs.status(action.runId, { status: "running", startedAt: this.#clock.now() });
        break;
      case "finish":
        this.#finish(action);
        break;
      case "interrupt_kernel":
        // When the server does not answer, the binding says so; the run goes on.
        void runtime.interrupt().catch(() => {});
        break;
      case "stopped":
        this.#stopped.set({ cellId: runs.run(action.by)?.cell_id ?? null, cancelled: action.cancelled });
        break;
      case "cannot_cancel":
        break;
    }
  }

  #send({ runId, cellId, source }: Extract<QueueAction, { type: "send" }>): void {
    const { runtime } = this.#options;
    const port = runtime.port.get();
    if (port === null) return;
    this.#live.set(runId, { cellId, reply: null, isIdle: false, isOlderThanSocket: false, end: null });
    const now = this.#clock.now();
    const kernelId = this.#kernelId();
    if (kernelId !== null) this.#sent.add({ runId, cellId, kernelId, sentAt: now, input: null });
    port.send(executeRequest({ runId, code: source, cellId, session: runtime.sessionId, now }));
  }

  #finish(action: Extract<QueueAction, { type: "finish" }>): void {
    const { runId, status, executionCount } = action;
    const end = this.#live.get(runId)?.end ?? status;
    this.#live.delete(runId);
    this.#sent.finished(runId);
    if (this.#question?.request.runId === runId) this.#ask(null);
    this.#options.runs.status(runId, {
      status: end,
      finishedAt: this.#clock.now(),
      ...(executionCount === null ? {} : { executionCount }),
    });
  }

  // ── Kernel ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #follow(port: KernelPort | null): void {
    this.#endPort();
    this.#endPort = () => {};
    this.#isDrained = false;
    this.#watch.clear();
    if (port === null) {
      this.#dispatch({ type: "disconnected" });
      return;
    }
    const ends = [
      port.listen((event) => this.#heard(event)),
      port.isLeader.subscribe(() => this.#adoptOrphans()),
      port.state.subscribe(() => this.#linkChanged(port)),
    ];
    this.#endPort = () => {
      for (const end of ends) end();
    };
    this.#linkChanged(port);
  }

  #linkChanged(port: KernelPort): void {
    if (port.state.get().phase !== "open") {
      this.#dispatch({ type: "disconnected" });
      return;
    }
    this.#adoptOrphans();
    if (this.#adopting.size === 0) this.#dispatch({ type: "connected" });
  }

  #heard(event: KernelEvent): void {
    if (event.type === "opened") this.#opened(event.clean);
    else if (event.type === "shell_drained") this.#drained();
    else if (event.type === "message") this.#message(event.message);
  }

  #opened(isClean: boolean): void {
    this.#isDrained = false;
    this.#openedAt = this.#clock.now();
    for (const run of this.#live.values()) run.isOlderThanSocket = true;
    if (!isClean && this.#live.size > 0) this.#markIncomplete([...this.#live.keys()]);
  }

  /** The kernel answered everything sent before this socket: what is still open will never be answered. */
  #drained(): void {
    this.#isDrained = true;
    for (const [runId, run] of this.#live) if (run.isOlderThanSocket && run.reply === null) this.#replyLost(runId, run);
    const isOpen = this.#options.runtime.port.get()?.state.get().phase === "open";
    if (isOpen && this.#adopting.size === 0) this.#dispatch({ type: "connected" });
  }

  /** It is over, and nobody knows how: what waits behind it must not run as if it had gone well. */
  #replyLost(runId: RunId, run: LiveRun): void {
    run.end = "lost";
    this.#markIncomplete([runId]);
    this.#dispatch({ type: "replied", runId, status: "error", executionCount: null });
  }

  #message(message: KernelMessage): void {
    const runId = message.parent_header.msg_id;
    if (runId === undefined) return;
    const event = runEvent(message);
    if (event === null) return;
    const run = this.#live.get(runId);
    if (run !== undefined) this.#runEvent(runId, run, event);
    else if (event.type === "ops" && this.#options.runs.isWriter(runId)) this.#options.runs.ops(runId, event.ops);
    else if (this.#isOfThisBrowser(runId)) this.#watch.heard(runId, event);
  }

  /** Whether a tab of this browser sent it. Asked before the room told of any run, so the store cannot know. */
  #isOfThisBrowser(runId: RunId): boolean {
    if (this.#watch.knows(runId)) return true;
    if (this.#strange.has(runId)) return false;
    const isOurs = this.#sent.of(this.#kernelId() ?? "").some((run) => run.runId === runId);
    if (!isOurs) this.#strange.add(runId);
    return isOurs;
  }

  #runEvent(runId: RunId, run: LiveRun, event: RunEvent): void {
    const { runs } = this.#options;
    switch (event.type) {
      case "ops":
        runs.ops(runId, event.ops);
        break;
      case "started":
        this.#dispatch({ type: "started", runId });
        if (event.executionCount !== null) runs.status(runId, { executionCount: event.executionCount });
        break;
      case "input":
        this.#asked(runId, run, event);
        break;
      case "replied":
        run.reply = event;
        // An idle that was lost must not leave the run open.
        this.#clock.after(IDLE_MS, () => this.#end(runId));
        if (run.isIdle || event.status === "aborted") this.#end(runId);
        break;
      case "idle":
        run.isIdle = true;
        if (run.reply !== null) this.#end(runId);
        break;
    }
  }

  #end(runId: RunId): void {
    const run = this.#live.get(runId);
    if (run?.reply == null) return;
    const { status, executionCount, interrupted } = run.reply;
    // Interrupted from elsewhere: another tab, another client.
    if (interrupted && status === "error") run.end = "interrupted";
    this.#dispatch({ type: "replied", runId, status, executionCount });
  }

  #asked(runId: RunId, run: LiveRun, { prompt, password, request }: Extract<RunEvent, { type: "input" }>): void {
    this.#sent.asks(runId, { prompt, password, header: request.header });
    this.#ask({ request: { cellId: run.cellId, runId, prompt, password }, header: request.header });
  }

  #ask(question: Question | null): void {
    this.#question = question;
    this.#stdin.set(question?.request ?? null);
  }

  #lost(_reason: LossReason): void {
    for (const { runId } of this.#sent.of(this.#kernelId() ?? ""))
      if (this.#live.has(runId)) this.#sent.finished(runId);
    this.#ask(null);
    this.#watch.clear();
    this.#dispatch({ type: "kernel_gone" });
  }

  #markIncomplete(runIds: readonly RunId[]): void {
    const notice: OutputOp = {
      op: "output",
      output: {
        output_type: "display_data",
        data: {
          [NOTICE_MIME]: { code: "maybe_incomplete" },
          "text/plain": "The connection was cut while this ran: some output may be missing here.",
        },
        metadata: {},
      },
    };
    for (const runId of runIds) this.#options.runs.ops(runId, [notice]);
    this.#options.runtime.tell({ code: "maybe_incomplete", runIds });
  }

  // ── Runs that nobody writes any more ───────────────────────────────────────────────────────────────────────────────

  #adoptOrphans(): void {
    const port = this.#options.runtime.port.get();
    const kernelId = this.#kernelId();
    // Only the tab with the socket: it has heard everything.
    if (port === null || kernelId === null || !port.isLeader.get()) return;
    for (const sent of this.#sent.of(kernelId)) {
      if (this.#isOrphan(sent)) void this.#adopt(sent);
    }
  }

  #isOrphan({ runId }: SentRun): boolean {
    if (this.#live.has(runId) || this.#adopting.has(runId)) return false;
    const record = this.#options.runs.run(runId);
    if (record !== null && isFinished(record.status)) this.#sent.finished(runId);
    return (
      record !== null && record.writer === null && !isFinished(record.status) && !this.#options.runs.isWriter(runId)
    );
  }

  async #adopt(sent: SentRun): Promise<void> {
    const { runId } = sent;
    this.#adopting.add(runId);
    const isOurs = await this.#options.runs.takeOver(runId, false);
    this.#adopting.delete(runId);
    if (isOurs) this.#continue(sent);
    const isOpen = this.#options.runtime.port.get()?.state.get().phase === "open";
    if (isOpen && this.#adopting.size === 0) this.#dispatch({ type: "connected" });
  }

  #continue({ runId, cellId, sentAt, input }: SentRun): void {
    const heard = this.#watch.take(runId);
    const run: LiveRun = {
      cellId,
      reply: heard.reply,
      isIdle: heard.isIdle,
      isOlderThanSocket: sentAt < this.#openedAt,
      end: null,
    };
    this.#live.set(runId, run);
    this.#dispatch({ type: "adopt", runId, cellId, source: "" });
    this.#options.runs.status(runId, { status: "running" });
    this.#options.runs.ops(runId, catchUp(heard));
    if (heard.executionCount !== null) this.#options.runs.status(runId, { executionCount: heard.executionCount });
    if (heard.input !== null) this.#asked(runId, run, heard.input);
    else if (input !== null && heard.reply === null) {
      this.#ask({ request: { cellId, runId, prompt: input.prompt, password: input.password }, header: input.header });
    }
    if (heard.reply !== null) this.#end(runId);
    else if (this.#isDrained && run.isOlderThanSocket) this.#replyLost(runId, run);
  }

  #kernelId(): string | null {
    const state = this.#options.runtime.binding.get();
    return "attachment" in state ? state.attachment.kernelId : null;
  }
}

/** Hex SHA-256 of the source's UTF-8 bytes (SPEC 3.1). */
export async function digestOf(source: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(source));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
