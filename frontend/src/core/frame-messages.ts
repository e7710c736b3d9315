/**
 * What the page and an output frame say to each other over their port (SPEC, "Output frames"). The frame runs foreign
 * code: the page reads its messages with `readFrameMessage`, and a message that does not fit ends the frame.
 */
import { type BufferPath, isBufferPath, isRecord, type JsonRecord } from "./widget-state.ts";

/** What to show. `data` is the output's text; JSON text for JSON types. */
export interface RenderMessage {
  readonly type: "render";
  readonly mime: string;
  readonly data: string;
  readonly theme: "light" | "dark";
  readonly language: string;
}

/** A widget model as the page holds it. */
export interface FrameModel {
  readonly model_id: string;
  /** Whether a kernel listens: else it is only a picture of its last state. */
  readonly is_live: boolean;
  readonly state: JsonRecord;
  readonly buffer_paths: readonly BufferPath[];
  readonly buffers: readonly Uint8Array[];
}

/** A widget's word, as ipywidgets 8 lays it out. */
export type WidgetData =
  | {
      readonly method: "update" | "echo_update";
      readonly state: JsonRecord;
      readonly buffer_paths: readonly BufferPath[];
    }
  | { readonly method: "custom"; readonly content: JsonRecord[string] }
  | { readonly method: "request_state" };

/** Page → frame, after `render`. */
export type PageMessage =
  | RenderMessage
  | { readonly type: "theme"; readonly theme: "light" | "dark" }
  | { readonly type: "models"; readonly models: readonly FrameModel[] }
  | { readonly type: "no_model"; readonly model_id: string }
  | {
      readonly type: "comm";
      readonly comm_id: string;
      readonly data: WidgetData;
      readonly buffers: readonly Uint8Array[];
      /** Number of the frame's own message that this echoes. */
      readonly answers: number | null;
    }
  | { readonly type: "comm_close"; readonly comm_id: string }
  | PlotNews
  /** The kernel is done with the frame's message. */
  | { readonly type: "sent"; readonly id: number }
  | { readonly type: "asset"; readonly name: string; readonly code: string | null }
  /** Run this; the frame says `evaluated` with the same number. */
  | { readonly type: "evaluate"; readonly id: number; readonly script: string }
  /** What a function of the kernel gave: JSON text of a MIME bundle, or what went wrong. */
  | { readonly type: "invoked"; readonly id: number; readonly json: string | null; readonly error: string | null };

/** What the kernel says to a plot: in answer on the plot's own channel, or on one that it opened to `target`. */
export interface PlotNews {
  readonly type: "plot";
  readonly channel: number | null;
  readonly target: string | null;
  readonly data: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** Frame → page, of a plot whose controls speak to code of its run. `channel` counts the frame's own. */
export type PlotMessage =
  | { readonly type: "plot_open"; readonly channel: number; readonly target: string }
  | {
      readonly type: "plot_say";
      readonly channel: number;
      readonly data: JsonRecord;
      readonly buffers: readonly Uint8Array[];
    };

/** Frame → page, of any frame. `height` in CSS pixels. */
export type OutputFrameMessage =
  | { readonly type: "ready" }
  | { readonly type: "resize"; readonly height: number }
  | { readonly type: "error"; readonly message: string }
  /** Nothing here can show it: the page takes the output's next representation. */
  | { readonly type: "cannot_show"; readonly message: string }
  /** The same, because what shows it is in a package of its kernel's environment. */
  | { readonly type: "missing"; readonly name: string }
  /** The same, because nobody has the widget any more. */
  | { readonly type: "gone" }
  /** The frame's policy refused to load something from this host. */
  | { readonly type: "blocked"; readonly host: string }
  | { readonly type: "open_link"; readonly url: string }
  /** The page answers with `asset`. */
  | { readonly type: "want_asset"; readonly name: string }
  | EvaluatedMessage
  | InvokeMessage;

/** Call a function that the kernel's code registered. `call` is JSON text of `{name, args, kwargs}`. */
export interface InvokeMessage {
  readonly type: "invoke";
  readonly id: number;
  readonly call: string;
}

/** What a script that the page gave the frame came to: JSON text (null: nothing), or what went wrong. */
export interface EvaluatedMessage {
  readonly type: "evaluated";
  readonly id: number;
  readonly json: string | null;
  readonly error: string | null;
}

/** Frame → page, of a frame that shows widgets. `id` counts the frame's messages. */
export type WidgetFrameMessage =
  | { readonly type: "want_model"; readonly model_id: string }
  | {
      readonly type: "comm_msg";
      readonly id: number;
      readonly comm_id: string;
      readonly data: WidgetData;
      readonly buffers: readonly Uint8Array[];
    }
  | {
      readonly type: "comm_open";
      readonly id: number;
      readonly comm_id: string;
      readonly state: JsonRecord;
      readonly buffer_paths: readonly BufferPath[];
      readonly buffers: readonly Uint8Array[];
    }
  | { readonly type: "comm_close"; readonly id: number; readonly comm_id: string };

export type FrameMessage = OutputFrameMessage | WidgetFrameMessage | PlotMessage;

export const MAX_FRAME_HEIGHT_PX = 4_000;
export const MAX_MESSAGES_PER_SECOND = 200;
export const MAX_JSON_CHARACTERS = 1_048_576;
/** Of one message; a file that a person uploads comes in one. */
export const MAX_BUFFER_BYTES = 64 * 1_048_576;
/** Of what a script came to: a photo is a few MiB. */
export const MAX_RESULT_CHARACTERS = 16 * 1_048_576;
const MAX_TEXT = 4_096;
const HOST = /^[\w.:[\]-]{1,255}$/;
const MODEL_ID = /^[\w-]{1,128}$/;
/** As plot packages name their channels: nobody else's are called so. */
const PLOT_TARGET = /^[0-9a-f]{32}$/;
const ASSET_NAME = /^(?:@[\w.-]{1,100}\/)?[\w.-]{1,100}(?:\/[\w.-]{1,100}){0,4}$/;

/** The message, with what it carries cut to the limits; null when it fits no shape. */
export function readFrameMessage(data: unknown): FrameMessage | null {
  if (typeof data !== "object" || data === null) return null;
  const message = data as Readonly<Record<string, unknown>>;
  switch (message["type"]) {
    case "ready":
    case "gone":
      return { type: message["type"] };
    case "resize":
      return typeof message["height"] === "number" && Number.isFinite(message["height"])
        ? { type: "resize", height: Math.max(0, Math.min(MAX_FRAME_HEIGHT_PX, Math.ceil(message["height"]))) }
        : null;
    case "error":
    case "cannot_show":
      return typeof message["message"] === "string"
        ? { type: message["type"], message: message["message"].slice(0, MAX_TEXT) }
        : null;
    case "blocked":
      return typeof message["host"] === "string" && HOST.test(message["host"])
        ? { type: "blocked", host: message["host"] }
        : null;
    case "open_link":
      return typeof message["url"] === "string" && isWebAddress(message["url"])
        ? { type: "open_link", url: message["url"] }
        : null;
    case "missing":
      return isAssetName(message["name"]) ? { type: "missing", name: message["name"] } : null;
    case "want_asset":
      return isAssetName(message["name"]) ? { type: "want_asset", name: message["name"] } : null;
    case "evaluated":
      return readEvaluated(message);
    case "invoke":
      return readInvoke(message);
    case "plot_open":
    case "plot_say":
      return readPlotMessage(message);
    default:
      return readWidgetMessage(message);
  }
}

function readEvaluated({ id, json, error }: Readonly<Record<string, unknown>>): EvaluatedMessage | null {
  if (!Number.isSafeInteger(id)) return null;
  const evaluated = { type: "evaluated", id: id as number } as const;
  if (typeof error === "string") return { ...evaluated, json: null, error: error.slice(0, MAX_TEXT) };
  if (json === null) return { ...evaluated, json, error: null };
  return typeof json === "string" && json.length <= MAX_RESULT_CHARACTERS ? { ...evaluated, json, error: null } : null;
}

function readInvoke({ id, call }: Readonly<Record<string, unknown>>): InvokeMessage | null {
  if (!Number.isSafeInteger(id) || typeof call !== "string" || call.length > MAX_JSON_CHARACTERS) return null;
  return { type: "invoke", id: id as number, call };
}

function readPlotMessage({
  type,
  channel,
  target,
  data,
  buffers,
}: Readonly<Record<string, unknown>>): PlotMessage | null {
  if (!Number.isSafeInteger(channel)) return null;
  const numbered = { channel: channel as number };
  if (type === "plot_open") return isPlotTarget(target) ? { type, ...numbered, target } : null;
  const pieces = readBuffers(buffers);
  return pieces !== null && isRecord(data) && isSmall(data)
    ? { type: "plot_say", ...numbered, data, buffers: pieces }
    : null;
}

function readWidgetMessage(message: Readonly<Record<string, unknown>>): WidgetFrameMessage | null {
  const { type, model_id, comm_id } = message;
  if (type === "want_model") return isId(model_id) ? { type, model_id } : null;
  const id = message["id"];
  if (!Number.isSafeInteger(id) || !isId(comm_id)) return null;
  const numbered = { id: id as number, comm_id };
  if (type === "comm_close") return { type, ...numbered };
  const buffers = readBuffers(message["buffers"]);
  if (buffers === null) return null;
  if (type === "comm_msg") {
    const data = readWidgetData(message["data"], buffers.length);
    return data && { type, ...numbered, data, buffers };
  }
  if (type !== "comm_open") return null;
  const told = readWidgetData({ ...message, method: "update" }, buffers.length);
  return told?.method === "update"
    ? { type, ...numbered, state: told.state, buffer_paths: told.buffer_paths, buffers }
    : null;
}

/** Null for what no widget says. Of an update's buffers each has its path. `isFit`: how much of it is let through. */
export function readWidgetData(
  data: unknown,
  bufferCount: number,
  isFit: (value: unknown) => boolean = isSmall,
): WidgetData | null {
  if (!isRecord(data)) return null;
  const { method, state, content, buffer_paths: paths = [] } = data;
  if (method === "request_state") return { method };
  if (method === "custom") return isFit(content ?? null) ? { method, content: content ?? null } : null;
  if (method !== "update" && method !== "echo_update") return null;
  if (!isRecord(state) || !isFit(state)) return null;
  if (!Array.isArray(paths) || paths.length > bufferCount || !paths.every(isBufferPath)) return null;
  return { method, state, buffer_paths: paths };
}

function readBuffers(value: unknown): readonly Uint8Array[] | null {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return null;
  const buffers: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const one of value) {
    if (one instanceof ArrayBuffer) buffers.push(new Uint8Array(one));
    else if (ArrayBuffer.isView(one)) buffers.push(new Uint8Array(one.buffer, one.byteOffset, one.byteLength));
    else return null;
    sizeBytes += buffers.at(-1)?.byteLength ?? 0;
  }
  return sizeBytes <= MAX_BUFFER_BYTES ? buffers : null;
}

/** What JSON cannot write (a cycle, a BigInt) no kernel can read. */
function isSmall(value: unknown): boolean {
  try {
    return (JSON.stringify(value) ?? "").length <= MAX_JSON_CHARACTERS;
  } catch {
    return false;
  }
}

function isId(value: unknown): value is string {
  return typeof value === "string" && MODEL_ID.test(value);
}

/** A module's name, as `jupyter-matplotlib` or `@scope/name/part`; no way up. */
export function isAssetName(value: unknown): value is string {
  return typeof value === "string" && ASSET_NAME.test(value) && !value.split("/").some((part) => /^\.+$/.test(part));
}

export function isPlotTarget(value: unknown): value is string {
  return typeof value === "string" && PLOT_TARGET.test(value);
}

function isWebAddress(url: string): boolean {
  return url.length <= MAX_TEXT && /^https?:\/\/[^\s/]/i.test(url);
}

/** Counts messages per second; `take` says false once there were too many. `now` in milliseconds of one clock. */
export class MessageRate {
  #startedAt = Number.NEGATIVE_INFINITY;
  #count = 0;

  take(now: number): boolean {
    if (now - this.#startedAt >= 1_000) {
      this.#startedAt = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= MAX_MESSAGES_PER_SECOND;
  }
}
