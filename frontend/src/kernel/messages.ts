/** Kernel messages of our own, and which of theirs were seen before. */
import type { Channel, OutgoingMessage } from "./wire.ts";

/** Time and chance, given from outside. Same shape as the sync layer's clock. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `fn` once after `ms`. Returns the function that prevents it. */
  after(ms: number, fn: () => void): () => void;
  /** A number in [0, 1). */
  random(): number;
}

export interface MessageWish {
  readonly msgId: string;
  readonly type: string;
  readonly channel: Channel;
  readonly session: string;
  readonly now: number;
  readonly content: Readonly<Record<string, unknown>>;
  readonly parent?: OutgoingMessage["parent_header"];
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly ArrayBufferView[];
}

export function newMessage(wish: MessageWish): OutgoingMessage {
  return {
    channel: wish.channel,
    header: {
      msg_id: wish.msgId,
      msg_type: wish.type,
      session: wish.session,
      username: "",
      date: new Date(wish.now).toISOString(),
      version: "5.4",
    },
    parent_header: wish.parent ?? {},
    metadata: wish.metadata ?? {},
    content: wish.content,
    buffers: wish.buffers ?? [],
  };
}

/**
 * 32 hex digits. Fits a run id (SPEC, head of the page) and Jupyter's ids.
 *
 * @param random numbers in [0, 1); must be unpredictable across pages, not secret.
 */
export function newId(random: () => number): string {
  let id = "";
  while (id.length < 32) id += Math.floor(random() * 16).toString(16);
  return id;
}

/** Remembers between `size` and twice as many of the last ids, in constant time. */
export class RecentIds {
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(readonly size: number) {}

  has(id: string): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }

  /** False when the id was known already. */
  add(id: string): boolean {
    if (this.has(id)) return false;
    this.#young.add(id);
    if (this.#young.size >= this.size) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    return true;
  }
}

/** A person who has just started the server again looks at the page and waits. */
const LONGEST_WAIT_MS = 10_000;

/** Milliseconds before try number `attempt` (1, 2, …): at once, then doubling to ten seconds, with jitter. There is no last try. */
export function waitBefore(attempt: number, random: () => number): number {
  if (attempt <= 1) return 0;
  const longest = Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(attempt - 2, 10));
  return longest / 2 + (random() * longest) / 2;
}

/** Asked of a kernel beside its work, on the control channel or by us: that it answers does not make it busy. */
const BESIDE = new Set([
  "kernel_info_request",
  "usage_request",
  "debug_request",
  "inspect_request",
  "comm_info_request",
]);

/** Whether a kernel that says `busy` for such a request is busy for a person. */
export function isWork(requestType: string | undefined): boolean {
  return !BESIDE.has(requestType ?? "");
}
