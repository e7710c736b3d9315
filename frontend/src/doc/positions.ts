/**
 * Where a cell stands among the others: a base-62 fraction written as a string (SPEC 1.6). The twin is
 * `hub/src/runhere_hub/doc/positions.py`; both read `protocol/examples/positions/`.
 *
 * New positions are random, so that two people who insert at the same place do not collide, and the cells of one pasted block share one
 * random prefix, so that two blocks do not interleave. At the ends of a notebook steps are small against the room that is left: writing
 * downwards for years keeps positions short.
 */
import type { CellId } from "../core/cell.ts";
import { DocumentError } from "../core/errors.ts";

/** Numbers in [0, 1). */
export type Random = () => number;

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE = 62n;
const WIDTH = 8;
// Two people who insert at the same place meet with a chance of one in this many.
const ROOM = BASE ** 4n;
const POSITION = /^[0-9A-Za-z]*[1-9A-Za-z]$/;

export function isPosition(value: unknown): value is string {
  return typeof value === "string" && POSITION.test(value) && !value.endsWith("\n");
}

/** Sort order of cells: by position, ties by cell id, both compared as ASCII strings. */
export function compareCells(a: { position: string; id: CellId }, b: { position: string; id: CellId }): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** A position strictly between two others; `null` is no limit. Limits without room (equal or reversed): above `low`. */
export function positionBetween(low: string | null, high: string | null, random: Random): string {
  return trimmed(prefixBetween(low, high, random));
}

/** `count` ascending positions between two others, evenly spread behind one random prefix. */
export function positionsBetween(low: string | null, high: string | null, count: number, random: Random): string[] {
  if (count === 1) return [positionBetween(low, high, random)];
  const prefix = prefixBetween(low, high, random);
  let width = 1;
  while (BASE ** BigInt(width) < BigInt(count) * 64n) width += 1;
  const stride = BASE ** BigInt(width) / BigInt(count + 1);
  return Array.from({ length: count }, (_, index) => trimmed(prefix + written(stride * BigInt(index + 1), width)));
}

/** Digits, all of them with their trailing zeros, such that they and everything that begins with them lies between the limits. */
function prefixBetween(low: string | null, high: string | null, random: Random): string {
  for (const limit of [low, high]) {
    if (limit !== null && !isPosition(limit))
      throw new DocumentError("position_invalid", "This is not a cell position.", { limit });
  }
  const above = low !== null && high !== null && low >= high ? null : high;
  for (let width = WIDTH; ; width += 1) {
    const bottom = low === null ? 0n : read(low, width);
    const top = above === null ? BASE ** BigInt(width) : read(above, width);
    const room = top - bottom - 1n;
    if (room >= ROOM) return written(picked({ low, high: above, bottom, top, room, width }, random), width);
  }
}

interface Gap {
  low: string | null;
  high: string | null;
  bottom: bigint;
  top: bigint;
  room: bigint;
  width: number;
}

function picked({ low, high, bottom, top, room, width }: Gap, random: Random): bigint {
  const largest = BASE ** BigInt(width - 3);
  const step = below(room < largest ? room : largest, width, random);
  if (low === null && high === null) return top / 2n + step;
  if (high === null) return bottom + 1n + step;
  if (low === null) return top - 1n - step;
  return bottom + 1n + room / 4n + below(room / 2n, width, random);
}

function below(limit: bigint, width: number, random: Random): bigint {
  let value = 0n;
  for (let digit = 0; digit < width; digit += 1) value = value * BASE + BigInt(Math.floor(random() * 62));
  return value % limit;
}

function read(position: string, width: number): bigint {
  let value = 0n;
  for (let at = 0; at < width; at += 1) {
    const digit = position[at];
    value = value * BASE + (digit === undefined ? 0n : BigInt(DIGITS.indexOf(digit)));
  }
  return value;
}

function written(value: bigint, width: number): string {
  let text = "";
  let rest = value;
  for (let at = 0; at < width; at += 1) {
    text = (DIGITS[Number(rest % BASE)] ?? "") + text;
    rest /= BASE;
  }
  return text;
}

function trimmed(digits: string): string {
  return digits.replace(/0+$/, "");
}
