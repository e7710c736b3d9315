/**
 * Runs in this page: what cells show, and the writing of the runs that this tab executes (SPEC 3).
 *
 * Own events are folded at once and sent when the hub hears: frames queue while there is no connection, and every one is kept until it is
 * acknowledged. Starts and moves of heads go out in the order in which they were made, because the hub orders heads by arrival.
 */
import type { CellId } from "../core/cell.ts";
import {
  type Hello,
  isFinished,
  type RunId,
  type RunRecord,
  type RunStatus,
  type RuntimeLabel,
} from "../core/notebook.ts";
import { type Observable, Value } from "../core/observable.ts";
import type { OutputOp } from "../core/outputs.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { RunEvent, RunHubFrame, RunPageFrame, StatusChanges } from "./messages.ts";
import { RunBook } from "./run-book.ts";
import { hasLarge, inFrames, MAX_INLINE_BYTES, OpsBuffer, type PutBlob, sha256Hex, withBlobs } from "./run-values.ts";
import { RunWriter, withoutOutputs } from "./run-writer.ts";

/** Outputs are gathered for at most this long before they are shown and sent. */
export const GATHER_MS = 16;
// Frames in flight over all runs: a flood is gathered into larger frames here instead of queueing in the socket.
const WINDOW = 32;
const BLOB_RETRY_MS = 2_000;

export interface RunStoreOptions {
  readonly putBlob: PutBlob;
  /** Names this browser over all its tabs: a run may be taken over within it at once. */
  readonly browserId: string;
  readonly clock?: Clock;
  readonly digest?: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
}

export interface NewRun {
  readonly runId: RunId;
  readonly cellId: CellId;
  /** Hex SHA-256 of the UTF-8 source that runs. */
  readonly sourceDigest: string;
  readonly runtime: RuntimeLabel | null;
  /** Null (or absent): it is queued. */
  readonly startedAt?: number | null;
}

export interface RunChange {
  readonly status?: RunStatus;
  readonly executionCount?: number | null;
  readonly startedAt?: number | null;
  readonly finishedAt?: number | null;
}

/** Which run each of some cells showed, to bring it back. */
export type Heads = ReadonlyMap<CellId, RunId | null>;

interface OwnRun {
  readonly writer: RunWriter;
  readonly buffer: OpsBuffer;
  replaced: RunId | null;
  flushedAt: number;
  endTimer: (() => void) | null;
  /** Another page started the same cell while our start was on its way: who came later is not known. */
  isContested: boolean;
}

type Ordered =
  | { readonly kind: "start"; readonly run: OwnRun }
  | {
      readonly kind: "head";
      readonly frame: Extract<RunPageFrame, { type: "head" }>;
      readonly at: number;
      isSent: boolean;
    };

interface Claim {
  readonly runId: RunId;
  readonly settle: ((isLeased: boolean) => void) | null;
}

export class RunStore {
  readonly #options: RunStoreOptions;
  readonly #clock: Clock;
  readonly #book = new RunBook();
  readonly #own = new Map<RunId, OwnRun>();
  /** Own runs with something to send, to wait for or to ask; the others cost nothing. */
  readonly #busy = new Set<OwnRun>();
  readonly #unsavedSince = new Value<number | null>(null);
  #ordered: Ordered[] = [];
  #claims: Claim[] = [];
  #send: ((frame: RunPageFrame) => void) | null = null;
  #hello: Hello | null = null;
  /** Outputs stay at home (SPEC 3.10). The hub's word; until it spoke nothing is sent anyway. */
  #omitsOutputs = false;

  constructor(options: RunStoreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  // Reading

  /** The run that a cell shows; null when there is none or it was cleared. The same object until it changes. */
  headOf(cellId: CellId): RunRecord | null {
    return this.#book.headOf(cellId);
  }

  run(runId: RunId): RunRecord | null {
    return this.#book.record(runId);
  }

  subscribeCell(cellId: CellId, fn: () => void): () => void {
    return this.#book.subscribeCell(cellId, fn);
  }

  /** Tells of every change of any run or head. */
  subscribe(fn: () => void): () => void {
    return this.#book.subscribe(fn);
  }

  /** Unfinished runs that some cell shows, whoever writes them. */
  unfinished(): RunRecord[] {
    return [...this.#book.headRecords()].filter(
      (run) => run.kind === "executed" && !isFinished(run.status) && run.status !== "lost",
    );
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

  /** When the oldest event was made that the hub has not acknowledged; null when there is none. */
  get unsavedSince(): Observable<number | null> {
    return this.#unsavedSince;
  }

  // Writing

  /** A run begins: it takes its cell's head, here at once. */
  start({ runId, cellId, sourceDigest, runtime, startedAt = null }: NewRun): void {
    if (this.#own.has(runId)) return;
    const own = this.#keep(RunWriter.fresh(runId), this.#book.headId(cellId) ?? null);
    this.#book.put({
      run_id: runId,
      cell_id: cellId,
      kind: "executed",
      status: startedAt === null ? "queued" : "running",
      source_digest: sourceDigest,
      person: this.#hello?.person ?? null,
      runtime,
      execution_count: null,
      started_at: startedAt,
      finished_at: null,
      epoch: 1,
      n: 1,
      writer: this.#me(),
      outputs: [],
    });
    this.#book.setHead(cellId, runId);
    const event: RunEvent = {
      type: "started",
      cell_id: cellId,
      source_digest: sourceDigest,
      runtime,
      started_at: startedAt,
    };
    own.writer.push(event, this.#clock.now());
    this.#ordered.push({ kind: "start", run: own });
    this.#pump();
  }

  /** Changes of a run; what is left out stays. Nothing happens when this tab does not record it. */
  status(runId: RunId, { status, executionCount, startedAt, finishedAt }: RunChange): void {
    const own = this.#writable(runId);
    if (!own) return;
    this.#flush(own);
    const changes: StatusChanges = {
      ...(status === undefined ? {} : { status }),
      ...(executionCount === undefined ? {} : { execution_count: executionCount }),
      ...(startedAt === undefined ? {} : { started_at: startedAt }),
      ...(finishedAt === undefined ? {} : { finished_at: finishedAt }),
    };
    this.#book.change(runId, changes);
    if (status === "cancelled") this.#giveHeadBack(runId, own);
    this.#push(own, { type: "status", ...changes });
    this.#pump();
  }

  /** Outputs of a run, in order. They are shown and sent within 16 ms, or at once when 64 KiB wait or nothing came lately. */
  ops(runId: RunId, ops: readonly OutputOp[]): void {
    const own = this.#writable(runId);
    if (!own || ops.length === 0) return;
    own.buffer.add(ops);
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
      this.#order({ type: "head", cell_id: cellId, run_id: runId });
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
    this.#order({ type: "head", cell_id: to, copy_of: head.run_id });
    this.#pump();
  }

  /**
   * Asks the hub to let this tab record a run: at once within one browser when its tab is gone, else after 30 s or with `force` (SPEC 3.5).
   *
   * @returns whether this tab records it now. False also without a connection.
   */
  takeOver(runId: RunId, force: boolean): Promise<boolean> {
    if (this.isWriter(runId)) return Promise.resolve(true);
    const send = this.#send;
    if (!send || !this.#book.record(runId)) return Promise.resolve(false);
    return new Promise((settle) => {
      this.#claims.push({ runId, settle });
      send({ type: "take_over", run_id: runId, force });
    });
  }

  // The connection; called by `RoomSocket`

  /** After `hello`: frames can be sent from now on. The hub's `runs` follows. */
  connected(hello: Hello, send: (frame: RunPageFrame) => void): void {
    this.#hello = hello;
    this.#omitOutputs(hello.omit_outputs);
    this.#send = send;
  }

  disconnected(): void {
    this.#send = null;
    for (const { settle } of this.#claims.splice(0)) settle?.(false);
    for (const item of this.#ordered) if (item.kind === "head") item.isSent = false;
    for (const own of this.#own.values()) {
      own.writer.disconnected();
      this.#busy.add(own);
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
        this.#own.get(frame.run_id)?.writer.acknowledged(frame.n);
        this.#settleContest(frame.run_id);
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
      this.#ordered = withoutFirst(this.#ordered, (item) => item.kind === "head" && item.isSent);
    } else if (of === "take_over") {
      const claim = this.#claims.shift();
      claim?.settle?.(false);
      if (claim) this.#claimRefused(claim.runId, code);
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
      endTimer: null,
      isContested: false,
    };
    this.#own.set(writer.runId, own);
    this.#busy.add(own);
    return own;
  }

  #writable(runId: RunId): OwnRun | null {
    const own = this.#own.get(runId);
    if (own) this.#busy.add(own);
    return own ?? null;
  }

  #flush(own: OwnRun): void {
    own.endTimer?.();
    own.endTimer = null;
    if (own.buffer.isEmpty) return;
    own.flushedAt = this.#clock.now();
    const ops = own.buffer.take();
    this.#book.fold(own.writer.runId, ops);
    // Outputs of such a notebook stay at home (SPEC 3.10): shown here, told to nobody.
    if (!this.#omitsOutputs) for (const group of inFrames(ops)) this.#pushOps(own, group);
    this.#pump();
  }

  #omitOutputs(omits: boolean): void {
    this.#omitsOutputs = omits;
    // What was made before this was known must not get out either.
    if (omits) for (const { writer } of this.#own.values()) writer.withholdOutputs();
  }

  #pushOps(own: OwnRun, ops: readonly OutputOp[]): void {
    const now = this.#clock.now();
    if (hasLarge(ops)) void this.#storeBlobs(ops, own.writer.reserve(now));
    else own.writer.push({ type: "outputs", ops }, now);
  }

  async #storeBlobs(ops: readonly OutputOp[], fill: (event: RunEvent) => void): Promise<void> {
    const small = await withBlobs(ops, this.#options.digest ?? sha256Hex);
    for (const [sha256, bytes] of small.blobs) {
      while (!this.#omitsOutputs && !(await this.#putBlob(sha256, bytes))) {
        await new Promise<void>((resolve) => void this.#clock.after(BLOB_RETRY_MS, resolve));
      }
    }
    const event: RunEvent = { type: "outputs", ops: small.ops };
    fill(this.#omitsOutputs ? withoutOutputs(event) : event);
    this.#pump();
  }

  async #putBlob(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (!this.#send) return false;
    return this.#options.putBlob(sha256, bytes).then(
      () => true,
      () => false,
    );
  }

  #order(frame: Extract<RunPageFrame, { type: "head" }>): void {
    this.#ordered.push({ kind: "head", frame, at: this.#clock.now(), isSent: false });
  }

  #pump(): void {
    const send = this.#send;
    if (send) {
      this.#askForLeases(send);
      this.#sendOrdered(send);
      let free = WINDOW;
      for (const { writer } of this.#busy) free -= writer.inFlight;
      for (const { writer } of this.#busy) {
        if (free <= 0) break;
        if (writer.startIsOpen && !writer.startIsSent) continue;
        const frames = writer.take(free);
        free -= frames.length;
        frames.forEach(send);
      }
    }
    for (const own of this.#busy) {
      // A run that ended and is saved needs no lease until something more comes of it.
      if (own.buffer.isEmpty && !own.writer.hasUnacknowledged && !this.#wantsLease(own)) this.#busy.delete(own);
    }
    this.#tellUnsaved();
  }

  #wantsLease({ writer }: OwnRun): boolean {
    const record = this.#book.record(writer.runId);
    return writer.wantsLease && (writer.hasUnacknowledged || (record !== null && !isFinished(record.status)));
  }

  #askForLeases(send: (frame: RunPageFrame) => void): void {
    for (const own of this.#busy) {
      if (!this.#wantsLease(own)) continue;
      const { writer } = own;
      writer.asked();
      this.#claims.push({ runId: writer.runId, settle: null });
      send({ type: "take_over", run_id: writer.runId, force: false });
    }
  }

  #sendOrdered(send: (frame: RunPageFrame) => void): void {
    this.#ordered = this.#ordered.filter((item) => item.kind === "head" || item.run.writer.startIsOpen);
    for (const item of this.#ordered) {
      if (item.kind === "head") {
        if (!item.isSent) send(item.frame);
        item.isSent = true;
      } else if (!item.run.writer.startIsSent) {
        // Whether the hub has this start is being asked: what comes after it must wait.
        if (item.run.writer.lease !== "holds") return;
        item.run.writer.take(1).forEach(send);
      }
    }
  }

  #takeRuns({ heads, runs }: Extract<RunHubFrame, { type: "runs" }>): void {
    for (const run of runs) if (!this.isWriter(run.run_id)) this.#book.put(run);
    const pending = new Set(this.#ordered.map((item) => this.#cellOf(item)));
    for (const cellId of this.#book.heads().keys()) {
      if (!(cellId in heads) && !pending.has(cellId)) this.#book.setHead(cellId, null);
    }
    for (const [cellId, runId] of Object.entries(heads)) if (!pending.has(cellId)) this.#book.setHead(cellId, runId);
  }

  #cellOf(item: Ordered): CellId {
    return item.kind === "head" ? item.frame.cell_id : (this.#book.record(item.run.writer.runId)?.cell_id ?? "");
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
      this.#book.fold(run_id, event.ops);
      this.#book.count(run_id, n + 1);
    }
  }

  #foreignHead(cellId: CellId, runId: RunId): void {
    const mine = [...this.#busy].find(
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
    this.#order({ type: "head", cell_id: record.cell_id, run_id: runId });
  }

  #takeHead({ cell_id, run_id, run }: Extract<RunHubFrame, { type: "head" }>): void {
    const echoed = this.#ordered.find(
      (item) => item.kind === "head" && item.isSent && isEcho(item.frame, cell_id, run_id, run),
    );
    if (echoed) this.#ordered = this.#ordered.filter((item) => item !== echoed);
    const before = this.#book.headOf(cell_id);
    if (run && !this.isWriter(run.run_id)) this.#book.put({ ...run, outputs: run.outputs ?? [] });
    // A later wish of this page for the same cell is on its way, and will be the last word.
    if (this.#ordered.some((item) => this.#cellOf(item) === cell_id)) return;
    this.#book.setHead(cell_id, run_id);
    if (before?.run_id.startsWith("copy-of-")) this.#book.forget(before.run_id);
  }

  #refusedRun({ run_id, code, n }: Extract<RunHubFrame, { type: "run_refused" }>): void {
    const own = this.#own.get(run_id);
    if (code === "outputs_omitted") this.#omitOutputs(true);
    if (own?.writer.refused(code, n) === "restart") this.#restart(run_id, own);
    if (own) this.#busy.add(own);
  }

  #leased({ run_id, epoch, n }: Extract<RunHubFrame, { type: "leased" }>): void {
    const claim = this.#claims.find(({ runId }) => runId === run_id);
    this.#claims = this.#claims.filter((other) => other !== claim);
    const own = this.#own.get(run_id);
    if (own) own.writer.leased(epoch, n);
    else this.#keep(RunWriter.leased(run_id, epoch, n), null);
    this.#book.change(run_id, { epoch, n, writer: this.#me() });
    claim?.settle?.(true);
  }

  #claimRefused(runId: RunId, code: string): void {
    const own = this.#own.get(runId);
    if (!own) return;
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
    own.endTimer?.();
    own.buffer.take();
    own.writer.lost();
    this.#own.delete(runId);
    this.#busy.delete(own);
    this.#book.change(runId, {});
  }

  /** The hub does not know a run of ours (it lost the start): tell it from the beginning, from the record if need be. */
  #restart(runId: RunId, own: OwnRun): void {
    const run = this.#book.record(runId);
    if (!run) return;
    this.#flush(own);
    const started: RunEvent = {
      type: "started",
      cell_id: run.cell_id,
      source_digest: run.source_digest ?? "",
      runtime: run.runtime,
      started_at: run.started_at,
    };
    const { status, execution_count, finished_at } = run;
    own.writer.restart(started, this.#clock.now());
    this.#push(own, { type: "status", status, execution_count, finished_at });
    if (!this.#omitsOutputs) {
      const ops = run.outputs.map((output): OutputOp => ({ op: "output", output }));
      for (const group of inFrames(ops)) this.#pushOps(own, group);
    }
    if (!this.#ordered.some((item) => item.kind === "start" && item.run === own))
      this.#ordered.unshift({ kind: "start", run: own });
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
    own.writer.push(this.#omitsOutputs ? withoutOutputs(event) : event, this.#clock.now());
  }

  #me(): RunRecord["writer"] {
    if (!this.#hello) return null;
    return { session: this.#hello.session, person_id: this.#hello.person.id, browser_id: this.#options.browserId };
  }

  #tellUnsaved(): void {
    let since: number | null = null;
    for (const { writer, buffer, flushedAt } of this.#busy) {
      since = earlier(since, writer.unsavedSince);
      if (!buffer.isEmpty && !this.#omitsOutputs) since = earlier(since, Math.max(flushedAt, 0));
    }
    for (const item of this.#ordered) if (item.kind === "head") since = earlier(since, item.at);
    this.#unsavedSince.set(since);
  }
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function isEcho(
  frame: Extract<RunPageFrame, { type: "head" }>,
  cellId: CellId,
  runId: RunId | null,
  run: RunRecord | undefined,
): boolean {
  if (frame.cell_id !== cellId) return false;
  return "copy_of" in frame ? run?.kind === "copied_from" : frame.run_id === runId;
}

function withoutFirst<T>(items: readonly T[], matches: (item: T) => boolean): T[] {
  const at = items.findIndex(matches);
  return items.filter((_, index) => index !== at);
}
