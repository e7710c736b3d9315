/**
 * What was heard of the kernel's runs that this tab does not write: another tab does, or a page before this one did.
 *
 * When this tab takes such a run over, it must neither repeat nor lose an output. The record says up to which message of the kernel it holds
 * everything (SPEC 3.3), so what was heard after that one is added.
 */
import type { RunId } from "../core/notebook.ts";
import { type Folded, foldOps, NOTHING_FOLDED, type OutputOp } from "../core/outputs.ts";
import type { RunEvent } from "../kernel/execute.ts";
import { numberOf } from "../kernel/message-numbers.ts";

/** How a run stands, outputs apart. */
export interface Standing {
  readonly executionCount: number | null;
  readonly reply: Extract<RunEvent, { type: "replied" }> | null;
  readonly isIdle: boolean;
  readonly input: Extract<RunEvent, { type: "input" }> | null;
}

export interface Heard extends Standing {
  /** The kernel's last message, whatever it meant. */
  readonly lastId: string | null;
  readonly outputs: readonly HeardOutput[];
}

/** What one message of the kernel put out. */
export interface HeardOutput {
  readonly id: string;
  readonly ops: readonly OutputOp[];
  /** The server says in its place that it drops others. */
  readonly isTooFast?: true;
}

export interface Told extends Standing {
  readonly folded: Folded;
}

const NOTHING: Standing = { executionCount: null, reply: null, isIdle: false, input: null };

/** Runs of others end, or are forgotten: so many are kept. */
const KEPT = 100;
/** So many outputs may wait before those that the record holds are let go. */
const MANY = 200;

export class RunWatch {
  readonly #heard = new Map<RunId, { standing: Standing; outputs: HeardOutput[]; lastId: string | null }>();

  knows(runId: RunId): boolean {
    return this.#heard.has(runId);
  }

  /**
   * @param id of the message.
   * @param through up to which message the run's record holds everything, as far as this page was told.
   */
  heard(runId: RunId, event: RunEvent, id: string, through: string | null): void {
    const heard = this.#heard.get(runId) ?? { standing: NOTHING, outputs: [], lastId: null };
    this.#heard.set(runId, heard);
    heard.standing = afterEvent(heard.standing, event);
    if (event.type === "ops") heard.outputs.push(heardOutput(id, event));
    if (event.type !== "ops" || event.isTooFast !== true) heard.lastId = id;
    if (heard.outputs.length % MANY === 0) heard.outputs = [...notRecorded(heard.outputs, through)];
    if (this.#heard.size > KEPT) this.#forgetOldest();
  }

  /** What was heard of it, which is then forgotten here. */
  take(runId: RunId): Heard {
    const { standing, outputs, lastId } = this.#heard.get(runId) ?? { standing: NOTHING, outputs: [], lastId: null };
    this.#heard.delete(runId);
    return { ...standing, outputs, lastId };
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
export function heardIn(events: readonly RunEvent[]): Told {
  const ops = events.flatMap((event) => (event.type === "ops" ? event.ops : []));
  const standing = events.reduce(afterEvent, NOTHING);
  return { ...standing, folded: foldOps(NOTHING_FOLDED, ops) };
}

function heardOutput(id: string, { ops, isTooFast }: Extract<RunEvent, { type: "ops" }>): HeardOutput {
  return isTooFast === true ? { id, ops, isTooFast } : { id, ops };
}

function afterEvent(before: Standing, event: RunEvent): Standing {
  switch (event.type) {
    case "ops":
      return before;
    case "started":
      return { ...before, executionCount: event.executionCount ?? before.executionCount };
    case "replied":
      return { ...before, reply: event, input: null };
    case "idle":
      return { ...before, isIdle: true, input: null };
    case "input":
      return { ...before, input: event };
  }
}

/** Operations that make a record show this and nothing else. */
export function showing({ outputs, clearPending }: Folded): readonly OutputOp[] {
  const clear: OutputOp = { op: "clear", wait: false };
  const again = outputs.map((output): OutputOp => ({ op: "output", output }));
  const pending: OutputOp[] = clearPending ? [{ op: "clear", wait: true }] : [];
  return [clear, ...again, ...pending];
}

/** What was heard after the message up to which the record holds everything. */
export function notRecorded(heard: readonly HeardOutput[], through: string | null): readonly HeardOutput[] {
  if (through === null) return heard;
  const at = heard.findLastIndex(({ id }) => id === through);
  // Its writer may have heard more than what reached this tab before it died: then only the numbers in the ids tell.
  return at < 0 ? heard.filter(({ id }) => !isUpTo(id, through)) : heard.slice(at + 1);
}

function isUpTo(id: string, through: string): boolean {
  const [one, other] = [numberOf(id), numberOf(through)];
  return one !== null && other !== null && one.series === other.series && one.n <= other.n;
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
