/**
 * How output operations fold into the outputs of one run (SPEC 4).
 *
 * Pure. The twin is `hub/src/runhere_hub/core/outputs.py`; both are held to `protocol/examples/outputs/*.json`. Folding operations one by
 * one or all at once gives the same.
 */
import type { Json } from "./json.ts";
import { EMPTY_STREAM, foldedText, openStream, printed, type StreamText, textOf } from "./stream-text.ts";

/** A large value that lies in the hub's blob store (SPEC 4.5). */
export interface BlobRef {
  readonly $blob: string;
  readonly size_bytes: number;
}

export interface MimeBundle {
  readonly [mime: string]: Json | BlobRef;
}

export interface StreamOutput {
  readonly output_type: "stream";
  readonly name: string;
  readonly text: string | BlobRef;
}

export interface DisplayOutput {
  readonly output_type: "display_data";
  readonly data: MimeBundle;
  readonly metadata: { readonly [key: string]: Json };
}

export interface ResultOutput {
  readonly output_type: "execute_result";
  readonly data: MimeBundle;
  readonly metadata: { readonly [key: string]: Json };
  readonly execution_count: number | null;
}

export interface ErrorOutput {
  readonly output_type: "error";
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

export type Output = StreamOutput | DisplayOutput | ResultOutput | ErrorOutput;

export type OutputOp =
  | { readonly op: "output"; readonly output: Output }
  | { readonly op: "clear"; readonly wait: boolean }
  | UpdateDisplay;

export interface UpdateDisplay {
  readonly op: "update_display";
  readonly display_id: string;
  readonly data: MimeBundle;
  readonly metadata: { readonly [key: string]: Json };
}

/** Outputs of one run, in order, and whether the next one clears them first. */
export interface Folded {
  readonly outputs: readonly Output[];
  readonly clearPending: boolean;
}

export const NOTHING_FOLDED: Folded = { outputs: [], clearPending: false };

export function isBlobRef(value: unknown): value is BlobRef {
  return typeof value === "object" && value !== null && "$blob" in value && typeof value.$blob === "string";
}

// The parts of a stream's text, remembered beside the output that shows it: taking a long text apart for each line would cost its length.
const openStreams = new WeakMap<Output, StreamText>();

/** The text of a stream as a person sees it: a file keeps it as it was printed. What was folded here needs no second look. */
export function shownText(output: StreamOutput, text: string): string {
  return openStreams.has(output) ? text : foldedText(text);
}

/** The outputs after `ops`. Outputs that did not change are the same objects as before. */
export function foldOps(state: Folded, ops: readonly OutputOp[]): Folded {
  const folding = new Folding(state);
  for (const op of ops) folding.apply(op);
  return folding.result();
}

/** One pass of `foldOps`: the array is copied once, and the stream at its end stays open until the pass ends. */
class Folding {
  #outputs: Output[];
  #clearPending: boolean;
  #open: { name: string; last: StreamOutput; text: StreamText } | null = null;

  constructor(state: Folded) {
    this.#outputs = [...state.outputs];
    this.#clearPending = state.clearPending;
  }

  apply(op: OutputOp): void {
    switch (op.op) {
      case "output":
        if (this.#clearPending) this.#clear();
        this.#append(op.output);
        break;
      case "clear":
        if (op.wait) this.#clearPending = true;
        else this.#clear();
        break;
      case "update_display":
        this.#close();
        this.#outputs = [...updateDisplay(this.#outputs, op)];
        break;
    }
  }

  result(): Folded {
    this.#close();
    return { outputs: this.#outputs, clearPending: this.#clearPending };
  }

  #clear(): void {
    this.#outputs = [];
    this.#clearPending = false;
    this.#open = null;
  }

  #append(output: Output): void {
    if (output.output_type === "stream") {
      const text = joinLines(output.text);
      if (typeof text === "string") {
        this.#print(output, text);
        return;
      }
    }
    this.#close();
    this.#outputs.push(normalise(output));
  }

  #print(output: StreamOutput, chunk: string): void {
    if (this.#open === null) this.#open = this.#reopen();
    if (this.#open !== null && this.#open.name === output.name) {
      this.#open.text = printed(this.#open.text, chunk);
      return;
    }
    this.#close();
    this.#outputs.push(output);
    this.#open = { name: output.name, last: output, text: printed(EMPTY_STREAM, chunk) };
  }

  #reopen(): { name: string; last: StreamOutput; text: StreamText } | null {
    const last = this.#outputs.at(-1);
    // A blob is never merged into.
    if (last?.output_type !== "stream" || typeof last.text !== "string") return null;
    return { name: last.name, last, text: openStreams.get(last) ?? openStream(last.text) };
  }

  #close(): void {
    if (this.#open === null) return;
    const { last, text } = this.#open;
    const made: StreamOutput = { ...last, text: textOf(text) };
    openStreams.set(made, text);
    this.#outputs[this.#outputs.length - 1] = made;
    this.#open = null;
  }
}

/**
 * These outputs after the update; those under another id, or none, are the same objects as before, and so is the array when nothing changed.
 * The page calls it for every head run of the notebook (SPEC 4.4).
 */
export function updateDisplay(outputs: readonly Output[], op: UpdateDisplay): readonly Output[] {
  if (!outputs.some((output) => displayId(output) === op.display_id)) return outputs;
  return outputs.map((output) =>
    (output.output_type === "display_data" || output.output_type === "execute_result") &&
    displayId(output) === op.display_id
      ? { ...output, data: joinBundle(op.data), metadata: { ...op.metadata, runhere: { display_id: op.display_id } } }
      : output,
  );
}

/** The display id of a live output, or null. */
export function displayId(output: Output): string | null {
  if (output.output_type !== "display_data" && output.output_type !== "execute_result") return null;
  const ours = output.metadata["runhere"];
  if (typeof ours !== "object" || ours === null || !("display_id" in ours)) return null;
  return typeof ours["display_id"] === "string" ? ours["display_id"] : null;
}

/** The same output with multi-line strings joined and, where nbformat asks for them, `metadata` and `execution_count` present. */
export function normalise(output: Output): Output {
  switch (output.output_type) {
    case "stream":
      return { ...output, text: joinLines(output.text) };
    case "display_data":
      return { ...output, data: joinBundle(output.data), metadata: output.metadata ?? {} };
    case "execute_result":
      return {
        ...output,
        data: joinBundle(output.data),
        metadata: output.metadata ?? {},
        execution_count: output.execution_count ?? null,
      };
    default:
      return output;
  }
}

const JSON_MIME = /^application\/(.*\+)?json$/;

function joinBundle(bundle: MimeBundle): MimeBundle {
  const joined: { [mime: string]: Json | BlobRef } = {};
  for (const [mime, value] of Object.entries(bundle ?? {}))
    joined[mime] = JSON_MIME.test(mime) ? value : joinLines(value);
  return joined;
}

/** nbformat's "multiline string": a list of strings is their concatenation, anything else is itself. */
function joinLines<T>(value: T): T | string {
  return Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("") : value;
}
