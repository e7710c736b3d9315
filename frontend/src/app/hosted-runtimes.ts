/** The way to one's hosted runtime: a ticket of the hub's is traded for a pass at the runtime's own door. */
import type { HubClient } from "../api/client.ts";
import { ApiError, errorOf, HubUnreachable } from "../api/errors.ts";
import { hostedId } from "../core/hosted.ts";
import { RuntimeError } from "../kernel/errors.ts";

/**
 * A fresh pass to the hosted runtime at this address; null when there is none to be had: it is somebody else's, or one is
 * signed out.
 *
 * @throws HubUnreachable: it may be had later.
 * @throws RuntimeError: the hub answers, and the runtime's own host does not: no such name, or no certificate for it.
 */
export async function newPass(hub: HubClient, baseUrl: string, place: string | null): Promise<string | null> {
  const id = hostedId(baseUrl, place);
  if (id === null) return null;
  try {
    return await trade(baseUrl, await hub.hostedTicket(id));
  } catch (error) {
    if (error instanceof HubUnreachable || error instanceof RuntimeError) throw error;
    if (error instanceof ApiError) return null;
    throw error;
  }
}

async function trade(baseUrl: string, ticket: string): Promise<string> {
  const answer = await fetch(`${baseUrl}pass`, {
    method: "POST",
    // No header besides: a runtime's own host lists what it takes from another origin.
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticket }),
    credentials: "omit",
    redirect: "error",
  }).catch((error: unknown) => {
    if (baseUrl.startsWith(`${location.origin}/`)) throw new HubUnreachable(error);
    throw new RuntimeError("runtime_unreachable", "The host of the runtime does not answer.", { path: "pass" });
  });
  if (!answer.ok) throw errorOf(answer.status, await answer.json().catch(() => null));
  // The shape is the hub's promise; this door is not in its OpenAPI.
  return ((await answer.json()) as { readonly token: string }).token;
}
