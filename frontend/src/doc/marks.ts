/** Pieces of a cell's source that stay where they are while people type around them: what a comment is about. */
import * as Y from "yjs";

/** Two Yjs relative positions, base64. */
export interface Mark {
  readonly start: string;
  readonly end: string;
}

/** The piece between two offsets (UTF-16 code units). */
export function markOf(source: Y.Text, from: number, to: number): Mark {
  // What is typed at its edges does not belong to it.
  return { start: encoded(source, from, 0), end: encoded(source, to, -1) };
}

/** What stands there now; null when nothing is left of it, or the mark is none of this document. */
export function markedText(source: Y.Text, { start, end }: Mark): string | null {
  const from = offsetOf(source, start);
  const to = offsetOf(source, end);
  return from === null || to === null || to <= from ? null : source.toString().slice(from, to);
}

function encoded(source: Y.Text, index: number, assoc: 0 | -1): string {
  const bytes = Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(source, index, assoc));
  return btoa(String.fromCharCode(...bytes));
}

function offsetOf(source: Y.Text, position: string): number | null {
  if (source.doc === null) return null;
  try {
    const bytes = Uint8Array.from(atob(position), (sign) => sign.charCodeAt(0));
    const found = Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(bytes), source.doc);
    return found?.type === source ? found.index : null;
  } catch {
    // Somebody else's page wrote it; bytes that are no position are no reason to show nothing at all.
    return null;
  }
}
