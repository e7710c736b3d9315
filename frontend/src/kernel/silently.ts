/** Requests that leave no trace with the person: not in the history, the outputs, the count of executions or the namespace. */
import { type Asker, ask } from "./ask.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface SilentRequest {
  /** Runs before the expressions; "" where they are enough. */
  readonly code: string;
  /** By a name of the asker's. */
  readonly expressions: Readonly<Record<string, string>>;
  /** A kernel that runs a cell answers when it is done with it. */
  readonly withinMs: number;
  /** Whether it may wait for a line to the kernel. */
  readonly waitsForLine?: boolean;
}

/** What the kernel says an expression is worth. */
export type Worth =
  | { readonly status: "ok"; readonly data: unknown }
  | { readonly status: "error"; readonly ename: string; readonly evalue: string };

/** A kernel throws away what waits behind a cell that fails, as the rest of a queue. It takes it again as soon as that is done. */
const MOST_ABORTS = 5;

/** The reply's content; null when none came. What is thrown away is asked again: it is no part of anybody's queue. */
export async function executeSilently(asker: Asker, request: SilentRequest): Promise<Fields | null> {
  const { code, expressions, withinMs, waitsForLine = false } = request;
  const content = {
    code,
    silent: true,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false,
    user_expressions: expressions,
  };
  const question = { channel: "shell", type: "execute_request", content, withinMs, waitsForLine } as const;
  let reply = await ask(asker, question);
  for (let aborts = 0; reply?.content["status"] === "aborted" && aborts < MOST_ABORTS; aborts += 1) {
    reply = await ask(asker, question);
  }
  return reply?.content ?? null;
}

/** A MIME bundle of the expression's value, or the kernel's own error; null when nobody answered. */
export async function evaluateSilently(
  asker: Asker,
  expression: string,
  limits: Pick<SilentRequest, "withinMs" | "waitsForLine">,
): Promise<Worth | null> {
  const content = await executeSilently(asker, { ...limits, code: "", expressions: { asked: expression } });
  if (content === null) return null;
  // A kernel that failed before it came to the expression says so beside it.
  const told = fields(fields(content["user_expressions"])["asked"] ?? content);
  if (told["status"] === "ok") return { status: "ok", data: told["data"] };
  return { status: "error", ename: String(told["ename"]), evalue: String(told["evalue"]) };
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
