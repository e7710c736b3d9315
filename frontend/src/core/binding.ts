/**
 * Which runtime one person uses for one notebook, as a pure state machine: state and event in, new state out.
 *
 *   unbound ──connect──▶ probing ──identified──▶ authenticating ──authenticated──▶ connecting ──attached──▶ ready
 *      ▲                    │                         │  ▲                            │                   │   ▲
 *      │◀──────failed───────┴─────────────────────────┤  └── token_given              │             lost  ▼   │ attached
 *      │                                              └── token_wanted (waits)        │            interrupted
 *      │◀──────failed─────────────────────────────────────────────────────────────────┘                   │
 *      └◀── disconnect (from anywhere)                                    gone ◀── ended (kernel is no more) ┘
 *
 * A binding is personal: it never enters the document, the hub or a log, and it never holds a token or a pairing code.
 * Texts for people are looked up by `progressOf(state)`; this file knows keys and facts, no words.
 */
import type { Diagnosis, ProbingStep } from "./probe.ts";

/** What answers at the address. `companion` is `runhere-runtime`. */
export type RuntimeKind = "jupyter" | "companion" | "hosted";

/** How requests prove who we are: a header, or a query parameter with CORS-simple requests (stock server without flags). */
export type AuthStyle = "header" | "query" | "none";

/** Where the runtime is, without any secret. */
export interface RuntimeTarget {
  /** `http://127.0.0.1:8888/base/`, always with a final slash. */
  readonly baseUrl: string;
  /** Short and for people: `127.0.0.1:8888`, or a name given by the person. */
  readonly label: string;
  /** null while not yet known. */
  readonly kind: RuntimeKind | null;
}

/** In which folder the kernel was started. */
export interface KernelFolder {
  /** Path on the server relative to its root, `""` for the root itself. */
  readonly path: string;
  /** Whether it is the notebook's own folder, or the server's root because the notebook is not on that machine. */
  readonly place: "notebook" | "root";
}

/** One kernel of the target that this notebook is attached to. */
export interface KernelAttachment {
  readonly kernelId: string;
  /** Name of the kernelspec: `python3`. */
  readonly kernelspec: string;
  /** For people: `Python 3 (ipykernel)`. */
  readonly displayName: string;
  readonly folder: KernelFolder;
}

export type AuthenticatingStep = "check" | "token" | "pair";
export type ConnectingStep = "kernelspecs" | "kernelspec_choice" | "folder" | "session" | "socket";
export type InterruptionReason = "network" | "server_unreachable" | "token_refused" | "offline" | "socket_silent";
export type EndReason = "kernel_died" | "kernel_gone" | "shut_down" | "server_replaced";

export type BindingState =
  | { readonly phase: "unbound"; readonly failure: Failure | null }
  | { readonly phase: "probing"; readonly target: RuntimeTarget; readonly step: ProbingStep }
  | {
      readonly phase: "authenticating";
      readonly target: RuntimeTarget;
      /** `token`: a person must paste one (see `failure` for why the last was refused). */
      readonly step: AuthenticatingStep;
      readonly failure: Failure | null;
    }
  | { readonly phase: "connecting"; readonly target: RuntimeTarget; readonly step: ConnectingStep }
  | { readonly phase: "ready"; readonly target: RuntimeTarget; readonly attachment: KernelAttachment }
  | {
      readonly phase: "interrupted";
      readonly target: RuntimeTarget;
      readonly attachment: KernelAttachment;
      /** `token_refused` needs a person: the server was started anew. The others are retried without end. */
      readonly reason: InterruptionReason;
      /** Tries since the connection was lost. */
      readonly attempt: number;
      /** When the next try starts, ms since 1970; null while one is under way or none is planned. */
      readonly retryAt: number | null;
    }
  | {
      readonly phase: "gone";
      readonly target: RuntimeTarget;
      readonly attachment: KernelAttachment;
      readonly reason: EndReason;
    };

export type BindingPhase = BindingState["phase"];

/** Why the last attempt ended: a stable code (i18n key `connect.failure.<code>`) and the facts its text needs. */
export type Failure = Extract<Diagnosis, { ok: false }>;

export type BindingEvent =
  | { readonly type: "connect"; readonly target: RuntimeTarget }
  /** What was pasted is no address of this computer; a runtime that is bound stays bound. */
  | { readonly type: "address_refused"; readonly failure: Failure }
  | { readonly type: "probe_step"; readonly step: ProbingStep }
  | { readonly type: "identified"; readonly target: RuntimeTarget }
  | { readonly type: "pairing" }
  | { readonly type: "token_wanted"; readonly failure: Failure | null }
  | { readonly type: "token_given" }
  | { readonly type: "authenticated" }
  | { readonly type: "connect_step"; readonly step: ConnectingStep }
  | { readonly type: "attached"; readonly attachment: KernelAttachment }
  | { readonly type: "failed"; readonly failure: Failure }
  | {
      readonly type: "lost";
      readonly reason: InterruptionReason;
      readonly attempt: number;
      readonly retryAt: number | null;
    }
  | { readonly type: "ended"; readonly reason: EndReason }
  | { readonly type: "disconnect" };

export const UNBOUND: BindingState = { phase: "unbound", failure: null };

/** The next state. An event that makes no sense in this state leaves it as it is (the same object). */
export function nextBinding(state: BindingState, event: BindingEvent): BindingState {
  switch (event.type) {
    case "connect":
      return { phase: "probing", target: event.target, step: "reach" };
    case "address_refused":
      return isAttached(state) ? state : { phase: "unbound", failure: event.failure };
    case "disconnect":
      return state.phase === "unbound" && state.failure === null ? state : UNBOUND;
    case "failed":
      return state.phase === "unbound" ? state : failed(state, event.failure);
    case "probe_step":
      return state.phase === "probing" ? { ...state, step: event.step } : state;
    case "identified":
      return state.phase === "probing"
        ? { phase: "authenticating", target: event.target, step: "check", failure: null }
        : state;
    case "pairing":
      return state.phase === "authenticating" ? { ...state, step: "pair" } : state;
    case "token_wanted":
      return tokenWanted(state, event.failure);
    case "token_given":
      return state.phase === "authenticating" ? { ...state, step: "check", failure: null } : state;
    case "authenticated":
      return state.phase === "authenticating" || state.phase === "probing"
        ? { phase: "connecting", target: state.target, step: "kernelspecs" }
        : state;
    case "connect_step":
      return connectStep(state, event.step);
    case "attached":
      return attached(state, event.attachment);
    case "lost":
      return lost(state, event);
    case "ended":
      return ended(state, event.reason);
  }
}

function isAttached(state: BindingState): boolean {
  return state.phase === "ready" || state.phase === "interrupted" || state.phase === "gone";
}

/** A failed first connection leaves nothing bound; a kernel we were attached to stays bound, so that nothing is forgotten. */
function failed(state: Exclude<BindingState, { phase: "unbound" }>, failure: Failure): BindingState {
  if (isAttached(state)) return state;
  if (failure.needsToken) {
    return { phase: "authenticating", target: state.target, step: "token", failure };
  }
  return { phase: "unbound", failure };
}

function tokenWanted(state: BindingState, failure: Failure | null): BindingState {
  if (state.phase === "probing" || state.phase === "authenticating") {
    return { phase: "authenticating", target: state.target, step: "token", failure };
  }
  if (state.phase === "ready" || state.phase === "interrupted") {
    const { target, attachment } = state;
    return { phase: "interrupted", target, attachment, reason: "token_refused", attempt: 0, retryAt: null };
  }
  return state;
}

function connectStep(state: BindingState, step: ConnectingStep): BindingState {
  if (state.phase === "connecting") return { ...state, step };
  // Another kernel, or a new one after the old ended: the target stays.
  if (state.phase === "ready" || state.phase === "gone") return { phase: "connecting", target: state.target, step };
  return state;
}

function attached(state: BindingState, attachment: KernelAttachment): BindingState {
  if (state.phase === "connecting" || state.phase === "interrupted") {
    return { phase: "ready", target: state.target, attachment };
  }
  return state;
}

function lost(state: BindingState, event: Extract<BindingEvent, { type: "lost" }>): BindingState {
  if (state.phase !== "ready" && state.phase !== "interrupted") return state;
  const { target, attachment } = state;
  const { reason, attempt, retryAt } = event;
  return { phase: "interrupted", target, attachment, reason, attempt, retryAt };
}

function ended(state: BindingState, reason: EndReason): BindingState {
  if (state.phase !== "ready" && state.phase !== "interrupted") return state;
  return { phase: "gone", target: state.target, attachment: state.attachment, reason };
}

/** Key of the text that tells a person how far it is, and the facts it may name. */
export interface Progress {
  readonly key: ProgressKey;
  readonly facts: Readonly<Record<string, string | number>>;
}

export type ProgressKey =
  | "binding.unbound"
  | "binding.failed"
  | `binding.probing.${ProbingStep}`
  | `binding.authenticating.${AuthenticatingStep}`
  | `binding.connecting.${ConnectingStep}`
  | "binding.ready"
  | `binding.interrupted.${InterruptionReason}`
  | `binding.gone.${EndReason}`;

/** What to tell. Facts: `label` of the target; `attempt` and `retryAt` while interrupted; the failure's own facts. */
export function progressOf(state: BindingState): Progress {
  switch (state.phase) {
    case "unbound":
      return state.failure === null
        ? { key: "binding.unbound", facts: {} }
        : { key: "binding.failed", facts: { ...state.failure.facts, code: state.failure.code } };
    case "probing":
      return { key: `binding.probing.${state.step}`, facts: { label: state.target.label } };
    case "authenticating":
      return { key: `binding.authenticating.${state.step}`, facts: { label: state.target.label } };
    case "connecting":
      return { key: `binding.connecting.${state.step}`, facts: { label: state.target.label } };
    case "ready":
      return { key: "binding.ready", facts: { label: state.target.label, kernel: state.attachment.displayName } };
    case "interrupted":
      return {
        key: `binding.interrupted.${state.reason}`,
        facts: {
          label: state.target.label,
          attempt: state.attempt,
          ...(state.retryAt === null ? {} : { retryAt: state.retryAt }),
        },
      };
    case "gone":
      return { key: `binding.gone.${state.reason}`, facts: { label: state.target.label } };
  }
}

/** The kernel that a notebook is, or was last, attached to; null: none yet. */
export function kernelIdOf(state: BindingState): string | null {
  return "attachment" in state ? state.attachment.kernelId : null;
}

/** Whether the person has something to do, not the page: paste a token, press a button, start a kernel. */
export function waitsForPerson(state: BindingState): boolean {
  return (
    (state.phase === "probing" && (state.step === "explain_permission" || state.step === "confirm_token")) ||
    (state.phase === "authenticating" && state.step === "token") ||
    (state.phase === "connecting" && state.step === "kernelspec_choice") ||
    (state.phase === "interrupted" && state.reason === "token_refused") ||
    state.phase === "gone"
  );
}

/** Whether it becomes `ready` by itself, or says why not: nothing is asked of a person. */
export function isOnItsWay(state: BindingState): boolean {
  return ["probing", "authenticating", "connecting"].includes(state.phase) && !waitsForPerson(state);
}
