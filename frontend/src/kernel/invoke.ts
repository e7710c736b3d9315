/** Functions that code of a kernel registered for its outputs (`output.register_callback`), called from an output. */
import type { Asker } from "./ask.ts";
import { RuntimeError } from "./errors.ts";
import { evaluateSilently } from "./silently.ts";

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
  const worth = await evaluateSilently(asker, expression, { withinMs: WITHIN_MS });
  if (worth === null || worth.status === "ok") return worth;
  throw new RuntimeError("call_failed", `${worth.ename}: ${worth.evalue}`);
}
