/**
 * What the page and an output frame say to each other over their port. The frame runs foreign code: the page reads its
 * messages with `readFrameMessage`, and a message that does not fit ends the frame (security: bridge).
 */

/** Page → frame. */
export interface RenderMessage {
  readonly type: "render";
  readonly mime: string;
  /** Text of the output; JSON text for JSON types. */
  readonly data: string;
  readonly theme: "light" | "dark";
}

/** Frame → page. `height` in CSS pixels. */
export type FrameMessage =
  | { readonly type: "ready" }
  | { readonly type: "resize"; readonly height: number }
  | { readonly type: "error"; readonly message: string }
  | { readonly type: "open_link"; readonly url: string };

export const MAX_FRAME_HEIGHT_PX = 4_000;
export const MAX_MESSAGES_PER_SECOND = 200;
const MAX_TEXT = 4_096;

/** The message, with what it carries cut to the limits; null when it fits no shape. */
export function readFrameMessage(data: unknown): FrameMessage | null {
  if (typeof data !== "object" || data === null) return null;
  const message = data as Readonly<Record<string, unknown>>;
  switch (message["type"]) {
    case "ready":
      return { type: "ready" };
    case "resize":
      return typeof message["height"] === "number" && Number.isFinite(message["height"])
        ? { type: "resize", height: Math.max(0, Math.min(MAX_FRAME_HEIGHT_PX, Math.ceil(message["height"]))) }
        : null;
    case "error":
      return typeof message["message"] === "string"
        ? { type: "error", message: message["message"].slice(0, MAX_TEXT) }
        : null;
    case "open_link":
      return typeof message["url"] === "string" && isWebAddress(message["url"])
        ? { type: "open_link", url: message["url"] }
        : null;
    default:
      return null;
  }
}

function isWebAddress(url: string): boolean {
  return url.length <= MAX_TEXT && /^https?:\/\/[^\s/]/i.test(url);
}

/** Counts messages per second; `take` says false once there were too many. `now` in milliseconds of one clock. */
export class MessageRate {
  #startedAt = Number.NEGATIVE_INFINITY;
  #count = 0;

  take(now: number): boolean {
    if (now - this.#startedAt >= 1_000) {
      this.#startedAt = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= MAX_MESSAGES_PER_SECOND;
  }
}
