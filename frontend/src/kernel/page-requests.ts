/**
 * What running code asks of the page (`colab_request`, SPEC 11), and the page's answer (`colab_reply`). Pure.
 *
 * Notebooks of Colab and the `runhere` package speak so. An answer is an `input_reply` without a question before it; the
 * kernel knows it by its number.
 */
import { type MessageWish, newMessage } from "./messages.ts";
import type { KernelMessage, OutgoingMessage } from "./wire.ts";

export const PAGE_REQUEST = "colab_request";
/** Run a script in the cell's output; the one kind that counts without an answer. */
export const SCRIPT_REQUEST = "cell_javascript_eval";

export interface PageRequest {
  readonly runId: string;
  /** Such as `GetSecret`. */
  readonly kind: string;
  readonly request: unknown;
  /** Null: nobody waits for an answer. */
  readonly number: number | null;
}

/** The request in a message; null for any other message, and for one that names no run. */
export function readPageRequest({ header, parent_header, metadata, content }: KernelMessage): PageRequest | null {
  const runId = parent_header.msg_id;
  const kind = metadata["colab_request_type"];
  if (header.msg_type !== PAGE_REQUEST || runId === undefined || typeof kind !== "string") return null;
  const number = metadata["colab_msg_id"];
  return { runId, kind, request: content["request"], number: typeof number === "number" ? number : null };
}

export type PageAnswer = { readonly data: unknown } | { readonly error: string };

export function pageReply(
  number: number,
  answer: PageAnswer,
  wish: Pick<MessageWish, "msgId" | "session" | "now">,
): OutgoingMessage {
  return newMessage({
    ...wish,
    type: "input_reply",
    channel: "stdin",
    content: { status: "ok", value: { type: "colab_reply", colab_msg_id: number, ...answer } },
  });
}
