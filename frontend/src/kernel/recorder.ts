/** What a kernel of a plain server kept of what it published (`recorder-python.ts`): put there, and read back, by run. */
import type { RunId } from "../core/notebook.ts";
import type { Asker, KernelFacts } from "./ask.ts";
import { askBeside } from "./ask-beside.ts";
import { newId, newMessage } from "./messages.ts";
import {
  INSTALL_RECORDER,
  RECORD,
  RECORD_MIME,
  RECORD_PREFIX,
  RECORD_VERSION,
  WHAT_IS_LEFT,
} from "./recorder-python.ts";
import type { KernelMessage, OutgoingMessage } from "./wire.ts";

/** How a run ended, in what the kernel published of it. */
export interface RecordedEnd {
  readonly executionCount: number | null;
  /** Name of the error that ended it. */
  readonly failed: string | null;
  /** False: it was passed over. */
  readonly ran: boolean;
}

/** What was published of a run after some message, with nothing left out. */
export interface RunRecording {
  /** In the order in which they left the kernel. Of a widget's words only the names are there. */
  readonly messages: readonly KernelMessage[];
  /** Null: it has not ended. */
  readonly end: RecordedEnd | null;
}

/** What a kernel still has of a run: its end, and all of it unless it was long. */
export interface RestOfRun extends RunRecording {
  /** It begins with the run's first word. */
  readonly isWhole: boolean;
}

interface Piece {
  readonly isWhole: boolean;
  readonly messages: readonly KernelMessage[];
  /** Where the next piece begins; null: this is the last one. */
  readonly rest: number | null;
  readonly end: RecordedEnd | null;
}

export interface ReadWish {
  readonly runId: RunId;
  /** The last message that is known; null: none, all from the run's beginning on is asked for. */
  readonly after: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** As long as code may hold the interpreter, or a slow line take for one piece: without the answer the run is marked for good. */
const ANSWER_MS = 20_000;

/** Whether the recorder fits this kernel. ipykernel 6 answers its debugger's requests and does not say so beforehand. */
export function takesRecorder({ language, implementation }: KernelFacts): boolean {
  return language === "python" && implementation === "ipython";
}

/** The request that puts the recorder there, for whoever sends it; it may be sent again at any time. */
export function installRequest({ session, clock }: Omit<Asker, "port">): OutgoingMessage {
  return newMessage({
    msgId: newId(clock.random),
    type: "execute_request",
    channel: "shell",
    session,
    now: clock.now(),
    content: {
      code: INSTALL_RECORDER,
      silent: true,
      store_history: false,
      allow_stdin: false,
      stop_on_error: false,
      user_expressions: {},
    },
  });
}

/** Null: the kernel cannot say, or not all of it. */
export async function readRun(asker: Asker, { runId, after }: ReadWish): Promise<RunRecording | null> {
  const first = await pieceOf(asker, [runId, after, 0]);
  return after === null && first?.isWhole === false ? null : await recordingFrom(asker, runId, first);
}

/** All that the kernel still has of it; null: it cannot say. */
export async function readRest(asker: Asker, runId: RunId): Promise<RestOfRun | null> {
  const first = await pieceOf(asker, [runId, null, WHAT_IS_LEFT]);
  const recording = await recordingFrom(asker, runId, first);
  return recording === null || first === null ? null : { ...recording, isWhole: first.isWhole };
}

async function recordingFrom(asker: Asker, runId: RunId, first: Piece | null): Promise<RunRecording | null> {
  const messages: KernelMessage[] = [];
  let piece = first;
  while (piece !== null) {
    messages.push(...piece.messages);
    if (piece.rest === null) return { messages, end: piece.end };
    piece = await pieceOf(asker, [runId, null, piece.rest]);
  }
  return null;
}

async function pieceOf(asker: Asker, words: readonly [RunId, string | null, number]): Promise<Piece | null> {
  const where = { prefix: RECORD_PREFIX, shownBy: RECORD, mime: RECORD_MIME };
  const told = fields(await askBeside(asker, { ...where, words, withinMs: ANSWER_MS }));
  if (told["is"] !== "messages" || told["version"] !== RECORD_VERSION || !Array.isArray(told["messages"])) return null;
  const { rest } = told;
  return {
    isWhole: told["whole"] === true,
    messages: told["messages"].map((one) => message(one, words[0])),
    rest: typeof rest === "number" ? rest : null,
    end: endIn(told["end"]),
  };
}

function message(told: unknown, runId: RunId): KernelMessage {
  const [id, type, content] = (Array.isArray(told) ? told : []).map(String);
  const header = { msg_id: id ?? "", msg_type: type ?? "", session: "", username: "", date: "", version: "5.4" };
  return {
    channel: "iopub",
    header,
    parent_header: { msg_id: runId },
    metadata: {},
    content: content ? fields(JSON.parse(content)) : {},
    buffers: [],
  };
}

function endIn(told: unknown): RecordedEnd | null {
  const { count, failed, ran } = fields(told);
  if (typeof ran !== "boolean") return null;
  return {
    executionCount: typeof count === "number" ? count : null,
    failed: typeof failed === "string" ? failed : null,
    ran,
  };
}

function fields(value: unknown): Fields {
  // Known to be an object by the test beside it.
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
