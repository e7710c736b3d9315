/**
 * Answers what running code asks of the page (SPEC 11): a part of its own, loaded with the first request.
 *
 * Every request is answered, at once where it can be, unknown ones with an error: code never waits for nothing. Whatever
 * gives something away waits for the person, one question at a time.
 */
import { base64Of } from "../core/base64.ts";
import { Value } from "../core/observable.ts";
import { text } from "../i18n/t.ts";
import { type PageAnswer, type PageRequest, SCRIPT_REQUEST } from "../kernel/page-requests.ts";
import type { Question } from "../views/requests/question.ts";
import type { CellScript } from "./cell-scripts.ts";
import type { Secrets } from "./secrets.ts";

export interface PageRequestsOptions {
  readonly notebookId: string;
  readonly secrets: Secrets;
  /** The notebook as it is, as nbformat. */
  readonly notebook: () => Promise<unknown>;
  readonly evaluate: (wish: CellScript) => Promise<unknown>;
  readonly newId: () => string;
  /** Hands a file to the browser's downloads. */
  readonly save: (name: string, content: Blob) => void;
}

/** A script may wait for a person (a photo); a kernel that asked does nothing else meanwhile. */
const MAX_SCRIPT_S = 600;
const MAX_DOWNLOAD_BYTES = 2 ** 31;
/** What belongs to Google's own machines, and what needs no answer here. */
const ELSEWHERE = new Set(["request_auth", "add_scratch_cell", "register_snippets"]);

export class PageRequests {
  readonly asked = new Value<Question | null>(null);
  readonly #options: PageRequestsOptions;
  readonly #uploads = new Map<string, readonly File[]>();
  readonly #downloads = new Map<string, { readonly name: string; readonly pieces: Uint8Array<ArrayBuffer>[] }>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PageRequestsOptions) {
    this.#options = options;
  }

  async answer({ runId, kind, request }: PageRequest): Promise<PageAnswer> {
    try {
      const asked = record(request);
      return { data: kind === SCRIPT_REQUEST ? await this.#script(runId, asked) : await this.#dataFor(kind, asked) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  async #dataFor(kind: string, request: Readonly<Record<string, unknown>>): Promise<unknown> {
    switch (kind) {
      case "get_ipynb":
        return { ipynb: await this.#options.notebook() };
      case "GetSecret":
        return await this.#secret(textIn(request, "key"));
      case "runhere_upload":
        return await this.#upload(request);
      case "runhere_download":
        return await this.#download(request);
      default:
        throw new Error(text(ELSEWHERE.has(kind) ? "requests.elsewhere" : "requests.unknown", { kind }));
    }
  }

  async #script(runId: string, request: Readonly<Record<string, unknown>>): Promise<unknown> {
    const wanted = request["timeout_s"] === undefined ? MAX_SCRIPT_S : numberIn(request, "timeout_s");
    const limitMs = Math.min(wanted, MAX_SCRIPT_S) * 1_000;
    return await this.#options.evaluate({ runId, script: textIn(request, "script"), limitMs });
  }

  async #secret(name: string): Promise<unknown> {
    const { secrets, notebookId } = this.#options;
    const allowed = await secrets.allowed(notebookId, name);
    if (allowed !== null) return { exists: true, access: true, payload: allowed };
    const isKept = await secrets.has(name);
    const answer = await this.#ask<{ readonly value: string; readonly remember: boolean }>((settle) => ({
      kind: "secret",
      name,
      isKept,
      settle,
    }));
    if (answer === null) return { exists: isKept, access: false };
    const value = isKept ? ((await secrets.value(name)) ?? "") : answer.value;
    if (answer.remember) await secrets.keep(notebookId, name, value);
    return { exists: true, access: true, payload: value };
  }

  async #upload(request: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (request["step"] === "choose") {
      const files = (await this.#ask<readonly File[]>((settle) => ({ kind: "upload", settle }))) ?? [];
      const upload = this.#options.newId();
      this.#uploads.set(upload, files);
      return { upload, files: files.map(({ name, size }) => ({ name, size })) };
    }
    const file = this.#uploads.get(textIn(request, "upload"))?.[numberIn(request, "file")];
    if (file === undefined) throw new Error(text("requests.uploadGone"));
    const offset = numberIn(request, "offset");
    const piece = await file.slice(offset, offset + numberIn(request, "size")).arrayBuffer();
    return { data: base64Of(new Uint8Array(piece)) };
  }

  async #download(request: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (request["step"] === "start") {
      const name = textIn(request, "name").replace(/[\\/]/g, "_");
      const sizeBytes = numberIn(request, "size");
      if (sizeBytes > MAX_DOWNLOAD_BYTES) throw new Error(text("requests.tooLarge", { name }));
      const wanted = await this.#ask<true>((settle) => ({ kind: "download", name, sizeBytes, settle }));
      if (wanted === null) throw new Error(text("requests.notWanted", { name }));
      const download = this.#options.newId();
      this.#downloads.set(download, { name, pieces: [] });
      return { download };
    }
    const id = textIn(request, "download");
    const download = this.#downloads.get(id);
    if (download === undefined) throw new Error(text("requests.downloadGone"));
    if (request["step"] === "piece") {
      download.pieces.push(fromBase64(textIn(request, "data")));
      return {};
    }
    this.#downloads.delete(id);
    this.#options.save(download.name, new Blob(download.pieces));
    return {};
  }

  /** Ask the person, after whatever is being asked already. */
  #ask<Answer>(question: (settle: (answer: Answer | null) => void) => Question): Promise<Answer | null> {
    const before = this.#turn;
    const answer = (async () => {
      await before;
      return await new Promise<Answer | null>((give) => {
        const settle = (value: Answer | null): void => {
          this.asked.set(null);
          give(value);
        };
        this.asked.set(question(settle));
      });
    })();
    this.#turn = answer;
    return answer;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Readonly<Record<string, unknown>>) : {};
}

function textIn(request: Readonly<Record<string, unknown>>, key: string): string {
  const found = request[key];
  if (typeof found !== "string" || found === "") throw new Error(text("requests.malformed", { key }));
  return found;
}

function numberIn(request: Readonly<Record<string, unknown>>, key: string): number {
  const found = request[key];
  if (typeof found !== "number" || !Number.isSafeInteger(found) || found < 0) {
    throw new Error(text("requests.malformed", { key }));
  }
  return found;
}

function fromBase64(letters: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
}
