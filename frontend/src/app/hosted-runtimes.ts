/** The hub's hosted runtimes as this page uses them: how mine is, start, stop, and a pass to it. */
import type { HubClient } from "../api/client.ts";
import { ApiError, HubUnreachable } from "../api/errors.ts";
import { hostedId } from "../core/hosted.ts";

/**
 * A fresh pass to the hosted runtime at this address; null when there is none to be had: it is somebody else's, or one is
 * signed out.
 *
 * @throws HubUnreachable: it may be had later.
 */
export async function newPass(hub: HubClient, baseUrl: string): Promise<string | null> {
  const id = hostedId(baseUrl, location.origin);
  if (id === null) return null;
  try {
    return await hub.hostedPass(id, await hub.hostedTicket(id));
  } catch (error) {
    if (error instanceof HubUnreachable) throw error;
    if (error instanceof ApiError) return null;
    throw error;
  }
}
