/**
 * Kernel messages as bytes: Jupyter's two WebSocket subprotocols, and the messages of the companion's own.
 *
 * Default (no subprotocol): JSON text; with buffers, binary: u32 count, u32 offsets (big-endian), the JSON, the buffers.
 * `v1.kernel.websocket.jupyter.org`: u64 count, u64 offsets (little-endian), then channel, header, parent header, metadata, content, buffers.
 */

/** The companion's own (SPEC 7): what the page sends is laid out as in v1; what it hears comes in records (`records.ts`). */
export const JOURNAL_PROTOCOL = "runhere.journal.v1";
/** Offer this one; a server that does not know it chooses none and gets the default. */
export const V1_PROTOCOL = "v1.kernel.websocket.jupyter.org";

export type Channel = "shell" | "control" | "iopub" | "stdin";

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  /** ISO 8601. */
  readonly date: string;
  readonly version: string;
  readonly subshell_id?: string | null;
}

export interface KernelMessage {
  readonly channel: Channel;
  readonly header: Header;
  /** `{}` when the message answers nothing. */
  readonly parent_header: Partial<Header>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** A message as a view of any memory: what is sent may be part of a larger buffer. */
export type OutgoingMessage = Omit<KernelMessage, "buffers"> & { readonly buffers?: readonly ArrayBufferView[] };

/** Not a kernel message. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code = "kernel_message_invalid";
}

const CHANNELS: readonly string[] = ["shell", "control", "iopub", "stdin"];

/** The bytes or text to send under the subprotocol that the server chose (`""` for the default). */
export function encode(message: OutgoingMessage, protocol: string): string | Uint8Array<ArrayBuffer> {
  return protocol === V1_PROTOCOL || protocol === JOURNAL_PROTOCOL ? encodeV1(message) : encodeDefault(message);
}

/**
 * The message in a WebSocket frame.
 *
 * @throws WireError when it is none.
 */
export function decode(data: string | ArrayBuffer, protocol: string): KernelMessage {
  try {
    if (typeof data === "string") return checked(JSON.parse(data), []);
    return protocol === V1_PROTOCOL ? decodeV1(new Uint8Array(data)) : decodeDefault(data);
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError("The runtime sent something that is not a kernel message.", { cause: error });
  }
}

function encodeV1(message: OutgoingMessage): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  const parts = [
    text.encode(message.channel),
    ...[message.header, message.parent_header, message.metadata, message.content].map((part) =>
      text.encode(JSON.stringify(part)),
    ),
    ...(message.buffers ?? []).map(bytesOf),
  ];
  // One more offset than parts: the last is the end.
  const offsets = offsetsOf(parts, 8 * (parts.length + 2));
  const out = new Uint8Array(offsets.at(-1) ?? 0);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(offsets.length), true);
  offsets.forEach((offset, index) => {
    view.setBigUint64(8 * (index + 1), BigInt(offset), true);
  });
  parts.forEach((part, index) => {
    out.set(part, offsets[index]);
  });
  return out;
}

/**
 * The message whose v1 layout these bytes hold.
 *
 * @throws WireError when they hold none.
 */
export function decodeMessage(bytes: Uint8Array<ArrayBuffer>): KernelMessage {
  try {
    return decodeV1(bytes);
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError("The runtime sent something that is not a kernel message.", { cause: error });
  }
}

/** `msg_id` of the request that a message in v1 layout belongs to, without reading the rest; "" when it answers nothing. */
export function parentIdOf(bytes: Uint8Array<ArrayBuffer>): string {
  const parent: unknown = JSON.parse(new TextDecoder().decode(partsOf(bytes)[2]));
  return isRecord(parent) ? text(parent["msg_id"]) : "";
}

/** Views, not copies. */
function partsOf(bytes: Uint8Array<ArrayBuffer>): readonly Uint8Array<ArrayBuffer>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Number(view.getBigUint64(0, true));
  if (count < 6 || 8 * (count + 1) > bytes.byteLength) throw new WireError("A kernel message has too few parts.");
  const offsets = Array.from({ length: count }, (_, index) => Number(view.getBigUint64(8 * (index + 1), true)));
  return offsets.slice(0, -1).map((start, index) => {
    const end = offsets[index + 1] ?? start;
    if (end < start || end > bytes.byteLength) throw new WireError("A kernel message is cut off.");
    return bytes.subarray(start, end);
  });
}

function decodeV1(data: Uint8Array<ArrayBuffer>): KernelMessage {
  const text = new TextDecoder();
  const [channel, header, parent, metadata, content, ...buffers] = partsOf(data);
  const json = (part: Uint8Array | undefined): unknown => JSON.parse(text.decode(part));
  return checked(
    {
      channel: text.decode(channel),
      header: json(header),
      parent_header: json(parent),
      metadata: json(metadata),
      content: json(content),
    },
    // Copies: a kept buffer must not keep the whole frame alive, and typed arrays need aligned starts.
    buffers.map((buffer) => buffer.slice()),
  );
}

function encodeDefault(message: OutgoingMessage): string | Uint8Array<ArrayBuffer> {
  const { buffers = [], ...rest } = message;
  const json = JSON.stringify(rest);
  if (buffers.length === 0) return json;
  const parts = [new TextEncoder().encode(json), ...buffers.map(bytesOf)];
  const offsets = offsetsOf(parts, 4 * (parts.length + 1));
  const out = new Uint8Array(offsets.at(-1) ?? 0);
  const view = new DataView(out.buffer);
  view.setUint32(0, parts.length);
  parts.forEach((part, index) => {
    view.setUint32(4 * (index + 1), offsets[index] ?? 0);
    out.set(part, offsets[index]);
  });
  return out;
}

function decodeDefault(data: ArrayBuffer): KernelMessage {
  const view = new DataView(data);
  const count = view.getUint32(0);
  if (count < 1 || 4 * (count + 1) > data.byteLength) throw new WireError("A kernel message has too few parts.");
  const offsets = Array.from({ length: count }, (_, index) => view.getUint32(4 * (index + 1)));
  const parts = offsets.map((start, index) => slice(data, start, offsets[index + 1] ?? data.byteLength));
  return checked(JSON.parse(new TextDecoder().decode(parts[0])), parts.slice(1));
}

/** Where each part starts, and at last where all end. */
function offsetsOf(parts: readonly Uint8Array[], start: number): number[] {
  const offsets = [start];
  for (const part of parts) offsets.push((offsets.at(-1) ?? 0) + part.byteLength);
  return offsets;
}

/** The bytes that a view shows, and only those. */
function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** A copy: a kept buffer must not keep the whole frame alive, and typed arrays need aligned starts. */
function slice(data: ArrayBuffer, start: number, end: number): Uint8Array {
  if (start < 0 || end < start || end > data.byteLength) throw new WireError("A kernel message is cut off.");
  return new Uint8Array(data.slice(start, end));
}

function checked(value: unknown, buffers: readonly Uint8Array[]): KernelMessage {
  if (!isRecord(value)) throw new WireError("A kernel message is not an object.");
  const { channel, header, parent_header: parent, metadata, content } = value;
  if (typeof channel !== "string" || !CHANNELS.includes(channel)) {
    throw new WireError("A kernel message names no known channel.");
  }
  if (!isRecord(header) || typeof header["msg_id"] !== "string" || typeof header["msg_type"] !== "string") {
    throw new WireError("A kernel message has no header.");
  }
  return {
    // Checked above to be one of the four.
    channel: channel as Channel,
    header: {
      msg_id: header["msg_id"],
      msg_type: header["msg_type"],
      session: text(header["session"]),
      username: text(header["username"]),
      date: text(header["date"]),
      version: text(header["version"]),
    },
    parent_header: isRecord(parent) ? parent : {},
    metadata: isRecord(metadata) ? metadata : {},
    content: isRecord(content) ? content : {},
    buffers,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
