/** Functions that code of a kernel registered for its outputs (`output.register_callback`), called from an output. */
import { type Asker, ask } from "./ask.ts";
import { RuntimeError } from "./errors.ts";

/** A kernel that runs a cell answers when it is done with it. */
const WITHIN_MS = 600_000;

/**
 * @param call JSON text of `{name, args, kwargs}`.
 * @returns what the function gave, as a MIME bundle; null: nobody answered.
 * @throws RuntimeError `call_failed` with the function's own error.
 */
export async function invokeFunction(asker: Asker, call: string): Promise<{ readonly data: unknown } | null> {
  // A JSON text is a Python string too; nothing of it can be code.
  const expression = `__import__("runhere").output.invoke_registered(${JSON.stringify(call)})`;
  const reply = await ask(asker, {
    channel: "shell",
    type: "execute_request",
    content: {
      code: "",
      silent: true,
      store_history: false,
      allow_stdin: false,
      stop_on_error: false,
      user_expressions: { called: expression },
    },
    withinMs: WITHIN_MS,
  });
  if (reply === null) return null;
  const called = member(reply.content["user_expressions"], "called");
  if (member(called, "status") === "ok") return { data: member(called, "data") };
  const { ename, evalue } = (called ?? reply.content) as { readonly ename?: unknown; readonly evalue?: unknown };
  throw new RuntimeError("call_failed", `${String(ename)}: ${String(evalue)}`);
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}
