/**
 * The files under a Jupyter server's root, through its contents API: plain Jupyter and the companion alike. Paths are relative to that root,
 * with `/` between names and none at the ends; `""` is the root.
 *
 * A stock server tells a page of another origin nothing of why it refused (its errors carry no CORS header), so that every refusal looks like
 * silence. After a failure `explain` looks for the cause: is the server there, the folder, the file, may it be written?
 */
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
   * Replaces a text file, unless somebody else changed it since `version` (`changed`; nothing is written then). Null: whatever is there.
   */
  async writeText(path: string, text: string, version: string | null): Promise<TextFile> {
    if (version !== null) {
      if ((await this.version(path)) !== version) throw new FileError("changed", "");
    }
    const body = { type: "file", format: "text", content: text };
    const answer = await this.#ask(path, { method: "PUT", body });
    return { text, version: String(member(answer, "last_modified")) };
  }

  /** `exists` when the name is taken; nothing is written then. */
  async create(path: string, kind: "file" | "directory"): Promise<void> {
    if ((await this.stat(path)) !== null) throw new FileError("exists", "");
    const body = kind === "file" ? { type: "file", format: "text", content: "" } : { type: "directory" };
    await this.#ask(path, { method: "PUT", body });
  }

  /** `exists` when the new name is taken; nothing happens then. */
  async rename(from: string, to: string): Promise<void> {
    if ((await this.stat(to)) !== null) throw new FileError("exists", "");
    await this.#ask(from, { method: "PATCH", body: { path: to } });
  }

  /** A folder goes with all that is in it, where the server does that. */
  async remove(path: string): Promise<void> {
    await this.#ask(path, { method: "DELETE" });
  }

  /** Writes piece number `chunk` (1, 2, …; -1 for the last) of an upload: the first makes the file anew, later ones are appended. */
  async writePiece(path: string, chunk: number, base64: string, signal: AbortSignal): Promise<void> {
    const body = { type: "file", format: "base64", content: base64, chunk };
    await this.#ask(path, { method: "PUT", body, timeoutMs: 120_000, signal });
  }

  async readPiece(path: string, from: number, to: number, signal: AbortSignal): Promise<Blob> {
    try {
      return await this.transport.piece(`files/${encoded(path)}`, { from, to }, signal);
    } catch (error) {
      throw await this.#explain(error, path, "refused");
    }
  }

  async #ask(
    path: string,
    request: Parameters<Transport["request"]>[1],
    otherwise: FileTrouble = "refused",
  ): Promise<unknown> {
    try {
      return await this.transport.request(`api/contents/${encoded(path)}`, request);
    } catch (error) {
      throw await this.#explain(error, path, otherwise);
    }
  }

  async #explain(error: unknown, path: string, otherwise: FileTrouble): Promise<unknown> {
    if (!(error instanceof RuntimeError)) return error;
    const reason = String(error.facts["reason"] ?? "");
    const told = troubleIn(error.code, Number(error.facts["status"] ?? 0), reason);
    if (told !== null) return new FileError(told, reason, error);
    return new FileError(await this.#search(path, otherwise), reason, error);
  }

  /** The cause of a failure that was not told. */
  async #search(path: string, otherwise: FileTrouble): Promise<FileTrouble> {
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
      if (found) return found.isWritable ? otherwise : "read_only";
      return member(answer, "writable") === false ? "read_only" : "missing";
    } catch (error) {
      if (error instanceof RuntimeError) return "folder_missing";
      throw error;
    }
  }
}

function troubleIn(code: string, status: number, reason: string): FileTrouble | null {
  if (/no space left|ENOSPC|disk quota/i.test(reason)) return "disk_full";
  if (/permission denied/i.test(reason)) return "read_only";
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
  return path.split("/").map(encodeURIComponent).join("/");
}
