/**
 * Runs cells: the queue's pure rules (`core/runs.ts`) joined to the kernel's messages and the run store.
 *
 * A run's id is the `msg_id` of its request, so any message finds its run, also after a reload. This tab writes the runs that it started, and
 * those that it took over: the tab that holds the kernel's socket takes over the unfinished runs of this browser that nobody writes any more.
 */
import type { CellId } from "../core/cell.ts";
import type { RunId } from "../core/notebook.ts";
import { type Observable, Value } from "../core/observable.ts";
import { emptyQueue, entryOf, type QueueAction, type QueueEvent, type QueueState, stepQueue } from "../core/runs.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import { executeRequest, runEvent } from "../kernel/execute.ts";
import type { KernelEvent, KernelPort } from "../kernel/kernel.ts";
import { type Clock, newId } from "../kernel/messages.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import { systemClock } from "../sync/clock.ts";
import type { RunStore } from "../sync/run-store.ts";
import { LiveRuns } from "./live-runs.ts";
import { OrphanRuns } from "./orphan-runs.ts";
import { RunQuestions, type StdinRequest } from "./run-questions.ts";
import { catchUp, type Heard } from "./run-watch.ts";
import type { NotebookRuntime } from "./runtime-driver.ts";
import type { LocalStore } from "./runtime-memory.ts";
import { type SentRun, SentRuns } from "./sent-runs.ts";

export { NOTICE_MIME } from "./live-runs.ts";

export type QueuePlace = "waiting" | "running";

/** Said once: an error ended the queue. */
export interface QueueStopped {
  readonly cellId: CellId | null;
  readonly cancelled: number;
}

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

export class RunDriver {
  readonly #options: RunDriverOptions;
  readonly #clock: Clock;
  readonly #sent: SentRuns;
  readonly #questions: RunQuestions;
  readonly #live: LiveRuns;
  readonly #orphans: OrphanRuns;
  readonly #stopped = new Value<QueueStopped | null>(null);
  readonly #queue = new Value<QueueState>(emptyQueue());
  readonly #pending = new Value(0);
  readonly #cellListeners = new Map<CellId, Set<() => void>>();
  readonly #ends: (() => void)[] = [];
  /** Gestures are carried out in the order in which they were made. */
  #gestures: Promise<void> = Promise.resolve();
  #endPort: () => void = () => {};
  #openedAt = 0;

  constructor(options: RunDriverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#sent = new SentRuns(options.store ?? localStorage, options.notebookId);
    const { runtime, runs } = options;
    this.#questions = new RunQuestions(this.#sent, this.#clock);
    this.#live = new LiveRuns({
      runs,
      clock: this.#clock,
      questions: this.#questions,
      dispatch: (event) => this.#dispatch(event),
      tellIncomplete: (runIds) => runtime.tell({ code: "maybe_incomplete", runIds }),
    });
    this.#orphans = new OrphanRuns({
      runs,
      sent: this.#sent,
      isLive: (runId) => this.#live.has(runId),
      onTaken: (sent, heard) => this.#continue(sent, heard),
      onSettled: () => this.#goOn(),
    });
    this.#ends.push(
      runtime.port.subscribe(() => this.#follow(runtime.port.get())),
      runtime.onLoss(() => this.#lost()),
      runs.subscribe(() => this.#lookForOrphans()),
    );
    this.#follow(runtime.port.get());
  }

  get stdin(): Observable<StdinRequest | null> {
    return this.#questions.request;
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

  /**
   * What was asked for before is cancelled; what is asked for meanwhile runs in the new process.
   *
   * @throws RuntimeError: the old process may still run then, and goes on with what it was given.
   */
  async restart(): Promise<void> {
    if (this.#options.runtime.port.get() === null) return;
    await this.#gestures;
    this.#dispatch({ type: "hold" });
    try {
      await this.#options.runtime.restart();
    } finally {
      this.#dispatch({ type: "release" });
      this.#goOn();
    }
  }

  /** @throws RuntimeError: nothing has run then. */
  async restartAndRunAll(): Promise<void> {
    await this.restart();
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
    const { runtime, runs } = this.#options;
    const port = runtime.port.get();
    const answer = port === null ? null : this.#questions.answer(text, runtime.sessionId);
    if (answer === null) return;
    port?.send(answer.message);
    runs.ops(answer.runId, [answer.shown]);
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
    this.#live.add(runId, cellId);
    const now = this.#clock.now();
    const kernelId = this.#kernelId();
    if (kernelId !== null) this.#sent.add({ runId, cellId, kernelId, sentAt: now, input: null });
    port.send(executeRequest({ runId, code: source, cellId, session: runtime.sessionId, now }));
  }

  #finish(action: Extract<QueueAction, { type: "finish" }>): void {
    const { runId, status, executionCount } = action;
    const end = this.#live.finished(runId) ?? status;
    this.#sent.finished(runId);
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
    this.#live.detached();
    this.#orphans.forget();
    if (port === null) {
      this.#dispatch({ type: "disconnected" });
      return;
    }
    const ends = [
      port.listen((event) => this.#heard(event)),
      port.isLeader.subscribe(() => this.#lookForOrphans()),
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
    this.#lookForOrphans();
    this.#goOn();
  }

  /** The kernel listens, and every run that was found has an owner: what waits may be sent. */
  #goOn(): void {
    const isOpen = this.#options.runtime.port.get()?.state.get().phase === "open";
    if (isOpen && !this.#orphans.isBusy) this.#dispatch({ type: "connected" });
  }

  #heard(event: KernelEvent): void {
    if (event.type === "opened") {
      this.#openedAt = this.#clock.now();
      this.#live.opened(event.clean);
    } else if (event.type === "shell_drained") {
      this.#live.drained();
      this.#goOn();
    } else if (event.type === "message") {
      this.#message(event.message);
    }
  }

  #message(message: KernelMessage): void {
    const runId = message.parent_header.msg_id;
    if (runId === undefined) return;
    const event = runEvent(message);
    if (event === null) return;
    const { runs } = this.#options;
    if (this.#live.has(runId)) this.#live.heard(runId, event);
    else if (event.type === "ops" && runs.isWriter(runId)) runs.ops(runId, event.ops);
    else this.#orphans.heard(runId, event, this.#kernelId() ?? "");
  }

  #lost(): void {
    for (const { runId } of this.#sent.of(this.#kernelId() ?? ""))
      if (this.#live.has(runId)) this.#sent.finished(runId);
    this.#questions.ended(null);
    this.#orphans.forget();
    this.#dispatch({ type: "kernel_gone" });
  }

  // ── Runs that nobody writes any more ───────────────────────────────────────────────────────────────────────────────

  #lookForOrphans(): void {
    const port = this.#options.runtime.port.get();
    const kernelId = this.#kernelId();
    if (kernelId !== null && port?.isLeader.get()) this.#orphans.look(kernelId);
  }

  #continue({ runId, cellId, sentAt, input }: SentRun, heard: Heard): void {
    const { runs } = this.#options;
    this.#dispatch({ type: "adopt", runId, cellId, source: "" });
    runs.status(runId, { status: "running" });
    runs.ops(runId, catchUp(heard));
    if (heard.executionCount !== null) runs.status(runId, { executionCount: heard.executionCount });
    if (heard.input === null && heard.reply === null && input !== null) {
      this.#questions.askAgain({ runId, cellId }, input);
    }
    this.#live.goOn(runId, cellId, { ...heard, isOlderThanSocket: sentAt < this.#openedAt });
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
