/**
 * What goes to the hub about runs, and when.
 *
 * Three rules. Starts and moves of heads go in the order in which they were made, because the hub orders heads by arrival. A run whose lease
 * went with a connection asks for it before it sends anything. At most `WINDOW` frames are under way, so that a flood gathers into larger
 * frames in the page instead of queueing in the socket.
 */
import type { CellId } from "../core/cell.ts";
import type { RunId, RunRecord } from "../core/notebook.ts";
import type { RunPageFrame } from "./messages.ts";
import type { RunWriter } from "./run-writer.ts";

const WINDOW = 32;

export type HeadFrame = Extract<RunPageFrame, { type: "head" }>;

type Ordered =
  | { readonly kind: "start"; readonly cellId: CellId; readonly writer: RunWriter }
  | { readonly kind: "head"; readonly frame: HeadFrame; readonly at: number; isSent: boolean };

interface Claim {
  readonly runId: RunId;
  readonly settle: ((isLeased: boolean) => void) | null;
}

export class RunOutbox {
  /** Runs with something to send, to wait for or to ask; the others cost nothing. */
  readonly #busy = new Set<RunWriter>();
  #ordered: Ordered[] = [];
  #claims: Claim[] = [];
  #send: ((frame: RunPageFrame) => void) | null = null;
  readonly #isUnfinished: (runId: RunId) => boolean;

  /** @param isUnfinished such runs ask for their lease even with nothing to send, so that nobody sees *contact lost*. */
  constructor(isUnfinished: (runId: RunId) => boolean) {
    this.#isUnfinished = isUnfinished;
  }

  get isConnected(): boolean {
    return this.#send !== null;
  }

  /** When the oldest thing was made that is not acknowledged; null when there is none. */
  get unsavedSince(): number | null {
    let since: number | null = null;
    for (const { unsavedSince } of this.#busy) since = earlier(since, unsavedSince);
    for (const item of this.#ordered) if (item.kind === "head") since = earlier(since, item.at);
    return since;
  }

  /** A move of this cell's head, or a start in it, is not through yet. */
  hasPending(cellId: CellId): boolean {
    return this.#ordered.some((item) => (item.kind === "head" ? item.frame.cell_id : item.cellId) === cellId);
  }

  connected(send: (frame: RunPageFrame) => void): void {
    this.#send = send;
  }

  disconnected(): void {
    this.#send = null;
    for (const { settle } of this.#claims.splice(0)) settle?.(false);
    for (const item of this.#ordered) if (item.kind === "head") item.isSent = false;
  }

  /** The writer has something to send, or may have. */
  touch(writer: RunWriter): void {
    this.#busy.add(writer);
  }

  drop(writer: RunWriter): void {
    this.#busy.delete(writer);
    this.#ordered = this.#ordered.filter((item) => item.kind === "head" || item.writer !== writer);
  }

  /** @param place `first`: an old start that has to be told again, before everything made since. */
  orderStart(writer: RunWriter, cellId: CellId, place: "first" | "last"): void {
    this.touch(writer);
    if (this.#ordered.some((item) => item.kind === "start" && item.writer === writer)) return;
    const item: Ordered = { kind: "start", cellId, writer };
    this.#ordered = place === "first" ? [item, ...this.#ordered] : [...this.#ordered, item];
  }

  orderHead(frame: HeadFrame, at: number): void {
    this.#ordered.push({ kind: "head", frame, at, isSent: false });
  }

  /** The hub moved a head: if this page asked for it, that is through. */
  headMoved(cellId: CellId, runId: RunId | null, run: RunRecord | undefined): void {
    this.#removeFirst((frame) => {
      if (frame.cell_id !== cellId) return false;
      return "copy_of" in frame ? run?.kind === "copied_from" : frame.run_id === runId;
    });
  }

  /** The hub refused the oldest move under way. */
  headRefused(): void {
    this.#removeFirst(() => true);
  }

  /** Asks for a lease. @returns whether it was given; false too when the connection goes. */
  claim(runId: RunId, force: boolean): Promise<boolean> {
    const send = this.#send;
    if (!send) return Promise.resolve(false);
    return new Promise((settle) => {
      this.#claims.push({ runId, settle });
      send({ type: "take_over", run_id: runId, force });
    });
  }

  /** Gives a lease back (SPEC 3.11). */
  release(runId: RunId): void {
    this.#send?.({ type: "release", run_id: runId });
  }

  leased(runId: RunId): void {
    const claim = this.#claims.find((other) => other.runId === runId);
    this.#claims = this.#claims.filter((other) => other !== claim);
    claim?.settle?.(true);
  }

  /** The hub refused the oldest claim (they are answered in order). @returns the run it was for. */
  claimRefused(): RunId | null {
    const claim = this.#claims.shift();
    claim?.settle?.(false);
    return claim?.runId ?? null;
  }

  /** Sends what may go now. */
  pump(): void {
    const send = this.#send;
    if (send) {
      this.#askForLeases(send);
      this.#sendOrdered(send);
      this.#sendFrames(send);
    }
    for (const writer of this.#busy) {
      if (!writer.hasUnacknowledged && !this.#wantsLease(writer)) this.#busy.delete(writer);
    }
  }

  #askForLeases(send: (frame: RunPageFrame) => void): void {
    for (const writer of this.#busy) {
      if (!this.#wantsLease(writer)) continue;
      writer.asked();
      this.#claims.push({ runId: writer.runId, settle: null });
      send({ type: "take_over", run_id: writer.runId, force: false });
    }
  }

  #wantsLease(writer: RunWriter): boolean {
    return writer.wantsLease && (writer.hasUnacknowledged || this.#isUnfinished(writer.runId));
  }

  #sendOrdered(send: (frame: RunPageFrame) => void): void {
    this.#ordered = this.#ordered.filter((item) => item.kind === "head" || item.writer.startIsOpen);
    for (const item of this.#ordered) {
      if (item.kind === "head") {
        if (!item.isSent) send(item.frame);
        item.isSent = true;
      } else if (!item.writer.startIsSent) {
        // Whether the hub has this start is being asked: what comes after it must wait.
        if (item.writer.lease !== "holds") return;
        item.writer.take(1).forEach(send);
      }
    }
  }

  #sendFrames(send: (frame: RunPageFrame) => void): void {
    let free = WINDOW;
    for (const writer of this.#busy) free -= writer.inFlight;
    for (const writer of this.#busy) {
      if (free <= 0) return;
      if (writer.startIsOpen && !writer.startIsSent) continue;
      const frames = writer.take(free);
      free -= frames.length;
      frames.forEach(send);
    }
  }

  #removeFirst(matches: (frame: HeadFrame) => boolean): void {
    const at = this.#ordered.findIndex((item) => item.kind === "head" && item.isSent && matches(item.frame));
    this.#ordered = this.#ordered.filter((_, index) => index !== at);
  }
}

export function earlier(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}
