/** Hosted runtimes: where they are, and what is known of one. The hub stands between the page and them. */

export type HostedState = "absent" | "starting" | "ready" | "failed";

export interface HostedStatus {
  readonly id: string;
  readonly provider: string;
  readonly state: HostedState;
  /** How far starting is; null: nobody knows. */
  readonly percent: number | null;
  /** What it does now, or why it failed; "" where nothing is told. */
  readonly message: string;
  /** When it stops because nothing runs, ms since 1970; null: not soon. */
  readonly stopsAt: number | null;
}

/**
 * Address of a hosted runtime, with a final slash. `place` is where the hub says that they are: `*` stands for the id, in
 * the path below the hub's origin or in the name of a host.
 */
export function hostedUrl(place: string, id: string): string {
  return place.replace("*", id);
}

/** The id in such an address; null: it is a runtime elsewhere. */
export function hostedId(baseUrl: string, place: string | null): string | null {
  const [before = "", after = ""] = place?.split("*") ?? [];
  if (after === "" || !baseUrl.startsWith(before) || !baseUrl.endsWith(after)) return null;
  const id = baseUrl.slice(before.length, -after.length);
  return /^[0-9a-f]{32}$/.test(id) ? id : null;
}
