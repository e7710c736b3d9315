/**
 * What a stock server dropped of a run because it came too fast, filled in from what the kernel still has of it (ADR 56). What the kernel has let
 * go of stays missing, and marked. No effects.
 */
import { type Folded, foldOps, NOTHING_FOLDED, type OutputOp } from "../core/outputs.ts";
import { noticeIn, noticeOp } from "../core/run-notice.ts";
import type { RestOfRun } from "../kernel/recorder.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import {
  eventsOf,
  type HeardEvent,
  inPlace,
  isMissedWidget,
  type Known,
  type RunTold,
  toldOf,
} from "./recorded-run.ts";
import type { SentRun } from "./sent-runs.ts";

/** What a run showed when nothing of it was missing, and up to which message that was (null: it had said nothing yet). */
export interface Whole {
  readonly folded: Folded;
  readonly through: string | null;
}

/** What a page that is gone showed before its first mark, told by what it kept of the run: nothing, or nothing that can be gone on from. */
export function wholesBefore(folded: Folded, { drops, hasStrayed }: SentRun): readonly Whole[] {
  const at = folded.outputs.findIndex((output) => noticeIn(output) === "too_fast");
  if (at < 0 || drops?.isFillable !== true) return [];
  const before: Whole = {
    folded: { outputs: folded.outputs.slice(0, at), clearPending: false },
    through: drops.after,
  };
  return hasStrayed === true ? [before] : [{ folded: NOTHING_FOLDED, through: null }, before];
}

/** More than a kernel keeps of one run (8 MiB, some 500 bytes a message): what was heard before so many, it has let go of. */
const MOST_KEPT = 20_000;

/** A run of which the server drops some: what it showed when that began, and what was heard since. */
export class Drops {
  readonly before: Whole;
  /** What is shown, but for `#heard`. */
  #shown: Folded;
  /** The last of what was heard, in order. */
  #heard: HeardEvent[] = [];

  constructor(before: Whole) {
    this.before = before;
    this.#shown = foldOps(before.folded, [noticeOp("too_fast")]);
  }

  heard(one: HeardEvent): void {
    this.#heard.push(one);
    if (this.#heard.length < 2 * MOST_KEPT) return;
    this.#shown = foldOps(this.#shown, opsOf(this.#heard.splice(0, MOST_KEPT)));
  }

  /** With the mark, and with what was heard before the first of these messages of the kernel. */
  shownBefore(ids: ReadonlySet<string>): Folded {
    const at = this.#heard.findIndex(({ id }) => id !== null && ids.has(id));
    return foldOps(this.#shown, opsOf(at < 0 ? this.#heard : this.#heard.slice(0, at)));
  }
}

/** What is known of what was dropped of a run. */
export interface Dropped {
  /** The server said so, to this page. */
  readonly isTooFast: boolean;
  /** Nobody said so, but numbers are missing. */
  readonly isUnsaid: boolean;
  /** Since when; null: that is not known. */
  readonly drops: Drops | null;
  /** Of a page that is gone. */
  readonly earlier: readonly Whole[];
}

export interface Shown {
  /** The first one behind which the kernel has everything is gone on from. */
  readonly wholes: readonly Whole[];
  /** Null: it is not known what was heard behind them. */
  readonly drops: Drops | null;
  readonly isHeard: Known["isHeard"];
}

/** Told in place of what is shown; null: nothing can be filled in. */
export function filledIn(rest: RestOfRun, { wholes, drops, isHeard }: Shown): RunTold | null {
  for (const whole of wholes) {
    const behind = messagesBehind(rest, whole.through);
    if (behind !== null) return inPlace(toldOf(rest, markedEvents(behind, isHeard)), whole.folded);
  }
  if (drops === null) return null;
  const told = toldOf(rest, eventsOf(rest.messages));
  return inPlace(told, drops.shownBefore(told.ids));
}

function messagesBehind({ messages, isWhole }: RestOfRun, through: string | null): readonly KernelMessage[] | null {
  if (through === null) return isWhole ? messages : null;
  const at = messages.findIndex(({ header }) => header.msg_id === through);
  return at < 0 ? null : messages.slice(at + 1);
}

/** Of a widget's words the kernel keeps only that there was one: in place of the first that nobody heard stands the mark. */
function markedEvents(messages: readonly KernelMessage[], isHeard: Known["isHeard"]): readonly HeardEvent[] {
  const at = messages.findIndex((message) => isMissedWidget(message, isHeard));
  if (at < 0) return eventsOf(messages);
  const mark: HeardEvent = { id: null, event: { type: "ops", ops: [noticeOp("too_fast")] } };
  return [...eventsOf(messages.slice(0, at)), mark, ...eventsOf(messages.slice(at))];
}

function opsOf(events: readonly HeardEvent[]): readonly OutputOp[] {
  return events.flatMap(({ event }) => (event.type === "ops" ? event.ops : []));
}
