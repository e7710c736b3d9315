import { describe, expect, it } from "vitest";
import {
  type BindingEvent,
  type BindingPhase,
  type BindingState,
  type Failure,
  nextBinding,
  progressOf,
  UNBOUND,
  waitsForPerson,
} from "./binding.ts";

const target = { baseUrl: "http://127.0.0.1:8888/", label: "127.0.0.1:8888", kind: null };
const known = { ...target, kind: "jupyter" as const };
const attachment = {
  kernelId: "k1",
  kernelspec: "python3",
  displayName: "Python 3",
  folder: { path: "work", place: "notebook" as const },
};
const down: Failure = { ok: false, code: "nothing_listening", facts: { address: "127.0.0.1:8888" }, needsToken: false };
const noToken: Failure = { ok: false, code: "token_missing", facts: {}, needsToken: true };

const connect: BindingEvent = { type: "connect", target };
const identified: BindingEvent = { type: "identified", target: known };
const attached: BindingEvent = { type: "attached", attachment };
const lost: BindingEvent = { type: "lost", reason: "network", attempt: 1, retryAt: 5_000 };
const toReady = [connect, identified, { type: "authenticated" }, attached] as const;

function stateAfter(...events: readonly BindingEvent[]): BindingState {
  return events.reduce(nextBinding, UNBOUND);
}

const PATHS: readonly (readonly [string, readonly BindingEvent[], object])[] = [
  ["connecting starts by reaching", [connect], { phase: "probing", target, step: "reach" }],
  [
    "the browser's question is told",
    [connect, { type: "probe_step", step: "permission" }],
    { phase: "probing", target, step: "permission" },
  ],
  [
    "a failure leaves nothing bound and says why",
    [connect, { type: "failed", failure: down }],
    { phase: "unbound", failure: down },
  ],
  [
    "a missing token keeps the target and asks",
    [connect, { type: "failed", failure: noToken }],
    { phase: "authenticating", target, step: "token", failure: noToken },
  ],
  [
    "a given token is checked",
    [connect, { type: "failed", failure: noToken }, { type: "token_given" }],
    { phase: "authenticating", target, step: "check", failure: null },
  ],
  [
    "pairing",
    [connect, identified, { type: "pairing" }],
    { phase: "authenticating", target: known, step: "pair", failure: null },
  ],
  [
    "authenticated",
    [connect, identified, { type: "authenticated" }],
    { phase: "connecting", target: known, step: "kernelspecs" },
  ],
  [
    "each step of connecting",
    [connect, identified, { type: "authenticated" }, { type: "connect_step", step: "socket" }],
    { phase: "connecting", target: known, step: "socket" },
  ],
  ["ready", [...toReady], { phase: "ready", target: known, attachment }],
  [
    "a lost socket keeps everything and counts",
    [...toReady, lost],
    { phase: "interrupted", target: known, attachment, reason: "network", attempt: 1, retryAt: 5_000 },
  ],
  ["and comes back", [...toReady, lost, attached], { phase: "ready", target: known, attachment }],
  [
    "a failure while interrupted unbinds nothing",
    [...toReady, lost, { type: "failed", failure: down }],
    { phase: "interrupted", target: known, attachment, reason: "network", attempt: 1, retryAt: 5_000 },
  ],
  [
    "a server started anew asks for its token, the binding stays",
    [...toReady, lost, { type: "token_wanted", failure: null }],
    { phase: "interrupted", target: known, attachment, reason: "token_refused", attempt: 0, retryAt: null },
  ],
  [
    "a dead kernel",
    [...toReady, { type: "ended", reason: "kernel_died" }],
    { phase: "gone", target: known, attachment, reason: "kernel_died" },
  ],
  [
    "a new kernel after that, on the same server",
    [...toReady, { type: "ended", reason: "kernel_died" }, { type: "connect_step", step: "session" }],
    { phase: "connecting", target: known, step: "session" },
  ],
  ["an address that cannot be used", [{ type: "address_refused", failure: down }], { phase: "unbound", failure: down }],
  [
    "such an address pasted while bound",
    [...toReady, { type: "address_refused", failure: down }],
    { phase: "ready", target: known, attachment },
  ],
  ["disconnect", [...toReady, { type: "disconnect" }], { phase: "unbound", failure: null }],
];

describe("nextBinding", () => {
  it.each(PATHS)("%s", (_name, events, expected) => {
    expect(stateAfter(...events)).toEqual(expected);
  });

  it("leaves a state as it is when the event makes no sense there", () => {
    const senseless: readonly (readonly [readonly BindingEvent[], BindingEvent])[] = [
      [[], attached],
      [[], lost],
      [[], { type: "failed", failure: down }],
      [[], { type: "disconnect" }],
      [[connect], attached],
      [[connect], { type: "ended", reason: "kernel_gone" }],
      [[...toReady], identified],
      [[...toReady], { type: "probe_step", step: "reach" }],
      [[...toReady], { type: "token_given" }],
      [[...toReady, lost], { type: "connect_step", step: "socket" }],
    ];
    for (const [events, event] of senseless) {
      const state = stateAfter(...events);
      expect(nextBinding(state, event)).toBe(state);
    }
  });

  it("can be left from every phase", () => {
    for (const [, events] of PATHS) expect(nextBinding(stateAfter(...events), { type: "disconnect" })).toEqual(UNBOUND);
  });
});

describe("progressOf", () => {
  it("has a key for every phase, and names no token", () => {
    const keys = new Map<BindingPhase, string>();
    for (const [, events] of PATHS) {
      const state = stateAfter(...events);
      keys.set(state.phase, progressOf(state).key);
    }
    expect(Object.fromEntries(keys)).toEqual({
      unbound: "binding.unbound",
      probing: "binding.probing.permission",
      authenticating: "binding.authenticating.pair",
      connecting: "binding.connecting.session",
      ready: "binding.ready",
      interrupted: "binding.interrupted.token_refused",
      gone: "binding.gone.kernel_died",
    });
  });

  it("tells when the next try starts", () => {
    expect(progressOf(stateAfter(...toReady, lost))).toEqual({
      key: "binding.interrupted.network",
      facts: { label: "127.0.0.1:8888", attempt: 1, retryAt: 5_000 },
    });
  });
});

it("knows when a person has to act", () => {
  expect(PATHS.filter(([, events]) => waitsForPerson(stateAfter(...events))).map(([name]) => name)).toEqual([
    "a missing token keeps the target and asks",
    "a server started anew asks for its token, the binding stays",
    "a dead kernel",
  ]);
});
