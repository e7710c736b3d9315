/** A notebook file with the outputs that this page shows put in. */
import type { RunRecord } from "../../core/notebook.ts";

interface FileCell {
  readonly cell_type: string;
}

/**
 * @param text An .ipynb without outputs.
 * @param heads What each cell shows, in the order of the file's cells.
 * @throws SyntaxError when the text is no JSON.
 */
export function withOutputs(text: string, heads: readonly (RunRecord | null)[]): string {
  const notebook = JSON.parse(text) as { readonly cells: readonly FileCell[] };
  const cells = notebook.cells.map((cell, index) => {
    const head = heads[index];
    if (cell.cell_type !== "code" || !head) return cell;
    return { ...cell, outputs: head.outputs, execution_count: head.execution_count };
  });
  return `${JSON.stringify({ ...notebook, cells }, null, 1)}\n`;
}
