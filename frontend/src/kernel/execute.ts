/** What kernel messages mean for a run: outputs, state, questions. Pure. */
import type { Json } from "../core/notebook.ts";
import type { MimeBundle, OutputOp } from "../core/outputs.ts";
import { noticeOp } from "../core/run-notice.ts";
import { VIEW_MIME } from "../core/widget-state.ts";
import { type MessageWish, newMessage } from "./messages.ts";
import type { KernelMessage, OutgoingMessage } from "./wire.ts";

export type RunEvent =
  /** Operations of SPEC 4, in order. */
  | {
      readonly type: "ops";
      readonly ops: readonly OutputOp[];
      /** They say that others were dropped. */
      readonly isTooFast?: true;
    }
  /** The kernel began. `executionCount` null: not told yet. */
  | { readonly type: "started"; readonly executionCount: number | null }
  | {
      readonly type: "replied";
      /** `aborted`: never ran, because an earlier cell failed. */
      readonly status: "ok" | "error" | "aborted";
      readonly executionCount: number | null;
      /** Whether the error is the kernel's answer to an interrupt. */
      readonly interrupted: boolean;
    }
  /** Everything of this run has been published, but for what its threads print later. */
  | { readonly type: "idle" }
  | { readonly type: "input"; readonly prompt: string; readonly password: boolean; readonly request: KernelMessage };

/**
 * What the message means for the run that its parent names; null when nothing.
 *
 * @param session of this browser's requests; null where no stock server is between.
 */
export function runEvent(message: KernelMessage, session: string | null = null): RunEvent | null {
  const { content } = message;
  if (isServersLimit(message, session)) return { type: "ops", ops: [noticeOp("too_fast")], isTooFast: true };
  switch (message.header.msg_type) {
    case "status":
      return statusEvent(content["execution_state"]);
    case "execute_input":
      return { type: "started", executionCount: count(content["execution_count"]) };
    case "execute_reply":
      return replied(content);
    case "input_request":
      return {
        type: "input",
        prompt: text(content["prompt"]),
        password: content["password"] === true,
        request: message,
      };
    default: {
      const ops = outputOps(message);
      return ops.length === 0 ? null : { type: "ops", ops };
    }
  }
}

/** A stock server that drops output says so on stderr, in our session's name: what running code prints has the kernel's. */
function isServersLimit({ header, content }: KernelMessage, session: string | null): boolean {
  return (
    header.msg_type === "stream" &&
    header.session === session &&
    /^IOPub (?:message|data) rate exceeded/.test(text(content["text"]))
  );
}

function statusEvent(state: unknown): RunEvent | null {
  if (state === "busy") return { type: "started", executionCount: null };
  return state === "idle" ? { type: "idle" } : null;
}

function replied(content: KernelMessage["content"]): RunEvent {
  const { status } = content;
  return {
    type: "replied",
    status: status === "ok" || status === "aborted" ? status : "error",
    executionCount: count(content["execution_count"]),
    interrupted: content["ename"] === "KeyboardInterrupt",
  };
}

/** The operations of SPEC 4 that an iopub message asks for; none for any other message. */
export function outputOps(message: KernelMessage): readonly OutputOp[] {
  const { content } = message;
  switch (message.header.msg_type) {
    case "stream":
      return [
        { op: "output", output: { output_type: "stream", name: text(content["name"]), text: text(content["text"]) } },
      ];
    case "display_data":
      return [display(message)];
    case "execute_result":
      return [result(message)];
    case "update_display_data":
      return updates(content);
    case "clear_output":
      return [{ op: "clear", wait: content["wait"] === true }];
    case "error":
      return [
        {
          op: "output",
          output: {
            output_type: "error",
            ename: text(content["ename"]),
            evalue: text(content["evalue"]),
            traceback: Array.isArray(content["traceback"]) ? content["traceback"].map(text) : [],
          },
        },
      ];
    default:
      return [];
  }
}

function display(message: KernelMessage): OutputOp {
  return {
    op: "output",
    output: { output_type: "display_data", data: bundle(message.content["data"]), metadata: metadataOf(message) },
  };
}

function result(message: KernelMessage): OutputOp {
  const { content } = message;
  return {
    op: "output",
    output: {
      output_type: "execute_result",
      data: bundle(content["data"]),
      metadata: metadataOf(message),
      execution_count: count(content["execution_count"]),
    },
  };
}

function updates(content: KernelMessage["content"]): readonly OutputOp[] {
  const id = displayIdOf(content);
  if (id === null) return [];
  const metadata = jsonRecord(content["metadata"]);
  return [{ op: "update_display", display_id: id, data: bundle(content["data"]), metadata }];
}

function metadataOf({ content, header }: KernelMessage): { readonly [key: string]: Json } {
  // A widget's state is kept beside its view, by an update like any other: so it has a display id.
  const id = displayIdOf(content) ?? (VIEW_MIME in bundle(content["data"]) ? `widget-${header.msg_id}` : null);
  const metadata = jsonRecord(content["metadata"]);
  return id === null ? metadata : { ...metadata, runhere: { display_id: id } };
}

function displayIdOf(content: KernelMessage["content"]): string | null {
  const { transient } = content;
  const id =
    typeof transient === "object" && transient !== null && "display_id" in transient ? transient.display_id : null;
  return typeof id === "string" && id !== "" ? id : null;
}

function bundle(value: unknown): MimeBundle {
  return jsonRecord(value);
}

/** Kernel messages are parsed JSON, so a record in them holds JSON only. */
function jsonRecord(value: unknown): { readonly [key: string]: Json } {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as { readonly [key: string]: Json }) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export interface ExecuteWish extends Pick<MessageWish, "session" | "now"> {
  readonly runId: string;
  readonly code: string;
  readonly cellId: string;
}

/** The request whose `msg_id` is the run's id. */
export function executeRequest({ runId, code, cellId, session, now }: ExecuteWish): OutgoingMessage {
  return newMessage({
    msgId: runId,
    type: "execute_request",
    channel: "shell",
    session,
    now,
    content: {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: true,
      stop_on_error: true,
    },
    // ipykernel's debugger and JupyterLab know cells by this key.
    metadata: { cellId, cell_id: cellId },
  });
}

export interface InputWish extends Pick<MessageWish, "session" | "now" | "msgId"> {
  /** Header of the `input_request`. */
  readonly header: KernelMessage["header"];
  readonly value: string;
}

/** The answer to an `input` event. */
export function inputReply({ header, value, msgId, session, now }: InputWish): OutgoingMessage {
  return newMessage({
    msgId,
    type: "input_reply",
    channel: "stdin",
    session,
    now,
    parent: header,
    content: { status: "ok", value },
  });
}
