/**
 * How requests and sockets reach a Jupyter server. Everything above knows only `Transport`, so that a tunnel or a proxy can stand in.
 *
 * Two styles of proving who we are: `header` where the server allows our origin, `query` for a stock server without any flag, which lets a
 * page read exactly what a query token authenticates (bodies go as `text/plain`, so that no preflight is needed).
 */
import type { AuthStyle } from "../core/binding.ts";
import { RuntimeError } from "./errors.ts";

/** The part of a WebSocket that is used; browsers', Node's and the `ws` package's have it. */
export interface SocketLike {
  binaryType: string;
  readonly protocol: string;
  readonly readyState: number;
  /** Bytes given to `send` that are not on their way yet. */
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly wasClean: boolean }) => void) | null;
  onerror: (() => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export type OpenSocket = (url: string, protocols: string[]) => SocketLike;

export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly params?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Ends the request; it then fails as one that was not answered. */
  readonly signal?: AbortSignal;
}

/** Bytes of a file, both ends included. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

export interface Transport {
  /** Of the server, with final slash, without any secret. */
  readonly baseUrl: string;
  /**
   * The JSON of a 2xx answer, null where there is none.
   *
   * @throws RuntimeError
   */
  request(path: string, options?: RequestOptions): Promise<unknown>;
  /**
   * The body and headers of a 2xx answer.
   *
   * @throws RuntimeError
   */
  bytes(path: string, options?: RequestOptions): Promise<{ readonly body: ArrayBuffer; readonly headers: Headers }>;
  /**
   * A piece of what `files/…` serves. Not as a blob: Chromium keeps one in memory until somebody collects what names it, a whole download.
   *
   * @throws RuntimeError; `runtime_failed` with status 416 beyond the end.
   */
  piece(path: string, range: ByteRange, signal?: AbortSignal): Promise<ArrayBuffer>;
  socket(path: string, params: Readonly<Record<string, string>>, protocols: string[]): SocketLike;
}

export interface DirectOptions {
  /** With final slash. */
  readonly baseUrl: string;
  readonly auth: AuthStyle;
  /** Sockets name the token as a subprotocol, whatever they speak: the hub takes none from an address. Default: no. */
  readonly isHosted?: boolean;
  /** Read at each request: a server that was started anew has another one. */
  readonly token: () => string | null;
  readonly fetch: typeof fetch;
  readonly openSocket: OpenSocket;
}

/** For sockets without a protocol of their own: a browser wants one of its offers taken. */
const HOSTED_PROTOCOL = "runhere.hosted.v1";
const REQUEST_MS = 20_000;
const PIECE_MS = 120_000;

/** Straight to the server, over HTTP and WebSocket. */
export function directTransport(options: DirectOptions): Transport {
  return {
    baseUrl: options.baseUrl,
    request: (path, request = {}) => requestJson(options, path, request),
    bytes: (path, request = {}) => requestBytes(options, path, request),
    piece: (path, range, signal) => requestPiece(options, path, range, signal),
    socket: (path, params, protocols) => {
      const url = new URL(path, options.baseUrl.replace(/^http/, "ws"));
      for (const [key, value] of Object.entries(params)) url.searchParams.set(key, value);
      // A browser's WebSocket can carry no header. The companion reads its token from a name of a subprotocol (SPEC 7.1); no other server knows ours.
      const token = options.token();
      const isOurs = protocols.some((name) => name.startsWith("runhere."));
      if (options.isHosted === true && token !== null) {
        const offered = protocols.length > 0 ? protocols : [HOSTED_PROTOCOL];
        return options.openSocket(url.href, [...offered, `runhere.token.${token}`]);
      }
      if (isOurs && token !== null) return options.openSocket(url.href, [...protocols, `runhere.token.${token}`]);
      addToken(url, options, "query");
      return options.openSocket(url.href, protocols);
    },
  };
}

async function requestJson(options: DirectOptions, path: string, request: RequestOptions): Promise<unknown> {
  const answer = await accepted(options, path, request);
  const text = await answer.text().catch((error: unknown) => {
    throw unreachable(path, error);
  });
  return text === "" ? null : parsed(path, text);
}

async function requestBytes(
  options: DirectOptions,
  path: string,
  request: RequestOptions,
): Promise<{ body: ArrayBuffer; headers: Headers }> {
  const answer = await accepted(options, path, request);
  const body = await answer.arrayBuffer().catch((error: unknown) => {
    throw unreachable(path, error);
  });
  return { body, headers: answer.headers };
}

async function requestPiece(
  options: DirectOptions,
  path: string,
  { from, to }: ByteRange,
  signal?: AbortSignal,
): Promise<ArrayBuffer> {
  // A stock server answers no preflight for files: the token goes as it does without any flag, and a plain range needs none.
  const isSimple = options.auth !== "none" && options.isHosted !== true;
  const simple: DirectOptions = isSimple ? { ...options, auth: "query" } : options;
  const wish = { timeoutMs: PIECE_MS, ...(signal ? { signal } : {}) };
  const answer = await accepted(simple, path, wish, { Range: `bytes=${from}-${to}` });
  return await answer.arrayBuffer().catch((error: unknown) => {
    throw unreachable(path, error);
  });
}

async function accepted(
  options: DirectOptions,
  path: string,
  request: RequestOptions,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const url = new URL(path, options.baseUrl);
  for (const [key, value] of Object.entries(request.params ?? {})) url.searchParams.set(key, value);
  addToken(url, options, options.auth);
  const answer = await send(url, options, request, more);
  if (!answer.ok) throw refusal(path, answer.status, await reasonIn(answer));
  return answer;
}

async function send(
  url: URL,
  options: DirectOptions,
  request: RequestOptions,
  more: Readonly<Record<string, string>>,
): Promise<Response> {
  const headers: Record<string, string> = { ...more };
  const token = options.token();
  if (options.auth === "header" && token !== null) headers["Authorization"] = `token ${token}`;
  const limit = AbortSignal.timeout(request.timeoutMs ?? REQUEST_MS);
  const init: RequestInit = {
    method: request.method ?? "GET",
    headers,
    credentials: "omit",
    cache: "no-store",
    referrerPolicy: "no-referrer",
    // A redirect would hand the token to somebody else.
    redirect: "error",
    signal: request.signal ? AbortSignal.any([request.signal, limit]) : limit,
  };
  if (request.body !== undefined) {
    init.body = JSON.stringify(request.body);
    headers["Content-Type"] = options.auth === "query" ? "text/plain" : "application/json";
  }
  try {
    return await options.fetch(url, init);
  } catch (error) {
    throw unreachable(url.pathname, error);
  }
}

function addToken(url: URL, options: DirectOptions, style: AuthStyle): void {
  const token = options.token();
  if (style === "query" && options.auth !== "none" && token !== null) url.searchParams.set("token", token);
}

// Neither error keeps the URL: it may hold the token.
function unreachable(path: string, cause: unknown): RuntimeError {
  const name = cause instanceof Error ? cause.name : "";
  return new RuntimeError("runtime_unreachable", "The runtime does not answer.", { path, cause: name });
}

/** What the server says of its refusal, for `facts.reason`; "" when nothing can be read. */
async function reasonIn(answer: Response): Promise<string> {
  try {
    const value: unknown = JSON.parse(await answer.text());
    const message = typeof value === "object" && value !== null && "message" in value ? value.message : "";
    return typeof message === "string" ? message.slice(0, 500) : "";
  } catch {
    // Not JSON, or cut: the status has to do.
    return "";
  }
}

function refusal(path: string, status: number, reason: string): RuntimeError {
  const facts = { path, status, reason };
  if (status === 401 || status === 403) {
    return new RuntimeError("runtime_refused_token", "The runtime did not accept the token.", facts);
  }
  if (status === 404) return new RuntimeError("runtime_not_found", "The runtime does not know this.", facts);
  return new RuntimeError("runtime_failed", `The runtime answered with status ${status}.`, facts);
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RuntimeError("runtime_failed", "The runtime answered with something that is not JSON.", { path }, error);
  }
}
