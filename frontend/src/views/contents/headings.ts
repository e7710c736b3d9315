/** The headings of a notebook, from the source of its text cells. */
import type { CellId } from "../../core/cell.ts";

export interface Heading {
  readonly cellId: CellId;
  /** 1–6. */
  readonly level: number;
  /** Without marks; never empty. */
  readonly title: string;
  /** Position among the headings of its cell, from 0. */
  readonly place: number;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const ATX = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$/;

/** All ATX headings of one Markdown source, those inside of fenced code left out. */
export function headingsOf(cellId: CellId, source: string): readonly Heading[] {
  const found: Heading[] = [];
  let fence: string | null = null;
  for (const line of source.split("\n")) {
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined && (fence === null || (mark[0] === fence[0] && mark.length >= fence.length))) {
      fence = fence === null ? mark : null;
      continue;
    }
    const heading = fence === null ? ATX.exec(line) : null;
    const title = heading === null ? "" : plain(heading[2] ?? "");
    if (heading !== null && title !== "")
      found.push({ cellId, level: heading[1]?.length ?? 1, title, place: found.length });
  }
  return found;
}

/** The words of a line of Markdown: links by their text, marks and tags left out. */
function plain(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/<[^>]*>/g, "")
    .replace(/[*`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "")
    .trim();
}
