/**
 * Says how what this page ran has ended, once nothing runs any more: who cannot see a cell's mark, or what stands below it, would not know.
 * Of many cells only the last one is named: a word for each would talk for minutes.
 */
import type { CellId } from "../../core/cell.ts";
import type { RunStatus } from "../../core/notebook.ts";
import type { Observable } from "../../core/observable.ts";
import type { QueueState } from "../../core/runs.ts";
import { text } from "../../i18n/t.ts";

export interface RunNewsOptions {
  readonly queue: Observable<QueueState>;
  /** How the cell's last run stands; null: there is none. */
  readonly statusOf: (cellId: CellId) => RunStatus | null;
  /** Among all cells, from 1; 0: it is no more. */
  readonly positionOf: (cellId: CellId) => number;
  readonly say: (message: string) => void;
}

const WORDS = {
  ok: "notebook.ranOk",
  error: "notebook.ranError",
  interrupted: "notebook.interrupted",
} as const;

/** Returns the end. */
export function tellRunEnds({ queue, statusOf, positionOf, say }: RunNewsOptions): () => void {
  let last: CellId | null = null;
  const tell = (cellId: CellId): void => {
    const [status, position] = [statusOf(cellId), positionOf(cellId)];
    const key = status === null ? null : (WORDS[status as keyof typeof WORDS] ?? null);
    if (key !== null && position > 0) say(text("notebook.cellEnded", { position, how: text(key) }));
  };
  return queue.subscribe(() => {
    const { entries } = queue.get();
    const running = entries.find(({ phase }) => phase === "submitted" || phase === "running");
    if (running !== undefined) last = running.cellId;
    if (entries.length > 0 || last === null) return;
    const ended = last;
    last = null;
    // The queue is done with a run before its end is written down.
    queueMicrotask(() => tell(ended));
  });
}
