/**
 * Runs cells: the queue's pure rules (`core/runs.ts`) joined to the kernel's messages and the run store.
 *
 * A run's id is the `msg_id` of its request, so any message finds its run, also after a reload. This tab writes the runs that it started, and
 * those that it took over: the tab that holds the kernel's socket takes over the unfinished runs of this browser that nobody writes any more.
 */
import type { CellId } from "../core/cell.ts";
import { isFinished, type RunId } from "../core/notebook.ts";
import { type Observable, Value } from "../core/observable.ts";
import { shareableLabel } from "../core/run-label.ts";
import {
  emptyQueue,
  entryOf,
  type QueueAction,
  type QueueEntry,
  type QueueEvent,
  type QueueState,
  stepQueue,
} from "../core/runs.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import { executeRequest, type RunEvent, runEvent } from "../kernel/execute.ts";
import type { GapWatch } from "../kernel/gap-watch.ts";
import type { PastRun } from "../kernel/journal-reader.ts";
import type { JournalPort, KernelEvent, KernelPort } from "../kernel/kernel-port.ts";
import { type Clock, newId } from "../kernel/messages.ts";
import { type PageRequest, readPageRequest } from "../kernel/page-requests.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import { systemClock } from "../sync/clock.ts";
import type { RunStore } from "../sync/run-store.ts";
import { digestOf } from "./digest.ts";
import { KeptOutputs } from "./kept-outputs.ts";
import { LiveRuns } from "./live-runs.ts";
import { OrphanRuns } from "./orphan-runs.ts";
import { PastRuns, type TakenRun } from "./past-runs.ts";
import type { Captured } from "./run-gate.ts";
import { RunQuestions, type StdinRequest } from "./run-questions.ts";
import { type Heard, heardIn, notRecorded, showing, updatesOfOthers } from "./run-watch.ts";
import type { NotebookRuntime } from "./runtime-driver.ts";
import type { LocalStore } from "./runtime-memory.ts";
import { type SentRun, SentRuns } from "./sent-runs.ts";
import type { WidgetHost } from "./widget-host.ts";

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
  /** Hears the kernel first: what is a widget's affair is no run's. */
  readonly widgets?: Pick<WidgetHost, "follow" | "lost" | "heard" | "sort">;
  /** Asked when cells are to run and no runtime is bound: opens the dialog; resolves true once connected. */
  readonly askForRuntime: () => Promise<boolean>;
  readonly mayRun?: () => boolean; // false: this person may not, and was told
  readonly onPageRequest?: (request: PageRequest) => void;
  /** Whether a person did something just now; it does not count again. */
  readonly takeGesture: () => boolean;
  /** Those of the captured cells that may run on this person's machine, after a question where one is needed: all or none. */
  readonly approve: (captured: readonly Captured[], isDebugged: boolean) => Promise<readonly Captured[]>;
  /** Another machine is another question, but for what is trusted. */
  readonly forgetApprovals: () => void;
  /** A gesture came to nothing, and why. */
  readonly onTrouble?: (error: unknown) => void;
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
  #gaps: GapWatch | null = null;
  readonly #orphans: OrphanRuns;
  /** In place of `#orphans` where the runtime keeps a journal. */
  readonly #past: PastRuns;
  readonly #kept: KeptOutputs;
  readonly #digests = new Map<RunId, string>();
  /** On which server a waiting run may run. */
  readonly #approvedFor = new Map<RunId, string>();
  /** Finished here, and not yet wholly with the hub. */
  readonly #unsaved = new Set<RunId>();
  /** When runs that were read again ended, ms since 1970. */
  readonly #endedAt = new Map<RunId, number>();
  readonly #stopped = new Value<QueueStopped | null>(null);
  readonly #queue = new Value<QueueState>(emptyQueue());
  readonly #pending = new Value(0);
  readonly #cellListeners = new Map<CellId, Set<() => void>>();
  readonly #ends: (() => void)[] = [];
  /** Questions that were asked on this kernel, by their message. */
  readonly #inputs = new Map<string, Extract<RunEvent, { type: "input" }>>();
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
      hasGap: (runId) => this.#gaps?.hasGap(runId) ?? false,
    });
    this.#orphans = new OrphanRuns({
      runs,
      sent: this.#sent,
      isLive: (runId) => this.#live.has(runId),
      onTaken: (sent, heard) => this.#continue(sent, heard),
      onSettled: () => this.#goOn(),
    });
    this.#past = new PastRuns({
      runs,
      sent: this.#sent,
      clock: this.#clock,
      isLive: (runId) => this.#live.has(runId),
      onTaken: (run, past) => this.#goOnFromPast(run, past),
      onSettled: () => this.#goOn(),
    });
    this.#kept = new KeptOutputs(runs);
    this.#ends.push(
      runs.unsavedSince.subscribe(() => this.#forgetSaved()),
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

  /** Run these cells in this order; those without code are passed over. The source is taken now. Nothing runs without a person's own gesture. */
  runCells(ids: readonly CellId[], { isDebugged } = { isDebugged: false }): void {
    if (this.#options.mayRun?.() === false) return;
    if (this.#options.takeGesture()) this.#capture(ids, isDebugged);
  }

  #capture(ids: readonly CellId[], isDebugged = false): void {
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
      await this.#enqueue(await this.#approved(captured, isDebugged));
    })().catch((error: unknown) => this.#options.onTrouble?.(error));
  }

  async #approved(
    captured: readonly { runId: RunId; cellId: CellId; source: string }[],
    isDebugged = false,
  ): Promise<readonly Captured[]> {
    const digests = await Promise.all(captured.map(({ source }) => digestOf(source)));
    const all = captured.map((one, index) => ({ ...one, digest: digests[index] ?? "" }));
    return await this.#options.approve(all, isDebugged);
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
    if (port?.journal?.prompt.get()?.isMine === false) port.journal.takePrompt();
    port?.send(answer.message);
    runs.ops(answer.runId, [answer.shown]);
  }

  /** The page may be about to end; outputs are stored. */
  leaving(): void {
    this.#gaps?.leaving();
  }

  close(): void {
    this.#endPort();
    for (const end of this.#ends.splice(0)) end();
  }

  // ── Queue ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #enqueue(approved: readonly Captured[]): Promise<void> {
    if (approved.length === 0) return;
    const { runs, runtime } = this.#options;
    const label = { kind: "local", label: shareableLabel(runtime.kernel.get().displayName) };
    for (const { runId, cellId, digest } of approved) {
      this.#digests.set(runId, digest);
      this.#approvedFor.set(runId, this.#place());
      runs.start({ runId, cellId, sourceDigest: digest, runtime: label });
    }
    this.#stopped.set(null);
    this.#dispatch({ type: "enqueue", runs: approved });
  }

  /** Whose machine a consent is for: the server, not the kernel, which may be another one after a restart. */
  #place(): string {
    const state = this.#options.runtime.binding.get();
    return "attachment" in state ? state.target.baseUrl : "";
  }

  /** What waits was approved for another machine: it is asked about again before this one gets it. */
  async #askAgain(waiting: readonly QueueEntry[]): Promise<void> {
    for (const { cellId } of waiting) this.#dispatch({ type: "cancel", cellId });
    const again = waiting.map(({ cellId, source }) => ({ runId: newId(this.#clock.random), cellId, source }));
    this.#options.forgetApprovals();
    await this.#enqueue(await this.#approved(again));
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
      case "withdraw": {
        const journal = this.#journal();
        if (journal !== null) journal.withdraw(action.runId);
        else this.#options.runtime.tell({ code: "cannot_cancel" }); // stock Jupyter gives nothing back: the person hears why
        break;
      }
    }
  }

  #send({ runId, cellId, source }: Extract<QueueAction, { type: "send" }>): void {
    const { runtime } = this.#options;
    const port = runtime.port.get();
    if (port === null) return;
    this.#live.add(runId, cellId);
    this.#gaps?.begins(runId);
    const now = this.#clock.now();
    const kernelId = this.#kernelId();
    const digest = this.#digests.get(runId) ?? "";
    this.#digests.delete(runId);
    const inJournal = port.journal === null ? {} : { after: port.journal.lastSeq, digest };
    if (kernelId !== null) this.#sent.add({ runId, cellId, kernelId, sentAt: now, input: null, ...inJournal });
    port.send(executeRequest({ runId, code: source, cellId, session: runtime.sessionId, now }));
  }

  #finish(action: Extract<QueueAction, { type: "finish" }>): void {
    const { runId, status, executionCount } = action;
    const end = this.#live.finished(runId) ?? status;
    this.#gaps?.finished(runId);
    const finishedAt = this.#endedAt.get(runId) ?? this.#clock.now();
    this.#endedAt.delete(runId);
    this.#digests.delete(runId);
    this.#approvedFor.delete(runId);
    if (this.#journal() === null) this.#sent.finished(runId);
    else this.#unsaved.add(runId);
    this.#options.runs.status(runId, {
      status: end,
      finishedAt,
      ...(executionCount === null ? {} : { executionCount }),
    });
  }

  /** A run may be read again from the journal until the hub has all of it. */
  #forgetSaved(): void {
    if (this.#options.runs.unsavedSince.get() !== null) return;
    for (const runId of this.#unsaved) this.#sent.finished(runId);
    this.#unsaved.clear();
  }

  // ── Kernel ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #follow(port: KernelPort | null): void {
    this.#endPort();
    this.#endPort = () => {};
    this.#live.detached();
    this.#orphans.forget();
    this.#past.forget();
    this.#kept.forget();
    this.#inputs.clear();
    this.#gaps = this.#gapsOf(port);
    this.#options.widgets?.follow(port);
    // What a journal keeps, a closed page does not miss: everything may be handed over at once.
    this.#dispatch({ type: "window", size: port?.journal ? Number.POSITIVE_INFINITY : 1 });
    this.#options.runs.leaveToJournal(port?.journal != null);
    if (port === null) {
      this.#dispatch({ type: "disconnected" });
      return;
    }
    const ends = [
      port.listen((event) => this.#heard(event)),
      port.isLeader.subscribe(() => this.#lookForOrphans()),
      port.state.subscribe(() => this.#linkChanged(port)),
      port.journal?.prompt.subscribe(() => this.#promptChanged()) ?? (() => {}),
    ];
    this.#endPort = () => {
      for (const end of ends) end();
    };
    this.#linkChanged(port);
  }

  #gapsOf(port: KernelPort | null): GapWatch | null {
    if (port === null) return null;
    return port.watchGaps({
      clock: this.#clock,
      session: this.#options.runtime.sessionId,
      isOurs: (runId) => this.#live.has(runId),
      keep: (runId, msgId) => this.#sent.heard(runId, msgId),
      isStored: () => this.#options.runs.unsavedSince.get() === null,
      onGap: (runId) => this.#live.dropped(runId),
    });
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
    const strange = this.#queue.get().entries.filter((entry) => this.#isForElsewhere(entry));
    if (isOpen && strange.length > 0) void this.#askAgain(strange).catch((error) => this.#options.onTrouble?.(error));
    if (isOpen && !this.#orphans.isBusy && !this.#past.isBusy) this.#dispatch({ type: "connected" });
  }

  #isForElsewhere({ runId, phase }: QueueEntry): boolean {
    const place = this.#approvedFor.get(runId);
    return phase === "waiting" && place !== undefined && place !== this.#place();
  }

  #heard(event: KernelEvent): void {
    if (event.type === "message") this.#gaps?.heard(event.message);
    if (this.#options.widgets?.heard(event)) return;
    if (event.type === "opened") {
      this.#openedAt = this.#clock.now();
      this.#live.opened(event.clean);
      if (event.clean) this.#gaps?.opened(this.#live.ids());
    } else if (event.type === "shell_drained") {
      this.#live.drained();
      this.#goOn();
    } else if (event.type === "gap") {
      this.#live.dropped();
    } else if (event.type === "message") {
      this.#message(event.message, event.seq === undefined ? null : { seq: event.seq, at: event.at ?? 0 });
    }
  }

  #message(message: KernelMessage, place: { readonly seq: number; readonly at: number } | null): void {
    const requestId = message.parent_header.msg_id;
    if (requestId === undefined) return;
    const request = readPageRequest(message);
    if (request !== null && this.#live.has(requestId)) this.#options.onPageRequest?.(request);
    const said = runEvent(message);
    if (said === null) return;
    const { runs } = this.#options;
    const { runId, event } = this.#options.widgets?.sort(requestId, said) ?? { runId: requestId, event: said };
    if (event === null) return;
    const journal = this.#journal();
    if (event.type === "input" && journal !== null) this.#inputs.set(event.request.header.msg_id, event);
    if (place !== null && this.#past.takes(runId, event, place)) return;
    const { msg_id: id, session } = message.header;
    const through = session === this.#options.runtime.sessionId ? null : id;
    const kernelId = this.#kernelId() ?? "";
    if (this.#live.has(runId)) this.#live.heard(runId, event, through);
    else if (event.type === "ops" && this.#isOver(runId)) runs.ops(runId, event.ops, through);
    else if (journal !== null) this.#past.heard(runId, journal, kernelId);
    else this.#orphans.heard(runId, event, { id, kernelId });
  }

  /** A run of this tab that ended: its threads may print on. */
  #isOver(runId: RunId): boolean {
    const { runs } = this.#options;
    return runs.isWriter(runId) && isFinished(runs.run(runId)?.status ?? "queued");
  }

  #journal(): JournalPort | null {
    return this.#options.runtime.port.get()?.journal ?? null;
  }

  /** The runtime knows which question waits, whoever was asked first. */
  #promptChanged(): void {
    const prompt = this.#journal()?.prompt.get() ?? null;
    const shown = this.#questions.request.get();
    if (prompt === null) {
      if (shown !== null) this.#questions.ended(shown.runId);
      return;
    }
    const input = this.#inputs.get(prompt.msgId);
    const cellId = this.#options.runs.run(prompt.runId)?.cell_id;
    if (shown === null && input !== undefined && cellId !== undefined && this.#live.has(prompt.runId)) {
      this.#questions.asked({ runId: prompt.runId, cellId }, input);
    }
  }

  #lost(): void {
    this.#options.widgets?.lost();
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
    if (kernelId === null || port === null) return;
    if (port.journal === null) {
      if (port.isLeader.get()) this.#orphans.look(kernelId);
    } else if (port.state.get().phase === "open") {
      this.#past.look(port.journal, kernelId);
      this.#kept.look(port.journal);
    }
  }

  #goOnFromPast({ runId, cellId, sentAt }: TakenRun, { events, hasGap }: PastRun): void {
    const { runs } = this.#options;
    const said = events.map(({ event }) => event);
    const heard = heardIn(said);
    for (const event of said) if (event.type === "input") this.#inputs.set(event.request.header.msg_id, event);
    const started = events.find(({ event }) => event.type === "started");
    this.#dispatch({ type: "adopt", runId, cellId, source: "", phase: started ? "running" : "submitted" });
    if (started !== undefined) runs.status(runId, { status: "running", startedAt: started.at });
    const shown = JSON.stringify(runs.run(runId)?.outputs ?? []);
    if (JSON.stringify(heard.folded.outputs) !== shown) runs.ops(runId, showing(heard.folded));
    runs.ops(runId, updatesOfOthers(said));
    if (heard.executionCount !== null) runs.status(runId, { executionCount: heard.executionCount });
    if (heard.reply !== null) this.#endedAt.set(runId, events.at(-1)?.at ?? this.#clock.now());
    const asked = heard.input?.request.header.msg_id;
    const isPending = asked !== undefined && this.#journal()?.prompt.get()?.msgId === asked;
    this.#live.goOn(runId, cellId, {
      ...heard,
      input: isPending ? heard.input : null,
      isOlderThanSocket: sentAt < this.#openedAt,
      isUnheard: events.length === 0,
    });
    if (hasGap) this.#live.dropped(runId);
  }

  #continue({ runId, cellId, sentAt, input, heard: kept }: SentRun, heard: Heard): void {
    const { runs } = this.#options;
    const through = runs.run(runId)?.through ?? null;
    this.#gaps?.takenOver(runId, { through, kept: kept ?? null, heard: heard.lastId });
    this.#dispatch({ type: "adopt", runId, cellId, source: "" });
    runs.status(runId, { status: "running" });
    for (const { id, ops } of notRecorded(heard.outputs, runs.run(runId)?.through ?? null)) runs.ops(runId, ops, id);
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
