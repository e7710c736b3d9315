/** Sources as they were taken at a gesture: what is typed meanwhile changes nothing of them. */
import { digestOf } from "./digest.ts";
import type { Captured } from "./run-gate.ts";

/** How much of its cell a run ran. */
export type RunExtent = "whole" | "part";

/** What was taken at a gesture. */
export interface Taken extends Omit<Captured, "digest"> {
  /** What stood in the cell, where the source is a part of it: that is judged. */
  readonly judged?: string;
  readonly extent?: RunExtent;
}

export async function withDigests(taken: readonly Omit<Captured, "digest">[]): Promise<readonly Captured[]> {
  const digests = await Promise.all(taken.map(({ source }) => digestOf(source)));
  return taken.map((one, index) => ({ ...one, digest: digests[index] ?? "" }));
}
