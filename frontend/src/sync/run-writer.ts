/**
 * The frames of one run that this tab writes: numbered, kept until acknowledged, sent again after a reconnect (SPEC 3.3–3.5).
 *
 *            start()                    connection lost                 leased
 *   fresh ──────────▶ holds ───────────────────────────▶ unleased ─ask─▶ asking ──────▶ holds
 *                       │ refused: not_writer, old_epoch ───▲              │ held by another page
 *                       └──────────────────────────────────────────────────┴──────────▶ lost
 *
 * No I/O. Invariant: `#frames` holds numbers without gap, the last of them `next - 1`; what the hub acknowledged is not among them.
 */
import type { RunId, RunRecord } from "../core/notebook.ts";
import type { RunEvent, RunPageFrame, RunRefusal } from "./messages.ts";

export type Lease = "holds" | "unleased" | "asking" | "lost";

interface Frame {
  n: number;
  /** Null while its blobs are on the way; it and what follows must wait. */
  event: RunEvent | null;
  /** As it was made, with its large values in it. */
  made: RunEvent;
  readonly at: number;
}

export class RunWriter {
  readonly runId: RunId;
  #lease: Lease;
  #epoch: number;
  #next: number;
  /** Number of the next frame to send on this connection. */
  #cursor: number;
  #frames: Frame[] = [];
  /** The first frame may have reached the hub on an earlier connection. */
  #mayBeKnown: boolean;

  private constructor(runId: RunId, lease: Lease, epoch: number, next: number) {
    this.runId = runId;
    this.#lease = lease;
    this.#epoch = epoch;
    this.#next = next;
    this.#cursor = next;
    this.#mayBeKnown = next > 0;
  }

  /** A run that begins here: its first frame takes epoch 1. */
  static fresh(runId: RunId): RunWriter {
    return new RunWriter(runId, "holds", 1, 0);
  }

  /** A run that the hub leased to this tab. */
  static leased(runId: RunId, epoch: number, n: number): RunWriter {
    return new RunWriter(runId, "holds", epoch, n);
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** Number of the next frame that will be made. */
  get next(): number {
    return this.#next;
  }

  get hasUnacknowledged(): boolean {
    return this.#frames.length > 0;
  }

  /** When the oldest unacknowledged frame was made; null when there is none. */
  get unsavedSince(): number | null {
    return this.#frames[0]?.at ?? null;
  }

  /** The start was neither acknowledged nor refused yet. */
  get startIsOpen(): boolean {
    return this.#frames[0]?.n === 0;
  }

  get startIsSent(): boolean {
    return this.#cursor > 0;
  }

  /** Frames sent and not acknowledged. */
  get inFlight(): number {
    const first = this.#frames[0]?.n ?? this.#next;
    return Math.max(0, this.#cursor - first);
  }

  /** Every frame that the hub has not acknowledged, as it was made. */
  get unacknowledged(): readonly { readonly n: number; readonly event: RunEvent }[] {
    return this.#frames.map(({ n, made }) => ({ n, event: made }));
  }

  push(event: RunEvent, at: number): void {
    this.#frames.push({ n: this.#next, event, made: event, at });
    this.#next += 1;
  }

  /** Keeps a place for an event whose blobs are being stored. The function fills it. */
  reserve(made: RunEvent, at: number): (event: RunEvent) => void {
    const frame: Frame = { n: this.#next, event: null, made, at };
    this.#frames.push(frame);
    this.#next += 1;
    return (event) => {
      frame.event = event;
    };
  }

  /** The next frames to send, at most `limit`; they count as sent. */
  take(limit: number): RunPageFrame[] {
    if (this.#lease !== "holds") return [];
    const taken: RunPageFrame[] = [];
    const first = this.#frames[0];
    if (!first) return [];
    for (let at = Math.max(0, this.#cursor - first.n); at < this.#frames.length && taken.length < limit; at += 1) {
      const frame = this.#frames[at];
      if (!frame?.event) break;
      taken.push({ type: "run", run_id: this.runId, epoch: this.#epoch, n: frame.n, event: frame.event });
      this.#cursor = frame.n + 1;
      if (frame.n === 0) this.#mayBeKnown = true;
    }
    return taken;
  }

  /** Takes output and execution detail out of what was not acknowledged. Numbers stay, so that nothing else moves. */
  withholdOutputs(): void {
    for (const frame of this.#frames) {
      if (frame.event) frame.event = withoutOutputs(frame.event);
      frame.made = withoutOutputs(frame.made);
    }
  }

  /** Everything up to `n` is durable. */
  acknowledged(n: number): void {
    this.#dropBelow(n + 1);
  }

  /** The connection went: the hub takes the lease back. */
  disconnected(): void {
    if (this.#lease === "lost") return;
    // A start that was never sent needs no lease: it brings its own.
    this.#lease = this.#mayBeKnown ? "unleased" : "holds";
    this.#cursor = this.#frames[0]?.n ?? this.#next;
  }

  /** Whether the lease has to be asked for now. */
  get wantsLease(): boolean {
    return this.#lease === "unleased";
  }

  asked(): void {
    this.#lease = "asking";
  }

  /** The hub leased the run, and expects frame `n` next: what is below it has arrived before. */
  leased(epoch: number, n: number): void {
    this.#lease = "holds";
    this.#epoch = epoch;
    this.#mayBeKnown = true;
    this.#dropBelow(n);
    this.#renumber(n);
  }

  /** Another page writes this run: what is still here will not be sent. */
  lost(): void {
    this.#lease = "lost";
    this.#frames = [];
  }

  /** The hub does not know the run: begin again with its start. */
  restart(started: RunEvent, at: number): void {
    this.#frames = [{ n: 0, event: started, made: started, at }];
    this.#next = 1;
    this.#cursor = 0;
    this.#epoch = 1;
    this.#lease = "holds";
    this.#mayBeKnown = false;
  }

  /**
   * A frame was refused; the hub expects `n` next.
   *
   * @returns what has to happen: `send` again, `ask` for the lease, `restart` the run, or `dropped`: the frame made no sense to the hub and
   *   was taken out, the others move up.
   */
  refused(code: RunRefusal, n: number): "send" | "ask" | "restart" | "dropped" | "nothing" {
    if (this.#lease !== "holds") return "nothing";
    switch (code) {
      case "gap":
        // Answers to what was sent before a renumbering come late; what the hub wants is on its way then.
        if (this.#cursor <= n) return "nothing";
        if (this.#frames[0] && this.#frames[0].n > n) this.#renumber(n);
        else return "nothing";
        return "send";
      case "old_epoch":
      case "not_writer":
        this.#lease = "unleased";
        return "ask";
      case "unknown_run":
        this.#lease = "unleased";
        return "restart";
      case "outputs_omitted":
      case "bad_event":
      case "too_large":
        this.#dropBelow(n);
        if (this.#frames[0]?.n !== n) return "nothing";
        this.#frames.shift();
        this.#renumber(n);
        return "dropped";
    }
  }

  #dropBelow(n: number): void {
    const kept = this.#frames.findIndex((frame) => frame.n >= n);
    if (kept < 0) this.#frames = [];
    else if (kept > 0) this.#frames.splice(0, kept);
    if (this.#frames.length === 0 && this.#next < n) this.#next = n;
    if (this.#cursor < n) this.#cursor = n;
  }

  /** The first frame gets number `n`, the others follow; all are to be sent (again). */
  #renumber(n: number): void {
    this.#frames.forEach((frame, at) => {
      frame.n = n + at;
    });
    this.#next = n + this.#frames.length;
    this.#cursor = n;
  }
}

/** The event as it may be told of a notebook whose outputs stay at home (SPEC 3.10). */
export function withoutOutputs(event: RunEvent): RunEvent {
  if (event.type === "outputs") return { type: "status" };
  if (event.type === "started") return { ...event, started_at: null };
  return event.status === undefined ? { type: "status" } : { type: "status", status: event.status };
}

/** The record of a run without outputs and execution detail. */
export function bare(run: RunRecord): RunRecord {
  return { ...run, outputs: [], execution_count: null, started_at: null, finished_at: null };
}
