/**
 * Finds output that a stock server lost: what is on the wire at the moment when a page leaves, nobody hears, and the server itself drops one
 * message when it makes sure of a kernel for a new socket, behind what it kept for that one. Kernels that number their messages
 * (`message-numbers.ts`) give it away: after the last message that surely was heard before a cut, numbers are missing. Such a run is marked;
 * for other kernels nothing is said.
 */
import type { RunId } from "../core/notebook.ts";
import { type ElsewhereWord, laterOf, MessageNumbers, numberOf } from "./message-numbers.ts";
import type { Clock } from "./messages.ts";
import type { KernelMessage } from "./wire.ts";

export interface GapWatchOptions {
  readonly clock: Clock;
  /** `session` of this browser's requests. */
  readonly session: string;
  /** Whether this tab writes the run. */
  readonly isOurs: (runId: RunId) => boolean;
  /** Keep for the next page that this message of the run was heard, and with it all before. */
  readonly keep: (runId: RunId, msgId: string) => void;
  /** Since when something that was told of runs is not stored, by `clock`; null: all of it stays when this page goes. */
  readonly unsavedSince: () => number | null;
  /** Something that the kernel said of this run was heard by nobody. */
  readonly onGap: (runId: RunId) => void;
}

/** Channels overtake each other, and threads of a kernel too: only what is missing after so long is lost. */
const SETTLE_MS = 1_000;
/** How often it is kept what was heard. A page that crashes takes with it what it has not stored: only what was stored since is kept. */
const KEEP_MS = 1_000;

/** Messages: ZeroMQ's high-water mark. Of more the kernel drops what comes, without a word. */
const HELD_BY_KERNEL = 1_000;

/** Numbers of one run that ipykernel gives to nothing: to the value of its last line, if that displays itself. */
const UNSENT = 1;

/** A run that went on over a cut. */
interface Owed {
  /** The last message of it that was surely heard before. */
  readonly from: string;
  /** So many were missing when it was marked last. */
  marked: number;
  isLooking: boolean;
}

interface HeardOf {
  latest: string;
  settled: string | null;
  /** When it was looked at. */
  settledAt: number;
}

export class GapWatch {
  readonly #options: GapWatchOptions;
  readonly #numbers = new MessageNumbers();
  readonly #owed = new Map<RunId, Owed>();
  /** What had been heard when a run began in this tab. */
  readonly #since = new Map<RunId, string>();
  /** The last message heard of each run that this tab writes, and the one that stood there when it was last looked at. */
  readonly #heard = new Map<RunId, HeardOf>();
  #cancel: (() => void) | null = null;

  constructor(options: GapWatchOptions) {
    this.#options = options;
  }

  /** Every message of the kernel, whomever it answers. */
  heard(message: KernelMessage): void {
    const { header, parent_header: parent } = message;
    const { session, isOurs } = this.#options;
    // The server speaks in our name: of a restart, of a limit that it keeps. Those numbers are its own.
    if (header.session === session) return;
    this.#numbers.heard(header.msg_id, elsewhereWord(message, session));
    if (parent.msg_id !== undefined && isOurs(parent.msg_id)) this.#heardOf(parent.msg_id, header);
  }

  /** This tab sends it to the kernel. */
  begins(runId: RunId): void {
    const { last } = this.#numbers;
    if (last !== null) this.#since.set(runId, last);
  }

  /** Another socket, while these runs went on. */
  opened(runIds: readonly RunId[]): void {
    const { last } = this.#numbers;
    if (last !== null) for (const runId of runIds) this.#owe(runId, last);
  }

  /**
   * This tab goes on with a run of a page that is gone.
   *
   * @param through the record holds everything up to there.
   * @param kept what that page kept of what it heard.
   * @param heard the last message that this tab heard of it so far.
   */
  takenOver(
    runId: RunId,
    { through, kept, heard }: Readonly<Record<"through" | "kept" | "heard", string | null>>,
  ): void {
    const before = laterOf(through, kept);
    // What was heard here before may have been cut off from it.
    const from = before ?? heard;
    if (from !== null) this.#owe(runId, from);
    if (before === null) return;
    this.#since.set(runId, before);
    if (heard !== null) this.#look(runId, heard);
  }

  /** Whether something that the kernel said since this run began, up to what was heard of it last, has not come. */
  hasGap(runId: RunId): boolean {
    const [since, heard] = [this.#since.get(runId), this.#heard.get(runId)];
    return since !== undefined && heard !== undefined && this.#numbers.missing(since, heard.latest) > 0;
  }

  /** Whether something of a run is missing that said more than a kernel holds for a server which takes nothing. */
  lacksOfMany(runId: RunId): boolean {
    const [since, heard] = [this.#since.get(runId), this.#heard.get(runId)];
    const [from, to] = [numberOf(since ?? ""), numberOf(heard?.latest ?? "")];
    return from !== null && to !== null && to.n - from.n > HELD_BY_KERNEL && this.hasGap(runId);
  }

  /**
   * Whether something of a run that began here is missing, beside numbers that the kernel gave to nothing.
   *
   * @param ids of the messages of the run that the kernel still has, in its order; of none: it does not tell.
   * @param isWhole those are all.
   */
  lacks(runId: RunId, ids: readonly string[], isWhole: boolean): boolean {
    if (ids.some((id) => this.#numbers.lacks(id))) return true;
    const [since, heard] = [this.#since.get(runId), this.#heard.get(runId)];
    if (isWhole || since === undefined || heard === undefined) return false;
    const first = ids.find((id) => numberOf(id) !== null);
    return first === undefined
      ? this.#numbers.missing(since, heard.latest) > UNSENT
      : this.#numbers.missing(since, first) > 0;
  }

  /** This message was heard, whosever it is. */
  isHeard(id: string): boolean {
    return this.#numbers.has(id);
  }

  /** The kernel told again everything of this run up to the last of these. */
  mended(runId: RunId, { ids, last }: { readonly ids: Iterable<string>; readonly last: string | null }): void {
    for (const id of ids) this.#numbers.heard(id, null);
    const owed = this.#owed.get(runId);
    if (last === null) return;
    if (owed !== undefined) this.#owed.set(runId, { from: last, marked: 0, isLooking: false });
    if (owed !== undefined || this.#since.has(runId)) this.#since.set(runId, last);
  }

  finished(runId: RunId): void {
    const [owed, heard] = [this.#owed.get(runId), this.#heard.get(runId)];
    if (owed !== undefined && heard !== undefined) this.#judge(runId, owed, heard.latest);
    this.#owed.delete(runId);
    this.#since.delete(runId);
    this.#heard.delete(runId);
  }

  /** The page may be about to end. Outputs that it is storing at this moment may be lost with it: those are not claimed. */
  leaving(): void {
    if (this.#options.unsavedSince() !== null) return;
    for (const [runId, { latest }] of this.#heard) this.#options.keep(runId, latest);
  }

  #heardOf(runId: RunId, { msg_id: id, msg_type: type }: KernelMessage["header"]): void {
    const known = this.#heard.get(runId);
    if (known === undefined) {
      this.#heard.set(runId, { latest: id, settled: null, settledAt: 0 });
      // That it has begun is no output that a crash could take.
      if (type === "status") this.#options.keep(runId, id);
    } else {
      known.latest = id;
    }
    this.#look(runId, id);
    this.#cancel ??= this.#options.clock.after(KEEP_MS, () => this.#keep());
  }

  #owe(runId: RunId, from: string): void {
    // One cut after another: what the first one took may not be known yet.
    if (!this.#owed.has(runId)) this.#owed.set(runId, { from, marked: 0, isLooking: false });
  }

  /** Up to this message now, and on from there while more comes. */
  #look(runId: RunId, id: string): void {
    const owed = this.#owed.get(runId);
    if (owed === undefined || owed.isLooking) return;
    owed.isLooking = true;
    this.#judge(runId, owed, id, () => {
      owed.isLooking = false;
      const latest = this.#heard.get(runId)?.latest ?? id;
      if (latest !== id && this.#owed.get(runId) === owed) this.#look(runId, latest);
    });
  }

  #judge(runId: RunId, owed: Owed, id: string, then = () => {}): void {
    this.#options.clock.after(SETTLE_MS, () => {
      const missing = this.#numbers.missing(owed.from, id);
      if (missing > owed.marked) this.#options.onGap(runId);
      owed.marked = Math.max(owed.marked, missing);
      then();
    });
  }

  #keep(): void {
    this.#cancel = null;
    const unsavedSince = this.#options.unsavedSince();
    const now = this.#options.clock.now();
    for (const [runId, heard] of this.#heard) {
      const isStored = unsavedSince === null || unsavedSince > heard.settledAt;
      if (isStored && heard.settled !== null) this.#options.keep(runId, heard.settled);
      const isNews = heard.settled !== heard.latest;
      if ((isStored || heard.settled === null) && isNews) {
        heard.settled = heard.latest;
        heard.settledAt = now;
      }
      if (isNews || !isStored) this.#cancel ??= this.#options.clock.after(KEEP_MS, () => this.#keep());
    }
  }
}

/** Null: the answer, where there is one, comes here. */
function elsewhereWord(message: KernelMessage, session: string): ElsewhereWord | null {
  const { header, parent_header: parent, content } = message;
  const { msg_id: request } = parent;
  if (header.msg_type !== "status" || request === undefined || parent.session === undefined) return null;
  // The server asks in our name, too, and alone hears the answer; ours have no numbers in their names.
  const isByServer = numberOf(request) !== null;
  if (parent.session === session && !isByServer) return null;
  const state = content["execution_state"];
  if (state === "busy") return { request, says: "begins" };
  return state === "idle" ? { request, says: "ends" } : null;
}
