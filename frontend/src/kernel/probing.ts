/** Carries out the probes of `core/probe.ts` in a browser and hands back its signals. */
import {
  climb,
  type Diagnosis,
  type FetchProbe,
  type PermissionState,
  type Probe,
  type ProbeRequest,
  type ProbingStep,
  type Signal,
} from "../core/probe.ts";
import type { Clock } from "./messages.ts";
import type { OpenSocket } from "./transport.ts";

export interface ProbingTools {
  readonly fetch: typeof fetch;
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly queryPermission: () => Promise<PermissionState>;
  /** Explains what `onStep` told last, that the browser is going to ask or the token to be sent; resolves true when the person wants to go on. */
  readonly explain: () => Promise<boolean>;
  readonly onStep: (step: ProbingStep) => void;
  /** The token to send where a probe says so. */
  readonly token: () => string | null;
  /** Exchange the pairing code; keeps the token that comes back, so that `token()` gives it from then on. */
  readonly pair: (signal: AbortSignal) => Promise<{ readonly status: number; readonly json: unknown }>;
  /** Whether who answers shows that it knows our session's token, which is not sent. */
  readonly prove: () => Promise<boolean>;
  /** Ends everything: the person gave up, or asked for another address. */
  readonly signal: AbortSignal;
}

/** Climb the ladder to its end. Never rejects; an aborted climb ends as `cancelled`. */
export async function probe(request: ProbeRequest, tools: ProbingTools): Promise<Diagnosis> {
  const ladder = climb(request);
  const flight = new Flight(tools);
  let step = ladder.next();
  while (!step.done) {
    if (tools.signal.aborted) return { ok: false, code: "cancelled", facts: {}, needsToken: false };
    step = ladder.next(await carryOut(step.value, tools, flight));
  }
  flight.end();
  return step.value;
}

async function carryOut(wish: Probe, tools: ProbingTools, flight: Flight): Promise<Signal> {
  switch (wish.kind) {
    case "permission":
      return { kind: "permission", state: await tools.queryPermission() };
    case "explain_permission":
    case "confirm_token":
      tools.onStep(wish.kind);
      return { kind: "answer", go: await tools.explain() };
    case "fetch":
      tools.onStep(wish.step);
      return await flight.start(wish);
    case "keep_waiting":
      tools.onStep(wish.step);
      return await flight.wait(wish.timeoutMs, null);
    case "pair":
      return await paired(wish, tools);
    case "prove":
      return { kind: (await tools.prove()) ? "proven" : "failed" };
    case "socket":
      return await opens(wish, tools);
  }
}

/** The one fetch under way, which may outlive the probe that began it. */
class Flight {
  readonly #tools: ProbingTools;
  #landed: Promise<Signal> = Promise.resolve({ kind: "failed" });
  #abort = new AbortController();

  constructor(tools: ProbingTools) {
    this.#tools = tools;
  }

  async start(wish: FetchProbe): Promise<Signal> {
    this.end();
    this.#abort = new AbortController();
    this.#landed = fetchSignal(wish, this.#tools, AbortSignal.any([this.#abort.signal, this.#tools.signal]));
    return await this.wait(wish.timeoutMs, wish.pendingMs);
  }

  /** What came of it within the limit; `pending` when asked to report that first. */
  async wait(timeoutMs: number, pendingMs: number | null): Promise<Signal> {
    const limit: Signal = { kind: pendingMs === null ? "timed_out" : "pending" };
    const signal = await this.#orAfter(pendingMs ?? timeoutMs, limit);
    if (signal.kind === "timed_out") this.end();
    return signal;
  }

  end(): void {
    this.#abort.abort();
  }

  async #orAfter(ms: number, signal: Signal): Promise<Signal> {
    return await new Promise((give) => {
      const cancel = this.#tools.clock.after(ms, () => give(signal));
      void this.#landed.then((landed) => {
        cancel();
        give(landed);
      });
    });
  }
}

async function fetchSignal(wish: FetchProbe, tools: ProbingTools, signal: AbortSignal): Promise<Signal> {
  const url = new URL(wish.url);
  const headers: Record<string, string> = {};
  const token = tools.token();
  if (wish.auth === "query" && token !== null) url.searchParams.set("token", token);
  if (wish.auth === "header" && token !== null) headers["Authorization"] = `token ${token}`;
  try {
    const answer = await tools.fetch(url, {
      mode: wish.mode,
      headers,
      signal,
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      // An opaque answer cannot forbid redirects; it carries nothing secret either.
      redirect: wish.mode === "no-cors" ? "follow" : "error",
    });
    if (wish.mode === "no-cors") return { kind: "opaque" };
    return { kind: "readable", status: answer.status, json: await jsonOf(answer) };
  } catch {
    // "Failed to fetch" is all that a script is told; the ladder finds out why.
    return { kind: "failed" };
  }
}

async function jsonOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    return null;
  }
}

async function paired(wish: Extract<Probe, { kind: "pair" }>, tools: ProbingTools): Promise<Signal> {
  try {
    const signal = AbortSignal.any([AbortSignal.timeout(wish.timeoutMs), tools.signal]);
    return { kind: "readable", ...(await tools.pair(signal)) };
  } catch {
    return { kind: "failed" };
  }
}

async function opens(wish: Extract<Probe, { kind: "socket" }>, tools: ProbingTools): Promise<Signal> {
  const url = new URL(wish.url);
  url.searchParams.set("token", tools.token() ?? "");
  const socket = tools.openSocket(url.href, []);
  const opened = await new Promise<boolean>((give) => {
    const cancel = tools.clock.after(wish.timeoutMs, () => give(false));
    const finish = (isOpen: boolean) => {
      cancel();
      give(isOpen);
    };
    socket.onopen = () => finish(true);
    socket.onclose = () => finish(false);
    socket.onerror = () => {};
  });
  socket.onclose = null;
  socket.close();
  return { kind: opened ? "opened" : "failed" };
}
