import { describe, expect, it } from "vitest";
import {
  type BrowserFacts,
  climb,
  type Diagnosis,
  isLoopbackOrigin,
  type PermissionState,
  type Probe,
  type ProbeRequest,
  type Signal,
  socketBlocked,
} from "./probe.ts";

const HUB = "https://hub.example";
const BASE = "http://127.0.0.1:8888/";
const FACTS = { address: "127.0.0.1:8888", port: 8888, origin: HUB, engine: "chromium" };

/** What stands at the address. Each kind answers as the real thing was measured to answer a browser. */
type Server =
  | "nothing"
  | "silent"
  | "tls_trusted"
  | "only_localhost"
  | "companion_at_8080"
  | "web_page"
  | "foreign_json"
  | "stock"
  | "stock_allows_us"
  | "stock_allows_other"
  | "stock_without_token"
  | "companion"
  | "companion_unlisted"
  | "companion_newer"
  | "companion_strict";

interface World {
  readonly server: Server;
  readonly permission?: readonly PermissionState[];
  readonly token?: "right" | "wrong";
  readonly pair?: "right" | "used" | "unkept";
  readonly click?: boolean;
  /** Whether the person wants the token sent to who does not say what it is. Default: yes. */
  readonly sends?: boolean;
  /** The browser asks a question, and what the person answers. */
  readonly question?: "allow" | "deny" | "ignore";
  readonly browser?: Partial<BrowserFacts>;
  readonly baseUrl?: string;
}

const OPAQUE: Signal = { kind: "opaque" };
const FAILED: Signal = { kind: "failed" };
const readable = (status: number, json: unknown): Signal => ({ kind: "readable", status, json });
const STATUS = readable(200, { connections: 0, kernels: 0, started: "x", last_activity: "x" });

function answer(
  world: World,
  probe: Exclude<Probe, { kind: "permission" | "explain_permission" | "confirm_token" }>,
): Signal {
  if (probe.kind === "pair") {
    if (world.pair === "unkept") return readable(507, { code: "sessions_not_kept", hint: "Make room." });
    return world.pair === "right"
      ? readable(200, {})
      : readable(410, { code: "code_used", message: "This pairing code was used already." });
  }
  if (probe.kind === "prove") return world.token === "right" ? { kind: "proven" } : FAILED;
  if (probe.kind === "socket") {
    return world.token === "right" && world.server.startsWith("stock") ? { kind: "opened" } : FAILED;
  }
  if (probe.kind === "keep_waiting") {
    if (world.question === "ignore") return { kind: "timed_out" };
    return world.question === "deny" ? FAILED : served(world, `${BASE}api`, "no-cors", "none");
  }
  if (probe.pendingMs !== null && world.question !== undefined) return { kind: "pending" };
  return served(world, probe.url, probe.mode, probe.auth);
}

function served(world: World, url: string, mode: string, auth: string): Signal {
  const reachable = {
    nothing: false,
    tls_trusted: url.startsWith("https:"),
    only_localhost: url.includes("//localhost:"),
    companion_at_8080: url.includes(":8080/"),
  }[world.server as string];
  if (world.server === "silent") return { kind: "timed_out" };
  if (reachable === false) return FAILED;
  if (url.endsWith("/.well-known/runhere")) return wellKnown(world.server, mode);
  if (mode === "no-cors") return OPAQUE;
  if (url.endsWith("/api")) return hello(world.server);
  return status(world, auth);
}

function wellKnown(server: Server, mode: string): Signal {
  if (server === "companion" || server === "companion_strict" || server === "companion_at_8080") {
    return readable(200, { name: "runhere-runtime", version: "0.1.0", protocol: 1 });
  }
  if (server === "companion_newer") return readable(200, { name: "runhere-runtime", version: "9.0.0", protocol: 9 });
  if (server === "companion_unlisted") return FAILED;
  return mode === "no-cors" ? OPAQUE : FAILED;
}

function hello(server: Server): Signal {
  if (server === "foreign_json") return readable(200, { hello: "world" });
  const open = server === "stock_allows_us" || server === "stock_without_token" || server === "tls_trusted";
  return open || server === "only_localhost" ? readable(200, { version: "2.21.1" }) : FAILED;
}

function status(world: World, auth: string): Signal {
  const right = world.token === "right" && auth !== "none";
  if (world.server === "companion_strict") {
    return readable(403, { code: "origin_not_listed", hint: "runhere-runtime allow https://hub.example" });
  }
  if (world.server.startsWith("companion")) {
    return right || world.pair === "right"
      ? STATUS
      : readable(401, { code: "token_wrong", hint: "Ask for a new link." });
  }
  if (world.server === "stock") return right && auth === "query" ? STATUS : FAILED;
  if (world.server === "stock_without_token") return STATUS;
  if (world.server === "stock_allows_other" || world.server === "web_page") return FAILED;
  return right ? STATUS : FAILED;
}

function run(world: World): { diagnosis: Diagnosis; probes: Probe[] } {
  const request: ProbeRequest = {
    baseUrl: world.baseUrl ?? BASE,
    hasToken: world.token !== undefined,
    hasPairingCode: world.pair !== undefined,
    environment: { engine: "chromium", isSecureContext: true, hubOrigin: HUB, ...world.browser },
  };
  const permissions = [...(world.permission ?? ["granted"])];
  const probes: Probe[] = [];
  const ladder = climb(request);
  let step = ladder.next();
  while (!step.done) {
    const probe = step.value;
    probes.push(probe);
    if (probe.kind === "permission") {
      step = ladder.next({ kind: "permission", state: permissions.shift() ?? "granted" });
    } else if (probe.kind === "confirm_token") {
      step = ladder.next({ kind: "answer", go: world.sends ?? true });
    } else if (probe.kind === "explain_permission") {
      step = ladder.next({ kind: "answer", go: world.click ?? true });
    } else {
      step = ladder.next(answer(world, probe));
    }
  }
  return { diagnosis: step.value, probes };
}

function good(more: Partial<Extract<Diagnosis, { ok: true }>>): Diagnosis {
  return { ok: true, baseUrl: BASE, kind: "jupyter", auth: "header", version: "2.21.1", advice: [], ...more };
}

function bad(code: Extract<Diagnosis, { ok: false }>["code"], more: { facts?: object; needsToken?: boolean } = {}) {
  return { ok: false, code, facts: { ...FACTS, ...more.facts }, needsToken: more.needsToken ?? false };
}

const CELLS: readonly (readonly [string, World, object])[] = [
  [
    "a public hub over plain http",
    { server: "stock_allows_us", browser: { isSecureContext: false, hubOrigin: "http://hub.example" } },
    bad("insecure_hub", { facts: { origin: "http://hub.example" } }),
  ],
  [
    "Safari",
    { server: "stock_allows_us", browser: { engine: "webkit" } },
    bad("safari_mixed_content", { facts: { engine: "webkit" } }),
  ],
  [
    "Safari on a hub of this computer",
    {
      server: "stock_allows_us",
      token: "right",
      browser: { engine: "webkit", hubOrigin: "http://127.0.0.1:8800" },
    },
    good({}),
  ],
  ["permission denied", { server: "stock_allows_us", permission: ["denied"] }, bad("permission_denied")],
  [
    "permission asked and given",
    { server: "stock_allows_us", token: "right", permission: ["prompt"], question: "allow" },
    good({}),
  ],
  [
    "permission asked and refused",
    { server: "stock_allows_us", permission: ["prompt", "denied"], question: "deny" },
    bad("permission_denied"),
  ],
  [
    "permission asked and never answered",
    { server: "stock_allows_us", permission: ["prompt", "prompt"], question: "ignore" },
    bad("permission_dismissed"),
  ],
  ["explainer cancelled", { server: "stock_allows_us", permission: ["prompt"], click: false }, bad("cancelled")],
  ["nothing listens", { server: "nothing", permission: ["granted"] }, bad("nothing_listening")],
  [
    "nothing listens, Firefox fails at once without a question",
    { server: "nothing", permission: ["prompt", "prompt"], browser: { engine: "gecko" } },
    bad("nothing_listening", { facts: { engine: "gecko" } }),
  ],
  ["something takes the connection and says nothing", { server: "silent" }, bad("no_answer")],
  [
    "TLS only, certificate trusted",
    { server: "tls_trusted", token: "right" },
    good({ baseUrl: "https://127.0.0.1:8888/", advice: ["https_used"] }),
  ],
  [
    "https asked for where nothing answers https",
    { server: "nothing", baseUrl: "https://127.0.0.1:8888/" },
    bad("tls_unreachable"),
  ],
  [
    "listens on ::1 only",
    { server: "only_localhost", token: "right" },
    good({ baseUrl: "http://localhost:8888/", advice: ["other_loopback_name"] }),
  ],
  [
    "a container that was published elsewhere than it says",
    { server: "companion_at_8080", token: "right", baseUrl: "http://127.0.0.1:9000/" },
    bad("other_port", { facts: { address: "127.0.0.1:9000", port: 9000, found: 8080 } }),
  ],
  [
    "a runtime at another port than one that no container says",
    { server: "companion_at_8080", token: "right" },
    bad("nothing_listening"),
  ],
  ["another web server", { server: "web_page", token: "right" }, bad("refused")],
  ["another JSON service with open CORS", { server: "foreign_json", token: "right" }, bad("not_jupyter")],
  ["stock, origin allowed", { server: "stock_allows_us", token: "right" }, good({})],
  [
    "stock, origin allowed, wrong token",
    { server: "stock_allows_us", token: "wrong" },
    bad("token_refused", { needsToken: true }),
  ],
  ["stock, origin allowed, no token", { server: "stock_allows_us" }, bad("token_missing", { needsToken: true })],
  ["stock, authentication off", { server: "stock_without_token" }, good({ auth: "none" })],
  [
    "stock without flags",
    { server: "stock", token: "right" },
    good({ auth: "query", version: "", advice: ["set_allow_origin"] }),
  ],
  [
    "stock without flags, and the person does not want the token sent",
    { server: "stock", token: "right", sends: false },
    bad("cancelled"),
  ],
  ["stock without flags, wrong token", { server: "stock", token: "wrong" }, bad("refused")],
  ["stock without flags, no token", { server: "stock" }, bad("token_missing", { needsToken: true })],
  ["stock for another origin", { server: "stock_allows_other", token: "right" }, bad("origin_not_allowed")],
  ["stock for another origin, wrong token", { server: "stock_allows_other", token: "wrong" }, bad("refused")],
  ["companion with token", { server: "companion", token: "right" }, good({ kind: "companion", version: "0.1.0" })],
  [
    "companion with pairing code",
    { server: "companion", pair: "right" },
    good({ kind: "companion", version: "0.1.0" }),
  ],
  [
    "companion, code used before",
    { server: "companion", pair: "used" },
    bad("pairing_refused", {
      facts: { status: 410, serverCode: "code_used", hint: "This pairing code was used already." },
    }),
  ],
  [
    "companion, no room to keep the pairing: the link is not used up",
    { server: "companion", pair: "unkept" },
    bad("runtime_refused", { facts: { status: 507, serverCode: "sessions_not_kept", hint: "Make room." } }),
  ],
  [
    "companion, wrong token",
    { server: "companion", token: "wrong" },
    bad("token_refused", {
      facts: { status: 401, serverCode: "token_wrong", hint: "Ask for a new link." },
      needsToken: true,
    }),
  ],
  ["companion without token", { server: "companion" }, bad("token_missing", { needsToken: true })],
  ["companion, origin unlisted", { server: "companion_unlisted", token: "right" }, bad("runtime_origin_not_listed")],
  [
    "companion that refuses and says why",
    { server: "companion_strict", token: "right" },
    bad("runtime_refused", {
      facts: { status: 403, serverCode: "origin_not_listed", hint: "runhere-runtime allow https://hub.example" },
    }),
  ],
  [
    "companion of a later protocol",
    { server: "companion_newer", token: "right" },
    bad("protocol_version", { facts: { theirs: 9, ours: 1 } }),
  ],
];

function carriesToken(probe: Probe): boolean {
  return (probe.kind === "fetch" && probe.auth !== "none") || probe.kind === "socket" || probe.kind === "pair";
}

describe("climb", () => {
  it.each(CELLS)("%s", (_name, world, expected) => {
    expect(run(world).diagnosis).toEqual(expected);
  });

  it.each(CELLS)("%s: the token waits until the kind of server is known", (_name, world) => {
    const { probes } = run(world);
    const first = probes.findIndex(carriesToken);
    if (first < 0) return;
    const before = probes.slice(0, first).filter((probe) => probe.kind === "fetch");
    expect(before[0]?.mode).toBe("no-cors");
    expect(before.some((probe) => probe.url.endsWith("/.well-known/runhere"))).toBe(true);
  });

  it("asks nothing of the network from an insecure hub, in Safari, or when denied", () => {
    const worlds: World[] = [
      { server: "stock", browser: { isSecureContext: false, hubOrigin: "http://hub.example" } },
      { server: "stock", browser: { engine: "webkit" } },
      { server: "stock", permission: ["denied"] },
      { server: "stock", permission: ["prompt"], click: false },
    ];
    for (const world of worlds) {
      const { probes } = run(world);
      expect(probes.filter((probe) => probe.kind !== "permission" && probe.kind !== "explain_permission")).toEqual([]);
    }
  });

  it("asks for no permission on a hub of this computer", () => {
    const { probes } = run({ server: "stock", token: "right", browser: { hubOrigin: "http://127.0.0.1:8800" } });
    expect(probes.some((probe) => probe.kind === "permission")).toBe(false);
  });

  it("sends no token to a companion that does not know us, nor by URL to one that does", () => {
    expect(run({ server: "companion_unlisted", token: "right" }).probes.some(carriesToken)).toBe(false);
    const { probes } = run({ server: "companion", token: "wrong" });
    expect(probes.some((probe) => probe.kind === "fetch" && probe.auth === "query")).toBe(false);
    expect(probes.some((probe) => probe.kind === "socket")).toBe(false);
  });

  it("sends no token to a port that was not asked for", () => {
    const { probes } = run({ server: "companion_at_8080", token: "right", baseUrl: "http://127.0.0.1:9000/" });
    expect(probes.some((probe) => probe.kind === "fetch" && probe.url.includes(":8080/"))).toBe(true);
    expect(probes.some(carriesToken)).toBe(false);
  });

  it("sends no token to who does not say what it is before the person wants it, and none when they do not", () => {
    for (const server of ["stock", "stock_allows_other", "web_page"] as const) {
      const asked = run({ server, token: "right" }).probes;
      const at = asked.findIndex(({ kind }) => kind === "confirm_token");
      expect(at).toBeGreaterThan(0);
      expect(asked.slice(0, at).every((probe) => !("auth" in probe) || probe.auth === "none")).toBe(true);
      const { probes } = run({ server, token: "right", sends: false });
      expect(probes.some((probe) => "auth" in probe && probe.auth !== "none")).toBe(false);
    }
    expect(run({ server: "stock_allows_us", token: "right" }).probes.some(({ kind }) => kind === "confirm_token")).toBe(
      false,
    );
  });

  it("explains before the browser asks, and says so while it asks", () => {
    const { probes } = run({ server: "stock_allows_us", token: "right", permission: ["prompt"], question: "allow" });
    expect(probes.slice(0, 4).map((probe) => ("step" in probe ? probe.step : probe.kind))).toEqual([
      "permission",
      "explain_permission",
      "reach",
      "permission",
    ]);
  });
});

describe("isLoopbackOrigin", () => {
  it.each([
    ["http://127.0.0.1:8800", true],
    ["http://localhost", true],
    ["http://[::1]:1", true],
    ["http://a.localhost:1", true],
    ["https://hub.example", false],
    ["http://127.0.0.1.evil.example", false],
    ["http://localhost.evil.example", false],
    ["null", false],
  ])("%s", (origin, expected) => {
    expect(isLoopbackOrigin(origin)).toBe(expected);
  });
});

it("names the socket as the culprit after HTTP answered", () => {
  expect(socketBlocked(BASE, HUB)).toEqual({
    ok: false,
    code: "socket_blocked",
    facts: { address: "127.0.0.1:8888", origin: HUB },
    needsToken: false,
  });
});
