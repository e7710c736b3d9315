/** One question to a kernel and its one answer. */
import type { KernelPort } from "./kernel-port.ts";
import { type Clock, newId, newMessage } from "./messages.ts";
import type { KernelMessage } from "./wire.ts";

export interface Asker {
  readonly port: KernelPort;
  readonly session: string;
  readonly clock: Clock;
}

export interface Question {
  /** `control` is answered also while the kernel works on a cell. */
  readonly channel: "shell" | "control";
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** After so many ms nobody wants to know any more. */
  readonly withinMs: number;
  /** Whether it may wait in the socket's queue while there is no line to the kernel. */
  readonly waitsForLine?: boolean;
}

/** The reply, or null when none came in time or the line ended; null at once while there is no line, unless it may wait. */
export async function ask({ port, session, clock }: Asker, question: Question): Promise<KernelMessage | null> {
  const { channel, type, content, withinMs, waitsForLine = false } = question;
  const { phase } = port.state.get();
  // Asked of a kernel that is not there, most questions would wait long after anybody wants to know.
  if (phase === "ended" || (phase !== "open" && !waitsForLine)) return null;
  const msgId = newId(clock.random);
  return await new Promise((give) => {
    const finish = (message: KernelMessage | null) => {
      end();
      endState();
      cancel();
      give(message);
    };
    const end = port.listen((event) => {
      if (event.type === "process_changed") finish(null);
      if (event.type !== "message" || event.message.parent_header.msg_id !== msgId) return;
      if (event.message.channel === channel) finish(event.message);
    });
    const endState = port.state.subscribe(() => {
      if (port.state.get().phase === "ended") finish(null);
    });
    const cancel = clock.after(withinMs, () => finish(null));
    port.send(newMessage({ msgId, type, channel, session, now: clock.now(), content }));
  });
}

/** What a kernel says it can. */
export interface KernelFacts {
  /** Lower case; "" when it does not say. */
  readonly language: string;
  /** `ipython`, `bash`, …; "" when it does not say. */
  readonly implementation: string;
  readonly hasDebugger: boolean;
}

const FACTS_MS = 10_000;

/** Null when it did not answer in time. */
export async function kernelFacts(asker: Asker): Promise<KernelFacts | null> {
  const reply = await ask(asker, { channel: "control", type: "kernel_info_request", content: {}, withinMs: FACTS_MS });
  if (reply === null) return null;
  const facts = factsIn(reply.content);
  const isUntold = !facts.hasDebugger && isSilentOnFeatures(reply.content);
  return isUntold ? { ...facts, hasDebugger: await answersDebugger(asker) } : facts;
}

/** ipykernel 6 says nothing of what it can. */
function isSilentOnFeatures(content: KernelMessage["content"]): boolean {
  const { implementation, implementation_version: version, supported_features: features } = content;
  // Version 5 would leave the question without an answer.
  return implementation === "ipython" && features === undefined && Number.parseInt(String(version), 10) >= 6;
}

async function answersDebugger(asker: Asker): Promise<boolean> {
  const content = { type: "request", command: "debugInfo", seq: 0, arguments: {} };
  const reply = await ask(asker, { channel: "control", type: "debug_request", content, withinMs: FACTS_MS });
  return reply?.content["success"] === true;
}

/** What a `kernel_info_reply` tells. */
export function factsIn(content: KernelMessage["content"]): KernelFacts {
  const { language_info: language, implementation, supported_features: features, debugger: hasDebugger } = content;
  return {
    language: nameIn(language).toLowerCase(),
    implementation: typeof implementation === "string" ? implementation : "",
    // Some kernels say it in a field of its own, as the protocol before 5.5 had it.
    hasDebugger: hasDebugger === true || (Array.isArray(features) && features.includes("debugger")),
  };
}

function nameIn(value: unknown): string {
  const name = typeof value === "object" && value !== null && "name" in value ? value.name : "";
  return typeof name === "string" ? name : "";
}
