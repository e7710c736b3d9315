/**
 * Runs in this page: what cells show, and the writing of the runs that this tab executes (SPEC 3).
 *
 * Own events are folded at once and sent when the hub hears: frames queue while there is no connection, and every one is kept, also outside of
 * this page, until it is acknowledged. Starts and moves of heads go out in the order in which they were made, because the hub orders heads by arrival.
 */
import type { CellId } from "../core/cell.ts";
import { sha256Hex } from "../core/hex.ts";
import { type Hello, isFinished, type RunId, type RunRecord } from "../core/notebook.ts";
import { type Observable, Value } from "../core/observable.ts";
import type { Folded, OutputOp } from "../core/outputs.ts";
import { type AtHome, atHomeOf, NOWHERE } from "../core/private-outputs.ts";
import { ranAtOnce } from "../core/runs.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { RunEvent, RunHubFrame, RunPageFrame } from "./messages.ts";
import { RunBook } from "./run-book.ts";
import { type NewRun, newRecord, type RunChange, startedEvent, statusChanges } from "./run-changes.ts";
import { earlier, RunOutbox } from "./run-outbox.ts";
import { hasLarge, inFrames, MAX_INLINE_BYTES, OpsBuffer, type PutBlob, withBlobs } from "./run-values.ts";
import { bare, RunWriter, withoutOutputs } from "./run-writer.ts";

/** Outputs are gathered for at most this long before they are shown and sent. */
export const GATHER_MS = 16;
const BLOB_RETRY_MS = 2_000;

export interface RunStoreOptions {
  readonly putBlob: PutBlob;
  /** Whether a cell of the document says of itself that its outputs stay at home: a copy does before the hub knows it. */
  readonly isMarkedHome?: (cellId: CellId) => boolean;
  /** Names this browser over all its tabs: a run may be taken over within it at once. */
  readonly browserId: string;
  readonly clock?: Clock;
  readonly digest?: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
}

export type { NewRun, RunChange } from "./run-changes.ts";

/** A frame that a page made, with its number. */
export interface KeptFrame {
  readonly n: number;
  readonly event: RunEvent;
}

/** Keeps frames outside of this page until the hub has them: a page may end at any time. */
export interface RunKeeper {
  /** What is given to it will be found by the next page. */
  readonly isSound: boolean;
  /** @param isSent it goes to the hub at this moment too. */
  keep(runId: RunId, frame: KeptFrame, isSent: boolean): void;
  /** The hub has the frames before number `n`. */
  drop(runId: RunId, n: number): void;
  forget(runId: RunId): void;
  /** Of one run, by whatever page, in order. */
  load(runId: RunId): Promise<readonly KeptFrame[]>;
  /** Runs of this person of which something is kept by pages that are gone. */
  left(): Promise<readonly RunId[]>;
}

/** Which run each of some cells showed, to bring it back. */
export type Heads = ReadonlyMap<CellId, RunId | null>;

type OutputsEvent = Extract<RunEvent, { type: "outputs" }>;

interface OwnRun {
  readonly writer: RunWriter;
  readonly buffer: OpsBuffer;
  /** What the cell showed before, for a run that ends cancelled. */
  readonly replaced: RunId | null;
  flushedAt: number;
  /** Since when outputs are gathered; null: none wait. */
  gatheringSince: number | null;
  /** The kernel's message that the gathered outputs end with. */
  through: string | null;
  endTimer: (() => void) | null;
  /** Another page started the same cell while our start was on its way: who came later is not known. */
  isContested: boolean;
}

export class RunStore {
  readonly #options: RunStoreOptions;
  readonly #clock: Clock;
  readonly #book = new RunBook();
  readonly #own = new Map<RunId, OwnRun>();
  readonly #gathering = new Set<OwnRun>();
  readonly #outbox = new RunOutbox((runId) => {
    const run = this.#book.record(runId);
    return run !== null && !isFinished(run.status);
  });
  readonly #unsavedSince = new Value<number | null>(null);
  #keeper: RunKeeper | null = null;
  #isInJournal = false;
  /** Of runs that are being taken over: what their last page kept. */
  readonly #found = new Map<RunId, readonly KeptFrame[]>();
  /** Runs that are being taken over and of which this page knows only what it sent. */
  readonly #untold = new Map<RunId, NewRun>();
  /** Told for pages that are gone; given back as soon as the hub has all of it. */
  readonly #handedOn = new Set<RunId>();
  #hello: Hello | null = null;
  #isLoaded = false;
  /** Whose outputs stay at home (SPEC 3.10). The hub's word; until it spoke nothing is sent anyway. */
  #atHome: AtHome = NOWHERE;

  constructor(options: RunStoreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  // Reading

  /** The run that a cell shows; null when there is none or it was cleared. The same object until it changes. */
  headOf(cellId: CellId): RunRecord | null {
    return this.#book.headOf(cellId);
  }

  /** The newest run that was under way at the same time as the one that the cell shows; null: none that this page knows. */
  rivalOf(cellId: CellId): RunRecord | null {
    const head = this.headOf(cellId);
    if (head === null || head.kind !== "executed") return null;
    const rivals = [...this.#book.recordsOf(cellId)].filter(
      // When a run ended whose page is gone, nobody knows.
      (run) =>
        run.run_id !== head.run_id && run.kind === "executed" && !this.isContactLost(run) && ranAtOnce(run, head),
    );
    return rivals.at(-1) ?? null;
  }

  run(runId: RunId): RunRecord | null {
    return this.#book.record(runId);
  }

  /** What a run shows, and whether its next output clears that first. */
  folded(runId: RunId): Folded | null {
    return this.#book.folded(runId);
  }

  subscribeCell(cellId: CellId, fn: () => void): () => void {
    return this.#book.subscribeCell(cellId, fn);
  }

  /** Tells of every change of any run or head, and of which run; null: a cell shows none, or one that is not known. */
  subscribe(fn: (run: RunRecord | null) => void): () => void {
    return this.#book.subscribe(fn);
  }

  /** The hub has told of all heads: a run that is not known here is not known there. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Whether this page's person started it. */
  isMine(run: RunRecord): boolean {
    return run.person !== null && run.person.id === this.#hello?.person.id;
  }

  /** Whether this person ran it: what its outputs do is what this person asked for. */
  isOwn(run: RunRecord): boolean {
    return run.kind === "executed" && (this.isMine(run) || this.isWriter(run.run_id));
  }

  /** Unfinished runs that some cell shows, whoever writes them. */
  unfinished(): RunRecord[] {
    return [...this.#book.headRecords()].filter(
      (run) => run.kind === "executed" && !isFinished(run.status) && run.status !== "lost",
    );
  }

  /** The runs that some cell shows. */
  shown(): RunRecord[] {
    return [...this.#book.headRecords()];
  }

  /** Nobody goes on with it: no page records it, or this one does so only until the hub has what an earlier page left. */
  isFree(run: RunRecord): boolean {
    return this.#handedOn.has(run.run_id) || (run.writer === null && !this.isWriter(run.run_id));
  }

  /** Whether this tab records the run. */
  isWriter(runId: RunId): boolean {
    return this.#own.has(runId);
  }

  /** *Contact lost*: unfinished, and no page records it. */
  isContactLost(run: RunRecord): boolean {
    if (run.status === "lost") return true;
    return run.kind === "executed" && !isFinished(run.status) && run.writer === null && !this.isWriter(run.run_id);
  }

  /** Whether what the hub has not acknowledged outlives this page. */
  get isKept(): boolean {
    return this.#unsavedSince.get() === null || this.#isInJournal || this.#keeper?.isSound === true;
  }

  /** When the oldest event was made that the hub has not acknowledged; null when there is none. */
  get unsavedSince(): Observable<number | null> {
    return this.#unsavedSince;
  }

  // Writing

  /** A run begins: it takes its cell's head, here at once. */
  start(run: NewRun): void {
    const { runId, cellId, sourceDigest, runtime, startedAt = null } = run;
    this.#handedOn.delete(runId);
    if (this.#own.has(runId)) return;
    const own = this.#keep(RunWriter.fresh(runId), this.#book.headId(cellId) ?? null);
    this.#book.put(newRecord(run, this.#hello?.person ?? null, this.#me()));
    this.#book.setHead(cellId, runId);
    this.#push(own, startedEvent({ cellId, sourceDigest, runtime, startedAt }));
    this.#outbox.orderStart(own.writer, cellId, "last");
    this.#pump();
  }

  /** Changes of a run; what is left out stays. Nothing happens when this tab does not record it. */
  status(runId: RunId, change: RunChange): void {
    const own = this.#writable(runId);
    if (!own) return;
    this.#flush(own);
    const changes = statusChanges(change);
    this.#book.change(runId, changes);
    if (change.status === "cancelled") this.#giveHeadBack(runId, own);
    const event: RunEvent = { type: "status", ...changes };
    this.#push(own, event);
    this.#pump();
  }

  /**
   * Outputs of a run, in order. They are shown and sent within 16 ms, or at once when 64 KiB wait or nothing came lately.
   *
   * @param through the kernel's message that said so; null for what the kernel did not say.
   */
  ops(runId: RunId, ops: readonly OutputOp[], through: string | null = null): void {
    const own = this.#writable(runId);
    if (!own || ops.length === 0) return;
    own.buffer.add(ops);
    own.through = through ?? own.through;
    own.gatheringSince ??= this.#clock.now();
    this.#gathering.add(own);
    const sinceMs = this.#clock.now() - own.flushedAt;
    if (own.buffer.length >= MAX_INLINE_BYTES || sinceMs >= GATHER_MS) this.#flush(own);
    else own.endTimer ??= this.#clock.after(GATHER_MS - sinceMs, () => this.#flush(own));
    this.#tellUnsaved();
  }

  /** Cells show nothing any more. @returns what they showed, for `restoreHeads`. */
  clearOutputs(cellIds: readonly CellId[]): Heads {
    const before = new Map<CellId, RunId | null>();
    for (const id of cellIds) {
      const head = this.#book.headId(id);
      if (head) before.set(id, head);
    }
    this.restoreHeads(new Map([...before.keys()].map((id) => [id, null])));
    return before;
  }

  /** Cells show these runs (again). */
  restoreHeads(heads: Heads): void {
    for (const [cellId, runId] of heads) {
      this.#book.setHead(cellId, runId);
      this.#outbox.orderHead({ type: "head", cell_id: cellId, run_id: runId }, this.#clock.now());
    }
    this.#pump();
  }

  /** A cell shows a copy of what another one shows (it was duplicated). */
  copyHead(from: CellId, to: CellId): void {
    const head = this.#book.headOf(from);
    if (!head) return;
    // Shown until the hub's own copy arrives; its id is this page's only.
    const standIn = `copy-of-${head.run_id}`.slice(0, 128);
    const status = isFinished(head.status) ? head.status : "interrupted";
    this.#book.put({ ...head, run_id: standIn, cell_id: to, kind: "copied_from", status, writer: null });
    this.#book.setHead(to, standIn);
    this.#outbox.orderHead({ type: "head", cell_id: to, copy_of: head.run_id }, this.#clock.now());
    this.#pump();
  }

  /**
   * Asks the hub to let this tab record a run: at once within one browser when its tab is gone, else after 30 s or with `force` (SPEC 3.5).
   *
   * @returns whether this tab records it now, with everything that its last page kept. False also without a connection.
   */
  takeOver(runId: RunId, force: boolean): Promise<boolean> {
    this.#handedOn.delete(runId);
    if (this.isWriter(runId)) return Promise.resolve(true);
    return this.#book.record(runId) ? this.#claim(runId, force) : Promise.resolve(false);
  }

  /** The run is not over, and this page does not hear of it any more: whoever hears its kernel may have it. */
  handOn(runId: RunId): void {
    const own = this.#own.get(runId);
    if (own === undefined) return;
    this.#flush(own);
    this.#handedOn.add(runId);
    this.#giveBack(runId);
  }

  /**
   * As `takeOver` without force, of a run of this browser that no cell is known to show. Either it began while the hub was away: then it begins
   * here, and its cell shows it; or its cell was run again since: then it is gone on with, and the cell shows the later one.
   */
  async takeOverUntold(run: NewRun): Promise<boolean> {
    this.#untold.set(run.runId, run);
    const isOurs = await this.#claim(run.runId, false);
    this.#untold.delete(run.runId);
    return isOurs;
  }

  /** From now on frames are kept, and what earlier pages left is told to the hub. */
  keepIn(keeper: RunKeeper): void {
    this.#keeper = keeper;
    for (const { writer } of this.#own.values()) this.#keepAgain(writer);
    if (this.#isLoaded) void this.#tellWhatIsLeft();
    this.#tellUnsaved();
  }

  /** Whether the runtime keeps what runs say: then frames need no keeping here, and are read again from there. */
  leaveToJournal(isInJournal: boolean): void {
    this.#isInJournal = isInJournal;
  }

  /** The page may be about to end: what was gathered is shown, sent and kept now. */
  flush(): void {
    for (const own of [...this.#gathering]) this.#flush(own);
  }

  // The connection; called by `RoomSocket`

  /** After `hello`: frames can be sent from now on. The hub's `runs` follows. */
  connected(hello: Hello, send: (frame: RunPageFrame) => void): void {
    this.#hello = hello;
    this.keepHome(atHomeOf(hello));
    this.#outbox.connected(send);
  }

  disconnected(): void {
    this.#outbox.disconnected();
    for (const { writer } of this.#own.values()) {
      writer.disconnected();
      this.#outbox.touch(writer);
    }
  }

  received(frame: RunHubFrame): void {
    switch (frame.type) {
      case "runs":
        this.#takeRuns(frame);
        break;
      case "run":
        this.#takeForeign(frame);
        break;
      case "run_ack":
        this.#acknowledged(frame);
        break;
      case "run_refused":
        this.#refusedRun(frame);
        break;
      case "leased":
        this.#leased(frame);
        break;
      case "writer":
        this.#takeWriter(frame);
        break;
      case "head":
        this.#takeHead(frame);
        break;
    }
    this.#pump();
  }

  /** `refused` of `take_over` or `head` (SPEC 2.10); they are answered in order. */
  refused(of: string, code: string): void {
    if (of === "head") {
      this.#outbox.headRefused();
    } else if (of === "take_over") {
      const runId = this.#outbox.claimRefused();
      if (runId !== null) this.#claimRefused(runId, code);
    }
    this.#pump();
  }

  // Inside

  #keep(writer: RunWriter, replaced: RunId | null): OwnRun {
    const own: OwnRun = {
      writer,
      buffer: new OpsBuffer(),
      replaced,
      flushedAt: Number.NEGATIVE_INFINITY,
      gatheringSince: null,
      through: null,
      endTimer: null,
      isContested: false,
    };
    this.#own.set(writer.runId, own);
    this.#outbox.touch(writer);
    return own;
  }

  #writable(runId: RunId): OwnRun | null {
    const own = this.#own.get(runId) ?? null;
    if (own) this.#outbox.touch(own.writer);
    return own;
  }

  #endGathering(own: OwnRun): readonly OutputOp[] {
    own.endTimer?.();
    own.endTimer = null;
    own.gatheringSince = null;
    this.#gathering.delete(own);
    return own.buffer.take();
  }

  #flush(own: OwnRun): void {
    const ops = this.#endGathering(own);
    if (ops.length === 0) return;
    own.flushedAt = this.#clock.now();
    this.#fold(own, ops, own.through);
    this.#pump();
  }

  /** Whether outputs stay at home (SPEC 3.12): what this page shows of its own person's runs stays, what it has of others' goes. */
  keepHome(atHome: AtHome): void {
    this.#atHome = atHome;
    // What was made before this was known must not get out either.
    for (const own of this.#own.values()) {
      if (!this.#omits(own)) continue;
      own.writer.withholdOutputs();
      this.#keepAgain(own.writer);
    }
    for (const run of [...this.#book.records()]) {
      const hasAny = run.outputs.length > 0 || run.execution_count !== null;
      if (hasAny && !this.isMine(run) && this.#staysHome(run.cell_id)) this.#book.put(bare(run));
    }
  }

  #staysHome(cellId: CellId): boolean {
    const { everything, cells } = this.#atHome;
    return everything || cells.has(cellId) || this.#options.isMarkedHome?.(cellId) === true;
  }

  #omits(own: OwnRun): boolean {
    const run = this.#book.record(own.writer.runId);
    // Nobody can say which cell it is of: with any at home, it may be one of them.
    return run === null ? this.#atHome.everything || this.#atHome.cells.size > 0 : this.#staysHome(run.cell_id);
  }

  /** Outputs that this person's runtime kept of a finished run, for this page's screen only. */
  showKept(runId: RunId, kept: Pick<RunRecord, "outputs" | "execution_count" | "started_at" | "finished_at">): void {
    const run = this.#book.record(runId);
    if (run !== null && !this.isWriter(runId)) this.#book.put({ ...run, ...kept });
  }

  /** Finished runs of this person that some cell shows and of which this page has nothing: their outputs stayed at home. */
  emptied(): RunRecord[] {
    return [...this.#book.headRecords()].filter(
      (run) =>
        run.execution_count === null &&
        run.kind === "executed" &&
        isFinished(run.status) &&
        this.isMine(run) &&
        this.#staysHome(run.cell_id),
    );
  }

  #fold(own: OwnRun, ops: readonly OutputOp[], through: string | null): void {
    this.#book.fold(own.writer.runId, ops, through);
    // Outputs that stay at home (SPEC 3.10) are shown here, told to nobody.
    if (!this.#omits(own)) this.#pushOps(own, ops, through);
  }

  #pushOps(own: OwnRun, ops: readonly OutputOp[], through: string | null): void {
    const groups = inFrames(ops);
    // While they were gathered what came before them may have been acknowledged, and nothing was to be sent.
    this.#outbox.touch(own.writer);
    groups.forEach((group, at) => {
      // The last frame ends with the message; with those before it a part of it would be missing.
      const isLast = through !== null && at === groups.length - 1;
      const event: RunEvent = { type: "outputs", ops: group, ...(isLast ? { through } : {}) };
      const fill = hasLarge(group) ? own.writer.reserve(event, this.#clock.now()) : null;
      if (fill === null) own.writer.push(event, this.#clock.now());
      else void this.#storeBlobs(own, event, fill);
      this.#keepNewest(own.writer, event);
    });
  }

  async #storeBlobs(own: OwnRun, made: OutputsEvent, fill: (event: RunEvent) => void): Promise<void> {
    const { ops } = made;
    const cellId = this.#book.record(own.writer.runId)?.cell_id ?? null;
    const small = await withBlobs(ops, this.#options.digest ?? sha256Hex);
    for (const [sha256, bytes] of small.blobs) {
      while (!this.#omits(own) && !(await this.#putBlob(sha256, bytes, cellId))) {
        await new Promise<void>((resolve) => void this.#clock.after(BLOB_RETRY_MS, resolve));
      }
    }
    const event: RunEvent = { ...made, ops: small.ops };
    fill(this.#omits(own) ? withoutOutputs(event) : event);
    this.#pump();
  }

  async #putBlob(sha256: string, bytes: Uint8Array<ArrayBuffer>, cellId: CellId | null): Promise<boolean> {
    if (!this.#outbox.isConnected) return false;
    return this.#options.putBlob(sha256, bytes, cellId).then(
      () => true,
      () => false,
    );
  }

  #pump(): void {
    this.#outbox.pump();
    this.#tellUnsaved();
  }

  #takeRuns({ heads, runs }: Extract<RunHubFrame, { type: "runs" }>): void {
    for (const run of runs) if (!this.isWriter(run.run_id)) this.#book.put(this.#withKept(run));
    this.#isLoaded = true;
    const told = new Map(Object.entries(heads));
    for (const cellId of new Set([...this.#book.heads().keys(), ...told.keys()])) {
      if (!this.#outbox.hasPending(cellId)) this.#book.setHead(cellId, told.get(cellId) ?? null);
    }
    void this.#tellWhatIsLeft();
  }

  /** What this page shows of a run whose outputs stay at home is not taken away by a record without them. */
  #withKept(run: RunRecord): RunRecord {
    const known = this.#staysHome(run.cell_id) ? this.#book.record(run.run_id) : null;
    if (known === null || !this.isMine(known) || known.outputs.length === 0 || run.outputs.length > 0) return run;
    const { outputs, execution_count, started_at, finished_at } = known;
    return { ...run, outputs, execution_count, started_at, finished_at };
  }

  #takeForeign({ run_id, n, event, run }: Extract<RunHubFrame, { type: "run" }>): void {
    if (this.isWriter(run_id)) return;
    if (event.type === "started") {
      if (run) this.#book.put({ ...run, outputs: run.outputs ?? [] });
      this.#foreignHead(event.cell_id, run_id);
    } else if (event.type === "status") {
      const { type: _, ...changes } = event;
      this.#book.change(run_id, { ...changes, n: n + 1 });
    } else {
      this.#book.fold(run_id, event.ops, event.through ?? null);
      this.#book.count(run_id, n + 1);
    }
  }

  #foreignHead(cellId: CellId, runId: RunId): void {
    const mine = [...this.#own.values()].find(
      ({ writer }) => writer.startIsOpen && this.#book.record(writer.runId)?.cell_id === cellId,
    );
    if (mine) mine.isContested = true;
    else this.#book.setHead(cellId, runId);
  }

  /**
   * Two starts crossed: acknowledgements come after the commit, broadcasts before it, so their order cannot be told. Saying once more what
   * the cell shows makes the hub order it, for everybody.
   */
  #settleContest(runId: RunId): void {
    const own = this.#own.get(runId);
    const record = this.#book.record(runId);
    if (!own?.isContested || !record || own.writer.startIsOpen) return;
    own.isContested = false;
    this.#outbox.orderHead({ type: "head", cell_id: record.cell_id, run_id: runId }, this.#clock.now());
  }

  #takeHead({ cell_id, run_id, run }: Extract<RunHubFrame, { type: "head" }>): void {
    this.#outbox.headMoved(cell_id, run_id, run);
    const before = this.#book.headOf(cell_id);
    if (run && !this.isWriter(run.run_id)) this.#book.put(this.#withKept({ ...run, outputs: run.outputs ?? [] }));
    // A later wish of this page for the same cell is on its way, and will be the last word.
    if (this.#outbox.hasPending(cell_id)) return;
    this.#book.setHead(cell_id, run_id);
    if (before?.run_id.startsWith("copy-of-")) this.#book.forget(before.run_id);
  }

  #refusedRun({ run_id, code, n }: Extract<RunHubFrame, { type: "run_refused" }>): void {
    const own = this.#own.get(run_id);
    if (code === "outputs_omitted") this.#heardItStaysHome(run_id);
    if (own?.writer.refused(code, n) === "restart") this.#restart(run_id, own);
    if (own) this.#outbox.touch(own.writer);
  }

  /** The hub refused what this page did not know to stay at home. */
  #heardItStaysHome(runId: RunId): void {
    const run = this.#book.record(runId);
    const { everything, cells } = this.#atHome;
    this.keepHome(run === null ? { everything: true, cells } : { everything, cells: new Set([...cells, run.cell_id]) });
  }

  #leased({ run_id, epoch, n }: Extract<RunHubFrame, { type: "leased" }>): void {
    const known = this.#own.get(run_id);
    known?.writer.leased(epoch, n);
    const own = known ?? this.#keep(RunWriter.leased(run_id, epoch, n), null);
    const untold = this.#untold.get(run_id);
    if (untold && !this.#book.record(run_id)) this.#book.put(newRecord(untold, this.#hello?.person ?? null, null));
    this.#book.change(run_id, { epoch, n, writer: this.#me() });
    this.#keeper?.forget(run_id);
    if (known) this.#keepAgain(own.writer);
    else
      this.#tellKept(
        own,
        (this.#found.get(run_id) ?? []).filter((frame) => frame.n >= n),
      );
    this.#outbox.leased(run_id);
  }

  #claimRefused(runId: RunId, code: string): void {
    const own = this.#own.get(runId);
    if (!own && code === "unknown_run") this.#begin(runId, this.#found.get(runId) ?? []);
    // Begun anew while the answer was on its way: it says nothing of that.
    if (own?.writer.lease !== "asking") return;
    if (code === "unknown_run") {
      this.#restart(runId, own);
      return;
    }
    this.#giveUp(runId, own);
  }

  #takeWriter({ run_id, writer, status }: Extract<RunHubFrame, { type: "writer" }>): void {
    const own = this.#own.get(run_id);
    // Taken by force on the person's other page. Without a writer, it is our own last socket that the hub misses.
    if (own?.writer.lease === "holds" && writer && writer.session !== this.#hello?.session) this.#giveUp(run_id, own);
    if (!this.#own.has(run_id)) this.#book.change(run_id, { writer, status });
  }

  /** Another page records the run from now on: what was not sent yet stays on this page's screen only. */
  #giveUp(runId: RunId, own: OwnRun): void {
    this.#endGathering(own);
    own.writer.lost();
    this.#keeper?.forget(runId);
    this.#own.delete(runId);
    this.#outbox.drop(own.writer);
    this.#book.change(runId, {});
  }

  /** The hub does not know a run of ours (it lost the start): tell it from the beginning, from the record if need be. */
  #restart(runId: RunId, own: OwnRun): void {
    const run = this.#book.record(runId);
    if (!run) return;
    this.#flush(own);
    const { cell_id: cellId, source_digest, runtime, started_at: startedAt } = run;
    const started = startedEvent({ cellId, sourceDigest: source_digest ?? "", runtime, startedAt });
    const { status, execution_count, finished_at } = run;
    own.writer.restart(started, this.#clock.now());
    this.#keeper?.forget(runId);
    this.#keepAgain(own.writer);
    this.#push(own, { type: "status", status, execution_count, finished_at });
    const ops = run.outputs.map((output): OutputOp => ({ op: "output", output }));
    if (!this.#omits(own)) this.#pushOps(own, ops, run.through);
    this.#outbox.orderStart(own.writer, run.cell_id, "first");
  }

  #giveHeadBack(runId: RunId, own: OwnRun): void {
    const run = this.#book.record(runId);
    if (!run || this.#book.headId(run.cell_id) !== runId) return;
    let before = own.replaced;
    while (before !== null && this.#book.record(before)?.status === "cancelled")
      before = this.#own.get(before)?.replaced ?? null;
    this.#book.setHead(run.cell_id, before !== null && this.#book.record(before) ? before : null);
  }

  #push(own: OwnRun, event: RunEvent): void {
    const told = this.#omits(own) ? withoutOutputs(event) : event;
    own.writer.push(told, this.#clock.now());
    // Gathered outputs that stay at home leave it without anything to send just before.
    this.#outbox.touch(own.writer);
    this.#keepNewest(own.writer, told);
  }

  // What pages that are gone left

  async #tellWhatIsLeft(): Promise<void> {
    for (const runId of (await this.#keeper?.left()) ?? []) {
      if (this.#own.has(runId) || this.#handedOn.has(runId) || this.#book.record(runId)?.writer) continue;
      this.#handedOn.add(runId);
      await this.#claim(runId, false);
      this.#giveBack(runId);
    }
  }

  async #claim(runId: RunId, force: boolean): Promise<boolean> {
    this.#found.set(runId, (await this.#keeper?.load(runId)) ?? []);
    const isLeased = this.isWriter(runId) || (await this.#outbox.claim(runId, force));
    this.#found.delete(runId);
    return isLeased || this.isWriter(runId);
  }

  #tellKept(own: OwnRun, frames: readonly KeptFrame[]): void {
    for (const { event } of frames) {
      if (event.type === "outputs") this.#fold(own, event.ops, event.through ?? null);
      if (event.type !== "status") continue;
      const { type: _, ...changes } = event;
      this.#book.change(own.writer.runId, changes);
      this.#push(own, event);
    }
  }

  #begin(runId: RunId, kept: readonly KeptFrame[]): void {
    const untold = this.#untold.get(runId);
    if (untold && kept.length === 0) this.start(untold);
    else this.#beginKept(runId, kept);
  }

  /** The hub was away when this run began. */
  #beginKept(runId: RunId, [first, ...rest]: readonly KeptFrame[]): void {
    if (first?.event.type !== "started" || first.n !== 0) {
      this.#keeper?.forget(runId);
      return;
    }
    const { cell_id: cellId, source_digest: sourceDigest, runtime, started_at: startedAt } = first.event;
    const isHandedOn = this.#handedOn.has(runId);
    this.start({ runId, cellId, sourceDigest, runtime, startedAt });
    if (isHandedOn) this.#handedOn.add(runId);
    const own = this.#own.get(runId);
    if (own) this.#tellKept(own, rest);
  }

  #acknowledged({ run_id, n }: Extract<RunHubFrame, { type: "run_ack" }>): void {
    this.#own.get(run_id)?.writer.acknowledged(n);
    this.#keeper?.drop(run_id, n + 1);
    this.#settleContest(run_id);
    this.#giveBack(run_id);
  }

  /** A run that is not over needs a page that hears its kernel: whoever does may have it. */
  #giveBack(runId: RunId): void {
    const own = this.#own.get(runId);
    if (!this.#handedOn.has(runId) || own?.writer.hasUnacknowledged) return;
    this.#handedOn.delete(runId);
    const run = this.#book.record(runId);
    if (!own || !run || isFinished(run.status)) return;
    this.#giveUp(runId, own);
    this.#outbox.release(runId);
  }

  /** Numbers may have moved. */
  #keepAgain(writer: RunWriter): void {
    if (this.#isInJournal) return;
    for (const frame of writer.unacknowledged) this.#keeper?.keep(writer.runId, frame, false);
  }

  #keepNewest(writer: RunWriter, event: RunEvent): void {
    const isSent = this.#outbox.isConnected && writer.lease === "holds";
    if (!this.#isInJournal) this.#keeper?.keep(writer.runId, { n: writer.next - 1, event }, isSent);
  }

  #me(): RunRecord["writer"] {
    if (!this.#hello) return null;
    return { session: this.#hello.session, person_id: this.#hello.person.id, browser_id: this.#options.browserId };
  }

  #tellUnsaved(): void {
    let since = this.#outbox.unsavedSince;
    for (const own of this.#gathering) if (!this.#omits(own)) since = earlier(since, own.gatheringSince);
    this.#unsavedSince.set(since);
  }
}
