/** FOR TESTS: the hub's rooms as a process of their own (`runhere_hub.testing.room_server`), which can be killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import WebSocket from "ws";
import { freePort } from "../kernel/testing/free-port.ts";
import { type Connect, overWebSocket } from "./socket.ts";

const repository = join(import.meta.dirname, "../../..");
const python = process.env["RUNHERE_PYTHON"] ?? join(repository, ".venv/bin/python");

/** Why the server cannot be started here, or null. */
export const whyNoServer = existsSync(python) ? null : `no Python at ${python}; set RUNHERE_PYTHON`;

export class RoomServer {
  readonly #data = mkdtempSync(join(tmpdir(), "runhere-rooms-"));
  #process: ChildProcess | null = null;
  #address = "";

  /** Starts, or starts again on the same data and port; nothing when it runs. Resolves when it answers. */
  async start(): Promise<void> {
    if (this.#process) return;
    // None that the system hands out: while the server is away, somebody else would be given it.
    const port = this.#address === "" ? String(await freePort()) : new URL(this.#address).port;
    const child = spawn(python, ["-m", "runhere_hub.testing.room_server", "--port", port, "--data", this.#data], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith("http://")) continue;
      this.#address = line.trim();
      // Nothing more is read; an open pipe would keep this process alive.
      child.stdout.destroy();
      return;
    }
    this.#process = null;
    throw new Error("The room server ended before it listened.");
  }

  /** kill -9: nothing is flushed. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#data, { recursive: true, force: true });
  }

  /** A new notebook. @returns its id. */
  async notebook(sources: readonly string[]): Promise<string> {
    const cells = sources.map((source, at) => ({
      id: `c${at}`,
      cell_type: "code",
      source,
      metadata: {},
      outputs: [],
      execution_count: null,
    }));
    const body = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
    const answer = await fetch(`${this.#address}/notebooks`, { method: "POST", body });
    const { id } = (await answer.json()) as { id: string };
    return id;
  }

  /** @param person joins as somebody of this name. */
  roomUrl(notebook: string, person?: string): string {
    const query = person === undefined ? "" : `?person=${encodeURIComponent(person)}`;
    return `${this.#address.replace("http", "ws")}/api/v1/notebooks/${notebook}/room${query}`;
  }

  async putBlob(notebook: string, sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const answer = await fetch(this.blobUrl(notebook, sha256), { method: "PUT", body: bytes });
    if (!answer.ok) throw new Error(`The hub refused a blob: ${answer.status}`);
  }

  async readBlob(notebook: string, sha256: string): Promise<Uint8Array> {
    const answer = await fetch(this.blobUrl(notebook, sha256));
    if (!answer.ok) throw new Error(`The hub has no such blob: ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  blobUrl(notebook: string, sha256: string): string {
    return `${this.#address}/api/v1/notebooks/${notebook}/blobs/${sha256}`;
  }
}

/** Node's `ws` in place of the browser's `WebSocket`; it names the origin as a browser would. */
export const connectFromNode: Connect = (url, protocol, events) =>
  overWebSocket(new WebSocket(url, protocol, { origin: new URL(url.replace("ws", "http")).origin }), events);

/** Resolves once `check` holds, which is asked whenever `subscribe` calls. Rejects after the limit. */
export function until(
  subscribe: (fn: () => void) => () => void,
  check: () => boolean,
  what: string,
  limitMs = 60_000,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let end = () => {};
    const limit = setTimeout(() => {
      end();
      reject(new Error(`Waited ${limitMs} ms in vain: ${what}`));
    }, limitMs);
    const look = () => {
      if (!check()) return;
      clearTimeout(limit);
      end();
      resolve();
    };
    end = subscribe(look);
    look();
  });
}
