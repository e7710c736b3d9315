/**
 * One kernel of a companion runtime over `runhere.journal.v1` (SPEC 7): every message has a number, so nothing is lost or heard twice,
 * whatever happens to the cable. Each tab has its own socket.
 *
 *   proving ──proven──▶ connecting ──attached──▶ open ──close, silence──▶ waiting ──time, wake──▶ proving
 *      └─ unproven, refused ────────────┴────────────┬──────────────────────▲
 *                                                    └▶ ended (kernel gone, token refused, closed here)
 *
 * No token leaves before the runtime has shown that it is the one that was paired with. A request is kept until the runtime says `sent`, and
 * sent again after a cut: the runtime passes each `msg_id` on once. What was said before this page came is not heard here; it is read from
 * the journal over HTTP (`journal-reader.ts`).
 */
import type { InterruptionReason } from "../core/binding.ts";
import { type Observable, Value } from "../core/observable.ts";
import { type Past, type PastWish, readPast } from "./journal-reader.ts";
import type { JournalPort, KernelEvent, KernelPort, KernelStatus, LinkState, Prompt } from "./kernel-port.ts";
import { KernelTracker } from "./kernel-tracker.ts";
import { type Clock, newId, newMessage, waitBefore } from "./messages.ts";
import type { Proof } from "./pairing.ts";
import { type JournalRecord, recordsIn } from "./records.ts";
import type { JupyterServer } from "./server.ts";
import type { SocketLike } from "./transport.ts";
import {
  decodeMessage,
  encode,
  JOURNAL_PROTOCOL,
  type KernelMessage,
  type OutgoingMessage,
  WireError,
} from "./wire.ts";

export interface JournalOptions {
  readonly server: JupyterServer;
  readonly kernelId: string;
  /** `session` of this browser's messages. */
  readonly sessionId: string;
  readonly clock: Clock;
  readonly onWake: (fn: () => void) => () => void;
  /** Session id that the kernel's process used when it was last heard; null when unknown. */
  readonly process: string | null;
  /** Asked before anything secret is sent, each time. */
  readonly prove: () => Promise<Proof>;
}

const OPEN_MS = 15_000;
const WATCH_MS = 2_000;
/** After so long without a word the runtime is asked for one. */
const SILENCE_MS = 5_000;
const PONG_MS = 5_000;
const REPLACED = 4409;
const KERNEL_ENDED = 4410;

type Frame = Readonly<Record<string, unknown>>;

export class JournalConnection implements KernelPort, JournalPort {
  readonly state = new Value<LinkState>({ phase: "connecting", attempt: 0 });
  /** Every tab hears everything itself. */
  readonly isLeader = new Value(true);
  readonly prompt = new Value<Prompt | null>(null);
  readonly journal = this;

  readonly #options: JournalOptions;
  readonly #listeners = new Set<(event: KernelEvent) => void>();
  /** Requests that the runtime has not confirmed, in order. */
  readonly #unconfirmed = new Map<string, OutgoingMessage>();
  /** Requests that are wanted back, until the runtime says how that went. */
  readonly #withdrawn = new Set<string>();
  readonly #tracker: KernelTracker;
  #clientId: string;
  /** Which series of numbers `#last` belongs to; null before the first socket. */
  #series: string | null = null;
  #last = 0;
  #socket: SocketLike | null = null;
  #everOpened = false;
  /** Number of the present try, so that late answers of earlier ones are known. */
  #try = 0;
  #heardAt = 0;
  #pingedAt: number | null = null;
  #cancelTimer: () => void = () => {};
  #cancelWatch: () => void = () => {};
  readonly #endWake: () => void;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#tracker = new KernelTracker({
      process: options.process,
      ask: (channel) => (this.#socket === null ? null : this.#askInfo(this.#socket, channel)),
      emit: (event) => this.#emit(event),
      onNewProcess: () => {
        // Not what another process was asked for.
        this.#unconfirmed.clear();
        this.#withdrawn.clear();
      },
    });
    this.#clientId = newId(options.clock.random);
    this.#endWake = options.onWake(() => this.#woken());
    void this.#connect(1);
  }

  get status(): Observable<KernelStatus> {
    return this.#tracker.status;
  }

  get kernelId(): string {
    return this.#options.kernelId;
  }

  get lastSeq(): number {
    return this.#last;
  }

  /** Who the kernel's process said it is; null before it did. */
  get process(): string | null {
    return this.#tracker.process;
  }

  listen(fn: (event: KernelEvent) => void): () => void {
    this.#listeners.add(fn);
    return () => {
      this.#listeners.delete(fn);
    };
  }

  send(message: OutgoingMessage): void {
    this.#unconfirmed.set(message.header.msg_id, message);
    if (this.state.get().phase === "open") this.#socket?.send(encode(message, JOURNAL_PROTOCOL));
  }

  past(wish: PastWish): Promise<Past | null> {
    return readPast(this.#options.server, this.#options.kernelId, wish);
  }

  takePrompt(): void {
    this.#tell({ type: "take_stdin", force: true });
  }

  withdraw(msgId: string): void {
    this.#withdrawn.add(msgId);
    this.#tell({ type: "withdraw", msg_id: msgId });
  }

  watchGaps(): null {
    return null;
  }

  reconnectNow(): void {
    const { phase } = this.state.get();
    if (phase === "waiting" || phase === "ended") void this.#connect(1);
    else if (phase === "open") this.#ping();
  }

  /** The runtime says so itself, and lets nothing through before the new process listens. */
  restarted(): void {
    this.reconnectNow();
  }

  close(): void {
    this.#endWake();
    this.#drop();
    this.state.set({ phase: "ended", reason: "closed" });
  }

  // ── Socket ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #connect(attempt: number): Promise<void> {
    this.#drop();
    const mine = this.#try;
    this.state.set({ phase: "connecting", attempt });
    const proof = await this.#options.prove();
    if (mine !== this.#try) return;
    if (proof === "unreachable") this.#retry(attempt + 1, "server_unreachable");
    else if (proof === "unproven") this.#end("token_refused");
    else this.#open(attempt);
  }

  #open(attempt: number): void {
    const { server, kernelId, sessionId, clock } = this.#options;
    const socket = server.channels(kernelId, sessionId, [JOURNAL_PROTOCOL]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      const after = this.#series === null ? null : this.#last;
      socket.send(JSON.stringify({ type: "attach", protocol: 1, client_id: this.#clientId, after }));
    };
    socket.onmessage = (event) => this.#received(socket, event.data);
    socket.onerror = () => {};
    socket.onclose = (event) => this.#closed(socket, event.code, attempt);
    this.#cancelTimer = clock.after(OPEN_MS, () => this.#closed(socket, 1006, attempt));
  }

  /** Forget the socket, and whatever try is under way. */
  #drop(): void {
    this.#try += 1;
    this.#cancelTimer();
    this.#cancelWatch();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.onerror = () => {};
    socket.close();
  }

  #attached(socket: SocketLike, frame: Frame): void {
    const { journal, after, state } = frame;
    const series = textOf(journal);
    if (this.#series !== null && this.#series !== series) {
      // Another series of numbers: from its beginning.
      this.#series = series;
      this.#last = 0;
      this.#emit({ type: "gap" });
      void this.#connect(1);
      return;
    }
    if (this.#series === null) this.#last = numberOf(after);
    this.#series = series;
    this.#cancelTimer();
    this.#pingedAt = null;
    this.#tracker.told(statusOf(state));
    const again = this.#everOpened;
    this.#everOpened = true;
    // First of all what may not have arrived: what is asked after it is then answered after it.
    for (const message of this.#unconfirmed.values()) socket.send(encode(message, JOURNAL_PROTOCOL));
    this.state.set({ phase: "open" });
    for (const msgId of this.#withdrawn) this.#tell({ type: "withdraw", msg_id: msgId });
    this.#emit({ type: "opened", again, clean: true });
    this.#tracker.opened();
    this.#watch();
  }

  #closed(socket: SocketLike, code: number, attempt: number): void {
    if (socket !== this.#socket) return;
    const wasOpen = this.state.get().phase === "open";
    this.#drop();
    if (code === KERNEL_ENDED) {
      this.#end("kernel_gone");
      return;
    }
    // "Duplicate tab" copies what a tab keeps: the other one goes by that name now.
    if (code === REPLACED) this.#clientId = newId(this.#options.clock.random);
    if (wasOpen) this.#retry(1, "network");
    else void this.#findOutWhy(attempt);
  }

  /** A socket that never opened: is the kernel gone, the token stale, or nobody there? The runtime has just proven itself. */
  async #findOutWhy(attempt: number): Promise<void> {
    const mine = this.#try;
    const found = await this.#options.server.kernel(this.#options.kernelId, 8_000).catch((error: unknown) => {
      const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
      return code === "runtime_refused_token" ? ("refused" as const) : ("unreachable" as const);
    });
    if (mine !== this.#try) return;
    if (found === null) this.#end("kernel_gone");
    else if (found === "refused") this.#end("token_refused");
    else this.#retry(attempt + 1, found === "unreachable" ? "server_unreachable" : "network");
  }

  #retry(attempt: number, reason: InterruptionReason): void {
    const { clock } = this.#options;
    const waitMs = waitBefore(attempt, clock.random);
    this.state.set({ phase: "waiting", attempt, retryAt: clock.now() + waitMs, reason });
    this.#cancelTimer = clock.after(waitMs, () => void this.#connect(attempt));
  }

  #end(reason: "kernel_gone" | "token_refused"): void {
    this.#drop();
    this.prompt.set(null);
    this.state.set({ phase: "ended", reason });
  }

  #woken(): void {
    const { phase } = this.state.get();
    if (phase === "waiting") void this.#connect(1);
    else if (phase === "open" && this.#options.clock.now() - this.#heardAt > SILENCE_MS) this.#ping();
  }

  // ── Silence ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The runtime answers whatever the kernel does: who does not answer is not there. */
  #watch(): void {
    const { clock } = this.#options;
    this.#cancelWatch = clock.after(WATCH_MS, () => {
      const now = clock.now();
      if (this.#pingedAt !== null && now - this.#pingedAt >= PONG_MS) {
        this.#drop();
        this.#retry(1, "socket_silent");
        return;
      }
      if (now - this.#heardAt > SILENCE_MS) this.#ping();
      this.#watch();
    });
  }

  #ping(): void {
    if (this.#pingedAt !== null) return;
    this.#pingedAt = this.#options.clock.now();
    this.#tell({ type: "ping" });
  }

  #tell(frame: Frame): void {
    if (this.state.get().phase === "open") this.#socket?.send(JSON.stringify(frame));
  }

  // ── Messages ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #askInfo(socket: SocketLike, channel: "shell" | "control"): string {
    const { clock, sessionId } = this.#options;
    const msgId = newId(clock.random);
    const wish = { msgId, type: "kernel_info_request", channel, session: sessionId, now: clock.now(), content: {} };
    socket.send(encode(newMessage(wish), JOURNAL_PROTOCOL));
    return msgId;
  }

  #received(socket: SocketLike, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#heardAt = this.#options.clock.now();
    this.#pingedAt = null;
    if (typeof data === "string") this.#took(socket, frameOf(data));
    else if (data instanceof ArrayBuffer) this.#tookRecords(socket, data);
  }

  #tookRecords(socket: SocketLike, data: ArrayBuffer): void {
    let records: readonly JournalRecord[];
    try {
      records = recordsIn(data);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // The next socket asks from the last number that was read.
      this.#drop();
      this.#retry(2, "network");
      return;
    }
    for (const record of records) {
      // A listener may have closed this connection.
      if (socket !== this.#socket) return;
      if (record.seq === 0 || record.seq > this.#last) this.#tookRecord(record);
    }
  }

  #tookRecord({ seq, at, message: bytes }: JournalRecord): void {
    const message = readable(bytes);
    if (message !== null) {
      this.#tracker.heard(message);
      this.#emit({ type: "message", message, at, ...(seq === 0 ? {} : { seq }) });
      this.#tracker.answered(message);
    }
    if (seq > 0) this.#last = seq;
  }

  #took(socket: SocketLike, frame: Frame): void {
    switch (frame["type"]) {
      case "attached":
        this.#attached(socket, frame);
        break;
      case "live":
        this.#emit({ type: "caught_up" });
        break;
      case "sent":
        this.#unconfirmed.delete(textOf(frame["msg_id"]));
        break;
      case "gap":
        this.#last = Math.max(this.#last, numberOf(frame["to"]));
        this.#emit({ type: "gap" });
        break;
      case "stdin":
        this.prompt.set(promptOf(frame));
        break;
      case "withdrawn":
        this.#withdrawn.delete(textOf(frame["msg_id"]));
        break;
      case "refused":
        this.#withdrawn.delete(textOf(frame["msg_id"]));
        // An answer that came too late, or from the wrong page, must not come again after a cut.
        this.#unconfirmed.delete(textOf(frame["msg_id"]));
        break;
      case "ended":
        this.#end("kernel_gone");
        break;
    }
  }

  #emit(event: KernelEvent): void {
    for (const fn of [...this.#listeners]) fn(event);
  }
}

/** Null for what is no kernel message: it is passed over, its number counts. */
function readable(bytes: Uint8Array<ArrayBuffer>): KernelMessage | null {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function frameOf(text: string): Frame {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === "object" && frame !== null ? (frame as Frame) : {};
  } catch {
    return {};
  }
}

function promptOf(frame: Frame): Prompt | null {
  if (frame["state"] !== "asked") return null;
  return { msgId: textOf(frame["msg_id"]), runId: textOf(frame["parent_msg_id"]), isMine: frame["yours"] === true };
}

function statusOf(state: unknown): KernelStatus {
  const known: readonly unknown[] = ["starting", "idle", "busy", "restarting", "dead"];
  return known.includes(state) ? (state as KernelStatus) : "unknown";
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
