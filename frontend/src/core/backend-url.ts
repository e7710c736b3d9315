/**
 * What a person pastes into "Backend URL", understood.
 *
 * Accepted: a full URL (with `/tree`, `/lab`, `/notebooks/…`; the base URL is kept), a bare port, `host:port`, a line of
 * `jupyter server list`, several lines of a server's greeting, a pairing link `HUB/connect#rt=…&pair=…`.
 * Only this computer is accepted, and only as `127.0.0.1` or `localhost`: browsers treat no other plain-http address as
 * trustworthy, and a Content-Security-Policy cannot name `[::1]`.
 */

/** Why an address is refused; every code is also a failure code of the connection. */
export type AddressRefusal =
  | "address_empty"
  | "address_not_understood"
  | "address_not_loopback"
  | "address_has_password"
  | "address_scheme"
  | "address_port";

export type BackendAddress =
  | {
      readonly ok: true;
      /** `http://127.0.0.1:8888/base/`: scheme http or https, port always given, final slash. */
      readonly baseUrl: string;
      /** `127.0.0.1:8888`, or with the base path where there is one. */
      readonly label: string;
      readonly token: string | null;
      /**
       * The token read otherwise: as it stands there, to the end of its line. A server's greeting prints it encoded, `jupyter server list` as it
       * is, and `a+b` may be either. Null: there is no other reading.
       */
      readonly otherToken: string | null;
      /** One-time pairing code of a companion. */
      readonly pair: string | null;
    }
  | {
      readonly ok: false;
      readonly code: AddressRefusal;
      /** `host`, `port`, and `ssh` (a command line that makes that machine reachable) where they are known. */
      readonly facts: Readonly<Record<string, string | number>>;
    };

const DEFAULT_PORT = 8888;

/** First path segments of the pages of Jupyter's front ends and of its API; whatever stands before is the base URL. */
const PAGES = new Set([
  "api",
  "consoles",
  "doc",
  "edit",
  "files",
  "lab",
  "login",
  "logout",
  "nbclassic",
  "nbconvert",
  "notebooks",
  "retro",
  "static",
  "terminals",
  "tree",
  "view",
]);

/** Understand what was pasted. Never throws. */
export function parseBackendUrl(input: string): BackendAddress {
  // Full-width digits and letters come from Japanese input methods.
  const text = input.normalize("NFKC").trim();
  if (text === "") return refused("address_empty");
  const answers = candidates(text).map(parseOne);
  const good = answers.filter((answer) => answer.ok);
  const best = good.find((answer) => answer.token !== null || answer.pair !== null) ?? good[0];
  if (best !== undefined)
    return { ...best, otherToken: best.token === null || best.pair !== null ? null : asWritten(input, best.token) };
  return answers[0] ?? refused("address_not_understood");
}

/** What stands behind the `token=` that was read as this token, to the end of its line or of its part of one; null: the same. */
function asWritten(input: string, token: string): string | null {
  for (const [, rest = ""] of input.matchAll(/.*[?&#]token=(.*?)(?=\s+::\s|\s*$)/gim)) {
    const written = usableToken(rest.replace(/["'>`),;]+$/, ""));
    if (written === null || written === token) continue;
    if (formDecoded(written).normalize("NFKC").startsWith(token)) return written;
  }
  return null;
}

/** The tokens of the text that may be addresses: every URL in it, else the text itself. */
function candidates(text: string): readonly string[] {
  const urls = text.match(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>`]+/gi);
  if (urls !== null) return urls.map((url) => lastIn(url).replace(/[),;]+$/, ""));
  return [text.replace(/^["'<`]+|["'>`]+$/g, "").trim()];
}

/** An address that was pasted behind the one that stood in the field, without a space; not one that is the value of a parameter. */
function lastIn(url: string): string {
  return url.split(/(?<=[^=])(?=https?:\/\/)/i).at(-1) ?? url;
}

function parseOne(text: string): BackendAddress {
  if (/\s/.test(text)) return refused("address_not_understood");
  const port = /^:?(\d+)$/.exec(text)?.[1];
  if (port !== undefined) return fromPort(port);
  if (/^:?\d+[/?#]/.test(text)) return parseOne(`127.0.0.1:${text.replace(/^:/, "")}`);
  const url = toUrl(text);
  if (url === null) return portOutOfRange(text) ?? refused("address_not_understood");
  const fragment = new URLSearchParams(url.hash.slice(1));
  const runtime = fragment.get("rt");
  if (runtime !== null) return fromPairingLink(runtime, fragment);
  return fromUrl(url, fragment);
}

function fromPort(digits: string): BackendAddress {
  const port = Number(digits);
  if (!(port >= 1 && port <= 65535)) return refused("address_port", { port: digits });
  return accepted({ scheme: "http:", host: "127.0.0.1", port: String(port), base: "/", token: null, pair: null });
}

function toUrl(text: string): URL | null {
  if (/^(javascript|data|file|mailto):/i.test(text)) return tryUrl(text);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return tryUrl(text);
  const url = tryUrl(`http://${text}`);
  // A host without a port, typed by hand, means Jupyter's usual one.
  if (url !== null && url.port === "" && !/^[^/?#]*:80(?:$|[/?#])/.test(text)) url.port = String(DEFAULT_PORT);
  return url;
}

function tryUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function portOutOfRange(text: string): BackendAddress | null {
  const digits = /:(\d{5,})(?:$|[/?#])/.exec(text)?.[1];
  return digits !== undefined && Number(digits) > 65535 ? refused("address_port", { port: digits }) : null;
}

/** `rt` names the runtime; the rest of the link is the hub's and does not matter here. */
function fromPairingLink(runtime: string, fragment: URLSearchParams): BackendAddress {
  const address = /^\d+$/.test(runtime) ? fromPort(runtime) : withUrl(runtime);
  if (!address.ok) return address;
  const token = usableToken(fragment.get("token")) ?? address.token;
  return { ...address, token, pair: fragment.get("pair") };
}

function withUrl(text: string): BackendAddress {
  const url = toUrl(text);
  return url === null ? refused("address_not_understood") : fromUrl(url, new URLSearchParams());
}

function fromUrl(url: URL, fragment: URLSearchParams): BackendAddress {
  const scheme = { "http:": "http:", "https:": "https:", "ws:": "http:", "wss:": "https:" }[url.protocol];
  if (scheme === undefined) return refused("address_scheme", { scheme: url.protocol.slice(0, -1) });
  if (url.username !== "" || url.password !== "") return refused("address_has_password");
  const port = url.port === "" ? (scheme === "https:" ? "443" : "80") : url.port;
  if (port === "0") return refused("address_port", { port: 0 });
  const host = loopbackHost(url.hostname);
  if (host === null) return notLoopback(url.hostname, port);
  const token = usableToken(url.searchParams.get("token")) ?? usableToken(fragment.get("token"));
  return accepted({ scheme, host, port, base: basePath(url.pathname), token, pair: null });
}

/** The name under which a page may reach this computer, or null when the host is another machine. */
function loopbackHost(host: string): "127.0.0.1" | "localhost" | null {
  const name = host.replace(/\.$/, "").toLowerCase();
  if (name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || name === "[::]") return "localhost";
  if (/^127\.\d+\.\d+\.\d+$/.test(name) || name === "0.0.0.0" || /^\[::ffff:7f/.test(name)) return "127.0.0.1";
  return null;
}

/**
 * Everything before the first page of a Jupyter front end: `/user/ann/lab/tree/x` gives `/user/ann/`.
 * The segment after `user` is a name and never a page, whatever it says.
 */
function basePath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  const kept: string[] = [];
  for (const segment of segments) {
    const isName = kept.at(-1) === "user" && kept.length === segments.indexOf("user") + 1;
    if (!isName && PAGES.has(segment)) break;
    kept.push(segment);
  }
  return kept.length === 0 ? "/" : `/${kept.join("/")}/`;
}

function formDecoded(text: string): string {
  return new URLSearchParams(`token=${text.replaceAll("&", "%26")}`).get("token") ?? "";
}

/** Jupyter prints `token=...` when the token was set by configuration. */
function usableToken(token: string | null): string | null {
  if (token === null) return null;
  const trimmed = token.trim();
  return trimmed === "" || /^\.+$|^…$/.test(trimmed) || hasControl(trimmed) ? null : trimmed;
}

function hasControl(text: string): boolean {
  return [...text].some((character) => character < " " || character === "\u007f");
}

/** The readings, the likelier first, of a token pasted alone, or inside a URL or the line that a server printed; none when there is none in it. */
export function tokensIn(input: string): readonly string[] {
  const text = input.trim();
  if (/:\/\/|^(?:localhost|127\.)/i.test(text.normalize("NFKC"))) {
    const address = parseBackendUrl(text);
    return address.ok ? tokensOf(address) : [];
  }
  const written = usableToken(text.replace(/^\??token=/, ""));
  return readings(written?.normalize("NFKC") ?? null, written);
}

/** The readings of an address's token, the likelier first. */
export function tokensOf({ token, otherToken }: Extract<BackendAddress, { ok: true }>): readonly string[] {
  return readings(token, otherToken);
}

function readings(...tokens: readonly (string | null)[]): readonly string[] {
  return [...new Set(tokens.filter((token) => token !== null))];
}

/** A token that was pasted alone, or `http//localhost`: no computer has that name, and none is to be told of one. */
function isNoName(host: string): boolean {
  return /^[\da-f]{32,}$|[^\w.:-]|^https?$|^xn--[^.]*$/.test(host);
}

function notLoopback(hostname: string, port: string): BackendAddress {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isNoName(host)) return refused("address_not_understood");
  const local = Number(port) < 1024 ? DEFAULT_PORT : port;
  const ssh = `ssh -N -o ExitOnForwardFailure=yes -L 127.0.0.1:${local}:127.0.0.1:${port} you@${host}`;
  return refused("address_not_loopback", { host, port: Number(port), localPort: Number(local), ssh });
}

/** What was typed, with another port in the place of this one. */
export function withOtherPort(input: string, port: number, other: number): string {
  return input.replace(new RegExp(`(^\\s*|:)${port}(?!\\d)`), `$1${other}`);
}

interface AddressParts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly base: string;
  readonly token: string | null;
  readonly pair: string | null;
}

function accepted({ scheme, host, port, base, token, pair }: AddressParts): BackendAddress {
  const place = `${host}:${port}`;
  return {
    ok: true,
    baseUrl: `${scheme}//${place}${base}`,
    label: base === "/" ? place : `${place}${base.slice(0, -1)}`,
    token,
    otherToken: null,
    pair,
  };
}

function refused(code: AddressRefusal, facts: Readonly<Record<string, string | number>> = {}): BackendAddress {
  return { ok: false, code, facts };
}
