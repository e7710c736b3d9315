/** The parts of Jupyter's REST API that the page uses, parsed into types. */
import { RuntimeError } from "./errors.ts";
import type { SocketLike, Transport } from "./transport.ts";
import { JOURNAL_PROTOCOL } from "./wire.ts";

export interface Kernelspec {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
}

export interface Kernelspecs {
  readonly defaultName: string;
  /** The default first, then by display name. */
  readonly specs: readonly Kernelspec[];
}

export interface KernelModel {
  readonly id: string;
  /** Name of the kernelspec. */
  readonly name: string;
  readonly executionState: string;
  /** ms since 1970 of the server's clock. */
  readonly lastActivity: number;
}

export interface SessionModel {
  readonly id: string;
  readonly path: string;
  readonly kernel: KernelModel;
}

export interface FileStat {
  readonly kind: "directory" | "file" | "notebook";
  readonly sizeBytes: number | null;
  /** ms since 1970. */
  readonly modifiedAt: number;
}

export interface NewSession {
  /** Relative to the server's root; the kernel starts in its folder. */
  readonly path: string;
  /** Shown in Jupyter's own list of running kernels. */
  readonly name: string;
  readonly kernelspec: string;
}

/** A Python environment of the runtime's machine that has no kernel. */
export interface BareEnvironment {
  readonly name: string;
  /** Path of its interpreter. */
  readonly python: string;
  /** For a terminal of that machine: puts a kernel into it. */
  readonly install: string;
}

/** A piece of a kernel's journal. */
export interface JournalPiece {
  /** Records in a row; empty: there is nothing newer. */
  readonly body: ArrayBuffer;
  /** Stands instead of records: these are gone, and reading goes on after `to`. */
  readonly gap: { readonly from: number; readonly to: number } | null;
}

/** Starting a kernel of a heavy environment on a cold disk takes its time. */
const START_MS = 90_000;
const INTERRUPT_MS = 20_000;
const JOURNAL_BYTES = 4 * 2 ** 20;
const JOURNAL_MS = 60_000;
/** The hub's status for a hosted runtime that does not run. */
const NOT_RUNNING = 409;

export class JupyterServer {
  constructor(readonly transport: Transport) {}

  /** @throws RuntimeError as every method here. */
  async kernelspecs(): Promise<Kernelspecs> {
    const answer = record(await this.transport.request("api/kernelspecs"));
    const defaultName = text(answer["default"]);
    const specs = Object.values(record(answer["kernelspecs"])).map(kernelspec);
    const rank = (spec: Kernelspec) => `${spec.name === defaultName ? 0 : 1}${spec.displayName}`;
    return { defaultName, specs: specs.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)) };
  }

  /** Environments without a kernel, as far as the server looks for any: a companion does (SPEC 7.15). */
  async bareEnvironments(): Promise<readonly BareEnvironment[]> {
    const { environments } = record(await orNull(this.transport.request("api/runhere/environments")));
    return Array.isArray(environments) ? environments.map(bareEnvironment) : [];
  }

  /**
   * Null when there is no such kernel (any more). Asks for the list: a stock server's 404 carries no CORS header, so that a page of another
   * origin could not tell a missing kernel from a missing server.
   */
  async kernel(kernelId: string, timeoutMs?: number): Promise<KernelModel | null> {
    const options = timeoutMs === undefined ? {} : { timeoutMs };
    const answer = await this.transport.request("api/kernels", options).catch((error: unknown) => {
      // Its kernels ended with it.
      if (error instanceof RuntimeError && error.facts["status"] === NOT_RUNNING) return [];
      throw error;
    });
    const kernels = Array.isArray(answer) ? answer.map(kernelModel) : [];
    return kernels.find((kernel) => kernel.id === kernelId) ?? null;
  }

  async sessions(): Promise<readonly SessionModel[]> {
    const answer = await this.transport.request("api/sessions");
    return Array.isArray(answer) ? answer.map(sessionModel) : [];
  }

  /** Start a kernel, or get the one that this path has already. */
  async startSession(wish: NewSession): Promise<SessionModel> {
    const body = { path: wish.path, name: wish.name, type: "notebook", kernel: { name: wish.kernelspec } };
    return sessionModel(await this.transport.request("api/sessions", { method: "POST", body, timeoutMs: START_MS }));
  }

  /** A server has nothing to wait for then: no answer in this time says that it was not reached. */
  async interrupt(kernelId: string, timeoutMs = INTERRUPT_MS): Promise<void> {
    await this.#kernelVerb(kernelId, "interrupt", timeoutMs);
  }

  /** Resolves when the new process runs. The socket stays open; nothing of the old process is answered any more. */
  async restart(kernelId: string): Promise<void> {
    await this.#kernelVerb(kernelId, "restart", START_MS);
  }

  /** End the kernel, and with it its session. Nothing happens when it is gone already. */
  async shutdown(kernelId: string): Promise<void> {
    if ((await this.kernel(kernelId)) === null) return;
    const path = `api/kernels/${encodeURIComponent(kernelId)}`;
    await orNull(this.transport.request(path, { method: "DELETE" }));
  }

  /** What lies at a path relative to the server's root; null when nothing does, or when the server does not say. */
  async stat(path: string): Promise<FileStat | null> {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    const answer = await orNull(this.transport.request(`api/contents/${encoded}`, { params: { content: "0" } }));
    return answer === null ? null : fileStat(record(answer));
  }

  /** What is in a folder, by name; hidden files are not told. */
  async list(path: string): Promise<ReadonlyMap<string, FileStat>> {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    const params = { type: "directory", content: "1" };
    const { content } = record(await this.transport.request(`api/contents/${encoded}`, { params }));
    const entries = Array.isArray(content) ? content.map(record) : [];
    return new Map(entries.map((entry) => [text(entry["name"]), fileStat(entry)]));
  }

  channels(kernelId: string, sessionId: string, protocols: string[]): SocketLike {
    const path = `api/kernels/${encodeURIComponent(kernelId)}/channels`;
    return this.transport.socket(path, { session_id: sessionId }, protocols);
  }

  /** Whether this is a companion that keeps a journal of each kernel (SPEC 7.1). False also when it does not say. */
  async keepsJournal(): Promise<boolean> {
    const info = await this.transport.request("api/runhere/info").catch(() => null);
    const { subprotocols } = record(info);
    return Array.isArray(subprotocols) && subprotocols.includes(JOURNAL_PROTOCOL);
  }

  /** What a companion can beyond Jupyter (`features` of its description). Empty also when it does not say. */
  async features(): Promise<readonly string[]> {
    const { features } = record(await this.transport.request("api/runhere/info").catch(() => null));
    return Array.isArray(features) ? features.filter((one): one is string => typeof one === "string") : [];
  }

  /** What the journal of a kernel, running or ended, holds after a seq (SPEC 7.9). Null when there is no such journal. */
  async journal(kernelId: string, after: number): Promise<JournalPiece | null> {
    const path = `api/runhere/journal/${encodeURIComponent(kernelId)}`;
    const params = { after: String(after), max_bytes: String(JOURNAL_BYTES) };
    const answer = await orNull(this.transport.bytes(path, { params, timeoutMs: JOURNAL_MS }));
    if (answer === null) return null;
    const gap = /^(\d+)-(\d+)/.exec(answer.headers.get("X-Runhere-Gap") ?? "");
    return { body: answer.body, gap: gap === null ? null : { from: Number(gap[1]), to: Number(gap[2]) } };
  }

  /** Have the journal of a running kernel kept in the runtime's memory only, and what it holds on disk deleted (SPEC 7.14). */
  async turnJournalOff(kernelId: string): Promise<void> {
    const path = `api/runhere/journal/${encodeURIComponent(kernelId)}`;
    await this.transport.request(path, { method: "PUT", body: { on: false } });
  }

  async #kernelVerb(kernelId: string, verb: string, timeoutMs: number): Promise<void> {
    const path = `api/kernels/${encodeURIComponent(kernelId)}/${verb}`;
    await this.transport.request(path, { method: "POST", body: {}, timeoutMs });
  }
}

function fileStat({ type, size, last_modified: modified }: Readonly<Record<string, unknown>>): FileStat {
  const kind = type === "directory" || type === "notebook" ? type : "file";
  return { kind, sizeBytes: typeof size === "number" ? size : null, modifiedAt: Date.parse(text(modified)) };
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RuntimeError && error.code === "runtime_not_found") return null;
    throw error;
  }
}

function kernelspec(value: unknown): Kernelspec {
  const { name, spec } = record(value);
  const { display_name: displayName, language } = record(spec);
  return { name: text(name), displayName: text(displayName) || text(name), language: text(language).toLowerCase() };
}

function bareEnvironment(value: unknown): BareEnvironment {
  const { name, python, install } = record(value);
  return { name: text(name), python: text(python), install: text(install) };
}

function kernelModel(value: unknown): KernelModel {
  const { id, name, execution_state: state, last_activity: activity } = record(value);
  if (typeof id !== "string") throw new RuntimeError("runtime_failed", "The runtime describes a kernel without an id.");
  return { id, name: text(name), executionState: text(state), lastActivity: Date.parse(text(activity)) };
}

function sessionModel(value: unknown): SessionModel {
  const { id, path, kernel } = record(value);
  return { id: text(id), path: text(path), kernel: kernelModel(kernel) };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  // Known to be an object by the test beside it.
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
