/** Which frame said what to the kernel: for its echoes, its end, and what its code prints. */
import { RecentIds } from "../kernel/messages.ts";
import type { WidgetListener } from "./listener.ts";

/** A frame, and its own number for what it says. */
export interface Sender {
  readonly listener: WidgetListener;
  readonly id: number;
}

interface Sent {
  /** Null when the frame is gone, or the page said it itself. */
  readonly from: Sender | null;
  readonly runId: string | null;
}

const KEPT = 2_000;

export class SentMessages {
  readonly #sent = new Map<string, Sent>();
  readonly #longAgo = new RecentIds(20_000);

  add(msgId: string, from: Sender | null): void {
    this.#sent.set(msgId, { from, runId: from?.listener.runId ?? null });
    const oldest = this.#sent.keys().next();
    if (this.#sent.size <= KEPT || oldest.done) return;
    this.#sent.delete(oldest.value);
    this.#longAgo.add(oldest.value);
  }

  has(msgId: string): boolean {
    return this.#sent.has(msgId);
  }

  /** Whether this page said it, however long ago. */
  isOurs(msgId: string): boolean {
    return this.#sent.has(msgId) || this.#longAgo.has(msgId);
  }

  senderOf(msgId: string): Sender | null {
    return this.#sent.get(msgId)?.from ?? null;
  }

  runOf(msgId: string): string | null {
    return this.#sent.get(msgId)?.runId ?? null;
  }

  /** The kernel is done with it, or will never be. */
  done(msgId: string): void {
    const from = this.senderOf(msgId);
    from?.listener.sent(from.id);
  }

  forgetListener(listener: WidgetListener): void {
    for (const [msgId, sent] of this.#sent)
      if (sent.from?.listener === listener) this.#sent.set(msgId, { ...sent, from: null });
  }

  /** Nothing of it will be answered. */
  end(): void {
    for (const msgId of this.#sent.keys()) this.done(msgId);
    this.#sent.clear();
  }
}
