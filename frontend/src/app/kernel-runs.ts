/**
 * What a kernel says of runs: joined to the run store and to the queue, which `run-driver.ts` keeps.
 *
 * A run's id is the `msg_id` of its request, so any message finds its run, also after a reload. This tab writes the runs that it started, and
 * those that it took over: the tab that holds the kernel's socket takes over the unfinished runs of this browser that nobody writes any more.
 *
 * Fetched with what talks to Jupyter: a notebook can be read and edited before. One object per open notebook, for all its kernels.
 */
import { type BindingState, kernelIdOf } from "../core/binding.ts";
import type { CellId } from "../core/cell.ts";
import { isFinished, type RunId, type RunRecord, type RunStatus } from "../core/notebook.ts";
import type { Observable, Value } from "../core/observable.ts";
import { NOTHING_FOLDED } from "../core/outputs.ts";
import type { QueueEvent } from "../core/runs.ts";
import { executeRequest, type RunEvent, runEvent } from "../kernel/execute.ts";
import type { GapWatch } from "../kernel/gap-watch.ts";
import type { PastRun } from "../kernel/journal-reader.ts";
import type { JournalPort, KernelEvent, KernelPort } from "../kernel/kernel-port.ts";
import { type Clock, RecentIds } from "../kernel/messages.ts";
import { type PageRequest, readPageRequest } from "../kernel/page-requests.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import type { RunStore } from "../sync/run-store.ts";
import { wholesBefore } from "./dropped-output.ts";
import { KeptOutputs } from "./kept-outputs.ts";
import { LiveRuns } from "./live-runs.ts";
import { OrphanRuns } from "./orphan-runs.ts";
import { PastRuns, type TakenRun } from "./past-runs.ts";
import type { RunTold } from "./recorded-run.ts";
import { RunMender } from "./run-mender.ts";
import { RunQuestions, type StdinRequest } from "./run-questions.ts";
import { RunRecorder } from "./run-recorder.ts";
import { type Heard, heardIn, showing, updatesOfOthers } from "./run-watch.ts";
import type { LocalStore } from "./runtime-memory.ts";
import type { RuntimeNotice } from "./runtime-types.ts";
import { type SentRun, SentRuns } from "./sent-runs.ts";
import type { WidgetHost } from "./widget-host.ts";

/** The runtime, as far as runs need it. */
export interface RunsRuntime {
  readonly binding: Observable<BindingState>;
  readonly port: Observable<KernelPort | null>;
  readonly sessionId: string;
  tell(notice: RuntimeNotice): void;
}

export interface KernelRunsOptions {
  readonly notebookId: string;
  readonly runs: RunStore;
  readonly runtime: RunsRuntime;
  /** Hears the kernel first: what is a widget's affair is no run's. */
  readonly widgets?: Pick<WidgetHost, "heard" | "sort"> | undefined;
  readonly onPageRequest?: ((request: PageRequest) => void) | undefined;
  /** The question that is shown. */
  readonly stdin: Value<StdinRequest | null>;
  readonly dispatch: (event: QueueEvent) => void;
  /** What was looked for is found, or the kernel has answered all of before: what waits may go on. */
  readonly onSettled: () => void;
  readonly store: LocalStore;
  readonly clock: Clock;
}

export interface SendWish {
  readonly runId: RunId;
  readonly cellId: CellId;
  readonly source: string;
  /** Of the source. */
  readonly digest: string;
}

export class KernelRuns {
  readonly #options: KernelRunsOptions;
  readonly #sent: SentRuns;
  readonly #questions: RunQuestions;
  readonly #live: LiveRuns;
  readonly #recorder: RunRecorder;
  readonly #mender: RunMender;
  #gaps: GapWatch | null = null;
  readonly #orphans: OrphanRuns;
  /** In place of `#orphans` where the runtime keeps a journal. */
  readonly #past: PastRuns;
  readonly #kept: KeptOutputs;
  /** Finished here, and not yet wholly with the hub. */
  readonly #unsaved = new Set<RunId>();
  /** When runs that were read again ended, ms since 1970. */
  readonly #endedAt = new Map<RunId, number>();
  readonly #ends: readonly (() => void)[];
  /** Questions that were asked on this kernel, by their message. */
  readonly #inputs = new Map<string, Extract<RunEvent, { type: "input" }>>();
  /** Runs of which the attached kernel spoke, whoever asked for them. */
  #heardOf = new RecentIds(1_000);
  /** Of the runs that this tab has in its hands: the kernel that is attached, or was last. */
  #heldFor: string | null = null;
  #endPort: () => void = () => {};
  #openedAt = 0;
  #willLook = false;

  constructor(options: KernelRunsOptions) {
    this.#options = options;
    const { runtime, runs, clock } = options;
    this.#sent = new SentRuns(options.store, options.notebookId);
    this.#questions = new RunQuestions(this.#sent, clock, options.stdin);
    this.#live = new LiveRuns({
      runs,
      clock,
      questions: this.#questions,
      dispatch: options.dispatch,
      tellIncomplete: (runIds) => runtime.tell({ code: "maybe_incomplete", runIds }),
      hasGap: (runId) => this.#gaps?.hasGap(runId) ?? false,
      lacksOfMany: (runId) => this.#gaps?.lacksOfMany(runId) ?? false,
      askForEnd: (runId) => this.#askForEnd(runId),
      keepDrops: (runId, after) => this.#sent.dropsBegin(runId, after),
      fillIn: (runId, dropped) => this.#gaps !== null && this.#mender.fillIn(runId, dropped),
    });
    this.#recorder = new RunRecorder({
      sessionId: () => runtime.sessionId,
      clock,
      onKnown: options.onSettled,
    });
    const [live, recorder] = [this.#live, this.#recorder];
    this.#mender = new RunMender({ runs, live, recorder, gaps: () => this.#gaps });
    this.#orphans = new OrphanRuns({
      runs,
      sent: this.#sent,
      isLive: (runId) => this.#live.has(runId),
      ask: ({ runId, heard }) => this.#mender.takenOver(runId, heard ?? null),
      onTaken: (sent, heard, told) => this.#continue(sent, heard, told),
      onSettled: options.onSettled,
    });
    this.#past = new PastRuns({
      runs,
      sent: this.#sent,
      clock,
      isLive: (runId) => this.#live.has(runId),
      onTaken: (run, past) => this.#goOnFromPast(run, past),
      onSettled: options.onSettled,
    });
    this.#kept = new KeptOutputs(runs);
    this.#ends = [
      runs.unsavedSince.subscribe(() => this.#forgetSaved()),
      runs.subscribe((run) => this.#runChanged(run)),
    ];
  }

  /** A take-over is under way, or the recorder is still to be put into the kernel: nothing is to be sent behind its back. */
  get isBusy(): boolean {
    return this.#orphans.isBusy || this.#past.isBusy || this.#recorder.isAwaited;
  }

  /** Whether the attached kernel has, or had, this run: it was heard to speak of it, or another tab of this browser sent it there. */
  isOnKernel(runId: RunId): boolean {
    return this.#heardOf.has(runId) || this.#sent.isOn(this.#kernelId() ?? "", runId);
  }

  /** Another kernel, or none. */
  follow(port: KernelPort | null): void {
    this.#heardOf = new RecentIds(1_000);
    this.#endPort();
    this.#endPort = () => {};
    this.#live.detached();
    if (port !== null) this.#leaveOthers(port.kernelId);
    this.#orphans.forget();
    this.#past.forget();
    this.#kept.forget();
    this.#inputs.clear();
    this.#gaps = this.#gapsOf(port);
    this.#recorder.follow(port);
    if (port === null) return;
    const ends = [
      port.listen((event) => this.#heard(event)),
      port.isLeader.subscribe(() => this.look()),
      port.journal?.prompt.subscribe(() => this.#promptChanged()) ?? (() => {}),
    ];
    this.#endPort = () => {
      for (const end of ends) end();
    };
  }

  /** What another kernel was given goes on there: this one cannot say how it ends, and who connects to that one again goes on with it. */
  #leaveOthers(kernelId: string): void {
    const isOther = this.#heldFor !== null && this.#heldFor !== kernelId;
    this.#heldFor = kernelId;
    const left = isOther ? this.#live.ids() : [];
    if (left.length === 0) return;
    this.#live.leave(left);
    for (const runId of left) this.#options.runs.handOn(runId);
    this.#options.dispatch({ type: "left", runIds: left });
  }

  send({ runId, cellId, source, digest }: SendWish): void {
    const { runtime, clock } = this.#options;
    const port = runtime.port.get();
    if (port === null) return;
    this.#live.add(runId, cellId);
    this.#gaps?.begins(runId);
    this.#mender.begins(runId);
    const now = clock.now();
    const kernelId = this.#kernelId();
    const inJournal = port.journal === null ? {} : { after: port.journal.lastSeq, digest };
    if (kernelId !== null) this.#sent.add({ runId, cellId, kernelId, sentAt: now, input: null, ...inJournal });
    port.send(executeRequest({ runId, code: source, cellId, session: runtime.sessionId, now }));
  }

  /** The queue is done with it. How it ended (null: as the queue says) and when, ms since 1970. */
  finished(runId: RunId): { readonly status: RunStatus | null; readonly finishedAt: number } {
    const status = this.#live.finished(runId);
    this.#gaps?.finished(runId);
    const finishedAt = this.#endedAt.get(runId) ?? this.#options.clock.now();
    this.#endedAt.delete(runId);
    if (this.#journal() === null) this.#sent.finished(runId);
    else this.#unsaved.add(runId);
    return { status, finishedAt };
  }

  /** Answer the question that is shown; without one nothing happens. */
  answer(text: string): void {
    const { runtime, runs } = this.#options;
    const port = runtime.port.get();
    const answer = port === null ? null : this.#questions.answer(text, runtime.sessionId);
    if (answer === null) return;
    if (port?.journal?.prompt.get()?.isMine === false) port.journal.takePrompt();
    port?.send(answer.message);
    runs.ops(answer.runId, [answer.shown]);
    this.#strayed(answer.runId);
  }

  /** Its outputs are not what the kernel says of it alone. */
  #strayed(runId: RunId): void {
    this.#mender.strayed(runId);
    this.#live.strayed(runId);
    this.#sent.strayed(runId);
  }

  /** The kernel's process ended: nothing that was sent to it will be answered. */
  lost(): void {
    for (const { runId } of this.#sent.of(this.#kernelId() ?? ""))
      if (this.#live.has(runId)) this.#sent.finished(runId);
    this.#questions.ended(null);
    this.#orphans.forget();
  }

  /** The page may be about to end; outputs are stored. */
  leaving(): void {
    this.#gaps?.leaving();
  }

  close(): void {
    this.#endPort();
    for (const end of this.#ends) end();
  }

  /** Look for runs that nobody writes any more. Call it whenever something may have changed. */
  look(): void {
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

  /**
   * Neither a cell that shows no run any more nor what becomes of a run that this page itself goes on with leaves one to be taken over. Of a
   * finished one there is only to tidy up: of thousands, that are cancelled at one stroke, once.
   */
  #runChanged(run: RunRecord | null): void {
    const { runs } = this.#options;
    if (run === null || (runs.isWriter(run.run_id) && !runs.isFree(run))) return;
    if (isFinished(run.status)) this.#lookSoon();
    else this.look();
  }

  #lookSoon(): void {
    if (this.#willLook) return;
    this.#willLook = true;
    queueMicrotask(() => {
      this.#willLook = false;
      this.look();
    });
  }

  /** A run may be read again from the journal until the hub has all of it. */
  #forgetSaved(): void {
    if (this.#options.runs.unsavedSince.get() !== null) return;
    for (const runId of this.#unsaved) this.#sent.finished(runId);
    this.#unsaved.clear();
  }

  // ── What is heard ──────────────────────────────────────────────────────────────────────────────────────────────────

  #gapsOf(port: KernelPort | null): GapWatch | null {
    if (port === null) return null;
    return port.watchGaps({
      clock: this.#options.clock,
      session: this.#options.runtime.sessionId,
      isOurs: (runId) => this.#live.has(runId),
      keep: (runId, msgId) => this.#sent.heard(runId, msgId),
      unsavedSince: () => this.#unsavedSince(),
      onGap: (runId) => this.#mender.gap(runId),
    });
  }

  /** What waits while the kernel is asked is no better than what is not stored. */
  #unsavedSince(): number | null {
    const [held, unsaved] = [this.#live.heldSince, this.#options.runs.unsavedSince.get()];
    return held === null || unsaved === null ? (held ?? unsaved) : Math.min(held, unsaved);
  }

  #askForEnd(runId: RunId): boolean {
    if (this.#gaps === null) return false;
    this.#mender.ask(runId);
    return true;
  }

  #heard(event: KernelEvent): void {
    this.#recorder.heard(event);
    if (event.type === "message") this.#gaps?.heard(event.message);
    if (this.#options.widgets?.heard(event)) return;
    if (event.type === "opened") {
      this.#openedAt = this.#options.clock.now();
      const isMended = this.#gaps !== null;
      this.#live.opened(event.clean, isMended);
      if (event.clean) this.#gaps?.opened(this.#live.ids());
      if (isMended) this.#mender.opened(this.#live.ids(), event.clean);
    } else if (event.type === "shell_drained") {
      this.#live.drained();
      this.#options.onSettled();
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
    const said = runEvent(message, this.#options.runtime.sessionId);
    if (said === null) return;
    const { runs } = this.#options;
    const { runId, event } = this.#options.widgets?.sort(requestId, said) ?? { runId: requestId, event: said };
    const isElsewhere = runId !== requestId || countOps(event) !== countOps(said);
    if (isElsewhere && this.#live.has(requestId)) this.#strayed(requestId);
    if (event === null) return;
    this.#heardOf.add(runId);
    const journal = this.#journal();
    if (event.type === "input" && journal !== null) this.#inputs.set(event.request.header.msg_id, event);
    if (place !== null && this.#past.takes(runId, event, place)) return;
    const { msg_id: id, session } = message.header;
    const through = session === this.#options.runtime.sessionId ? null : id;
    const kernelId = this.#kernelId() ?? "";
    if (this.#mender.isTold(id)) return;
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

  // ── Runs that nobody writes any more ───────────────────────────────────────────────────────────────────────────────

  #goOnFromPast({ runId, cellId, sentAt }: TakenRun, { events, hasGap }: PastRun): void {
    const { runs } = this.#options;
    const said = events.map(({ event }) => event);
    const heard = heardIn(said);
    for (const event of said) if (event.type === "input") this.#inputs.set(event.request.header.msg_id, event);
    const started = events.find(({ event }) => event.type === "started");
    this.#options.dispatch({ type: "adopt", runId, cellId, source: "", phase: started ? "running" : "submitted" });
    if (started !== undefined) runs.status(runId, { status: "running", startedAt: started.at });
    const shown = JSON.stringify(runs.run(runId)?.outputs ?? []);
    if (JSON.stringify(heard.folded.outputs) !== shown) runs.ops(runId, showing(heard.folded));
    runs.ops(runId, updatesOfOthers(said));
    if (heard.executionCount !== null) runs.status(runId, { executionCount: heard.executionCount });
    if (heard.reply !== null) this.#endedAt.set(runId, events.at(-1)?.at ?? this.#options.clock.now());
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

  #continue(sent: SentRun, heard: Heard, told: RunTold | null): void {
    const { runId, cellId, sentAt, input, heard: kept } = sent;
    const { runs } = this.#options;
    const through = runs.run(runId)?.through ?? null;
    this.#gaps?.takenOver(runId, { through, kept: kept ?? null, heard: heard.lastId });
    this.#options.dispatch({ type: "adopt", runId, cellId, source: "" });
    runs.status(runId, { status: "running" });
    const earlier = wholesBefore(runs.folded(runId) ?? NOTHING_FOLDED, sent);
    for (const { id, event } of told?.events ?? []) if (event.type === "ops") runs.ops(runId, event.ops, id);
    if (told !== null) this.#mender.shown(runId, told);
    if (heard.executionCount !== null) runs.status(runId, { executionCount: heard.executionCount });
    if (heard.input === null && heard.reply === null && input !== null) {
      this.#questions.askAgain({ runId, cellId }, input);
    }
    this.#live.goOn(runId, cellId, { ...heard, earlier, isOlderThanSocket: sentAt < this.#openedAt });
  }

  #kernelId(): string | null {
    return kernelIdOf(this.#options.runtime.binding.get());
  }
}

function countOps(event: RunEvent | null): number {
  return event?.type === "ops" ? event.ops.length : 0;
}
