/**
 * Completion and inspection. A busy kernel answers late, so each question has a limit, after which there is no answer.
 *
 * Offsets here are UTF-16 code units, as in editors; the protocol counts Unicode characters.
 */
import type { KernelPort } from "./kernel.ts";
import { type Clock, newId, newMessage } from "./messages.ts";
import type { KernelMessage } from "./wire.ts";

export interface Completion {
  readonly matches: readonly string[];
  /** What the match replaces. */
  readonly from: number;
  readonly to: number;
}

export interface Asker {
  readonly port: KernelPort;
  readonly session: string;
  readonly clock: Clock;
}

const COMPLETE_MS = 5_000;

/** Null when the kernel did not answer in time or has nothing to say. */
export async function complete(asker: Asker, code: string, cursor: number): Promise<Completion | null> {
  const content = { code, cursor_pos: charactersIn(code, cursor) };
  const reply = await ask(asker, "complete_request", content);
  if (reply === null || reply.content["status"] !== "ok") return null;
  const { matches, cursor_start: start, cursor_end: end } = reply.content;
  const words = Array.isArray(matches) ? matches.filter((match): match is string => typeof match === "string") : [];
  if (typeof start !== "number" || typeof end !== "number") return null;
  return { matches: words, from: unitsIn(code, start), to: unitsIn(code, end) };
}

/** A MIME bundle, or null when nothing is known of the name. */
export async function inspect(
  asker: Asker,
  code: string,
  cursor: number,
): Promise<{ readonly [mime: string]: unknown } | null> {
  const content = { code, cursor_pos: charactersIn(code, cursor), detail_level: 0 };
  const reply = await ask(asker, "inspect_request", content);
  if (reply === null || reply.content["found"] !== true) return null;
  const { data } = reply.content;
  return typeof data === "object" && data !== null ? { ...data } : null;
}

/** The reply to one shell request, or null after the limit. */
async function ask(
  { port, session, clock }: Asker,
  type: string,
  content: Readonly<Record<string, unknown>>,
): Promise<KernelMessage | null> {
  // Asked of a kernel that is not there, the question would wait in the socket's queue long after anybody wants to know.
  if (port.state.get().phase !== "open") return null;
  const msgId = newId(clock.random);
  return await new Promise((give) => {
    const finish = (message: KernelMessage | null) => {
      end();
      cancel();
      give(message);
    };
    const end = port.listen((event) => {
      if (event.type !== "message" || event.message.parent_header.msg_id !== msgId) return;
      if (event.message.channel === "shell") finish(event.message);
    });
    const cancel = clock.after(COMPLETE_MS, () => finish(null));
    port.send(newMessage({ msgId, type, channel: "shell", session, now: clock.now(), content }));
  });
}

/** Characters (code points) before the UTF-16 offset. */
export function charactersIn(text: string, units: number): number {
  return [...text.slice(0, units)].length;
}

/** UTF-16 offset after so many characters. */
export function unitsIn(text: string, characters: number): number {
  let units = 0;
  for (const character of text) {
    if (characters <= 0) break;
    characters -= 1;
    units += character.length;
  }
  return units;
}
