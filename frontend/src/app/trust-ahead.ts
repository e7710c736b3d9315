/**
 * When the hub is asked about a cell before somebody runs it: once the cell has the focus, when something was put into it, and with the
 * modifier key or the press of a pointer that a gesture begins with. A part of the gate's chunk.
 */
import { onTrustTaken } from "../api/trust-news.ts";
import type { CellId } from "../core/cell.ts";
import { onChange } from "../doc/changes.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import type { RunGate } from "./run-gate.ts";

export interface TrustAheadOptions {
  readonly gate: RunGate;
  readonly doc: NotebookDoc;
  readonly target: Window;
  readonly activeCell: () => CellId | null;
}

const MODIFIERS: ReadonlySet<string> = new Set(["Shift", "Control", "Meta", "Alt"]);

/** Returns the end. */
export function askAhead({ gate, doc, target, activeCell }: TrustAheadOptions): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  // After what the key or the edit does itself: typing waits for nothing here.
  const soon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      const cellId = activeCell();
      if (cellId !== null) gate.lookAhead(cellId);
    });
  };
  const onKey = ({ key }: KeyboardEvent): void => {
    if (MODIFIERS.has(key)) soon();
  };
  const endNews = onTrustTaken(() => {
    gate.forget();
    // The margins show it; a hub that is away is asked again by the next gesture.
    void gate.look().catch(() => {});
  });
  target.addEventListener("keydown", onKey, true);
  target.addEventListener("focusin", soon, true);
  target.addEventListener("pointerdown", soon, true);
  const endChanges = onChange(doc.doc, soon);
  soon();
  return () => {
    clearTimeout(timer);
    endNews();
    endChanges();
    target.removeEventListener("keydown", onKey, true);
    target.removeEventListener("focusin", soon, true);
    target.removeEventListener("pointerdown", soon, true);
  };
}
