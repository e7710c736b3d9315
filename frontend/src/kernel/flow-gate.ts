/**
 * Whether what the kernel publishes reaches this socket.
 *
 * Requests and outputs travel by different ways. After a restart each of them comes back in its own time, and code that is sent in between
 * runs, while what it prints reaches nobody. So requests wait until one question of ours (`kernel_info`) was answered *and* its status was
 * published; it is asked again until then, because what was published before the way was there is gone.
 *
 *   closed ──answered and published──▶ open ──another process, another socket──▶ closed
 */
import type { Clock } from "./messages.ts";
import type { KernelMessage } from "./wire.ts";

export interface FlowGateOptions {
  readonly clock: Clock;
  /** Asks the kernel who it is, on every channel that may answer; each id goes to `asked`. */
  readonly ask: () => void;
  readonly onOpen: () => void;
}

const FIRST_AGAIN_MS = 500;
const LAST_AGAIN_MS = 30_000;
/** A kernel that answers and publishes nothing about it for so long never does. */
const UNPUBLISHED_MS = 10_000;

export class FlowGate {
  readonly #options: FlowGateOptions;
  readonly #asked = new Set<string>();
  #isOpen = false;
  #isPublished = false;
  /** When the first answer came, ms since 1970. */
  #answeredAt: number | null = null;
  #cancel: () => void = () => {};

  constructor(options: FlowGateOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Nothing that was seen before counts any more. Asks again from time to time; whoever closes it asks first. */
  close(): void {
    this.stop();
    this.#askAgain(FIRST_AGAIN_MS);
  }

  /** There is no socket to ask on. */
  stop(): void {
    this.#cancel();
    this.#isOpen = false;
    this.#isPublished = false;
    this.#answeredAt = null;
    this.#asked.clear();
  }

  /** A question of ours went out, whoever wanted to know. */
  asked(msgId: string): void {
    if (!this.#isOpen) this.#asked.add(msgId);
  }

  /** Every message of the socket, in order. */
  heard({ channel, header, parent_header: parent }: KernelMessage): void {
    if (this.#isOpen || !this.#asked.has(parent.msg_id ?? "")) return;
    if (channel === "iopub") this.#isPublished ||= header.msg_type === "status";
    else if (header.msg_type === "kernel_info_reply") this.#answeredAt ??= this.#options.clock.now();
    this.#look();
  }

  #look(): void {
    if (this.#answeredAt === null) return;
    const isSilent = this.#options.clock.now() - this.#answeredAt >= UNPUBLISHED_MS;
    if (!this.#isPublished && !isSilent) return;
    this.#cancel();
    this.#asked.clear();
    this.#isOpen = true;
    this.#options.onOpen();
  }

  #askAgain(ms: number): void {
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#look();
      if (this.#isOpen) return;
      this.#options.ask();
      this.#askAgain(Math.min(ms * 2, LAST_AGAIN_MS));
    });
  }
}
