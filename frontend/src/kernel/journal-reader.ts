/** Runs, read again from a kernel's journal: what was said while no page of this notebook listened (SPEC 7.9). */
import { type RunEvent, runEvent } from "./execute.ts";
import { type JournalRecord, recordsIn } from "./records.ts";
import type { JupyterServer } from "./server.ts";
import { decodeMessage, parentIdOf, WireError } from "./wire.ts";

export interface PastEvent {
  readonly event: RunEvent;
  /** ms since 1970, the runtime's clock. */
  readonly at: number;
}

export interface PastRun {
  /** In the journal's order. */
  readonly events: readonly PastEvent[];
  /** The journal dropped messages while it ran, or before what is left of it: something may be missing. */
  readonly hasGap: boolean;
}

export interface Past {
  /** Of the wanted runs, those that the journal knows. */
  readonly runs: ReadonlyMap<string, PastRun>;
  /** Everything up to this seq was read. */
  readonly through: number;
}

export interface PastWish {
  readonly wanted: ReadonlySet<string>;
  /** Seq. */
  readonly after: number;
}

interface Reading {
  readonly events: PastEvent[];
  hasGap: boolean;
  isOver: boolean;
}

/**
 * Read what the journal holds of some runs, from after a seq to its end.
 *
 * @returns null when there is no journal of this kernel (any more).
 * @throws RuntimeError when the runtime does not answer; nothing is known then.
 */
export async function readPast(
  server: Pick<JupyterServer, "journal">,
  kernelId: string,
  { wanted, after }: PastWish,
): Promise<Past | null> {
  const runs = new Map<string, Reading>();
  let through = after;
  let isGapBefore = false;
  for (;;) {
    const piece = await server.journal(kernelId, through);
    if (piece === null) return null;
    if (piece.gap !== null) {
      through = piece.gap.to;
      isGapBefore = true;
      for (const run of runs.values()) if (!run.isOver) run.hasGap = true;
      continue;
    }
    const records = recordsIn(piece.body);
    const last = records.at(-1);
    if (last === undefined) return { runs, through };
    for (const record of records) take(record, wanted, runs, isGapBefore);
    through = last.seq;
  }
}

function take(
  { message, at }: JournalRecord,
  wanted: ReadonlySet<string>,
  runs: Map<string, Reading>,
  isGapBefore: boolean,
): void {
  try {
    const runId = parentIdOf(message);
    if (!wanted.has(runId)) return;
    const event = runEvent(decodeMessage(message));
    if (event === null) return;
    // The kernel's first word about a run is that it is busy with it.
    const isBeginning = event.type === "started" && event.executionCount === null;
    const run = runs.get(runId) ?? { events: [], hasGap: isGapBefore && !isBeginning, isOver: false };
    runs.set(runId, run);
    run.events.push({ event, at });
    if (event.type === "idle") run.isOver = true;
  } catch (error) {
    // No kernel message; the live socket passes such a record over, too.
    if (!(error instanceof WireError || error instanceof SyntaxError)) throw error;
  }
}
