/**
 * A question, with arguments, to what the page put into a kernel, answered also while a cell runs.
 *
 * No code can be run on the control channel (it would end what the running cell draws), and a display takes no arguments. So the question
 * stands in the name of comms that are asked for, which our part of the kernel hears, and then its answers are displayed: both are requests
 * for which a plain server takes no kernel for idle (ADR 55).
 */
import { type Asker, ask } from "./ask.ts";
import { debugDisplay } from "./dap.ts";
import { newId } from "./messages.ts";

export interface BesideQuestion {
  /** What makes the name a question to one part of ours. */
  readonly prefix: string;
  /** JSON; the number that finds the answer comes before it. */
  readonly words: readonly unknown[];
  /** The name that displays the answers. */
  readonly shownBy: string;
  /** Of the answers, by number. */
  readonly mime: string;
  readonly withinMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Undefined: none came. */
export async function askBeside(asker: Asker, question: BesideQuestion): Promise<unknown> {
  const { prefix, words, shownBy, mime, withinMs } = question;
  const number = newId(asker.clock.random);
  const content = { target_name: `${prefix}${JSON.stringify([number, ...words])}` };
  // The control channel keeps their order.
  const [, shown] = await Promise.all([
    ask(asker, { channel: "control", type: "comm_info_request", content, withinMs }),
    debugDisplay(asker, shownBy, 0, withinMs),
  ]);
  return fields(fields(fields(shown?.body)["data"])[mime])[number];
}

function fields(value: unknown): Fields {
  // Known to be an object by the test beside it.
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
