/**
 * What was heard of the kernel's runs that this tab does not write: another tab does, or a page before this one did.
 *
 * When this tab takes such a run over, it must neither repeat nor lose an output. Of a run heard from its very beginning, what was heard is the
 * whole truth and replaces what the record holds. Of a run heard from somewhere in the middle, what was heard since is added.
 */
import type { RunId } from "../core/notebook.ts";
import { type Folded, foldOps, NOTHING_FOLDED, type Output, type OutputOp } from "../core/outputs.ts";
import type { RunEvent } from "../kernel/execute.ts";

export interface Heard {
  /** Heard from its first message on. */
  readonly isWhole: boolean;
  readonly folded: Folded;
  /** Operations in order; kept only while the run is not whole. */
  readonly ops: readonly OutputOp[];
  readonly executionCount: number | null;
  readonly reply: Extract<RunEvent, { type: "replied" }> | null;
  readonly isIdle: boolean;
  readonly input: Extract<RunEvent, { type: "input" }> | null;
}

const NOTHING: Heard = {
  isWhole: false,
  folded: NOTHING_FOLDED,
  ops: [],
  executionCount: null,
  reply: null,
  isIdle: false,
  input: null,
};

/** Runs of others end, or are forgotten: so many are kept. */
const KEPT = 100;

export class RunWatch {
  readonly #heard = new Map<RunId, Heard>();

  knows(runId: RunId): boolean {
    return this.#heard.has(runId);
  }

  heard(runId: RunId, event: RunEvent): void {
    const before = this.#heard.get(runId);
    // The kernel's first word about a run is that it is busy with it.
    const isFirst = before === undefined && event.type === "started" && event.executionCount === null;
    this.#heard.set(runId, afterEvent(before ?? { ...NOTHING, isWhole: isFirst }, event));
    if (this.#heard.size > KEPT) this.#forgetOldest();
  }

  /** What was heard of it, which is then forgotten here. */
  take(runId: RunId): Heard {
    const heard = this.#heard.get(runId) ?? NOTHING;
    this.#heard.delete(runId);
    return heard;
  }

  clear(): void {
    this.#heard.clear();
  }

  #forgetOldest(): void {
    const oldest = this.#heard.keys().next();
    if (!oldest.done) this.#heard.delete(oldest.value);
  }
}

/** What these events of one run, from its first on, come to. */
export function heardIn(events: readonly RunEvent[]): Heard {
  const ops = events.flatMap((event) => (event.type === "ops" ? event.ops : []));
  const rest = events.filter((event) => event.type !== "ops");
  const told = rest.reduce(afterEvent, { ...NOTHING, isWhole: events.length > 0 });
  return { ...told, folded: foldOps(NOTHING_FOLDED, ops) };
}

function afterEvent(heard: Heard, event: RunEvent): Heard {
  switch (event.type) {
    case "ops":
      return heard.isWhole
        ? { ...heard, folded: foldOps(heard.folded, event.ops) }
        : { ...heard, ops: [...heard.ops, ...event.ops] };
    case "started":
      return { ...heard, executionCount: event.executionCount ?? heard.executionCount };
    case "replied":
      return { ...heard, reply: event, input: null };
    case "idle":
      return { ...heard, isIdle: true, input: null };
    case "input":
      return { ...heard, input: event };
  }
}

/** The operations that bring the record of a run, which holds these outputs, to what was heard. */
export function catchUp({ isWhole, folded, ops }: Heard, recorded: readonly Output[]): readonly OutputOp[] {
  if (!isWhole) return ops.slice(alreadyRecorded(ops, recorded));
  const clear: OutputOp = { op: "clear", wait: false };
  const again = folded.outputs.map((output): OutputOp => ({ op: "output", output }));
  const pending: OutputOp[] = folded.clearPending ? [{ op: "clear", wait: true }] : [];
  return [clear, ...again, ...pending];
}

/**
 * How many of the first operations the record ends with: its writer lived while they were heard. A stock server numbers no messages, so text is
 * compared, and the longest match is taken, because a writer records at once; code that prints the same again and again may lose a piece here.
 */
function alreadyRecorded(ops: readonly OutputOp[], recorded: readonly Output[]): number {
  const last = recorded.at(-1);
  // A text that is kept as a blob is not at hand.
  if (last?.output_type !== "stream" || typeof last.text !== "string") return 0;
  const recordedText = last.text;
  let text = "";
  let count = 0;
  for (const [index, op] of ops.entries()) {
    if (op.op !== "output" || op.output.output_type !== "stream" || op.output.name !== last.name) break;
    text += op.output.text;
    if (text.length > recordedText.length) break;
    if (recordedText.endsWith(text)) count = index + 1;
  }
  return count;
}

/** Changes of other runs' displays, which the run's own outputs do not show. */
export function updatesOfOthers(events: readonly RunEvent[]): readonly OutputOp[] {
  const ops = events.flatMap((event) => (event.type === "ops" ? event.ops : []));
  const own = new Set(ops.flatMap((op) => (op.op === "output" ? [displayIdOf(op)] : [])));
  return ops.filter((op) => op.op === "update_display" && !own.has(op.display_id));
}

function displayIdOf({ output }: Extract<OutputOp, { op: "output" }>): unknown {
  const ours = "metadata" in output ? output.metadata["runhere"] : null;
  return typeof ours === "object" && ours !== null && "display_id" in ours ? ours["display_id"] : null;
}
