/**
 * What of a cell's source runs when a person asks for the selected text: the text itself, or the cursor's line where none is selected.
 *
 * A selection of several lines that begins behind the first one's indentation takes that along: IPython takes away what all lines are indented
 * by, and could not otherwise.
 */
export function selectedCode(source: string, anchor: number, head: number): string {
  const from = clamp(Math.min(anchor, head), source);
  const to = clamp(Math.max(anchor, head), source);
  const start = lineStart(source, from);
  if (source.slice(from, to).trim() === "") return lineAt(source, clamp(head, source));
  const isIndented = source.slice(start, from).trim() === "";
  return source.slice(isIndented && source.slice(from, to).includes("\n") ? start : from, to);
}

/** Spaces alone are no selection: then it is the line where the cursor stands. */
function lineAt(source: string, offset: number): string {
  const start = lineStart(source, offset);
  const end = source.indexOf("\n", offset);
  return source.slice(start, end < 0 ? source.length : end);
}

function clamp(offset: number, { length }: string): number {
  return Math.max(0, Math.min(length, offset));
}

// `lastIndexOf` takes a place before the text for its first character.
function lineStart(source: string, offset: number): number {
  return offset === 0 ? 0 : source.lastIndexOf("\n", offset - 1) + 1;
}
