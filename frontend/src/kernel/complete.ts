/**
 * Completion and inspection. A busy kernel answers late, so each question has a limit, after which there is no answer.
 *
 * Offsets here are UTF-16 code units, as in editors; the protocol counts Unicode characters.
 */
import { type Asker, ask } from "./ask.ts";

export interface Completion {
  readonly matches: readonly string[];
  /** What the match replaces. */
  readonly from: number;
  readonly to: number;
}

/** The first question makes a kernel load what answers it; on a busy machine that takes its time, and who typed on lets the answer go. */
const COMPLETE_MS = 20_000;

/** Null when the kernel did not answer in time or has nothing to say. */
export async function complete(asker: Asker, code: string, cursor: number): Promise<Completion | null> {
  const content = { code, cursor_pos: charactersIn(code, cursor) };
  const reply = await ask(asker, { channel: "shell", type: "complete_request", content, withinMs: COMPLETE_MS });
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
  const reply = await ask(asker, { channel: "shell", type: "inspect_request", content, withinMs: COMPLETE_MS });
  if (reply === null || reply.content["found"] !== true) return null;
  const { data } = reply.content;
  return typeof data === "object" && data !== null ? { ...data } : null;
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
