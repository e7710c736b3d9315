import { RunhereError } from "../core/errors.ts";

/**
 * The runtime did not do what was asked.
 *
 * Codes: `runtime_unreachable` (no answer that the page can read: a stock server's 403 looks the same to a page of another origin),
 * `runtime_refused_token` (401 or 403, readable), `runtime_not_found` (404), `runtime_failed` (any other status; `facts.status`), `call_failed` (a function of the kernel's code raised).
 */
export class RuntimeError extends RunhereError {}
