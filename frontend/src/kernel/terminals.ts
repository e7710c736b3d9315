/** The terminals of a Jupyter server (`api/terminals`, `terminals/websocket/<name>`): plain Jupyter and the companion alike. */
import { RuntimeError } from "./errors.ts";
import type { Transport } from "./transport.ts";

export interface TerminalModel {
  /** Given by the server: `1`, `2`, … */
  readonly name: string;
}

/**
 * The running terminals, of whichever client; null when the server has none to offer (they are switched off, or this system has no pty).
 *
 * @throws RuntimeError when the server does not answer.
 */
export async function listTerminals(transport: Transport): Promise<readonly TerminalModel[] | null> {
  try {
    const answer = await transport.request("api/terminals");
    return Array.isArray(answer) ? answer.map(model) : [];
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    if (error.code === "runtime_not_found") return null;
    // A stock server's 404 carries no CORS header: to a page of another origin it looks like no answer at all.
    if (error.code !== "runtime_unreachable") throw error;
    await transport.request("api/kernels");
    return null;
  }
}

/**
 * Starts a shell on the server's machine.
 *
 * @param folder relative to the server's root; where it is not there the shell starts in the root.
 * @throws RuntimeError; no terminal was started then, unless the answer got lost.
 */
export async function startTerminal(transport: Transport, folder: string): Promise<TerminalModel> {
  const body = folder === "" ? {} : { cwd: folder };
  return model(await transport.request("api/terminals", { method: "POST", body }));
}

/**
 * Ends the shell and what runs in it. Nothing happens when it is gone already.
 *
 * @throws RuntimeError
 */
export async function endTerminal(transport: Transport, name: string): Promise<void> {
  const running = await listTerminals(transport);
  if (!running?.some((one) => one.name === name)) return;
  await transport.request(`api/terminals/${encodeURIComponent(name)}`, { method: "DELETE" });
}

function model(value: unknown): TerminalModel {
  const name = typeof value === "object" && value !== null && "name" in value ? value.name : null;
  if (typeof name !== "string")
    throw new RuntimeError("runtime_failed", "The runtime describes a terminal without a name.");
  return { name };
}
