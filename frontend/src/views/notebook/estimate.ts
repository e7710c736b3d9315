/** How high a row will be before it was ever measured, in CSS pixels. A good guess keeps the scroll bar honest. */
import type { CellId } from "../../core/cell.ts";
import type { NotebookServices } from "./services.ts";
import { isSourceHidden } from "./source-fold.ts";

const LINE_PX = 21;
const CODE_EXTRA_PX = 38;
const TEXT_EXTRA_PX = 24;
const TEXT_COLUMNS = 100;

export function estimateHeight({ doc, runs }: Pick<NotebookServices, "doc" | "runs">, id: CellId): number {
  const cell = doc.cell(id);
  if (!cell) return CODE_EXTRA_PX;
  const source = cell.source.toString();
  if (cell.type !== "code") return TEXT_EXTRA_PX + wrappedLines(source) * 24;
  const lines = isSourceHidden(cell.metadata) ? 1 : lineCount(source);
  return CODE_EXTRA_PX + lines * LINE_PX + outputsHeight(runs.headOf(id)?.outputs ?? []);
}

function outputsHeight(outputs: NonNullable<ReturnType<NotebookServices["runs"]["headOf"]>>["outputs"]): number {
  let height = 0;
  for (const output of outputs.slice(0, 20)) {
    if (output.output_type === "stream")
      height += typeof output.text === "string" ? Math.min(130, lineCount(output.text)) * 20 : 600;
    else if (output.output_type === "error") height += 40 + Math.min(24, output.traceback.length * 4) * 20;
    // A file may hold an output type of the future.
    else if (!("data" in output)) height += 30;
    else if (Object.keys(output.data).some((mime) => mime.startsWith("image/"))) height += 320;
    else if ("text/html" in output.data) height += 220;
    else height += 30;
  }
  return height === 0 ? 0 : height + 12;
}

export function lineCount(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}

function wrappedLines(text: string): number {
  return Math.min(
    200,
    text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / TEXT_COLUMNS)), 0),
  );
}
