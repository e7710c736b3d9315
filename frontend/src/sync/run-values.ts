/**
 * Output operations in the sizes the wire takes (SPEC 4.5): texts of streams in pieces, large values as blobs, frames of about 64 KiB.
 */
import type { CellId } from "../core/cell.ts";
import type { Json } from "../core/notebook.ts";
import { type BlobRef, isBlobRef, type MimeBundle, type OutputOp, type StreamOutput } from "../core/outputs.ts";

/** A value whose JSON text is longer stands as a blob. */
export const MAX_INLINE_BYTES = 64 * 1024;

/** Stores bytes of a cell's outputs under their SHA-256 (hex) on the hub. Rejects when it could not; the same bytes may be put again. */
export type PutBlob = (sha256: string, bytes: Uint8Array<ArrayBuffer>, cellId: CellId | null) => Promise<void>;

// The hub measures JSON with a space after each separator (at most half as long again), so this page moves values other than strings out
// a little earlier than it must.
const MAX_INLINE_JSON_BYTES = Math.floor((MAX_INLINE_BYTES * 2) / 3);
// No character takes more than six bytes as JSON.
const SAFE_TEXT_LENGTH = Math.floor((MAX_INLINE_BYTES - 2) / 6);

/** Operations on their way into frames: consecutive stream texts of one name become one. */
export class OpsBuffer {
  #ops: OutputOp[] = [];
  #length = 0;

  /** Rough size of what waits, in UTF-16 code units of its JSON. */
  get length(): number {
    return this.#length;
  }

  get isEmpty(): boolean {
    return this.#ops.length === 0;
  }

  add(ops: readonly OutputOp[]): void {
    for (const op of ops) {
      this.#length += roughLength(op);
      const last = this.#ops.at(-1);
      const joined = last ? joinedStreams(last, op) : null;
      if (joined) this.#ops[this.#ops.length - 1] = joined;
      else this.#ops.push(op);
    }
  }

  /** Everything that waited, and none of it waits any more. */
  take(): readonly OutputOp[] {
    const ops = this.#ops;
    this.#ops = [];
    this.#length = 0;
    return ops;
  }
}

/** The same operations in groups for one frame each: a group holds about 64 KiB, never nothing. */
export function inFrames(ops: readonly OutputOp[]): OutputOp[][] {
  const frames: OutputOp[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const op of ops.flatMap(inPieces)) {
    const size = roughLength(op);
    if (length + size > MAX_INLINE_BYTES) {
      frames.push([]);
      length = 0;
    }
    frames.at(-1)?.push(op);
    length += size;
  }
  return frames;
}

/** The operations with every value that is too large replaced by a reference, and the bytes that must be stored first. */
export async function withBlobs(
  ops: readonly OutputOp[],
  digest: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>,
): Promise<{ ops: readonly OutputOp[]; blobs: ReadonlyMap<string, Uint8Array<ArrayBuffer>> }> {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const stored = async (bundle: MimeBundle): Promise<MimeBundle> => {
    const small: { [mime: string]: Json | BlobRef } = {};
    for (const [mime, value] of Object.entries(bundle)) {
      const bytes = isBlobRef(value) ? null : largeBytes(value);
      if (!bytes) {
        small[mime] = value;
        continue;
      }
      const sha256 = await digest(bytes);
      blobs.set(sha256, bytes);
      small[mime] = { $blob: sha256, size_bytes: bytes.length };
    }
    return small;
  };
  const made: OutputOp[] = [];
  for (const op of ops) made.push(await withoutLarge(op, stored));
  return { ops: made, blobs };
}

/** Whether any value in here must become a blob: only then does a frame have to wait. */
export function hasLarge(ops: readonly OutputOp[]): boolean {
  return ops.some((op) =>
    Object.values(bundleOf(op) ?? {}).some((value) => !isBlobRef(value) && largeBytes(value) !== null),
  );
}

async function withoutLarge(op: OutputOp, stored: (bundle: MimeBundle) => Promise<MimeBundle>): Promise<OutputOp> {
  if (op.op === "update_display") return { ...op, data: await stored(op.data) };
  if (op.op !== "output") return op;
  const { output } = op;
  if (output.output_type === "display_data" || output.output_type === "execute_result") {
    return { ...op, output: { ...output, data: await stored(output.data) } };
  }
  return op;
}

function bundleOf(op: OutputOp): MimeBundle | null {
  if (op.op === "update_display") return op.data;
  if (op.op !== "output") return null;
  const { output } = op;
  return output.output_type === "display_data" || output.output_type === "execute_result" ? output.data : null;
}

/** The bytes of a value that is too large to stand in a frame (its JSON text, as SPEC 4.5 has it), or null. */
function largeBytes(value: Json): Uint8Array<ArrayBuffer> | null {
  if (value === null || typeof value === "number" || typeof value === "boolean") return null;
  if (typeof value === "string" && value.length <= SAFE_TEXT_LENGTH) return null;
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return bytes.length > (typeof value === "string" ? MAX_INLINE_BYTES : MAX_INLINE_JSON_BYTES) ? bytes : null;
}

/** A long stream text in pieces that each fit into a frame; everything else as it is. */
function inPieces(op: OutputOp): OutputOp[] {
  if (op.op !== "output" || op.output.output_type !== "stream") return [op];
  const stream = op.output;
  const { text } = stream;
  if (typeof text !== "string" || fits(text)) return [op];
  const pieces: OutputOp[] = [];
  for (let from = 0; from < text.length; ) {
    let to = Math.min(text.length, from + MAX_INLINE_BYTES / 2);
    while (!fits(text.slice(from, to))) to = from + Math.ceil((to - from) / 2);
    if (to < text.length && /[\uD800-\uDBFF]/.test(text[to - 1] ?? "") && to - from > 1) to -= 1;
    pieces.push({ op: "output", output: { ...stream, text: text.slice(from, to) } });
    from = to;
  }
  return pieces;
}

function fits(text: string): boolean {
  return text.length <= SAFE_TEXT_LENGTH || new TextEncoder().encode(JSON.stringify(text)).length <= MAX_INLINE_BYTES;
}

function joinedStreams(last: OutputOp, next: OutputOp): OutputOp | null {
  const a = streamOf(last);
  const b = streamOf(next);
  if (!a || !b || a.name !== b.name || typeof a.text !== "string" || typeof b.text !== "string") return null;
  return { op: "output", output: { ...a, text: a.text + b.text } };
}

function streamOf(op: OutputOp): StreamOutput | null {
  return op.op === "output" && op.output.output_type === "stream" ? op.output : null;
}

function roughLength(op: OutputOp): number {
  const stream = streamOf(op);
  if (stream && typeof stream.text === "string") return stream.text.length;
  const bundle = bundleOf(op);
  if (!bundle) return 200;
  let length = 200;
  for (const value of Object.values(bundle)) length += roughValue(value);
  return length;
}

function roughValue(value: Json | BlobRef): number {
  if (typeof value === "string") return Math.min(value.length, MAX_INLINE_BYTES);
  return typeof value === "object" && value !== null ? Math.min(JSON.stringify(value).length, MAX_INLINE_BYTES) : 8;
}
