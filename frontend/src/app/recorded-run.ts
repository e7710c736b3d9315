/** What a kernel kept of a run, joined with what was heard of it: each message once, in the order in which they left the kernel. Pure. */
import { type Folded, foldOps } from "../core/outputs.ts";
import { type RunEvent, runEvent } from "../kernel/execute.ts";
import { laterOf } from "../kernel/message-numbers.ts";
import type { RecordedEnd, RunRecording } from "../kernel/recorder.ts";
import type { KernelMessage } from "../kernel/wire.ts";
import { type Heard, showing, updatesOfOthers } from "./run-watch.ts";

export interface HeardEvent {
  /** Of the kernel's message; null for what the server says itself. */
  readonly id: string | null;
  readonly event: RunEvent;
}

export type Replied = Extract<RunEvent, { type: "replied" }>;

/** Nothing of the run is missing up to the last of `ids`. */
export interface RunTold {
  readonly events: readonly HeardEvent[];
  /** Of all messages that it knows, also of those that mean nothing for a run. */
  readonly ids: ReadonlySet<string>;
  readonly last: string | null;
  /** How it ended, as a reply would say; null: it goes on. */
  readonly end: Replied | null;
}

export interface Known {
  /** A page that is gone heard, and stored, everything up to this message; null: that is not known. */
  readonly kept: string | null;
  readonly isHeard: (id: string) => boolean;
}

/** Null where a widget's word was missed: of those the kernel keeps only that there was one. */
export function toldBy(recording: RunRecording, { kept, isHeard }: Known): RunTold | null {
  const { messages } = recording;
  const fresh = messages.slice(1 + messages.findLastIndex(({ header }) => header.msg_id === kept));
  return fresh.some((message) => isMissedWidget(message, isHeard)) ? null : toldOf(recording, eventsOf(fresh));
}

export function isMissedWidget({ header }: KernelMessage, isHeard: Known["isHeard"]): boolean {
  return header.msg_type.startsWith("comm_") && !isHeard(header.msg_id);
}

export function eventsOf(messages: readonly KernelMessage[]): readonly HeardEvent[] {
  return messages.flatMap((message): HeardEvent[] => {
    const event = runEvent(message);
    return event === null ? [] : [{ id: message.header.msg_id, event }];
  });
}

/** All that the recording knows, told by these events. */
export function toldOf({ messages, end }: RunRecording, events: readonly HeardEvent[]): RunTold {
  const ids = new Set(messages.map(({ header }) => header.msg_id));
  const last = messages.reduce<string | null>((found, { header }) => laterOf(found, header.msg_id), null);
  return { events, ids, last, end: end === null ? null : repliedBy(end) };
}

/** What it tells, then what was heard that it does not know. */
export function joined({ events, ids }: RunTold, heard: readonly HeardEvent[]): readonly HeardEvent[] {
  return [...events, ...heard.filter(({ id }) => id === null || !ids.has(id))];
}

/** Of a run that a page took over from one that is gone: how it stands, and what was heard behind all that is told of it. */
export function heardBehind({ events, ids, end }: RunTold, heard: Heard): Heard {
  const counts = events.flatMap(({ event }) => (event.type === "started" ? [event.executionCount] : []));
  return {
    executionCount: heard.executionCount ?? counts.findLast((count) => count !== null) ?? end?.executionCount ?? null,
    reply: heard.reply ?? end,
    isIdle: heard.isIdle || end !== null,
    input: end === null ? heard.input : null,
    outputs: heard.outputs.filter(({ id }) => !ids.has(id)),
    lastId: heard.lastId,
  };
}

/** The same told as one change that shows these outputs, with what it tells after them, in place of what is shown. */
export function inPlace(told: RunTold, before: Folded): RunTold {
  const said = told.events.map(({ event }) => event);
  const ops = said.flatMap((event) => (event.type === "ops" ? event.ops : []));
  const shown: RunEvent = {
    type: "ops",
    ops: [...showing(foldOps(before, ops)), ...updatesOfOthers(said)],
  };
  return {
    ...told,
    events: [{ id: told.last, event: shown }, ...told.events.filter(({ event }) => event.type !== "ops")],
  };
}

function repliedBy({ executionCount, failed, ran }: RecordedEnd): Replied {
  const status = !ran ? "aborted" : failed === null ? "ok" : "error";
  return { type: "replied", status, executionCount, interrupted: failed === "KeyboardInterrupt" };
}
