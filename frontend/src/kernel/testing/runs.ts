/** Runs of code over a kernel port, folded into what a cell would show. */
import { foldOps, NOTHING_FOLDED, type Output } from "../../core/outputs.ts";
import { executeRequest, type RunEvent, runEvent } from "../execute.ts";
import type { KernelEvent, KernelPort } from "../kernel-port.ts";
import { newId } from "../messages.ts";

/** Long enough for a socket that a server leaves unopened, and for the two tries after it. */
const LIMIT_MS = 50_000;

/** Resolves with the first event for which `pick` gives something; rejects when it takes too long. */
export async function nextEvent<T>(port: KernelPort, pick: (event: KernelEvent) => T | null): Promise<T> {
  return await new Promise((give, fail) => {
    const timer = setTimeout(() => {
      end();
      fail(new Error("The awaited event did not come."));
    }, LIMIT_MS);
    const end = port.listen((event) => {
      const found = pick(event);
      if (found === null) return;
      clearTimeout(timer);
      end();
      give(found);
    });
  });
}

/** Resolves when the predicate holds of the observable's value. */
export async function until<T>(
  observable: { get(): T; subscribe(fn: () => void): () => void },
  holds: (value: T) => boolean,
  limitMs = LIMIT_MS,
): Promise<T> {
  return await new Promise((give, fail) => {
    const timer = setTimeout(() => {
      end();
      fail(new Error(`The awaited state did not come; it is ${JSON.stringify(observable.get())}.`));
    }, limitMs);
    const look = () => {
      if (!holds(observable.get())) return;
      clearTimeout(timer);
      end();
      give(observable.get());
    };
    const end = observable.subscribe(look);
    look();
  });
}

export interface Ran {
  readonly runId: string;
  readonly outputs: readonly Output[];
  readonly status: "ok" | "error" | "aborted";
  readonly executionCount: number | null;
  readonly interrupted: boolean;
}

/** Collects one run until it is replied and idle. `onEvent` sees each event as it comes. */
export async function collect(
  port: KernelPort,
  runId: string,
  onEvent: (event: RunEvent) => void = () => {},
): Promise<Ran> {
  let folded = NOTHING_FOLDED;
  let reply: Extract<RunEvent, { type: "replied" }> | null = null;
  let idle = false;
  return await nextEvent(port, (event) => {
    if (event.type !== "message" || event.message.parent_header.msg_id !== runId) return null;
    const happened = runEvent(event.message);
    if (happened === null) return null;
    if (happened.type === "ops") folded = foldOps(folded, happened.ops);
    if (happened.type === "replied") reply = happened;
    if (happened.type === "idle") idle = true;
    onEvent(happened);
    if (reply === null || !idle) return null;
    const { status, executionCount, interrupted } = reply;
    return { runId, outputs: folded.outputs, status, executionCount, interrupted };
  });
}

export function send(port: KernelPort, code: string): string {
  const runId = newId(Math.random);
  port.send(executeRequest({ runId, code, cellId: "c1", session: "test", now: Date.now() }));
  return runId;
}

export async function run(port: KernelPort, code: string, onEvent?: (event: RunEvent) => void): Promise<Ran> {
  const runId = newId(Math.random);
  const done = collect(port, runId, onEvent);
  port.send(executeRequest({ runId, code, cellId: "c1", session: "test", now: Date.now() }));
  return await done;
}

/** The text that was printed. */
export function printed(outputs: readonly Output[]): string {
  return outputs.map((output) => (output.output_type === "stream" ? String(output.text) : "")).join("");
}
