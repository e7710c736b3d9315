/**
 * One tab per kernel holds the socket; the others follow.
 *
 * Two sockets with one `session_id` kick each other out for ever, and with two session ids a stock server's buffer serves one of them only. So
 * the tab that has the Web Lock of this kernel opens the socket and broadcasts every event; what the others send is relayed through it. When
 * it dies, the browser gives the lock to another tab, which opens the socket with the same `session_id` and gets what was buffered.
 *
 * A stock server tells nobody that it ended a kernel: the tab that had it do so tells the others.
 *
 * A request is never sent twice: running code twice is worse than not running it. The leader confirms before it sends, and a new leader first
 * catches up, and leaves out what the kernel is heard to have received.
 */
import { type Observable, Value } from "../core/observable.ts";
import { GapWatch, type GapWatchOptions } from "./gap-watch.ts";
import type { KernelEvent, KernelPort, KernelStatus, LinkState } from "./kernel-port.ts";
import { type Clock, RecentIds } from "./messages.ts";
import type { OutgoingMessage } from "./wire.ts";

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, hold: () => Promise<void>): Promise<unknown>;
}

/** A line to the other tabs of this browser; one does not hear oneself. */
export interface TabChannel {
  postMessage(message: unknown): void;
  listen(fn: (message: unknown) => void): void;
  close(): void;
}

export interface SharedKernelOptions {
  readonly kernelId: string;
  /** Null where the browser has none: then this tab holds a socket of its own. */
  readonly locks: Locks | null;
  readonly openChannel: (name: string) => TabChannel;
  /** Opens the socket. `process` is the kernel's process as last heard in this tab. */
  readonly openPort: (process: string | null) => KernelPort;
  readonly clock: Clock;
  /** `session` of this browser's requests, and of what the server says itself. */
  readonly session: string;
  readonly process: string | null;
}

type TabMessage =
  | { readonly kind: "hello" }
  | { readonly kind: "leader" }
  | { readonly kind: "state"; readonly state: LinkState; readonly status: KernelStatus }
  | { readonly kind: "event"; readonly event: KernelEvent }
  | { readonly kind: "send"; readonly message: OutgoingMessage }
  | { readonly kind: "sent"; readonly id: string }
  | { readonly kind: "reconnect" }
  | { readonly kind: "restarted" }
  | { readonly kind: "gone" };

/** The name of a kernel's channel and lock, the same in all tabs of this browser and that of no other kernel. */
function nameOf(kernelId: string): string {
  return `runhere-kernel:${kernelId}`;
}

/** The server was told to end the kernel, and has: every tab that believes it to be alive hears so, whatever notebook it shows. */
export function tellGone(openChannel: (name: string) => TabChannel, kernelId: string): void {
  const channel = openChannel(nameOf(kernelId));
  const gone: TabMessage = { kind: "gone" };
  channel.postMessage(gone);
  channel.close();
}

/** A new leader waits at most this long for the rest of the old one's messages. */
const CATCH_UP_MS = 4_000;

export class SharedKernel implements KernelPort {
  readonly journal = null;
  readonly #state = new Value<LinkState>({ phase: "connecting", attempt: 0 });
  readonly #status = new Value<KernelStatus>("unknown");
  readonly #isLeader = new Value(false);
  readonly #options: SharedKernelOptions;
  readonly #channel: TabChannel;
  readonly #listeners = new Set<(event: KernelEvent) => void>();
  readonly #seen = new RecentIds(20_000);
  /** Requests that the kernel is known to have received. */
  readonly #received = new RecentIds(5_000);
  /** Requests that went to the socket from here. */
  readonly #sent = new RecentIds(5_000);
  /** Own requests that no leader has confirmed. */
  readonly #outbox = new Map<string, OutgoingMessage>();
  #held: OutgoingMessage[] = [];
  #port: KernelPort | null = null;
  #isReady = false;
  #heardLeader = false;
  /** Another tab had the server end the kernel. */
  #isGone = false;
  #process: string | null;
  readonly #closing = new AbortController();
  #release: () => void = () => {};

  constructor(options: SharedKernelOptions) {
    this.#options = options;
    this.#process = options.process;
    this.#channel = options.openChannel(nameOf(options.kernelId));
    // Only this file posts there.
    this.#channel.listen((message) => this.#told(message as TabMessage));
    this.#post({ kind: "hello" });
    if (options.locks === null) this.#lead();
    else void this.#queueForLock(options.locks);
  }

  get kernelId(): string {
    return this.#options.kernelId;
  }
  get state(): Observable<LinkState> {
    return this.#state;
  }

  get status(): Observable<KernelStatus> {
    return this.#status;
  }

  /** Whether this tab holds the socket. */
  get isLeader(): Observable<boolean> {
    return this.#isLeader;
  }

  /** The kernel's process as last heard; null before it told. */
  get process(): string | null {
    return this.#process;
  }

  listen(fn: (event: KernelEvent) => void): () => void {
    this.#listeners.add(fn);
    return () => {
      this.#listeners.delete(fn);
    };
  }

  send(message: OutgoingMessage): void {
    if (this.#port !== null && this.#isReady) {
      this.#forward(message);
      return;
    }
    this.#outbox.set(message.header.msg_id, message);
    if (this.#port === null) this.#post({ kind: "send", message });
  }

  watchGaps(options: GapWatchOptions): GapWatch {
    return new GapWatch(options);
  }

  reconnectNow(): void {
    if (this.#port === null) this.#post({ kind: "reconnect" });
    else this.#port.reconnectNow();
  }

  restarted(): void {
    if (this.#port === null) this.#post({ kind: "restarted" });
    else this.#port.restarted();
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#port?.close();
    this.#release();
    this.#channel.close();
    this.#state.set({ phase: "ended", reason: "closed" });
  }

  // ── Leading ────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #queueForLock(locks: Locks): Promise<void> {
    const { signal } = this.#closing;
    const held = new Promise<void>((release) => {
      this.#release = release;
    });
    try {
      await locks.request(nameOf(this.#options.kernelId), { signal }, () => {
        if (!signal.aborted) this.#lead();
        return signal.aborted ? Promise.resolve() : held;
      });
    } catch (error) {
      // Closed while it waited for the lock.
      if (!signal.aborted) throw error;
    }
  }

  #lead(): void {
    const port = this.#options.openPort(this.#process);
    this.#port = port;
    // Nobody led before: nothing can be on its way.
    this.#isReady = !this.#heardLeader;
    const share = () => {
      const state: LinkState = this.#isGone ? { phase: "ended", reason: "kernel_gone" } : port.state.get();
      this.#state.set(state);
      this.#status.set(port.status.get());
      this.#post({ kind: "state", state, status: port.status.get() });
    };
    port.listen((event) => {
      this.#post({ kind: "event", event });
      this.#happened(event);
      if (event.type === "opened" && !this.#isReady) this.#options.clock.after(CATCH_UP_MS, () => this.#caughtUp());
      if (event.type === "caught_up") this.#caughtUp();
    });
    port.state.subscribe(share);
    port.status.subscribe(share);
    this.#isLeader.set(true);
    this.#post({ kind: "leader" });
    share();
    if (this.#isReady) this.#caughtUp();
  }

  #caughtUp(): void {
    this.#isReady = true;
    const waiting = [...this.#outbox.values(), ...this.#held.splice(0)];
    this.#outbox.clear();
    for (const message of waiting) this.#forward(message);
  }

  #forward(message: OutgoingMessage): void {
    const id = message.header.msg_id;
    // Confirmed first: a tab that dies in between must leave a request unsent rather than sent twice.
    this.#post({ kind: "sent", id });
    if (this.#received.has(id) || !this.#sent.add(id)) return;
    this.#port?.send(message);
  }

  #gone(): void {
    if (this.#state.get().phase === "ended") return;
    this.#isGone = true;
    this.#port?.close();
  }

  // ── Following ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #told(message: TabMessage): void {
    if (this.#closing.signal.aborted) return;
    if (this.#port !== null) this.#toldAsLeader(message);
    else this.#toldAsFollower(message);
  }

  #toldAsLeader(message: TabMessage): void {
    if (message.kind === "hello") {
      this.#post({ kind: "leader" });
      this.#post({ kind: "state", state: this.#state.get(), status: this.#status.get() });
    } else if (message.kind === "reconnect") {
      this.#port?.reconnectNow();
    } else if (message.kind === "restarted") {
      this.#port?.restarted();
    } else if (message.kind === "gone") {
      this.#gone();
    } else if (message.kind === "send") {
      if (this.#isReady) this.#forward(message.message);
      else this.#held.push(message.message);
    }
  }

  #toldAsFollower(message: TabMessage): void {
    if (message.kind === "leader") {
      this.#heardLeader = true;
      for (const waiting of this.#outbox.values()) this.#post({ kind: "send", message: waiting });
    } else if (message.kind === "state") {
      this.#state.set(message.state);
      this.#status.set(message.status);
    } else if (message.kind === "event") {
      this.#heardLeader = true;
      this.#happened(message.event);
    } else if (message.kind === "sent") {
      this.#outbox.delete(message.id);
    }
  }

  #happened(event: KernelEvent): void {
    if (event.type === "message") {
      const { msg_id: id, session } = event.message.header;
      // The server's own words are numbered anew on each socket.
      if (session !== this.#options.session && !this.#seen.add(id)) return;
      const parent = event.message.parent_header.msg_id;
      if (parent !== undefined) this.#received.add(parent);
      if (event.message.header.msg_type === "kernel_info_reply") this.#process = event.message.header.session;
    }
    if (event.type === "process_changed") this.#process = event.process;
    for (const fn of [...this.#listeners]) fn(event);
  }

  #post(message: TabMessage): void {
    if (!this.#closing.signal.aborted) this.#channel.postMessage(message);
  }
}
