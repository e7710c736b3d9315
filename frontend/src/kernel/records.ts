/** Records of the companion's journal, as they stand in its files and come over its socket (SPEC 7.3). */
import { WireError } from "./wire.ts";

export interface JournalRecord {
  /** Place in the journal, from 1; 0 for a message that is not kept. */
  readonly seq: number;
  /** When the runtime heard it, ms since 1970. */
  readonly at: number;
  /** The message, laid out as in v1; a view of the frame it came in. */
  readonly message: Uint8Array<ArrayBuffer>;
}

const LENGTH_BYTES = 4;
const HEAD_BYTES = 4 + 8 + 8;

/**
 * The records of one binary frame, in order. Their checksums guard the runtime's disk; what came over TCP needs no second one.
 *
 * @throws WireError when the frame is cut off: nothing of it may be used then.
 */
export function recordsIn(frame: ArrayBuffer): readonly JournalRecord[] {
  const view = new DataView(frame);
  const records: JournalRecord[] = [];
  let at = 0;
  while (at < frame.byteLength) {
    const length = at + LENGTH_BYTES <= frame.byteLength ? view.getUint32(at) : 0;
    const end = at + LENGTH_BYTES + length;
    if (length < HEAD_BYTES || end > frame.byteLength) throw new WireError("A batch of the journal is cut off.");
    const head = at + LENGTH_BYTES;
    records.push({
      seq: Number(view.getBigUint64(head + 4)),
      at: Number(view.getBigUint64(head + 12)),
      message: new Uint8Array(frame, head + HEAD_BYTES, length - HEAD_BYTES),
    });
    at = end;
  }
  return records;
}
