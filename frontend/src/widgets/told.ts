/** What kernel and frames say of models, taken apart and put together. Pure. */
import type { FrameModel, WidgetData } from "../core/frame-messages.ts";
import type { Json } from "../core/json.ts";
import type { Output } from "../core/outputs.ts";
import {
  type HeldBuffer,
  isRecord,
  type JsonRecord,
  rootOf,
  VIEW_MIME,
  type WidgetState,
} from "../core/widget-state.ts";
import type { KernelMessage } from "../kernel/wire.ts";

/** As a frame is given it; `is_live` false. */
export function frameModelOf(modelId: string, held: WidgetState): FrameModel {
  return { model_id: modelId, is_live: false, ...pathsOf(held), buffers: bytesOf(held) };
}

export function pathsOf({ state, buffers }: WidgetState): { state: JsonRecord; buffer_paths: HeldBuffer["path"][] } {
  return { state, buffer_paths: buffers.map(({ path }) => path) };
}

export function bytesOf({ buffers }: WidgetState): readonly Uint8Array[] {
  return buffers.map(({ bytes }) => bytes);
}

export function told(
  data: { readonly state: JsonRecord; readonly buffer_paths: readonly HeldBuffer["path"][] },
  buffers: readonly Uint8Array[],
): WidgetState {
  const pieces = data.buffer_paths.flatMap((path, index) => {
    const bytes = buffers[index];
    return bytes ? [{ path, bytes }] : [];
  });
  return { state: data.state, buffers: pieces };
}

/** A change of JSON values alone. */
export function updateOf(state: JsonRecord): Extract<WidgetData, { method: "update" | "echo_update" }> {
  return { method: "update", state, buffer_paths: [] };
}

export function keysOf(data: Exclude<WidgetData, { method: "custom" | "request_state" }>): ReadonlySet<string> {
  return new Set([...Object.keys(data.state), ...data.buffer_paths.map(([key]) => String(key))]);
}

export function isOutput(state: JsonRecord): boolean {
  return state["_model_name"] === "OutputModel";
}

export function dataOf(content: KernelMessage["content"]): JsonRecord | null {
  const data = content["data"];
  return isRecord(data) ? data : null;
}

export function recordIn(value: Json | undefined): JsonRecord {
  return isRecord(value) ? value : {};
}

export function pathsIn(data: JsonRecord | null): HeldBuffer["path"][] {
  const paths = data?.["buffer_paths"];
  if (!Array.isArray(paths)) return [];
  return paths.map((path) => (Array.isArray(path) ? (path as (string | number)[]) : []));
}

/** The kernel's answer to the question for all of its models; null when it is none. */
export function statesIn(
  data: JsonRecord | null,
  buffers: readonly Uint8Array[],
): ReadonlyMap<string, WidgetState> | null {
  const states = data?.["method"] === "update_states" ? data["states"] : null;
  if (!isRecord(states)) return null;
  const pieces = new Map<string, HeldBuffer[]>();
  for (const [index, [modelId, , ...path]] of pathsIn(data).entries()) {
    const bytes = buffers[index];
    const own = pieces.get(String(modelId)) ?? [];
    if (bytes !== undefined) pieces.set(String(modelId), [...own, { path, bytes }]);
  }
  return new Map(
    Object.entries(states).map(([modelId, entry]) => {
      const state = isRecord(entry) ? recordIn(entry["state"]) : {};
      return [modelId, { state, buffers: pieces.get(modelId) ?? [] }] as const;
    }),
  );
}

/** What an `Output` widget shows of other widgets, as a key of its own that names them. */
export function viewsIn(outputs: readonly Output[]): JsonRecord {
  const shown = outputs.flatMap((output) => ("data" in output ? [rootOf(output.data[VIEW_MIME])] : []));
  return { "shown in outputs": shown.flatMap((id) => (id === null ? [] : [`IPY_MODEL_${id}`])) };
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
