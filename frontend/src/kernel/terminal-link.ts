/**
 * One terminal over one WebSocket that comes back by itself.
 *
 *   connecting ──open──▶ open ──close──▶ waiting ──time, wake──▶ connecting
 *                          └─ the shell ended, or the server no longer has it ─▶ ended
 *
 * A server keeps the last output of each terminal and sends it to whoever connects: that is how a terminal is there again after a reload. It
 * is told apart from news (`replay`), because programs in it asked the terminal questions that were answered long ago.
 *
 * What is typed or pasted goes out in pieces, and the next piece only when the last ones are on their way: a program that does not read holds
 * up the paste, not the page. Whoever made a link closes it.
 */
import { type Observable, Value } from "../core/observable.ts";
import { RuntimeError } from "./errors.ts";
import { type Clock, waitBefore } from "./messages.ts";
import type { JupyterServer } from "./server.ts";
import { listTerminals } from "./terminals.ts";
import type { SocketLike } from "./transport.ts";

export type TerminalState =
  | { readonly phase: "connecting" }
  | { readonly phase: "open" }
  /** `retryAt` in ms since 1970. */
  | { readonly phase: "waiting"; readonly retryAt: number }
  /** `exited`: the shell ended. `gone`: the server knows no such terminal any more. */
  | { readonly phase: "ended"; readonly reason: "exited" | "gone" | "closed" };

export interface TerminalListener {
  /** All that the server kept of this terminal, before anything new; what was shown before is to be forgotten. */
  replay(text: string): void;
  output(text: string): void;
}

export interface TerminalOptions {
  readonly server: Pick<JupyterServer, "transport">;
  readonly name: string;
  /** It was just started here: what comes first is new. */
  readonly isFresh: boolean;
  readonly clock: Clock;
  /** Calls back when the network may work again. Returns the end. */
  readonly onWake: (fn: () => void) => () => void;
  readonly listener: TerminalListener;
}

/** UTF-16 code units of one message. */
const PIECE = 8_192;
/** Bytes that may wait in the browser before the next piece is held back. */
const WAITING_BYTES = 64 * 1024;
/** Also where the network takes all at once, a paste can be stopped and does not hold up the page. */
const PIECES_AT_ONCE = 8;
const PUMP_MS = 15;
/** From this length on, sending is told as a share. */
const LONG = 65_536;
const OPEN_MS = 15_000;

export class TerminalLink {
  readonly #options: TerminalOptions;
  readonly #state = new Value<TerminalState>({ phase: "connecting" });
  readonly #sending = new Value<number | null>(null);
  #socket: SocketLike | null = null;
  #size: { readonly rows: number; readonly cols: number } | null = null;
  #awaitsReplay: boolean;
  #hasExited = false;
  #attempt = 1;
  #queue = "";
  #sent = 0;
  #isPumping = false;
  #cancelTimer: () => void = () => {};
  #cancelPump: () => void = () => {};
  readonly #endWake: () => void;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#awaitsReplay = !options.isFresh;
    this.#endWake = options.onWake(() => this.reconnectNow());
    this.#connect();
  }

  get state(): Observable<TerminalState> {
    return this.#state;
  }

  /** Share (0 to 1) of a long paste that is on its way; null when none is. */
  get sending(): Observable<number | null> {
    return this.#sending;
  }

  /** Text for the program in the terminal, in order. While the line is cut it is dropped: nobody sees what they type then. */
  write(text: string): void {
    if (this.#state.get().phase !== "open") return;
    // Ctrl+C in the middle of a paste means: stop that.
    if (text === "\x03") this.dropInput();
    this.#queue += text;
    if (!this.#isPumping) this.#pump();
  }

  /** Forgets what is not sent yet. */
  dropInput(): void {
    this.#cancelPump();
    this.#isPumping = false;
    this.#queue = "";
    this.#sent = 0;
    this.#sending.set(null);
  }

  resize(cols: number, rows: number): void {
    if (this.#size?.cols === cols && this.#size.rows === rows) return;
    this.#size = { rows, cols };
    this.#tellSize(rows, cols);
  }

  /** Try again at once, when waiting. */
  reconnectNow(): void {
    if (this.#state.get().phase === "waiting") this.#connect();
  }

  /** The shell keeps running. */
  close(): void {
    this.#end("closed");
  }

  #connect(): void {
    this.#drop();
    this.#state.set({ phase: "connecting" });
    const { server, name, clock } = this.#options;
    const socket = server.transport.socket(`terminals/websocket/${encodeURIComponent(name)}`, {}, []);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#received(socket, data);
    socket.onerror = () => {};
    socket.onclose = () => void this.#closed(socket);
    this.#cancelTimer = clock.after(OPEN_MS, () => void this.#closed(socket));
  }

  #drop(): void {
    this.#cancelTimer();
    this.dropInput();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #received(socket: SocketLike, data: unknown): void {
    const message = parse(data);
    if (socket !== this.#socket || message === null) return;
    const [kind, text] = message;
    if (kind === "setup") this.#opened();
    else if (kind === "disconnect") this.#hasExited = true;
    else if (kind === "stdout" && text !== null) this.#output(text);
  }

  #opened(): void {
    this.#cancelTimer();
    this.#attempt = 1;
    this.#state.set({ phase: "open" });
    if (this.#size === null) return;
    const { rows, cols } = this.#size;
    // A program that fills the screen draws it anew when the size changes, and only then.
    if (this.#awaitsReplay && rows > 2) this.#tellSize(rows - 1, cols);
    this.#tellSize(rows, cols);
  }

  #output(text: string): void {
    const isReplay = this.#awaitsReplay;
    this.#awaitsReplay = false;
    if (isReplay) this.#options.listener.replay(text);
    else this.#options.listener.output(text);
  }

  #tellSize(rows: number, cols: number): void {
    if (this.#state.get().phase === "open") this.#socket?.send(JSON.stringify(["set_size", rows, cols]));
  }

  #pump(): void {
    this.#isPumping = false;
    const socket = this.#socket;
    if (socket === null || this.#state.get().phase !== "open") return;
    for (let n = 0; n < PIECES_AT_ONCE && this.#sent < this.#queue.length; n++) {
      if (socket.bufferedAmount >= WAITING_BYTES) break;
      const end = pieceEnd(this.#queue, this.#sent + PIECE);
      socket.send(JSON.stringify(["stdin", this.#queue.slice(this.#sent, end)]));
      this.#sent = end;
    }
    if (this.#sent >= this.#queue.length && socket.bufferedAmount === 0) {
      this.dropInput();
      return;
    }
    if (this.#queue.length >= LONG) this.#sending.set(this.#sent / this.#queue.length);
    this.#isPumping = true;
    this.#cancelPump = this.#options.clock.after(PUMP_MS, () => this.#pump());
  }

  async #closed(socket: SocketLike): Promise<void> {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#awaitsReplay = true;
    if (this.#hasExited) {
      this.#end("exited");
      return;
    }
    const { clock, server, name } = this.#options;
    this.#attempt += 1;
    const waitMs = waitBefore(this.#attempt, clock.random);
    this.#state.set({ phase: "waiting", retryAt: clock.now() + waitMs });
    const isGone = await isMissing(server, name);
    if (this.#state.get().phase !== "waiting") return;
    if (isGone) this.#end("gone");
    else this.#cancelTimer = clock.after(waitMs, () => this.#connect());
  }

  #end(reason: "exited" | "gone" | "closed"): void {
    if (this.#state.get().phase === "ended") return;
    this.#endWake();
    this.#drop();
    this.#state.set({ phase: "ended", reason });
  }
}

async function isMissing({ transport }: Pick<JupyterServer, "transport">, name: string): Promise<boolean> {
  try {
    const running = await listTerminals(transport);
    return running === null || !running.some((one) => one.name === name);
  } catch (error) {
    // No answer: nobody knows. Trying goes on.
    if (error instanceof RuntimeError) return false;
    throw error;
  }
}

/** Not in the middle of a character outside of the BMP: half of one cannot be encoded. */
function pieceEnd(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const last = text.charCodeAt(at - 1);
  return last >= 0xd800 && last < 0xdc00 ? at - 1 : at;
}

function parse(data: unknown): readonly [string, string | null] | null {
  if (typeof data !== "string") return null;
  try {
    const value: unknown = JSON.parse(data);
    if (!Array.isArray(value) || typeof value[0] !== "string") return null;
    return [value[0], typeof value[1] === "string" ? value[1] : null];
  } catch {
    // Not the protocol of terminals; there is nothing to show of it.
    return null;
  }
}
