/**
 * Runs cells: gestures become entries of the queue, whose pure rules (`core/runs.ts`) say what is handed to the kernel and what ends. What the
 * kernel says of it is heard in `kernel-runs.ts`, which comes with the first kernel.
 */
import type { RuntimeTarget } from "../core/binding.ts";
import type { CellId } from "../core/cell.ts";
import type { RunId, RunRecord } from "../core/notebook.ts";
import { NamedListeners, type Observable, Value } from "../core/observable.ts";
import { shareableLabel } from "../core/run-label.ts";
import {
  emptyQueue,
  entryOf,
  type QueueAction,
  type QueueEntry,
  type QueueEvent,
  type QueueState,
  type QueueStopped,
  stepQueue,
} from "../core/runs.ts";
import { selectedCode } from "../core/selected-code.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import { RuntimeError } from "../kernel/errors.ts";
import type { KernelPort } from "../kernel/kernel-port.ts";
import { type Clock, newId } from "../kernel/messages.ts";
import type { PageRequest } from "../kernel/page-requests.ts";
import { systemClock } from "../sync/clock.ts";
import type { Pages } from "../sync/pages.ts";
import type { RunStore } from "../sync/run-store.ts";
import { dropGone } from "./gone-cells.ts";
import type { KernelRuns } from "./kernel-runs.ts";
import type { NotebookRuntime } from "./notebook-runtime.ts";
import type { Captured, Wish } from "./run-gate.ts";
import type { StdinRequest } from "./run-questions.ts";
import { type Approval, RunWishes } from "./run-wishes.ts";
import type { LocalStore } from "./runtime-memory.ts";
import { type RunExtent, sourcesOf, type Taken } from "./taken-sources.ts";
import { UnsentRuns } from "./unsent-runs.ts";
import type { WidgetHost } from "./widget-host.ts";

export type QueuePlace = "waiting" | "running";

export interface RunDriverOptions {
  readonly notebookId: string;
  readonly doc: NotebookDoc;
  readonly runs: RunStore;
  readonly runtime: NotebookRuntime;
  /** Hears the kernel first: what is a widget's affair is no run's. */
  readonly widgets?: Pick<WidgetHost, "follow" | "lost" | "heard" | "sort">;
  /** Asked when cells are to run and no runtime is bound: opens the dialog; resolves true once connected. */
  readonly askForRuntime: () => Promise<boolean>;
  readonly mayRun?: () => boolean; // false: this person may not, and was told
  readonly onPageRequest?: (request: PageRequest) => void;
  /** Whether a person did something just now; it does not count again. */
  readonly takeGesture: () => boolean;
  /** Those of the captured cells that may run on this person's machine, after a question where one is needed: all that are still wanted, or none. */
  readonly approve: (captured: readonly Captured[], how: Approval) => Promise<readonly Captured[]>;
  /** The same where nobody need be asked and nothing be waited for; null: it takes that. */
  readonly approveAtOnce?: (wishes: readonly Wish[]) => readonly Captured[] | null;
  /** Another machine is another question, but for what is trusted. */
  readonly forgetApprovals: () => void;
  /** A gesture came to nothing, and why. */
  readonly onTrouble?: (error: unknown) => void;
  /** Which pages of this browser live. */
  readonly pages: Pages;
  /** Where this browser keeps what it sent; default: `localStorage`. */
  readonly store?: LocalStore;
  /** Calls back when another page of this browser has stored something. Returns the end. */
  readonly onStored?: (fn: () => void) => () => void;
  readonly clock?: Clock;
}

export class RunDriver {
  readonly #options: RunDriverOptions;
  readonly #clock: Clock;
  readonly #digests = new Map<RunId, string>();
  /** On which server a waiting run may run. */
  readonly #approvedFor = new Map<RunId, string>();
  readonly #extents = new Map<RunId, RunExtent>();
  readonly #stdin = new Value<StdinRequest | null>(null);
  readonly #stopped = new Value<QueueStopped | null>(null);
  readonly #queue = new Value<QueueState>(emptyQueue());
  readonly #pending = new Value(0);
  readonly #cellListeners = new NamedListeners<CellId>();
  readonly #ends: (() => void)[] = [];
  readonly #wishes: RunWishes;
  #endLink: () => void = () => {};
  readonly #unsent: UnsentRuns;
  /** Null until there was a kernel. */
  #kernel: KernelRuns | null = null;

  constructor(options: RunDriverOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { runtime } = options;
    this.#ends.push(
      runtime.port.subscribe(() => this.#follow(runtime.port.get())),
      runtime.onLoss(() => this.#lost()),
      dropGone({ doc: options.doc, runtime, queue: this.#queue, cancel: (cellId) => this.cancel(cellId) }),
    );
    this.#wishes = new RunWishes({
      queue: this.#queue,
      dispatch: (event) => this.#dispatch(event),
      hasKernel: () => this.#hasKernel(),
      approve: options.approve,
      enqueue: (approved) => this.#enqueue(approved),
      onTrouble: options.onTrouble,
    });
    this.#unsent = new UnsentRuns(options.store ?? localStorage, options.notebookId);
    this.#watchUnsent();
    this.#follow(runtime.port.get());
  }

  /** What waits in another page may be left behind by it: before this page, or while it is there. */
  #watchUnsent(): void {
    const { onStored = () => () => {} } = this.#options;
    this.#ends.push(this.#unsent.whenAny(() => this.#endUnsent(), { onStored, clock: this.#clock }));
  }

  /** What waited in pages that were closed. */
  async #endUnsent(): Promise<void> {
    const { UnsentEnd } = await import("./unsent-end.ts");
    const { runs, pages, runtime } = this.#options;
    const onEnded = (count: number) => runtime.tell({ code: "not_run", count });
    const end = new UnsentEnd({ unsent: this.#unsent, runs, pages, clock: this.#clock, onEnded });
    this.#ends.push(() => end.close());
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
  /** The last time that an error ended the queue, until something is asked for again. */
  get stopped(): Observable<QueueStopped | null> {
    return this.#stopped;
  }

  // ── Gestures ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Run these cells in this order; those without code are passed over. The source is taken now. Nothing runs without a person's own gesture. */
  runCells(ids: readonly CellId[], { isDebugged } = { isDebugged: false }): void {
    if (this.#options.mayRun?.() === false) return;
    if (this.#options.takeGesture()) this.#capture(ids, isDebugged);
  }

  /**
   * Run what is selected in a code cell, or the cursor's line. The run's outputs are the cell's, its source is what ran. False: there is nothing
   * but blanks.
   */
  runPart(cellId: CellId, { anchor, head }: { readonly anchor: number; readonly head: number }): boolean {
    const cell = this.#options.doc.cell(cellId);
    const whole = cell?.type === "code" ? cell.source.toString() : "";
    const source = selectedCode(whole, anchor, head);
    if (source.trim() === "") return false;
    if (this.#options.mayRun?.() === false || !this.#options.takeGesture()) return true;
    this.#take([
      { runId: newId(this.#clock.random), cellId, source, judged: whole, extent: source === whole ? "whole" : "part" },
    ]);
    return true;
  }

  /** How much of its cell a run of this page ran; null: another page's run. */
  extentOf(runId: RunId): RunExtent | null {
    return this.#extents.get(runId) ?? null;
  }

  #capture(ids: readonly CellId[], isDebugged = false): void {
    const { doc, runs } = this.#options;
    const { code, blank } = sourcesOf(doc, ids);
    const captured = code.map((one) => ({ ...one, runId: newId(this.#clock.random) }));
    // Nothing was done, so nothing is shown: a kernel would count a run of nothing as its number 0, or as the one before.
    const shown = blank.filter((cellId) => runs.headOf(cellId) !== null);
    if (shown.length > 0) runs.clearOutputs(shown);
    if (captured.length > 0 && (isDebugged || !this.#runAtOnce(captured))) this.#take(captured, isDebugged);
  }

  #take(taken: readonly Taken[], isDebugged = false): void {
    for (const { runId, extent = "whole" } of taken) this.#extents.set(runId, extent);
    this.#wishes.take(taken, isDebugged);
  }

  /**
   * Hands over what is known to be allowed within the gesture itself: the kernel works while the page draws what follows. False: somebody is
   * asked first, or waited for.
   */
  #runAtOnce(wishes: readonly Wish[]): boolean {
    const { runtime, approveAtOnce } = this.#options;
    if (!this.#wishes.isQuiet || this.#queue.get().held) return false;
    if (runtime.port.get() === null || runtime.binding.get().phase === "gone") return false;
    const approved = approveAtOnce?.(wishes) ?? null;
    if (approved === null) return false;
    for (const { runId } of approved) this.#extents.set(runId, "whole");
    this.#enqueue(approved);
    return true;
  }

  /** The present kernel, a new one on the same server in place of one that ended, or what the person connects to. False: none of them. */
  async #hasKernel(): Promise<boolean> {
    const { runtime, askForRuntime } = this.#options;
    const hasEnded = runtime.binding.get().phase === "gone";
    if (!hasEnded && runtime.port.get() !== null) return true;
    await this.#replaceEnded();
    return await askForRuntime();
  }

  /** Of a hosted runtime that has ended nothing comes back by itself: it is started where one connects. False: no kernel has ended. */
  async #replaceEnded(): Promise<boolean> {
    const { runtime } = this.#options;
    const binding = runtime.binding.get();
    if (binding.phase !== "gone" || binding.target.kind === "hosted") return false;
    await runtime.newKernel();
    return true;
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

  /** Stop what the kernel does, whoever asked for it; what waits here is cancelled. */
  interrupt(): void {
    const { runtime, runs } = this.#options;
    const { status } = runtime.kernel.get();
    // An answer to a question that is heard late makes the kernel seem idle while a cell runs.
    const works = status === "busy" || status === "unknown" || runs.unfinished().some((run) => this.#isElsewhere(run));
    this.#dispatch({ type: "interrupt", isBusy: works });
  }

  /** Take a waiting cell out of the queue; nothing happens to a running one. */
  cancel(cellId: CellId): void {
    this.#dispatch({ type: "cancel", cellId });
  }

  /**
   * What was asked for before is cancelled; what is asked for meanwhile runs in the new process. Of a kernel that has ended, a new one is started.
   *
   * @throws RuntimeError: the old process may still run then, and goes on with what it was given.
   */
  async restart(): Promise<void> {
    const { runtime } = this.#options;
    this.#dispatch({ type: "hold" });
    try {
      if (!(await this.#replaceEnded()) && runtime.port.get() !== null) await runtime.restart();
    } finally {
      this.#dispatch({ type: "release" });
      this.#goOn();
    }
  }

  /** @throws RuntimeError: nothing has run then. */
  async restartAndRunAll(): Promise<void> {
    const isOwn = this.#options.takeGesture();
    await this.restart();
    if (isOwn && this.#options.mayRun?.() !== false) this.#capture(this.#options.doc.cellIds());
  }

  /** @throws RuntimeError */
  async shutdown(): Promise<void> {
    await this.#options.runtime.shutdown();
  }

  placeOf(cellId: CellId): QueuePlace | null {
    const entry = entryOf(this.#queue.get(), cellId);
    if (entry === null) return this.#isElsewhere(this.#options.runs.headOf(cellId)) ? "running" : null;
    return entry.phase === "running" ? "running" : "waiting";
  }

  /** Whether this person's other tab or device has it running on the kernel of this tab. */
  #isElsewhere(run: RunRecord | null): boolean {
    const { runs } = this.#options;
    if (run === null || run.status !== "running" || !runs.isOwn(run) || runs.isContactLost(run)) return false;
    return this.#kernel?.isOnKernel(run.run_id) ?? false;
  }

  /** Calls `fn` after the place of this cell changed. */
  subscribeCell(cellId: CellId, fn: () => void): () => void {
    const ends = [this.#cellListeners.add(cellId, fn), this.#options.runs.subscribeCell(cellId, fn)];
    return () => {
      for (const end of ends) end();
    };
  }

  /** Answer the question of `stdin`; without one nothing happens. */
  answerStdin(text: string): void {
    this.#kernel?.answer(text);
  }

  /** The page may be about to end; outputs are stored. */
  leaving(): void {
    this.#kernel?.leaving();
  }

  close(): void {
    this.#endLink();
    this.#kernel?.close();
    this.#unsent.close();
    for (const end of this.#ends.splice(0)) end();
  }

  // ── Queue ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #enqueue(approved: readonly Captured[]): void {
    if (approved.length === 0) return;
    const { runs, runtime } = this.#options;
    const kind = this.#target()?.kind === "hosted" ? "hosted" : "local";
    const label = { kind, label: shareableLabel(runtime.kernel.get().displayName) };
    for (const { runId, cellId, digest } of approved) {
      this.#digests.set(runId, digest);
      this.#approvedFor.set(runId, this.#place());
      runs.start({ runId, cellId, sourceDigest: digest, runtime: label });
    }
    this.#keepUnsent(approved);
    this.#stopped.set(null);
    this.#dispatch({ type: "enqueue", runs: approved });
  }

  #keepUnsent(approved: readonly Captured[]): void {
    const { runtime, pages } = this.#options;
    const port = runtime.port.get();
    if (port?.journal && port.state.get().phase === "open") return; // handed over at once
    this.#unsent.wait(approved, { pages, clock: this.#clock });
  }

  #target(): RuntimeTarget | null {
    const state = this.#options.runtime.binding.get();
    return "attachment" in state ? state.target : null;
  }

  /** Whose machine a consent is for: the server, not the kernel, which may be another one after a restart. */
  #place(): string {
    return this.#target()?.baseUrl ?? "";
  }

  /** What waits was approved for another machine: it is asked about again before this one gets it. */
  #askAgain(waiting: readonly QueueEntry[]): void {
    for (const { cellId } of waiting) this.#dispatch({ type: "cancel", cellId });
    const again = waiting.map(({ runId, cellId, source }) => {
      const next = { runId: newId(this.#clock.random), cellId, source };
      this.#extents.set(next.runId, this.#extents.get(runId) ?? "whole");
      return next;
    });
    this.#options.forgetApprovals();
    this.#wishes.takeAgain(again);
  }

  #dispatch(event: QueueEvent): void {
    const before = this.#queue.get();
    const { state, actions } = stepQueue(before, event);
    this.#queue.set(state);
    this.#pending.set(state.entries.length);
    for (const action of actions) this.#carryOut(action);
    if (before.entries === state.entries) return;
    const cells = new Set([...before.entries, ...state.entries].map(({ cellId }) => cellId));
    for (const id of cells) this.#cellListeners.notify(id);
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
        void runtime.interrupt().catch((error) => this.#notInterrupted(error, action.cancelled)); // the run goes on
        break;
      case "stopped": {
        const { by, cancelled, reason } = action;
        this.#stopped.set({ cellId: runs.run(by)?.cell_id ?? null, cancelled, reason });
        break;
      }
      case "withdraw": {
        const journal = runtime.port.get()?.journal ?? null;
        if (journal !== null) journal.withdraw(action.runId);
        else runtime.tell({ code: "cannot_cancel" }); // stock Jupyter gives nothing back: the person hears why
        break;
      }
    }
  }

  #notInterrupted(error: unknown, count: number): void {
    const { runtime, onTrouble } = this.#options;
    this.#dispatch({ type: "not_interrupted" });
    if (error instanceof RuntimeError && error.code === "runtime_unreachable")
      runtime.tell({ code: "not_interrupted", count });
    else onTrouble?.(error);
  }

  #send({ runId, cellId, source }: Extract<QueueAction, { type: "send" }>): void {
    const digest = this.#digests.get(runId) ?? "";
    this.#digests.delete(runId);
    this.#kernel?.send({ runId, cellId, source, digest });
    this.#unsent.over(runId);
  }

  #finish(action: Extract<QueueAction, { type: "finish" }>): void {
    const { runId, status, executionCount } = action;
    const ended = this.#kernel?.finished(runId) ?? { status: null, finishedAt: this.#clock.now() };
    this.#digests.delete(runId);
    this.#approvedFor.delete(runId);
    this.#unsent.over(runId);
    this.#options.runs.status(runId, {
      status: ended.status ?? status,
      finishedAt: ended.finishedAt,
      ...(executionCount === null ? {} : { executionCount }),
    });
  }

  // ── Kernel ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #follow(port: KernelPort | null): void {
    const { widgets, runs } = this.#options;
    this.#endLink();
    this.#endLink = () => {};
    if (port !== null) this.#kernel ??= this.#firstKernel();
    this.#kernel?.follow(port);
    widgets?.follow(port);
    // What a journal keeps, a closed page does not miss: everything may be handed over at once.
    this.#dispatch({ type: "window", size: port?.journal ? Number.POSITIVE_INFINITY : 1 });
    runs.leaveToJournal(port?.journal != null);
    if (port === null) {
      this.#dispatch({ type: "disconnected" });
      return;
    }
    this.#endLink = port.state.subscribe(() => this.#linkChanged(port));
    this.#linkChanged(port);
  }

  #firstKernel(): KernelRuns | null {
    const { runtime, notebookId, runs, widgets, onPageRequest, store = localStorage } = this.#options;
    return runtime.runsOfKernel({
      notebookId,
      runs,
      runtime,
      widgets,
      onPageRequest,
      stdin: this.#stdin,
      dispatch: (event) => this.#dispatch(event),
      onSettled: () => this.#goOn(),
      store,
      clock: this.#clock,
    });
  }

  #linkChanged(port: KernelPort): void {
    if (port.state.get().phase !== "open") {
      this.#dispatch({ type: "disconnected" });
      return;
    }
    this.#kernel?.look();
    this.#goOn();
  }

  /** The kernel listens, and every run that was found has an owner: what waits may be sent. */
  #goOn(): void {
    const isOpen = this.#options.runtime.port.get()?.state.get().phase === "open";
    const strange = this.#queue.get().entries.filter((entry) => this.#isForElsewhere(entry));
    if (isOpen && strange.length > 0) this.#askAgain(strange);
    if (isOpen && this.#kernel?.isBusy === false) this.#dispatch({ type: "connected" });
  }

  #isForElsewhere({ runId, phase }: QueueEntry): boolean {
    const place = this.#approvedFor.get(runId);
    return phase === "waiting" && place !== undefined && place !== this.#place();
  }

  #lost(): void {
    this.#options.widgets?.lost();
    this.#kernel?.lost();
    this.#dispatch({ type: "kernel_gone" });
  }
}
