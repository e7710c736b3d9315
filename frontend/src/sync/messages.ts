/** The room's messages as values: JSON frames parsed at the border, binary frames of y-protocols taken apart (SPEC 2.2, 3). */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { RoomError } from "../core/errors.ts";
import type {
  FileState,
  Hello,
  Json,
  Role,
  RunId,
  RunRecord,
  RunStatus,
  RuntimeLabel,
  Writer,
} from "../core/notebook.ts";
import type { OutputOp } from "../core/outputs.ts";

export const ROOM_PROTOCOL = 1;

export interface StatusChanges {
  readonly status?: RunStatus;
  readonly execution_count?: number | null;
  readonly started_at?: number | null;
  readonly finished_at?: number | null;
}

export type RunEvent =
  | {
      readonly type: "started";
      readonly cell_id: string;
      readonly source_digest: string;
      readonly runtime: RuntimeLabel | null;
      readonly started_at: number | null;
    }
  | ({ readonly type: "status" } & StatusChanges)
  /** `through`: the kernel's message that the record holds everything up to, with this. */
  | { readonly type: "outputs"; readonly ops: readonly OutputOp[]; readonly through?: string };

/** Page to hub. */
export type PageFrame =
  | {
      readonly type: "join";
      readonly protocol: number;
      readonly client_id: number;
      readonly browser_id: string;
      readonly tab_id: string;
    }
  | RunPageFrame;

/** The part of `PageFrame` that is about runs. */
export type RunPageFrame =
  | {
      readonly type: "run";
      readonly run_id: RunId;
      readonly epoch: number;
      readonly n: number;
      readonly event: RunEvent;
    }
  | { readonly type: "take_over"; readonly run_id: RunId; readonly force: boolean }
  | { readonly type: "release"; readonly run_id: RunId }
  | { readonly type: "head"; readonly cell_id: string; readonly run_id: RunId | null }
  | { readonly type: "head"; readonly cell_id: string; readonly copy_of: RunId };

export type RunRefusal =
  | "gap"
  | "old_epoch"
  | "unknown_run"
  | "not_writer"
  | "outputs_omitted"
  | "bad_event"
  | "too_large";

/** Hub to page, about runs. */
export type RunHubFrame =
  | {
      readonly type: "runs";
      readonly heads: { readonly [cell: string]: RunId | null };
      readonly runs: readonly RunRecord[];
    }
  | {
      readonly type: "run";
      readonly run_id: RunId;
      readonly n: number;
      readonly event: RunEvent;
      readonly run?: RunRecord;
    }
  | { readonly type: "run_ack"; readonly run_id: RunId; readonly n: number }
  | {
      readonly type: "run_refused";
      readonly run_id: RunId;
      readonly code: RunRefusal;
      readonly n: number;
      readonly epoch: number;
    }
  | { readonly type: "leased"; readonly run_id: RunId; readonly epoch: number; readonly n: number }
  | { readonly type: "writer"; readonly run_id: RunId; readonly writer: Writer | null; readonly status: RunStatus }
  | {
      readonly type: "head";
      readonly cell_id: string;
      readonly run_id: RunId | null;
      readonly seq: number;
      readonly run?: RunRecord;
    };

/** Hub to page. */
export type HubFrame =
  | ({ readonly type: "hello" } & Hello)
  | { readonly type: "saved"; readonly received: number; readonly seq: number }
  | { readonly type: "not_saved"; readonly code: string; readonly message: string }
  | { readonly type: "beat" }
  | ({ readonly type: "file" } & FileState)
  | { readonly type: "role"; readonly role: Role }
  | { readonly type: "omit_outputs"; readonly omit: boolean; readonly cells: readonly string[] }
  | { readonly type: "comments" }
  | { readonly type: "refused"; readonly code: string; readonly message: string; readonly of: string }
  | RunHubFrame;

type Fields = { readonly [key: string]: Json };

// What each type must have for this page to go on; a frame without it is the hub's bug, and said so instead of half understood.
const REQUIRED: {
  readonly [type: string]: { readonly [member: string]: "string" | "number" | "boolean" | "object" | "array" };
} = {
  hello: { session: "string", notebook: "object", person: "object", role: "string", omit_outputs: "boolean" },
  saved: { received: "number" },
  not_saved: { code: "string", message: "string" },
  beat: {},
  file: { state: "string", path: "string" },
  role: { role: "string" },
  omit_outputs: { omit: "boolean", cells: "array" },
  comments: {},
  refused: { code: "string", message: "string", of: "string" },
  runs: { heads: "object", runs: "array" },
  run: { run_id: "string", n: "number", event: "object" },
  run_ack: { run_id: "string", n: "number" },
  run_refused: { run_id: "string", code: "string", n: "number" },
  leased: { run_id: "string", epoch: "number", n: "number" },
  writer: { run_id: "string", status: "string" },
  head: { cell_id: "string" },
};

/**
 * A text message of the hub; null for a type this page does not know (SPEC 2.2).
 *
 * @throws RoomError `frame_invalid` when a known type lacks what it must have.
 */
export function parseHubFrame(text: string): HubFrame | null {
  const fields = jsonObject(text);
  const type = fields?.["type"];
  if (!fields || typeof type !== "string")
    throw new RoomError("frame_invalid", "The hub sent something that is no message.");
  const required = Object.hasOwn(REQUIRED, type) ? REQUIRED[type] : undefined;
  if (!required) return null;
  for (const [member, kind] of Object.entries(required)) {
    if (kindOf(fields[member]) !== kind) {
      throw new RoomError("frame_invalid", "The hub sent an incomplete message.", { type, member });
    }
  }
  // The members that this page relies on were just checked; the others are shown or passed on.
  return fields as unknown as HubFrame;
}

function jsonObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    // JSON.parse gives JSON by definition.
    return kindOf(value) === "object" ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}

// Binary frames

const SYNC = 0;
const AWARENESS = 1;
const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;

export type BinaryFrame =
  | { readonly type: "step1"; readonly stateVector: Uint8Array }
  | { readonly type: "step2"; readonly update: Uint8Array }
  | { readonly type: "update"; readonly update: Uint8Array }
  | { readonly type: "awareness"; readonly update: Uint8Array };

export function encodeFrame(frame: BinaryFrame): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  if (frame.type === "awareness") {
    encoding.writeVarUint(encoder, AWARENESS);
  } else {
    encoding.writeVarUint(encoder, SYNC);
    encoding.writeVarUint(encoder, frame.type === "step1" ? STEP_1 : frame.type === "step2" ? STEP_2 : UPDATE);
  }
  encoding.writeVarUint8Array(encoder, frame.type === "step1" ? frame.stateVector : frame.update);
  return new Uint8Array(encoding.toUint8Array(encoder));
}

/** A binary message; null for a kind this page does not know. @throws RoomError `frame_invalid` when it is cut short. */
export function decodeFrame(bytes: Uint8Array): BinaryFrame | null {
  try {
    const decoder = decoding.createDecoder(bytes);
    const kind = decoding.readVarUint(decoder);
    if (kind === AWARENESS) return { type: "awareness", update: decoding.readVarUint8Array(decoder) };
    if (kind !== SYNC) return null;
    const step = decoding.readVarUint(decoder);
    const payload = decoding.readVarUint8Array(decoder);
    if (step === STEP_1) return { type: "step1", stateVector: payload };
    return { type: step === STEP_2 ? "step2" : "update", update: payload };
  } catch (cause) {
    throw new RoomError("frame_invalid", "The hub sent a damaged message.", {}, cause);
  }
}
