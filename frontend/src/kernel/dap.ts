/** Requests to a kernel's debugger (`debug_request`): the Debug Adapter Protocol, with what Jupyter adds, over the control channel. */
import type { Ask, Reply, StopOn } from "../core/debug-session.ts";
import { type Asker, ask } from "./ask.ts";
import type { KernelMessage } from "./wire.ts";

type Fields = Readonly<Record<string, unknown>>;

const SOON_MS = 10_000;
/** The debugger's first start imports it, on the kernel's own thread. */
const START_MS = 60_000;

/** Asks, and waits for the answer; null when none came in time, or the line is cut. */
export async function askDebugger(asker: Asker, what: Ask): Promise<Reply | null> {
  return await debugRequest(asker, what.command, argumentsOf(what), isStart(what) ? START_MS : SOON_MS);
}

/** The text of a file that the kernel can read; null when it cannot. */
export async function debugSource(asker: Asker, path: string): Promise<Reply | null> {
  return await debugRequest(asker, "source", { source: { path } }, SOON_MS);
}

/** The kernel's own list of its variables, which needs no debug session. */
export async function debugVariables(asker: Asker): Promise<Reply | null> {
  return await debugRequest(asker, "inspectVariables", {}, SOON_MS);
}

/** A variable of a frame as the kernel would display it; while nothing is held, any name of the kernel's, and `frameId` means nothing. */
export async function debugDisplay(
  asker: Asker,
  variableName: string,
  frameId: number,
  withinMs = SOON_MS,
): Promise<Reply | null> {
  return await debugRequest(asker, "richInspectVariables", { variableName, frameId }, withinMs);
}

/** The event in a message; null for any other message. */
export function debugEvent({
  header,
  content,
}: KernelMessage): { readonly event: string; readonly body: unknown } | null {
  const { event, body } = content;
  return header.msg_type === "debug_event" && typeof event === "string" ? { event, body } : null;
}

async function debugRequest(asker: Asker, command: string, more: Fields, withinMs: number): Promise<Reply | null> {
  const content = { type: "request", command, seq: nextSeq(), arguments: more };
  const message = await ask(asker, { channel: "control", type: "debug_request", content, withinMs });
  if (message === null) return null;
  const { success, body } = message.content;
  return { isOk: success === true, body };
}

let seq = 0;
function nextSeq(): number {
  seq += 1;
  return seq;
}

function isStart({ command }: Ask): boolean {
  return command === "initialize" || command === "attach";
}

function argumentsOf(what: Ask): Fields {
  switch (what.command) {
    case "initialize":
      return {
        clientID: "runhere",
        clientName: "Runhere",
        adapterID: "",
        pathFormat: "path",
        linesStartAt1: true,
        columnsStartAt1: true,
        supportsVariableType: true,
        supportsVariablePaging: false,
        supportsRunInTerminalRequest: false,
        locale: "en",
      };
    case "attach":
      // Else every exception inside of libraries, also of those that draw a traceback, would stop the cell.
      return { justMyCode: true };
    case "disconnect":
      return { restart: false, terminateDebuggee: false };
    case "dumpCell":
      return { code: what.code };
    case "setBreakpoints":
      return {
        breakpoints: what.lines.map((line) => ({ line })),
        source: { path: what.path },
        sourceModified: false,
      };
    case "setExceptionBreakpoints":
      return { filters: FILTERS[what.stopOn] };
    case "scopes":
      return { frameId: what.frameId };
    case "variables":
      return { variablesReference: what.reference };
    case "stackTrace":
    case "continue":
    case "next":
    case "stepIn":
    case "stepOut":
      return { threadId: what.threadId };
    default:
      return {};
  }
}

const FILTERS: Readonly<Record<StopOn, readonly string[]>> = {
  nothing: [],
  // IPython catches everything in the end: what leaves a person's own code is what nothing catches.
  unhandled: ["userUnhandled"],
  raised: ["raised"],
};
