/**
 * One kernel over one WebSocket that comes back by itself, without end.
 *
 *   connecting ──open──▶ open ──close, silence──▶ waiting ──time, wake──▶ connecting
 *       └──────── refused ─────────┬───────────────▲
 *                                  └▶ ended (kernel gone, token refused, closed here)
 *
 * Messages are events, routed by whoever listens through `parent_header.msg_id`: there are no futures that a reload would lose. With the same
 * `session_id` a stock server sends what it buffered while nobody listened; repeated messages are dropped by `header.msg_id`.
 *
 * A request waits until the kernel's outputs are known to reach this socket (`flow-gate.ts`): after each opening, and after each restart.
 *
 * A dead cable closes nothing, so silence is questioned: while the kernel is busy or an answer is due, `kernel_info` is asked on the control
 * channel, and a socket that does not answer is replaced. Whether messages may have been lost is told with the next `opened`.
 */
import type { InterruptionReason } from "../core/binding.ts";
import { type Observable, Value } from "../core/observable.ts";
import { FlowGate } from "./flow-gate.ts";
import { GapWatch, type GapWatchOptions } from "./gap-watch.ts";
import { Inbox } from "./inbox.ts";
import type { KernelEvent, KernelPort, KernelStatus, LinkState } from "./kernel-port.ts";
import { KernelTracker } from "./kernel-tracker.ts";
import { type Clock, newId, newMessage, RecentIds, waitBefore } from "./messages.ts";
import type { JupyterServer } from "./server.ts";
import type { SocketLike } from "./transport.ts";
import { decode, encode, type KernelMessage, type OutgoingMessage, V1_PROTOCOL, WireError } from "./wire.ts";

export interface KernelOptions {
  readonly server: JupyterServer;
  readonly kernelId: string;
  /** Stable for this browser and notebook: it is the key of the server's buffer. */
  readonly sessionId: string;
  readonly clock: Clock;
  /** Calls back when the network may work again. Returns the end. */
  readonly onWake: (fn: () => void) => () => void;
  /** ms until it is clear that the page stays, which was asked a moment ago to let itself be left; 0 (the default): it was not. */
  readonly leavingMs?: () => number;
  /** Session id that the kernel's process used when it was last heard; null when unknown. */
  readonly process: string | null;
  /** Tells a server that refuses the token from one that does not answer. */
  readonly isTokenRefused: () => Promise<boolean>;
  /** How often a silent kernel is looked for, ms: a stock server tells nobody that it ended one. */
  readonly lookMs?: number;
}

const SILENCE_MS = 12_000;
const PONG_MS = 5_000;
/** A new process reads much before it answers; one with new ports is heard through a new socket only. */
const START_MS = 20_000;
const OPEN_MS = 15_000;
const WATCH_MS = 3_000;
const LOOK_MS = 20_000;

/** Null: the link was closed, or woken, while the server was asked. */
type Found = "there" | "starting" | "kernel_gone" | "token_refused" | "unreachable" | null;

export class KernelConnection implements KernelPort {
  readonly state = new Value<LinkState>({ phase: "connecting", attempt: 0 });
  readonly isLeader = new Value(true);
  readonly journal = null;

  readonly #options: KernelOptions;
  readonly #listeners = new Set<(event: KernelEvent) => void>();
  readonly #seen = new RecentIds(20_000);
  readonly #unsent: OutgoingMessage[] = [];
  readonly #tracker: KernelTracker;
  readonly #gate: FlowGate;
  readonly #inbox: Inbox<{ readonly socket: SocketLike; readonly data: unknown }>;
  /** Requests whose answer is due on this socket. */
  readonly #due = new Set<string>();
  #socket: SocketLike | null = null;
  #everOpened = false;
  #clean = true;
  #plainProtocol = false;
  /** Those who run cells know already that the process has ended: what they send from now on is for the next one. */
  #isLossKnown = false;
  #heardAt = 0;
  #lookedAt = 0;
  #pingedAt: number | null = null;
  #patienceMs = SILENCE_MS;
  #cancelTimer: () => void = () => {};
  #cancelWatch: () => void = () => {};
  readonly #endWake: () => void;

  constructor(options: KernelOptions) {
    this.#options = options;
    this.#tracker = new KernelTracker({
      process: options.process,
      ask: (channel) => this.#ask(channel),
      emit: (event) => this.#told(event),
      isFlowing: () => this.#gate.isOpen,
      onRestart: (status) => this.#begunAnew(status),
      onNewProcess: () => this.#metAnother(),
    });
    this.#gate = new FlowGate({
      clock: options.clock,
      ask: () => this.#tracker.ask(),
      onOpen: () => this.#flows(),
    });
    this.#inbox = new Inbox({
      clock: options.clock,
      handle: ({ socket, data }) => this.#received(socket, data),
      isHidden: () => globalThis.document?.visibilityState === "hidden",
    });
    this.#endWake = options.onWake(() => this.#woken());
    this.#connect(1);
  }

  get status(): Observable<KernelStatus> {
    return this.#tracker.status;
  }

  listen(fn: (event: KernelEvent) => void): () => void {
    this.#listeners.add(fn);
    return () => {
      this.#listeners.delete(fn);
    };
  }

  send(message: OutgoingMessage): void {
    const isOpen = this.state.get().phase === "open";
    // An answer to running code, or a word beside the work, is for a process that is known to be there.
    const isHeld = message.channel === "shell" && !this.#gate.isOpen;
    if (!isOpen || isHeld || this.#socket === null) {
      this.#unsent.push(message);
      return;
    }
    if (message.channel !== "stdin") this.#expect(message.header.msg_id);
    this.#socket.send(encode(message, this.#socket.protocol));
  }

  /** A request is at least acknowledged soon: silence after it is questioned earlier than that of a long computation. */
  #expect(msgId: string): void {
    if (this.#due.size === 0 && this.#pingedAt === null) {
      this.#heardAt = this.#options.clock.now() - SILENCE_MS + PONG_MS;
    }
    this.#due.add(msgId);
  }

  get kernelId(): string {
    return this.#options.kernelId;
  }

  watchGaps(options: GapWatchOptions): GapWatch {
    return new GapWatch(options);
  }

  /** Try again at once, when waiting; question the socket, when open. */
  reconnectNow(): void {
    const { phase } = this.state.get();
    if (phase === "waiting" || phase === "ended") this.#connect(1);
    else if (phase === "open") this.#ping();
  }

  restarted(): void {
    // It was asked of a process that is gone, or that never came to it.
    this.#unsent.length = 0;
    if (this.state.get().phase === "open") this.#tracker.restarted();
    // Also while connecting: a stock server opens that socket when the process answers which is gone.
    else if (!this.#isClosed()) this.#connect(1);
  }

  close(): void {
    if (this.#isClosed()) return;
    this.#endWake();
    this.#drop();
    this.state.set({ phase: "ended", reason: "closed" });
  }

  #isClosed(): boolean {
    const state = this.state.get();
    return state.phase === "ended" && state.reason === "closed";
  }

  // ── Socket ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #connect(attempt: number): void {
    this.#drop();
    this.state.set({ phase: "connecting", attempt });
    const { server, kernelId, sessionId } = this.#options;
    const socket = server.channels(kernelId, sessionId, this.#plainProtocol ? [] : [V1_PROTOCOL]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#inbox.put({ socket, data: event.data });
    socket.onerror = () => {};
    socket.onclose = (event) => this.#closed(socket, event.wasClean && event.code !== 1006, attempt);
    this.#openingTakesLong(socket, attempt);
  }

  /** A server opens the socket once the kernel answers: one that takes long to start is waited for. */
  #openingTakesLong(socket: SocketLike, attempt: number): void {
    this.#cancelTimer = this.#options.clock.after(OPEN_MS, async () => {
      const found = await this.#found();
      if (socket !== this.#socket || this.state.get().phase !== "connecting") return;
      if (found === "starting") {
        this.#openingTakesLong(socket, attempt);
        return;
      }
      this.#drop();
      this.#neverOpened(attempt, found);
    });
  }

  /** Forget the socket without waiting for its farewell. */
  #drop(): void {
    this.#inbox.flush();
    this.#cancelTimer();
    this.#cancelWatch();
    this.#gate.stop();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.onerror = () => {};
    socket.close();
  }

  #opened(): void {
    this.#cancelTimer();
    this.#heardAt = this.#options.clock.now();
    this.#lookedAt = this.#heardAt;
    this.#pingedAt = null;
    this.#due.clear();
    const again = this.#everOpened;
    const clean = this.#clean;
    this.#everOpened = true;
    this.#clean = true;
    // First: what is sent because the socket is open, was not sent before it was.
    this.#emit({ type: "opened", again, clean });
    this.state.set({ phase: "open" });
    this.#gate.close();
    this.#tracker.opened();
    this.#sendUnsent();
    this.#watch();
  }

  #closed(socket: SocketLike, clean: boolean, attempt: number): void {
    if (socket !== this.#socket) return;
    const wasOpen = this.state.get().phase === "open";
    this.#drop();
    if (wasOpen) {
      this.#clean = this.#clean && clean;
      this.#retry(1, "network");
      return;
    }
    // Chromium fails a socket whose server chose none of the offered subprotocols.
    this.#plainProtocol = !this.#plainProtocol;
    void this.#found().then((found) => this.#neverOpened(attempt, found));
  }

  #neverOpened(attempt: number, found: Found): void {
    if (found === "there" || found === "starting") this.#retry(attempt + 1, "network");
    else this.#notFound(attempt, found);
  }

  /** Firefox holds back sockets to where one has failed, longer each time: none is tried while nobody answers. */
  async #askThenConnect(attempt: number): Promise<void> {
    this.state.set({ phase: "connecting", attempt });
    const found = await this.#found();
    if (found === "there" || found === "starting") this.#connect(attempt);
    else this.#notFound(attempt, found);
  }

  /** What the server says of the kernel. */
  async #found(): Promise<Found> {
    const { server, kernelId, isTokenRefused } = this.#options;
    const before = this.state.get();
    let found: Found;
    try {
      const kernel = await server.kernel(kernelId, 8_000);
      if (kernel === null) found = "kernel_gone";
      else found = kernel.executionState === "starting" ? "starting" : "there";
    } catch {
      // Any failure of the question counts as no answer; the second question tells the two kinds apart.
      found = (await isTokenRefused().catch(() => false)) ? "token_refused" : "unreachable";
    }
    return this.state.get() === before ? found : null;
  }

  #notFound(attempt: number, found: "kernel_gone" | "token_refused" | "unreachable" | null): void {
    if (found === "unreachable") this.#retry(attempt + 1, "server_unreachable");
    else if (found !== null) this.state.set({ phase: "ended", reason: found });
  }

  #retry(attempt: number, reason: InterruptionReason): void {
    const { clock, leavingMs } = this.#options;
    // Firefox cuts a page's sockets before the page is gone: coming back now, it would take with it what the server keeps for the next page.
    const waitMs = leavingMs?.() || waitBefore(attempt, clock.random);
    this.state.set({ phase: "waiting", attempt, retryAt: clock.now() + waitMs, reason });
    this.#cancelTimer = clock.after(waitMs, () =>
      attempt === 1 ? this.#connect(1) : void this.#askThenConnect(attempt),
    );
  }

  #woken(): void {
    const { phase } = this.state.get();
    if (phase === "waiting") this.#connect(1);
    else if (phase === "open" && this.#options.clock.now() - this.#heardAt > PONG_MS) this.#ping();
  }

  // ── Another process ────────────────────────────────────────────────────────────────────────────────────────────────

  #begunAnew(status: "restarting" | "starting" | "dead"): void {
    this.#due.clear();
    if (status !== "starting") {
      this.#unsent.length = 0;
      this.#isLossKnown = true;
    }
    // The server has restarted a kernel that died, maybe on other ports: only a new socket is joined to those.
    if (status === "restarting") this.#connect(1);
    else this.#gate.close();
  }

  /** Nothing that was meant for the process before may reach this one. */
  #metAnother(): void {
    this.#due.clear();
    if (!this.#isLossKnown) this.#unsent.length = 0;
    this.#gate.close();
  }

  #flows(): void {
    this.#isLossKnown = false;
    this.#tracker.flows();
    const hasHeld = this.#holds();
    this.#sendUnsent();
    if (hasHeld) this.#tracker.askShell();
  }

  /** Requests wait for the gate. */
  #holds(): boolean {
    return this.#unsent.some(({ channel }) => channel === "shell");
  }

  #told(event: KernelEvent): void {
    // What waits here is still to be answered: asked again when it is on its way.
    if (event.type !== "shell_drained" || !this.#holds()) this.#emit(event);
  }

  #sendUnsent(): void {
    for (const message of this.#unsent.splice(0)) this.send(message);
  }

  // ── Silence ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #watch(): void {
    const { clock, lookMs = LOOK_MS } = this.#options;
    this.#cancelWatch = clock.after(Math.min(WATCH_MS, lookMs), () => {
      const now = clock.now();
      const silentMs = now - this.#heardAt;
      const expects = this.status.get() === "busy" || this.#due.size > 0 || !this.#gate.isOpen;
      const pongMs = this.#gate.isOpen ? PONG_MS : START_MS;
      if (this.#pingedAt !== null && now - this.#pingedAt >= pongMs) void this.#replaceSilent();
      else if (this.#pingedAt === null && expects && silentMs > this.#patienceMs) this.#ping();
      else if (silentMs > lookMs && now - this.#lookedAt > lookMs) void this.#look();
      if (this.state.get().phase === "open") this.#watch();
    });
  }

  /**
   * Is the kernel still there, and the same process? A socket to one that was culled stays open for ever, and the first word of one that
   * somebody else started anew can be lost between it and the server.
   */
  async #look(): Promise<void> {
    const { server, kernelId, clock } = this.#options;
    this.#lookedAt = clock.now();
    const socket = this.#socket;
    const found = await server.kernel(kernelId, 8_000).catch(() => "unknown" as const);
    if (socket === null || socket !== this.#socket) return;
    if (found === "unknown" || (found !== null && this.status.get() === "idle")) this.#ping();
    if (found !== null) return;
    this.#drop();
    this.state.set({ phase: "ended", reason: "kernel_gone" });
  }

  #ping(): void {
    const socket = this.#socket;
    if (socket === null || this.#pingedAt !== null || this.state.get().phase !== "open") return;
    this.#pingedAt = this.#options.clock.now();
    this.#askInfo(socket, "control");
  }

  /**
   * The socket did not answer. Either the cable is dead, or the kernel holds its interpreter and cannot; the next silence is then borne twice
   * as long. A farewell that is answered shows that nothing was lost: the server buffers from then on.
   */
  async #replaceSilent(): Promise<void> {
    const socket = this.#socket;
    if (socket === null) return;
    this.#pingedAt = null;
    this.#patienceMs = Math.min(this.#patienceMs * 2, 120_000);
    const clean = await new Promise<boolean>((answer) => {
      const cancel = this.#options.clock.after(2_000, () => answer(false));
      socket.onclose = (event) => {
        cancel();
        answer(event.wasClean);
      };
      socket.close(4000);
    });
    if (socket !== this.#socket) return;
    this.#drop();
    this.#clean = this.#clean && clean;
    this.#retry(1, "socket_silent");
  }

  // ── Messages ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #ask(channel: "shell" | "control"): string | null {
    const socket = this.#socket;
    return socket === null || this.state.get().phase !== "open" ? null : this.#askInfo(socket, channel);
  }

  #askInfo(socket: SocketLike, channel: "shell" | "control"): string {
    const { clock, sessionId } = this.#options;
    const msgId = newId(clock.random);
    const wish = { msgId, type: "kernel_info_request", channel, session: sessionId, now: clock.now(), content: {} };
    socket.send(encode(newMessage(wish), socket.protocol));
    this.#gate.asked(msgId);
    return msgId;
  }

  #received(socket: SocketLike, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#heardAt = this.#options.clock.now();
    this.#pingedAt = null;
    const message = readable(data, socket.protocol);
    if (message === null || this.#isRepeated(message)) return;
    this.#track(message);
    this.#emit({ type: "message", message });
    if (this.#tracker.answered(message) === "control") this.#emit({ type: "caught_up" });
    this.#gate.heard(message);
  }

  /** What the server says itself, in our session's name, is numbered anew on each socket: the same name is no repetition there. */
  #isRepeated({ header }: KernelMessage): boolean {
    return header.session !== this.#options.sessionId && !this.#seen.add(header.msg_id);
  }

  #track(message: KernelMessage): void {
    if (message.channel === "shell" || message.channel === "control") {
      this.#due.delete(message.parent_header.msg_id ?? "");
      if (message.header.msg_type === "execute_reply") this.#patienceMs = SILENCE_MS;
    } else {
      // A widget's word has no reply, only an end.
      if (message.content["execution_state"] === "idle") this.#due.delete(message.parent_header.msg_id ?? "");
      this.#tracker.heard(message);
    }
  }

  /** Who the kernel's process said it is; null before it did. */
  get process(): string | null {
    return this.#tracker.process;
  }

  #emit(event: KernelEvent): void {
    for (const fn of [...this.#listeners]) fn(event);
  }
}

/** Null for what is no kernel message: a proxy's chatter must not end the connection. */
function readable(data: unknown, protocol: string): KernelMessage | null {
  if (typeof data !== "string" && !(data instanceof ArrayBuffer)) return null;
  try {
    return decode(data, protocol);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
