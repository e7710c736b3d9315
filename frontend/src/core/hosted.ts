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

/** Address of a hosted runtime, with a final slash. */
export function hostedUrl(hubOrigin: string, id: string): string {
  return `${hubOrigin}/rt/${id}/`;
}

/** The id in such an address; null: it is a runtime elsewhere. */
export function hostedId(baseUrl: string, hubOrigin: string): string | null {
  const rest = baseUrl.startsWith(`${hubOrigin}/rt/`) ? baseUrl.slice(hubOrigin.length + 4) : "";
  return /^([0-9a-f]{32})\/$/.exec(rest)?.[1] ?? null;
}
