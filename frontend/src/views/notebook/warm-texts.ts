/**
 * Text cells are made ready while there is nothing else to do: cleaning one takes a good part of a frame, and a quick scroll
 * brings several into sight in each.
 */
import { warmMarkdown } from "../../outputs/markdown.ts";
import type { NotebookController } from "./controller.ts";

/** Longer notebooks are not made ready to their end; what is kept would push out what is used. */
const MOST_CELLS = 2_000;
/** Less than this is left of an idle moment: the next one. */
const LEAST_MS = 4;

/** Begins at once; returns what ends it. Where a browser tells of no idle moments nothing is made ready. */
export function warmTexts({ services: { doc }, scrolling }: NotebookController): () => void {
  if (!globalThis.requestIdleCallback) return () => {};
  const ids = doc.cellIds().slice(0, MOST_CELLS);
  let next = 0;
  const work = (deadline: IdleDeadline): void => {
    while (next < ids.length && deadline.timeRemaining() > LEAST_MS && !scrolling.get()) {
      const cell = doc.cell(ids[next] ?? "");
      if (cell?.type === "markdown") warmMarkdown(cell.source.toString());
      next += 1;
    }
    if (next < ids.length) handle = requestIdleCallback(work);
  };
  let handle = requestIdleCallback(work);
  return () => cancelIdleCallback(handle);
}
