/**
 * State of widget models as values: JSON beside binary pieces, merged key by key, and the form in which files keep it
 * (`application/vnd.jupyter.widget-state+json`, version 2.0).
 */
import type { Json } from "./json.ts";

export type BufferPath = readonly (string | number)[];
export interface JsonRecord {
  readonly [key: string]: Json;
}

export interface HeldBuffer {
  /** Where it belongs in the state; the first step is the key. */
  readonly path: BufferPath;
  readonly bytes: Uint8Array;
}

export interface WidgetState {
  readonly state: JsonRecord;
  readonly buffers: readonly HeldBuffer[];
}

export const NO_STATE: WidgetState = { state: {}, buffers: [] };
export const VIEW_MIME = "application/vnd.jupyter.widget-view+json";
export const STATE_MIME = "application/vnd.jupyter.widget-state+json";

/** What is told about some keys replaces what was held under them, binary pieces too. */
export function mergedState(held: WidgetState, told: WidgetState): WidgetState {
  const kept = held.buffers.filter(({ path }) => !Object.hasOwn(told.state, String(path[0])) && !isTold(told, path));
  return { state: { ...held.state, ...told.state }, buffers: [...kept, ...told.buffers] };
}

// A key whose whole value is binary stands in no state, only in the paths.
function isTold({ buffers }: WidgetState, path: BufferPath): boolean {
  return buffers.some((told) => told.path[0] === path[0]);
}

/** Ids of the models that a value names (`IPY_MODEL_…`), however deep. */
export function modelsIn(value: unknown, found: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof value === "string") {
    if (value.startsWith("IPY_MODEL_")) found.add(value.slice("IPY_MODEL_".length));
  } else if (Array.isArray(value)) for (const item of value) modelsIn(item, found);
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) modelsIn(item, found);
  return found;
}

/** The model that an output of `VIEW_MIME` shows; null when it names none. */
export function rootOf(view: unknown): string | null {
  const id = isRecord(view) ? view["model_id"] : null;
  return typeof id === "string" && id !== "" ? id : null;
}

/** The models that are reached from `root`, itself first; `refer` gives what one model names, null for an unknown one. */
export function reachable(root: string, refer: (id: string) => Iterable<string> | null): readonly string[] {
  const found = new Set<string>();
  const waiting = [root];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const named = found.has(id) ? null : refer(id);
    if (named === null) continue;
    found.add(id);
    waiting.push(...named);
  }
  return [...found];
}

/** As it stands in a file. */
export function toSaved(models: ReadonlyMap<string, WidgetState>): JsonRecord {
  const state: { [id: string]: Json } = {};
  for (const [id, { state: own, buffers }] of models) {
    const entry = {
      model_name: own["_model_name"] ?? null,
      model_module: own["_model_module"] ?? null,
      model_module_version: own["_model_module_version"] ?? null,
      state: own,
    };
    const saved = buffers.map(({ path, bytes }) => ({ encoding: "base64", path: [...path], data: toBase64(bytes) }));
    state[id] = saved.length > 0 ? { ...entry, buffers: saved } : entry;
  }
  return { version_major: 2, version_minor: 0, state };
}

/** What a file keeps; entries that cannot be read are left out. */
export function fromSaved(value: unknown): ReadonlyMap<string, WidgetState> {
  const models = new Map<string, WidgetState>();
  const entries = isRecord(value) && value["version_major"] === 2 ? value["state"] : null;
  if (!isRecord(entries)) return models;
  for (const [id, entry] of Object.entries(entries)) {
    if (!isRecord(entry) || !isRecord(entry["state"])) continue;
    const names = {
      _model_name: entry["model_name"] ?? null,
      _model_module: entry["model_module"] ?? null,
      _model_module_version: entry["model_module_version"] ?? null,
    };
    models.set(id, { state: { ...names, ...entry["state"] }, buffers: savedBuffers(entry["buffers"]) });
  }
  return models;
}

function savedBuffers(value: unknown): HeldBuffer[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one) => {
    if (!isRecord(one) || !isBufferPath(one["path"]) || typeof one["data"] !== "string") return [];
    const bytes = one["encoding"] === "hex" ? fromHex(one["data"]) : fromBase64(one["data"]);
    return bytes === null ? [] : [{ path: one["path"], bytes }];
  });
}

export function isBufferPath(value: unknown): value is BufferPath {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((step) => typeof step === "string" || (Number.isSafeInteger(step) && step >= 0))
  );
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const CHUNK = 0x8000;

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

/** Null for what is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null; // A damaged file: the widget shows without that piece.
  }
}

function fromHex(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
