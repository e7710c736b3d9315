import type { CellId } from "../core/cell.ts";
import type { Observable } from "../core/observable.ts";
import { cellsWaiting, type QueueState } from "../core/runs.ts";
import type { NotebookDoc } from "../doc/notebook-doc.ts";
import type { KernelPort } from "../kernel/kernel-port.ts";

export interface GoneCellsOptions {
  readonly doc: Pick<NotebookDoc, "cell" | "subscribeCell">;
  readonly queue: Observable<QueueState>;
  readonly runtime: { readonly port: Observable<Pick<KernelPort, "journal"> | null> };
  readonly cancel: (cellId: CellId) => void;
}

/**
 * What waits of a cell that was deleted or made text does not run: nobody sees it wait, nor can take it out of the queue. Each cell is watched as long
 * as it is in the queue. Returns the end.
 */
export function dropGone({ doc, queue, runtime, cancel }: GoneCellsOptions): () => void {
  const watched = new Map<CellId, () => void>();
  const look = (id: CellId): void => {
    if (doc.cell(id)?.type === "code") return;
    // Stock Jupyter does not give back what it was handed.
    const waiting = cellsWaiting(queue.get(), runtime.port.get()?.journal != null);
    if (waiting.includes(id)) cancel(id);
  };
  const forget = (id: CellId, end: () => void): void => {
    watched.delete(id);
    end();
  };
  const follow = (): void => {
    const queued = new Set(queue.get().entries.map(({ cellId }) => cellId));
    for (const [id, end] of watched) if (!queued.has(id)) forget(id, end);
    for (const id of queued)
      if (!watched.has(id))
        watched.set(
          id,
          doc.subscribeCell(id, () => look(id)),
        );
  };
  const endQueue = queue.subscribe(follow);
  return () => {
    endQueue();
    for (const [id, end] of watched) forget(id, end);
  };
}
