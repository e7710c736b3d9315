/**
 * The kernel that a notebook is attached to, as one tab holds or follows it: its link, its status, the loss of its variables, its restart.
 *
 * Invariant: the end of one process is told once, however often it is heard of (status, new process, closed socket). One object per
 * attachment; whoever made it closes it.
 */
import type { KernelAttachment } from "../core/binding.ts";
import { RuntimeError } from "../kernel/errors.ts";
import { JournalConnection } from "../kernel/journal-link.ts";
import { KernelConnection } from "../kernel/kernel.ts";
import type { KernelEvent, KernelPort, LinkState } from "../kernel/kernel-port.ts";
import { SharedKernel } from "../kernel/leader.ts";
import type { Proof } from "../kernel/pairing.ts";
import type { JupyterServer } from "../kernel/server.ts";
import type { RuntimeEnvironment } from "./runtime-environment.ts";
import type { KernelState, LossReason } from "./runtime-types.ts";

export interface HeldKernelListener {
  linkChanged(link: LinkState): void;
  statusChanged(status: KernelState["status"]): void;
  /** Who the kernel's process said it is. */
  processHeard(process: string): void;
  /** Lower case. */
  languageHeard(language: string): void;
  /** Variables are gone, and nothing sent so far will be answered. Once for each process that ends. */
  lost(reason: LossReason): void;
  /** There is no kernel any more. */
  ended(reason: "kernel_died" | "kernel_gone"): void;
}

export interface HeldKernelOptions {
  readonly environment: Pick<RuntimeEnvironment, "locks" | "openChannel" | "clock" | "onWake" | "leavingMs">;
  readonly server: JupyterServer;
  readonly attachment: KernelAttachment;
  /** The same in all tabs of this browser with this notebook. */
  readonly sessionId: string;
  /** Its process as last heard; null when unknown. */
  readonly process: string | null;
  readonly isTokenRefused: () => Promise<boolean>;
  /** Where the runtime keeps a journal: asked before each socket, it makes the runtime show that it is the one we paired with. Else null. */
  readonly prove: (() => Promise<Proof>) | null;
  readonly listener: HeldKernelListener;
}

const RESTART_MS = 120_000;
/** A server that is there says within this time that it has the kernel. */
const ANSWER_MS = 8_000;

/** `nameless`: one takes requests without telling who it is. `gone`: there is no kernel any more. */
type RenewalEnd = "new" | "nameless" | "gone" | "silent";

/** What becomes of a process that is being replaced. */
interface Renewal {
  readonly end: Promise<RenewalEnd>;
  /** Given when the link finds that nobody answers; it goes on trying. */
  readonly unreachable: Promise<"unreachable">;
  forget(): void;
}
/** After so many closed sockets while HTTP works, something swallows WebSockets. */
const SOCKET_TRIES = 4;

export class HeldKernel {
  readonly attachment: KernelAttachment;
  readonly #options: HeldKernelOptions;
  readonly #shared: SharedKernel | JournalConnection;
  readonly #ends: (() => void)[];
  /** A restart asked for here: that variables are lost needs no telling. */
  #isRestarting = false;
  /** The end of the present process has been told; until the next one takes requests, more news of it is an echo. */
  #isLossTold = false;

  constructor(options: HeldKernelOptions) {
    this.#options = options;
    this.attachment = options.attachment;
    const { listener } = options;
    const shared = options.prove === null ? sharedKernel(options) : journalConnection(options, options.prove);
    this.#shared = shared;
    this.#ends = [
      shared.listen((event) => this.#heard(event)),
      shared.state.subscribe(() => this.#linkChanged(shared.state.get(), listener)),
      shared.status.subscribe(() => this.#statusChanged(shared.status.get())),
    ];
  }

  get port(): KernelPort {
    return this.#shared;
  }

  /** @throws RuntimeError when the server does not answer; nothing has happened then. */
  async interrupt(): Promise<void> {
    // Where the link is down somebody waits to hear that this does nothing.
    const timeoutMs = this.#shared.state.get().phase === "open" ? undefined : ANSWER_MS;
    await this.#options.server.interrupt(this.attachment.kernelId, timeoutMs);
  }

  /**
   * A new process for the same kernel. Resolves when it answers.
   *
   * @throws RuntimeError when the server does not answer; the old process may still run then.
   */
  async restart(): Promise<void> {
    this.#isRestarting = true;
    const isReplacing = this.#shared.status.get() === "restarting";
    const renewal = this.#renewal();
    try {
      const { server, listener } = this.#options;
      // A server that is replacing a process that died refuses, or starts a second one on the same ports: its new one is as good as ours.
      // But that it was about to is old news where it cannot be reached any more.
      if (isReplacing) await server.kernel(this.attachment.kernelId, ANSWER_MS);
      else await server.restart(this.attachment.kernelId);
      this.#shared.restarted();
      const end = await Promise.race(isReplacing ? [renewal.end, renewal.unreachable] : [renewal.end]);
      // What the server was told to do it has done, also where the new process is not heard; what it was about to do, who knows.
      if (isReplacing && (end === "unreachable" || end === "silent"))
        throw new RuntimeError("runtime_unreachable", "Whether the kernel has been replaced cannot be heard.");
      // A kernel that does not tell its processes apart has been restarted all the same.
      if (end !== "new") listener.lost("restarted_here");
    } finally {
      renewal.forget();
      this.#isRestarting = false;
    }
  }

  /** Resolves when the link is open for the first time, or when it is clear that it does not open. `ended`: there is no kernel any more. */
  async firstOpened(signal: AbortSignal): Promise<"open" | "blocked" | "ended" | "left"> {
    const { state } = this.#shared;
    return await new Promise((give) => {
      const look = () => {
        const link = state.get();
        if (link.phase === "open") give("open");
        else if (link.phase === "waiting" && link.reason === "network" && link.attempt > SOCKET_TRIES) give("blocked");
        else if (link.phase === "ended" && link.reason === "kernel_gone") give("ended");
        else if (link.phase === "ended" || signal.aborted) give("left");
      };
      this.#ends.push(state.subscribe(look));
      signal.addEventListener("abort", look);
      look();
    });
  }

  reconnectNow(): void {
    this.#shared.reconnectNow();
  }

  /** The kernel keeps running. */
  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#shared.close();
  }

  #renewal(): Renewal {
    const { state, status } = this.#shared;
    const ends: (() => void)[] = [];
    const end = new Promise<RenewalEnd>((give) => {
      let hasBegun = false;
      ends.push(
        this.#shared.listen((event) => event.type === "process_changed" && give("new")),
        status.subscribe(() => {
          const now = status.get();
          if (now === "dead") give("gone");
          else if (hasBegun && now === "idle") give("nameless");
          hasBegun ||= now === "starting" || now === "restarting";
        }),
        state.subscribe(() => state.get().phase === "ended" && give("gone")),
        this.#options.environment.clock.after(RESTART_MS, () => give("silent")),
        () => give("silent"),
      );
    });
    const unreachable = new Promise<"unreachable">((give) => {
      ends.push(
        state.subscribe(() => {
          const link = state.get();
          if (link.phase === "waiting" && link.reason === "server_unreachable") give("unreachable");
        }),
      );
    });
    return {
      end,
      unreachable,
      forget: () => {
        for (const one of ends) one();
      },
    };
  }

  #linkChanged(link: LinkState, listener: HeldKernelListener): void {
    listener.linkChanged(link);
    if (link.phase === "ended" && link.reason === "kernel_gone") this.#ended("kernel_gone");
  }

  #statusChanged(status: KernelState["status"]): void {
    this.#options.listener.statusChanged(status);
    if (status === "restarting" && !this.#isRestarting) this.#lose("kernel_died");
    if (status === "dead") this.#ended("kernel_died");
  }

  #heard(event: KernelEvent): void {
    const { listener } = this.#options;
    if (event.type === "process_changed") {
      listener.processHeard(event.process);
      if (this.#isRestarting) listener.lost("restarted_here");
      else this.#lose("kernel_restarted");
    } else if (event.type === "shell_drained") {
      this.#isLossTold = false;
    } else if (event.type === "message" && event.message.header.msg_type === "kernel_info_reply") {
      listener.processHeard(event.message.header.session);
      const info = event.message.content["language_info"];
      const name = typeof info === "object" && info !== null && "name" in info ? info.name : null;
      if (typeof name === "string") listener.languageHeard(name.toLowerCase());
    }
  }

  #lose(reason: LossReason): void {
    if (this.#isLossTold) return;
    this.#isLossTold = true;
    this.#options.listener.lost(reason);
  }

  #ended(reason: "kernel_died" | "kernel_gone"): void {
    this.#lose(reason);
    this.#options.listener.ended(reason);
  }
}

/** Plain Jupyter: one tab of the browser holds the socket. */
function sharedKernel({ environment, server, attachment, sessionId, process, isTokenRefused }: HeldKernelOptions) {
  const { locks, openChannel, clock, onWake, leavingMs } = environment;
  const { kernelId } = attachment;
  return new SharedKernel({
    kernelId,
    locks,
    openChannel,
    clock,
    session: sessionId,
    process,
    openPort: (known) =>
      new KernelConnection({ server, kernelId, sessionId, clock, onWake, leavingMs, process: known, isTokenRefused }),
  });
}

/** A companion: each tab has its own socket, and the journal what it missed. */
function journalConnection(options: HeldKernelOptions, prove: () => Promise<Proof>): JournalConnection {
  const { environment, server, attachment, sessionId, process } = options;
  const { clock, onWake } = environment;
  return new JournalConnection({ server, kernelId: attachment.kernelId, sessionId, clock, onWake, process, prove });
}
