/**
 * The probe ladder: why can this page not reach that runtime, found out by differential probes.
 *
 * A script sees only "Failed to fetch" and close code 1006, so the cause is inferred. `climb` is a generator in the manner of httpx's auth
 * flows: it yields the probe it wants next, is sent the signal that the browser gave, and returns a diagnosis. It does no I/O.
 *
 * Invariants: `no-cors` before cors; no probe that carries the token before it is known what kind of server answers, unless the person said
 * yes to exactly that (a stock server that was started without any flag tells a page nothing of itself); and none at all towards a companion that does not know this origin; towards a companion the token never stands in a URL.
 */
import type { AddressRefusal } from "./backend-url.ts";

/** Why a connection cannot be made. Stable: texts, tests and documents name these codes. */
export type FailureCode =
  | "insecure_hub"
  | "safari_mixed_content"
  | "permission_denied"
  | "permission_dismissed"
  | "cancelled"
  | "nothing_listening"
  /** Nothing answers where a container says that it does, and a runtime of ours answers at another port. */
  | "other_port"
  | "no_answer"
  | "tls_unreachable"
  | "not_jupyter"
  | "runtime_origin_not_listed"
  | "origin_not_allowed"
  | "token_missing"
  | "token_refused"
  /** Who answers does not know the session that this browser paired. */
  | "runtime_unproven"
  | "refused"
  | "pairing_refused"
  | "runtime_refused"
  | "protocol_version"
  | "socket_blocked"
  | "no_kernelspecs"
  | "kernel_start_failed"
  | "kernel_died_at_start"
  /** The hub gives no pass to this hosted runtime: it does not run, or is not this person's. */
  | "hosted_closed"
  /** The hosted runtime's own host does not answer, and the hub does. */
  | "hosted_unreachable"
  /** The page could not fetch its own code for it. */
  | "page_incomplete"
  | AddressRefusal;

/** How far the climb is, for the progress text of a binding. */
export type ProbingStep = "reach" | "explain_permission" | "permission" | "identify" | "confirm_token";

/** Things that work but could be better. */
export type Advice = "set_allow_origin" | "https_used" | "http_used" | "other_loopback_name";

export type Facts = Readonly<Record<string, string | number>>;

export type Diagnosis =
  | {
      readonly ok: true;
      /** May differ from the asked one in scheme and in the name of this computer. */
      readonly baseUrl: string;
      readonly kind: "jupyter" | "companion" | "hosted";
      readonly auth: "header" | "query" | "none";
      /** What the server says of itself, or "" when it does not. */
      readonly version: string;
      readonly advice: readonly Advice[];
    }
  | {
      readonly ok: false;
      readonly code: FailureCode;
      /** What the text names: `address`, `origin`, `hint`, … Never a token. */
      readonly facts: Facts;
      /** The kind of server is known, and only a (new) token is missing. */
      readonly needsToken: boolean;
    };

export type Failed = Extract<Diagnosis, { ok: false }>;

export interface ProbeRequest {
  /** As `parseBackendUrl` gives it. */
  readonly baseUrl: string;
  readonly hasToken: boolean;
  readonly hasPairingCode: boolean;
  /** The token is a companion's session, which can be made to prove itself before the token is sent. Default: no. */
  readonly isPaired?: boolean;
  readonly environment: BrowserFacts;
}

export interface BrowserFacts {
  readonly engine: "chromium" | "gecko" | "webkit";
  readonly isSecureContext: boolean;
  /** Origin of the page: `https://hub.example`. */
  readonly hubOrigin: string;
}

/** What is to be tried next. URLs hold no secret: whoever carries a probe out adds the token where `auth` says so. */
export type Probe =
  | { readonly kind: "permission" }
  /** Tell the person that the browser will ask, and go on at a click (a user gesture helps the question to appear). */
  | { readonly kind: "explain_permission" }
  /** Tell the person that nobody knows who answers, and go on only when they want the token sent there. */
  | { readonly kind: "confirm_token" }
  | FetchProbe
  /** Go on waiting for the fetch that was reported `pending`. */
  | { readonly kind: "keep_waiting"; readonly step: ProbingStep; readonly timeoutMs: number }
  /** Exchange the pairing code for a session token, and keep that as the token from now on. */
  | { readonly kind: "pair"; readonly timeoutMs: number }
  /** Make who answers show that it knows our session's token. */
  | { readonly kind: "prove" }
  | { readonly kind: "socket"; readonly url: string; readonly auth: "query"; readonly timeoutMs: number };

export interface FetchProbe {
  readonly kind: "fetch";
  readonly step: ProbingStep;
  readonly url: string;
  readonly mode: "no-cors" | "cors";
  readonly auth: "none" | "header" | "query";
  readonly timeoutMs: number;
  /** Report `pending` after this long and go on; null: do not. */
  readonly pendingMs: number | null;
}

export type PermissionState = "granted" | "prompt" | "denied" | "unknown";

export type Signal =
  | { readonly kind: "permission"; readonly state: PermissionState }
  | { readonly kind: "answer"; readonly go: boolean }
  | { readonly kind: "opaque" }
  | { readonly kind: "readable"; readonly status: number; readonly json: unknown }
  | { readonly kind: "failed" }
  | { readonly kind: "pending" }
  | { readonly kind: "timed_out" }
  | { readonly kind: "proven" }
  | { readonly kind: "opened" };

export type Climb<T> = Generator<Probe, T, Signal>;

const PROBE_MS = 8_000;
const PENDING_MS = 1_500;
/** A question of the browser waits for a person. */
const QUESTION_MS = 180_000;
export const PROTOCOL = 1;
const CONTAINER_PORT = 9000;
const LIKELY_PORTS = [8080, 8888, 9001, 9090, 9100];

/** Climb the ladder. */
export function* climb(request: ProbeRequest): Climb<Diagnosis> {
  const refusal = withoutAnyRequest(request);
  if (refusal !== null) return refusal;
  const reached = yield* reach(request);
  if ("ok" in reached) return reached;
  const { baseUrl, advice } = reached;
  if (request.isPaired === true && !request.hasPairingCode && (yield { kind: "prove" }).kind !== "proven") {
    // Restarted and forgetful, or another program on its port: neither gets the token.
    return failure("runtime_unproven", factsOf({ ...request, baseUrl }), true);
  }
  const companion = yield* findCompanion(baseUrl, request);
  if (companion === "unlisted") {
    return failure("runtime_origin_not_listed", factsOf({ ...request, baseUrl }));
  }
  if (companion === null && request.isPaired === true) {
    return failure("runtime_unproven", factsOf({ ...request, baseUrl }), true);
  }
  const found = { request: { ...request, baseUrl }, advice };
  return companion === null ? yield* stock(found) : yield* ours(found, companion);
}

// ── Steps 0–2: what is known before any request ──────────────────────────────────────────────────────────────────────

function withoutAnyRequest(request: ProbeRequest): Failed | null {
  const { environment } = request;
  if (!environment.isSecureContext && !isLoopbackOrigin(environment.hubOrigin)) {
    return failure("insecure_hub", factsOf(request));
  }
  const mixed = environment.hubOrigin.startsWith("https:") && request.baseUrl.startsWith("http:");
  return environment.engine === "webkit" && mixed ? failure("safari_mixed_content", factsOf(request)) : null;
}

/** Whether a page of this origin is served from this computer; such pages need no permission to reach it. */
export function isLoopbackOrigin(origin: string): boolean {
  return /^https?:\/\/(?:localhost|[a-z0-9.-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(origin);
}

// ── Steps 3–4: permission, and whether anything answers ──────────────────────────────────────────────────────────────

interface Reached {
  readonly baseUrl: string;
  readonly advice: readonly Advice[];
}

function* reach(request: ProbeRequest): Climb<Reached | Failed> {
  const asks = !isLoopbackOrigin(request.environment.hubOrigin);
  const before = asks ? yield* permission() : "granted";
  if (before === "denied") return failure("permission_denied", factsOf(request));
  if (before === "prompt") {
    const answer = yield { kind: "explain_permission" };
    if (answer.kind !== "answer" || !answer.go) return failure("cancelled", factsOf(request));
  }
  const first = yield* knock(request.baseUrl, before);
  if (first === "opaque") return { baseUrl: request.baseUrl, advice: [] };
  if (asks && before !== "granted") {
    const after = yield* permission();
    if (after === "denied") return failure("permission_denied", factsOf(request));
    if (before === "prompt" && after === "prompt" && first === "timed_out") {
      return failure("permission_dismissed", factsOf(request));
    }
  }
  if (first === "timed_out") return failure("no_answer", factsOf(request));
  return yield* elsewhere(request);
}

function* permission(): Climb<PermissionState> {
  const signal = yield { kind: "permission" };
  return signal.kind === "permission" ? signal.state : "unknown";
}

/** Step 4. Nothing that answers is told anything: no token, no readable answer. */
function* knock(baseUrl: string, permitted: PermissionState): Climb<"opaque" | "failed" | "timed_out"> {
  const url = `${baseUrl}api`;
  const mayAsk = permitted !== "granted";
  let signal = yield {
    kind: "fetch",
    step: "reach",
    url,
    mode: "no-cors",
    auth: "none",
    timeoutMs: PROBE_MS,
    pendingMs: mayAsk ? PENDING_MS : null,
  };
  if (signal.kind === "pending") {
    const timeoutMs = permitted === "prompt" ? QUESTION_MS : PROBE_MS;
    signal = yield { kind: "keep_waiting", step: "permission", timeoutMs };
  }
  if (signal.kind === "opaque" || signal.kind === "readable") return "opaque";
  return signal.kind === "timed_out" ? "timed_out" : "failed";
}

/** Nothing answers at the address as given: the other name of this computer, then the other scheme. */
function* elsewhere(request: ProbeRequest): Climb<Reached | Failed> {
  const tries: readonly (readonly [string, Advice])[] = [
    [otherName(request.baseUrl), "other_loopback_name"],
    [otherScheme(request.baseUrl), request.baseUrl.startsWith("https:") ? "http_used" : "https_used"],
  ];
  for (const [baseUrl, advice] of tries) {
    if ((yield* knock(baseUrl, "granted")) === "opaque") return { baseUrl, advice: [advice] };
  }
  const found = yield* publishedElsewhere(request);
  if (found !== null) return failure("other_port", { ...factsOf(request), found });
  const code = request.baseUrl.startsWith("https:") ? "tls_unreachable" : "nothing_listening";
  return failure(code, factsOf(request));
}

/**
 * A container prints CONTAINER_PORT, whatever port of this computer it was given. Where a runtime answers is only told:
 * whose it is nobody knows, so the token goes there when the person says so.
 */
function* publishedElsewhere(request: ProbeRequest): Climb<number | null> {
  const { port } = new URL(request.baseUrl);
  if (port !== String(CONTAINER_PORT)) return null;
  for (const other of LIKELY_PORTS) {
    const { origin } = new URL(request.baseUrl.replace(`:${port}`, `:${other}`));
    const signal = yield plainFetch(`${origin}/.well-known/runhere`, "cors");
    if (signal.kind === "readable" && companionFacts(signal) !== null) return other;
  }
  return null;
}

function otherName(baseUrl: string): string {
  return baseUrl.includes("//localhost:")
    ? baseUrl.replace("//localhost:", "//127.0.0.1:")
    : baseUrl.replace("//127.0.0.1:", "//localhost:");
}

function otherScheme(baseUrl: string): string {
  return baseUrl.startsWith("https:") ? baseUrl.replace(/^https:/, "http:") : baseUrl.replace(/^http:/, "https:");
}

// ── Step 5 and 7: a companion ────────────────────────────────────────────────────────────────────────────────────────

interface CompanionFacts {
  readonly version: string;
  readonly protocol: number;
}

/**
 * A companion tells its name to listed origins. To others it answers `/.well-known/runhere` with `Cross-Origin-Resource-Policy:
 * same-origin`, which makes even a `no-cors` fetch fail, whereas a stock server's 404 stays opaque.
 */
function* findCompanion(baseUrl: string, request: ProbeRequest): Climb<CompanionFacts | "unlisted" | null> {
  const url = `${new URL(baseUrl).origin}/.well-known/runhere`;
  const signal = yield plainFetch(url, "cors");
  if (signal.kind === "readable") return companionFacts(signal);
  const opaque = yield plainFetch(url, "no-cors");
  const sameSite = new URL(baseUrl).origin === request.environment.hubOrigin;
  return opaque.kind === "failed" && !sameSite ? "unlisted" : null;
}

function companionFacts(signal: Extract<Signal, { kind: "readable" }>): CompanionFacts | null {
  const { status, json } = signal;
  if (status !== 200 || !isRecord(json) || typeof json["name"] !== "string") return null;
  if (!json["name"].startsWith("runhere")) return null;
  const protocol = json["protocol"];
  return { version: textOf(json["version"]), protocol: typeof protocol === "number" ? protocol : PROTOCOL };
}

interface Found {
  readonly request: ProbeRequest;
  readonly advice: readonly Advice[];
}

function* ours(found: Found, companion: CompanionFacts): Climb<Diagnosis> {
  const { request, advice } = found;
  const facts = factsOf(request);
  if (companion.protocol > PROTOCOL) {
    return failure("protocol_version", { ...facts, theirs: companion.protocol, ours: PROTOCOL });
  }
  if (request.hasPairingCode) {
    const paired = yield { kind: "pair", timeoutMs: PROBE_MS };
    if (paired.kind !== "readable" || paired.status >= 300) return refusedBy(paired, pairingTrouble(paired), facts);
  } else if (!request.hasToken) {
    return failure("token_missing", facts, true);
  }
  const status = yield authFetch(request.baseUrl, "header");
  if (status.kind === "readable" && status.status === 200) {
    return {
      ok: true,
      baseUrl: request.baseUrl,
      kind: "companion",
      auth: "header",
      version: companion.version,
      advice,
    };
  }
  return refusedBy(status, "runtime_refused", facts);
}

/** A runtime that cannot keep a pairing (a full disk) has not used the code up. */
function pairingTrouble(signal: Signal): FailureCode {
  return signal.kind === "readable" && signal.status >= 500 ? "runtime_refused" : "pairing_refused";
}

/** Our runtime says exactly what is wrong: `{code, hint}`, readable because its errors carry CORS headers. */
function refusedBy(signal: Signal, code: FailureCode, facts: Facts): Failed {
  if (signal.kind !== "readable") return failure(code, facts);
  const body = isRecord(signal.json) ? signal.json : {};
  const told = {
    ...facts,
    status: signal.status,
    serverCode: textOf(body["code"]),
    hint: textOf(body["hint"]) || textOf(body["message"]),
  };
  if (code !== "pairing_refused" && signal.status === 401) return failure("token_refused", told, true);
  return failure(signal.status === 426 ? "protocol_version" : code, told);
}

// ── Step 6: a stock server ───────────────────────────────────────────────────────────────────────────────────────────

function* stock(found: Found): Climb<Diagnosis> {
  const { baseUrl } = found.request;
  const hello = yield plainFetch(`${baseUrl}api`, "cors");
  if (hello.kind !== "readable") return yield* unreadableServer(found);
  if (!isRecord(hello.json) || typeof hello.json["version"] !== "string") {
    return failure("not_jupyter", factsOf(found.request));
  }
  return yield* readableServer(found, hello.json["version"]);
}

/** Our origin is allowed: a header will do. */
function* readableServer(found: Found, version: string): Climb<Diagnosis> {
  const { request, advice } = found;
  const { baseUrl } = request;
  const ways = request.hasToken ? (["header", "query"] as const) : (["none"] as const);
  for (const auth of ways) {
    const status = yield authFetch(baseUrl, auth);
    if (isJupyterStatus(status)) return { ok: true, baseUrl, kind: "jupyter", auth, version, advice };
  }
  return failure(request.hasToken ? "token_refused" : "token_missing", factsOf(request), true);
}

/**
 * A server without `allow_origin` lets a page read what a query token authenticates, and nothing else. Any other program that lets no page
 * read its answers looks the same, and would get the token: so it is the person who says whether it is sent.
 */
function* unreadableServer(found: Found): Climb<Diagnosis> {
  const { request, advice } = found;
  const { baseUrl } = request;
  if (!request.hasToken) return failure("token_missing", factsOf(request), true);
  const answer = yield { kind: "confirm_token" };
  if (answer.kind !== "answer" || !answer.go) return failure("cancelled", factsOf(request));
  const status = yield authFetch(baseUrl, "query");
  if (isJupyterStatus(status)) {
    return { ok: true, baseUrl, kind: "jupyter", auth: "query", version: "", advice: [...advice, "set_allow_origin"] };
  }
  if (status.kind === "readable") return failure("not_jupyter", factsOf(request));
  // Jupyter opens sockets for a right token whatever the origin: so an open one means that only the origin is wrong.
  const url = `${baseUrl.replace(/^http/, "ws")}api/events/subscribe`;
  const socket = yield { kind: "socket", url, auth: "query", timeoutMs: PROBE_MS };
  return failure(socket.kind === "opened" ? "origin_not_allowed" : "refused", factsOf(request));
}

function isJupyterStatus(signal: Signal): boolean {
  return signal.kind === "readable" && signal.status === 200 && isRecord(signal.json) && "kernels" in signal.json;
}

/** Step 8: HTTP answered, and then the kernel's socket was closed before it opened. */
export function socketBlocked(baseUrl: string, hubOrigin: string): Failed {
  return failure("socket_blocked", { address: addressOf(baseUrl), origin: hubOrigin });
}

// ── Small parts ──────────────────────────────────────────────────────────────────────────────────────────────────────

function plainFetch(url: string, mode: "cors" | "no-cors"): FetchProbe {
  return { kind: "fetch", step: "identify", url, mode, auth: "none", timeoutMs: PROBE_MS, pendingMs: null };
}

function authFetch(baseUrl: string, auth: "header" | "query" | "none"): FetchProbe {
  const url = `${baseUrl}api/status`;
  return { kind: "fetch", step: "identify", url, mode: "cors", auth, timeoutMs: PROBE_MS, pendingMs: null };
}

function factsOf(request: ProbeRequest): Facts {
  const { port } = new URL(request.baseUrl);
  const fallback = request.baseUrl.startsWith("https:") ? 443 : 80;
  return {
    address: addressOf(request.baseUrl),
    port: port === "" ? fallback : Number(port),
    origin: request.environment.hubOrigin,
    engine: request.environment.engine,
  };
}

function addressOf(baseUrl: string): string {
  return baseUrl.replace(/^https?:\/\//, "").replace(/\/$/, "");
}

function failure(code: FailureCode, facts: Facts, needsToken = false): Failed {
  return { ok: false, code, facts, needsToken };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
