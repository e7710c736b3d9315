/**
 * The files under a Jupyter server's root, through its contents API: plain Jupyter and the companion alike. Paths are relative to that root,
 * with `/` between names and none at the ends; `""` is the root.
 *
 * A stock server tells a page of another origin nothing of why it refused (its errors carry no CORS header), so that every refusal looks like
 * silence. After a failure it is looked for: is the server there, the folder, the file, may it be written, is there room? The last is tried,
 * with a file beside it that goes again; no server tells it.
 */
import { base64Of } from "../core/base64.ts";
import { RuntimeError } from "./errors.ts";
import type { Transport } from "./transport.ts";

export interface FileEntry {
  readonly name: string;
  readonly path: string;
  readonly kind: "directory" | "file" | "notebook";
  /** Null for folders, and where the server does not say. */
  readonly sizeBytes: number | null;
  /** ms since 1970, of the server's clock. */
  readonly modifiedAt: number;
  readonly isWritable: boolean;
}

export interface TextFile {
  readonly text: string;
  /** As the server writes it, to the fraction of a second; equal means unchanged. */
  readonly version: string;
}

/** Why something with a file did not work. */
export type FileTrouble =
  | "unreachable"
  | "token"
  | "missing"
  | "folder_missing"
  | "exists"
  | "read_only"
  | "disk_full"
  /** The disk got full while the file was being written: what is there now is incomplete. */
  | "damaged"
  /** What is deleted is moved to a trash first, and the disk is too full for that. */
  | "trash_full"
  | "name_too_long"
  /** The name on that disk is no text; no server can be asked for it. */
  | "bad_name"
  /** This browser keeps no more for the page. */
  | "no_room_here"
  | "not_text"
  | "changed"
  | "refused";

export class FileError extends Error {
  override readonly name = "FileError";
  constructor(
    readonly trouble: FileTrouble,
    /** What the server said, in English; "" when nothing could be read. */
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`${trouble}: ${reason}`, { cause });
  }
}

/** `write`: it may be new. `change`: it is there, and is to go or to be called otherwise. */
type FileWish = "read" | "write" | "change";

export function parentOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

export function joined(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

export class RuntimeFiles {
  constructor(readonly transport: Transport) {}

  /**
   * What is in a folder: folders first, then by name.
   *
   * @throws FileError as every method here.
   */
  async list(folder: string): Promise<readonly FileEntry[]> {
    const answer = await this.#ask(folder, { params: { type: "directory", content: "1" } });
    const content = member(answer, "content");
    const entries = (Array.isArray(content) ? content : []).map(entryOf).filter((one) => one !== null);
    return entries.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, undefined, { numeric: true }));
  }

  /** Null when there is nothing. */
  async stat(path: string): Promise<FileEntry | null> {
    try {
      return entryOf(await this.#ask(path, { params: { content: "0" } }));
    } catch (error) {
      if (error instanceof FileError && (error.trouble === "missing" || error.trouble === "folder_missing"))
        return null;
      throw error;
    }
  }

  /** A small file as UTF-8 text; `not_text` when it is none. */
  async readText(path: string): Promise<TextFile> {
    const params = { type: "file", format: "text", content: "1" };
    const answer = await this.#ask(path, { params }, "not_text");
    const text = member(answer, "content");
    const version = member(answer, "last_modified");
    if (typeof text !== "string") throw new FileError("not_text", "");
    return { text, version: String(version) };
  }

  /** A file's time of change, as `readText` gives it. */
  async version(path: string): Promise<string> {
    return String(member(await this.#ask(path, { params: { content: "0" } }), "last_modified"));
  }

  /**
   * Replaces a text file, unless somebody else changed it since `version` (`changed`; nothing is written then). Null: whatever is there. After
   * any other failure the file is as it was, but after `damaged`.
   */
  async writeText(path: string, text: string, version: string | null): Promise<TextFile> {
    if (version !== null) {
      if ((await this.version(path)) !== version) throw new FileError("changed", "");
    }
    const body = { type: "file", format: "text", content: text };
    try {
      const answer = await this.#ask(path, { method: "PUT", body }, "refused", "write");
      if (probes.has(this.#probe(path))) await this.#clearProbe(path);
      return { text, version: String(member(answer, "last_modified")) };
    } catch (error) {
      const cause = await this.#causeOfWrite(error, path, new Blob([text]));
      if (!(cause instanceof FileError) || cause.trouble !== "disk_full" || version === null) throw cause;
      throw (await this.#isAsItWas(path, version)) ? cause : new FileError("damaged", cause.reason, cause);
    }
  }

  /** `exists` when the name is taken; nothing is written then. */
  async create(path: string, kind: "file" | "directory"): Promise<void> {
    if ((await this.stat(path)) !== null) throw new FileError("exists", "");
    const body = kind === "file" ? { type: "file", format: "text", content: "" } : { type: "directory" };
    try {
      await this.#ask(path, { method: "PUT", body }, "refused", "write");
    } catch (error) {
      throw await this.#causeOfWrite(error, path, new Blob([new Uint8Array(BLOCK_BYTES)]));
    }
  }

  /** `exists` when the new name is taken; nothing happens then. */
  async rename(from: string, to: string): Promise<void> {
    if ((await this.stat(to)) !== null) throw new FileError("exists", "");
    try {
      await this.#ask(from, { method: "PATCH", body: { path: to } }, "refused", "change");
    } catch (error) {
      throw await this.#causeOfWrite(error, to, new Blob([new Uint8Array(BLOCK_BYTES)]));
    }
  }

  /** A folder goes with all that is in it, where the server does that. `trash_full`: it would first be moved, and there is no room for that. */
  async remove(path: string): Promise<void> {
    try {
      await this.#ask(path, { method: "DELETE" }, "refused", "change");
    } catch (error) {
      const cause = await this.#causeOfWrite(error, path, new Blob([new Uint8Array(BLOCK_BYTES)]));
      if (!(cause instanceof FileError) || cause.trouble !== "disk_full") throw cause;
      throw new FileError("trash_full", cause.reason, cause);
    }
  }

  /** Writes piece number `chunk` (1, 2, …; -1 for the last) of an upload: the first makes the file anew, later ones are appended. */
  async writePiece(path: string, chunk: number, base64: string, signal: AbortSignal): Promise<void> {
    const body = { type: "file", format: "base64", content: base64, chunk };
    await this.#ask(path, { method: "PUT", body, timeoutMs: 120_000, signal }, "refused", "write");
  }

  async readPiece(path: string, from: number, to: number, signal: AbortSignal): Promise<ArrayBuffer> {
    try {
      return await this.transport.piece(`files/${encoded(path)}`, { from, to }, signal);
    } catch (error) {
      throw await this.#explain(error, path, "refused", "read");
    }
  }

  async #ask(
    path: string,
    request: Parameters<Transport["request"]>[1],
    otherwise: FileTrouble = "refused",
    wish: FileWish = "read",
  ): Promise<unknown> {
    const address = `api/contents/${encoded(path)}`;
    try {
      return await this.transport.request(address, request);
    } catch (error) {
      throw await this.#explain(error, path, otherwise, wish);
    }
  }

  async #explain(error: unknown, path: string, otherwise: FileTrouble, wish: FileWish): Promise<unknown> {
    if (!(error instanceof RuntimeError)) return error;
    const said = String(error.facts["reason"] ?? "");
    const reason = HIDES_CAUSE.test(said) ? "" : said;
    const told = troubleIn(error.code, Number(error.facts["status"] ?? 0), reason);
    if (told !== null) return new FileError(told, reason, error);
    return new FileError(await this.#search(path, otherwise, wish), reason, error);
  }

  /** The cause of a failure that was not told. */
  async #search(path: string, otherwise: FileTrouble, wish: FileWish): Promise<FileTrouble> {
    try {
      await this.transport.request("api/kernels");
    } catch (error) {
      return error instanceof RuntimeError && error.code === "runtime_refused_token" ? "token" : "unreachable";
    }
    if (path === "") return otherwise;
    const folder = parentOf(path);
    const name = path.slice(path.lastIndexOf("/") + 1);
    try {
      const params = { type: "directory", content: "1" };
      const answer = await this.transport.request(`api/contents/${encoded(folder)}`, { params });
      const content = member(answer, "content");
      const found = (Array.isArray(content) ? content : []).map(entryOf).find((one) => one?.name === name);
      if (found?.isWritable === false) return "read_only";
      if (member(answer, "writable") === false && (wish !== "read" || !found)) return "read_only";
      return found || wish === "write" ? otherwise : "missing";
    } catch (error) {
      if (error instanceof RuntimeError) return "folder_missing";
      throw error;
    }
  }

  /** Whether a change failed for want of room: tried with as many bytes in a file beside it. */
  async #causeOfWrite(error: unknown, path: string, content: Blob): Promise<unknown> {
    if (!(error instanceof FileError) || error.trouble !== "refused") return error;
    return (await this.#hasRoom(path, content)) ? error : new FileError("disk_full", error.reason, error);
  }

  /** True also where it cannot be found out. */
  async #hasRoom(path: string, content: Blob): Promise<boolean> {
    const name = `${path}.part`;
    const { signal } = new AbortController();
    let doneBytes = 0;
    try {
      // Somebody's upload; one of ours could not be cleared away on a full disk.
      if (!probes.has(this.#probe(path)) && (await this.stat(name)) !== null) return true;
      probes.add(this.#probe(path));
      while (doneBytes < content.size) {
        const piece = content.slice(doneBytes, doneBytes + PROBE_BYTES);
        doneBytes += piece.size;
        await this.writePiece(
          name,
          doneBytes === piece.size ? 1 : 2,
          base64Of(new Uint8Array(await piece.arrayBuffer())),
          signal,
        );
      }
      return true;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (error.trouble === "disk_full") return false;
      // A request comes whole or not at all: a piece of which only the beginning is there met a full disk.
      const there = await this.stat(name).catch(() => null);
      return there?.sizeBytes == null || there.sizeBytes >= doneBytes;
    } finally {
      if (probes.has(this.#probe(path))) await this.#clearProbe(path);
    }
  }

  #probe(path: string): string {
    return `${this.transport.baseUrl} ${path}`;
  }

  /** On a full disk it stays, empty, until something can be written again. */
  async #clearProbe(path: string): Promise<void> {
    try {
      await this.#ask(`${path}.part`, { method: "DELETE" });
      probes.delete(this.#probe(path));
    } catch (error) {
      if (error instanceof FileError && error.trouble === "missing") probes.delete(this.#probe(path));
    }
  }

  /** Whether a write that failed left the file alone; true also where it cannot be found out. */
  async #isAsItWas(path: string, version: string): Promise<boolean> {
    return await this.version(path).then(
      (now) => now === version,
      () => true,
    );
  }
}

/**
 * Jupyter, after it failed to write a new file, fails to put back what was there before (nothing was) and tells only that.
 * https://github.com/jupyter-server/jupyter_server: `atomic_writing`
 */
const HIDES_CAUSE = /No such file or directory: '[^']*\.~/;
/** Files with which it was tried whether there is room, and which are not cleared away yet: server and path of what they stand beside. */
const probes = new Set<string>();
const PROBE_BYTES = 3 * 2 ** 20;
/** What the smallest file takes on a disk. */
const BLOCK_BYTES = 4096;

function troubleIn(code: string, status: number, reason: string): FileTrouble | null {
  if (/no space left|ENOSPC|disk quota/i.test(reason)) return "disk_full";
  if (/permission denied|read-only file system|EROFS/i.test(reason)) return "read_only";
  if (/name too long|ENAMETOOLONG/i.test(reason)) return "name_too_long";
  if (/not utf-8/i.test(reason)) return "not_text";
  if (code === "runtime_not_found") return "missing";
  if (status === 409) return "exists";
  if (code === "runtime_refused_token" && status === 401) return "token";
  return null;
}

function rank({ kind }: FileEntry): number {
  return kind === "directory" ? 0 : 1;
}

function entryOf(value: unknown): FileEntry | null {
  const name = member(value, "name");
  const path = member(value, "path");
  if (typeof name !== "string" || typeof path !== "string") return null;
  const type = member(value, "type");
  const size = member(value, "size");
  return {
    name,
    path,
    kind: type === "directory" || type === "notebook" ? type : "file",
    sizeBytes: typeof size === "number" && type !== "directory" ? size : null,
    modifiedAt: Date.parse(String(member(value, "last_modified"))),
    isWritable: member(value, "writable") !== false,
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function encoded(path: string): string {
  try {
    return path.split("/").map(encodeURIComponent).join("/");
  } catch (error) {
    // Bytes that are no text come as half characters.
    throw new FileError("bad_name", "", error);
  }
}
