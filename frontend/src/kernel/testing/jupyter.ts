/** Real Jupyter servers for tests, on a free port and in a temporary folder each. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach } from "vitest";
import WebSocket from "ws";
import type { AuthStyle } from "../../core/binding.ts";
import { JupyterServer } from "../server.ts";
import { directTransport, type SocketLike, type Transport } from "../transport.ts";
import { freePort } from "./free-port.ts";

const repository = resolve(import.meta.dirname, "../../../..");

/** The interpreter with Jupyter in it, or null. */
export function jupyterPython(): string | null {
  const python = process.env["RUNHERE_PYTHON"] ?? join(repository, ".venv/bin/python");
  return existsSync(python) ? python : null;
}

export interface RunningJupyter {
  readonly baseUrl: string;
  readonly port: number;
  readonly root: string;
  readonly token: string;
  /** Everything it wrote to its log so far. */
  readonly log: () => string;
  stop(): Promise<void>;
}

export interface StockJupyter extends RunningJupyter {
  /** The server stands still, with all that its kernels send to it; they go on. */
  pause(): void;
  resume(): void;
}

export interface JupyterWish {
  /** `jupyter server` or `jupyter notebook`. */
  readonly app: "server" | "notebook";
  readonly flags?: readonly string[];
  readonly token?: string;
  readonly port?: number;
  readonly root?: string;
  /** Kernels beside Python's, written in Python. */
  readonly kernels?: readonly TestKernel[];
  /** A program that runs it: `setpriv`, say. */
  readonly under?: readonly string[];
}

export interface TestKernel {
  /** Of the kernelspec. */
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
  /** A program that takes `-f CONNECTION_FILE`. */
  readonly source: string;
}

/** As `jupyter server` is where no page of Jupyter's own is installed beside it: it starts with two thirds of the work. */
const PAGES = ["jupyterlab", "jupyter_lsp", "nbclassic", "notebook", "notebook_shim"];
const WITHOUT_PAGES = `{${PAGES.map((name) => `"${name}":False`).join()}}`;

const running = new Map<number, () => string>();
const LOG_END = 6_000; // characters

/** What the servers of a test that failed said last: it may not fail again while somebody looks. */
afterEach(({ task }) => {
  if (task.result?.state !== "fail") return;
  for (const [port, log] of running) process.stderr.write(`── Jupyter at ${port} ──\n${log().slice(-LOG_END)}\n`);
});

/** Start one and wait until it answers. */
export async function startJupyter(wish: JupyterWish): Promise<StockJupyter> {
  const python = jupyterPython();
  if (python === null) throw new Error("No interpreter with Jupyter: set RUNHERE_PYTHON.");
  const root = wish.root ?? mkdtempSync(join(tmpdir(), "runhere-jupyter-"));
  const home = mkdtempSync(join(tmpdir(), "runhere-home-"));
  const port = wish.port ?? (await freePort());
  const token = wish.token ?? "secret-token-of-the-test";
  const child = launch({ python, wish, root, home, port, token });
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const baseUrl = `http://127.0.0.1:${port}/`;
  await answers(`${baseUrl}api`, child, () => log);
  running.set(port, () => log);
  const stop = async (): Promise<void> => {
    running.delete(port);
    await ended(child);
    await removed(home);
    if (wish.root === undefined) await removed(root);
  };
  const signal = (name: NodeJS.Signals) => process.kill(child.pid ?? 0, name);
  const pause = () => signal("SIGSTOP");
  const resume = () => signal("SIGCONT");
  return { baseUrl, port, root, token, log: () => log, stop, pause, resume };
}

interface Launch {
  readonly python: string;
  readonly wish: JupyterWish;
  readonly root: string;
  readonly home: string;
  readonly port: number;
  readonly token: string;
}

function launch({ python, wish, root, home, port, token }: Launch): ChildProcess {
  for (const kernel of wish.kernels ?? []) installKernel(python, join(home, "share/kernels", kernel.name), kernel);
  const flags = [`--port=${port}`, "--no-browser", `--IdentityProvider.token=${token}`, ...transportOf(home)];
  if (wish.app === "server") flags.push(`--ServerApp.jpserver_extensions=${WITHOUT_PAGES}`);
  flags.push(...(wish.flags ?? []));
  if (process.getuid?.() === 0) flags.push("--allow-root");
  const folders = {
    JUPYTER_CONFIG_DIR: join(home, "config"),
    JUPYTER_RUNTIME_DIR: join(home, "run"),
    IPYTHONDIR: home,
    JUPYTER_PATH: join(home, "share"),
  };
  const words = [...(wish.under ?? []), python, "-m", "jupyter", wish.app, `--ServerApp.root_dir=${root}`, ...flags];
  return spawn(words[0] ?? python, words.slice(1), {
    cwd: root,
    env: { ...process.env, ...folders, JUPYTER_PLATFORM_DIRS: "0", JUPYTER_PORT_RETRIES: "0" },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
}

const SOCKET_PATH = 104; // characters, on the strictest system
const SOCKET_NAME = "/run/kernel-01234567-89ab-cdef-0123-456789abcdef-ipc-5";

/**
 * Files as the sockets of its kernels: a port is chosen before the kernel takes it, and another program may be quicker. The
 * kernel dies of that, and whoever waits for it waits for a second one.
 */
function transportOf(home: string): string[] {
  return home.length + SOCKET_NAME.length < SOCKET_PATH ? ["--KernelManager.transport=ipc"] : [];
}

function installKernel(python: string, folder: string, { displayName, language, source }: TestKernel): void {
  mkdirSync(folder, { recursive: true });
  const program = join(folder, "kernel.py");
  writeFileSync(program, source);
  const spec = { argv: [python, program, "-f", "{connection_file}"], display_name: displayName, language };
  writeFileSync(join(folder, "kernel.json"), JSON.stringify(spec));
}

async function answers(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`Jupyter ended at once:\n${log()}`);
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`Jupyter did not start:\n${log()}`);
}

/** Ends the whole process group: kernels too. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((wake) => child.once("exit", wake));
  process.kill(-child.pid, "SIGTERM");
  const late = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), 8_000);
  await gone;
  clearTimeout(late);
}

/** A kernel outlives a server that was killed by a second, and writes its history meanwhile. */
async function removed(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

export interface ClientWish {
  readonly auth: AuthStyle;
  readonly token?: string;
  /** The Origin that a browser would send. */
  readonly origin: string;
  readonly baseUrl?: string;
}

/**
 * A transport that behaves like a browser's page of `origin` as far as this matters here: the Origin header is sent, and an answer without
 * `Access-Control-Allow-Origin` for it cannot be read.
 */
export function pageTransport(server: RunningJupyter, wish: ClientWish): Transport {
  const { origin } = wish;
  return directTransport({
    baseUrl: wish.baseUrl ?? server.baseUrl,
    auth: wish.auth,
    token: () => wish.token ?? server.token,
    fetch: browserLikeFetch(origin),
    openSocket: (url, protocols) => openWs(url, protocols, origin),
  });
}

export function browserLikeFetch(origin: string): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    if (needsPreflight(init?.method ?? "GET", headers)) await preflight(input, origin);
    const answer = await httpRequest(String(input), { ...init, headers, origin });
    if (init?.mode === "no-cors") return new Response(null);
    const allowed = answer.headers.get("access-control-allow-origin");
    if (allowed !== origin && allowed !== "*") throw new TypeError("Failed to fetch");
    return answer;
  };
}

function needsPreflight(method: string, headers: Headers): boolean {
  const json = (headers.get("content-type") ?? "text/plain") !== "text/plain";
  return json || headers.has("authorization") || !["GET", "HEAD", "POST"].includes(method);
}

async function preflight(input: string | URL | Request, origin: string): Promise<void> {
  const answer = await httpRequest(String(input), { method: "OPTIONS", headers: new Headers(), origin });
  if (!answer.ok || answer.headers.get("access-control-allow-origin") !== origin)
    throw new TypeError("Failed to fetch");
}

/** Node's own fetch drops an Origin header; its http module sends it. */
async function httpRequest(url: string, init: RequestInit & { headers: Headers; origin: string }): Promise<Response> {
  const { request } = await import("node:http");
  return await new Promise((give, fail) => {
    const headers = { ...Object.fromEntries(init.headers), origin: init.origin };
    const call = request(url, { method: init.method ?? "GET", headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const status = answer.statusCode ?? 500;
        const body = [204, 304].includes(status) ? null : Buffer.concat(chunks);
        const head = Object.entries(answer.headers).map(([key, value]): [string, string] => [key, String(value)]);
        give(new Response(body, { status, headers: head }));
      });
    });
    init.signal?.addEventListener("abort", () => call.destroy(new Error("aborted")));
    call.on("error", () => fail(new TypeError("Failed to fetch")));
    call.end(typeof init.body === "string" ? init.body : undefined);
  });
}

export function openWs(url: string, protocols: string[], origin: string): SocketLike {
  const socket = new WebSocket(url, protocols, { origin });
  // The part of it that SocketLike names is a browser's.
  return socket as unknown as SocketLike;
}

export function clientOf(server: RunningJupyter, wish: ClientWish): JupyterServer {
  return new JupyterServer(pageTransport(server, wish));
}

export interface RunningCompanion extends RunningJupyter {
  /** Opens a pairing for a page of this origin. @returns the one-time code. */
  pairing(origin: string): Promise<string>;
  /** As a power cut would: nothing is said to anybody. */
  kill(): Promise<void>;
}

/** A companion runtime for pages of these origins, announced as `runhere` has it announced. */
export async function startCompanion(
  hubs: readonly string[],
  more: readonly string[] = [],
  under: readonly string[] = [],
): Promise<RunningCompanion> {
  const python = jupyterPython();
  if (python === null) throw new Error("No interpreter with the companion: set RUNHERE_PYTHON.");
  const root = mkdtempSync(join(tmpdir(), "runhere-companion-"));
  const home = mkdtempSync(join(tmpdir(), "runhere-home-"));
  const words = [
    ...under,
    python,
    "-m",
    "runhere_runtime",
    "--port",
    "0",
    "--root",
    root,
    "--announce",
    "json",
    ...hubs.flatMap((hub) => ["--hub", hub]),
    ...more,
  ];
  const child = spawn(words[0] ?? python, words.slice(1), {
    cwd: root,
    env: {
      ...process.env,
      HOME: home,
      XDG_DATA_HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_STATE_HOME: home,
      IPYTHONDIR: home,
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const { origin, token } = await announcement(child, () => log);
  const port = Number(new URL(origin).port);
  running.set(port, () => log);
  const stop = async (): Promise<void> => {
    running.delete(port);
    await ended(child);
    await removed(home);
    await removed(root);
  };
  const pairing = async (hub: string): Promise<string> => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const body = JSON.stringify({ origin: hub });
    const answer = await fetch(`${origin}/api/runhere/pairings`, { method: "POST", headers, body });
    const { code } = (await answer.json()) as { code: string };
    return code;
  };
  const kill = async (): Promise<void> => {
    const gone = new Promise((wake) => child.once("exit", wake));
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await gone;
  };
  return {
    baseUrl: `${origin}/`,
    port,
    root,
    token,
    log: () => log,
    stop,
    pairing,
    kill,
  };
}

async function announcement(child: ChildProcess, log: () => string): Promise<{ origin: string; token: string }> {
  return await new Promise((give, fail) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) give(JSON.parse(text) as { origin: string; token: string });
    });
    child.once("exit", () => fail(new Error(`The companion ended at once:\n${log()}`)));
  });
}
