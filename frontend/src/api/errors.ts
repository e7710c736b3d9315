/**
 * What asking the hub can end in. Part of the tree of `core/errors.ts`:
 *
 *   RunhereError
 *   └─ ApiError          code and message are the hub's; `status` is HTTP's
 *      └─ HubUnreachable   no answer at all (`hub_unreachable`, status 0)
 */
import { RunhereError } from "../core/errors.ts";

export type Details = Readonly<Record<string, unknown>>;

export class ApiError extends RunhereError {
  readonly status: number;
  readonly details: Details;

  constructor(status: number, code: string, message: string, details: Details = {}, cause?: unknown) {
    super(code, message, { status }, cause);
    this.status = status;
    this.details = details;
  }
}

/** The hub did not answer: it is stopped, or the network is down. Nobody knows whether the request arrived. */
export class HubUnreachable extends ApiError {
  constructor(cause: unknown) {
    super(0, "hub_unreachable", "The hub does not answer. Is it still running?", {}, cause);
  }
}

/** The error that an answer of the hub stands for; an answer that is not of ours (a proxy's page) is told as such. */
export function errorOf(status: number, body: unknown): ApiError {
  if (isErrorBody(body)) return new ApiError(status, body.code, body.message, body.details ?? {});
  return new ApiError(status, "unexpected_answer", `The hub answered with HTTP ${status}.`, { status });
}

function isErrorBody(body: unknown): body is { code: string; message: string; details?: Details } {
  if (typeof body !== "object" || body === null) return false;
  const { code, message } = body as Record<string, unknown>;
  return typeof code === "string" && typeof message === "string";
}
