/** How long to wait before the next try, what ends the wait early, and when there may be no later. */
import { Listeners } from "../core/observable.ts";

const FIRST_MS = 250;
const LONGEST_MS = 15_000;

/**
 * Milliseconds before the try after `failures` failures in a row (1, 2, …): doubling, with jitter, so that a hundred pages do not return to
 * a restarted hub at the same moment. There is no last try.
 */
export function waitBefore(failures: number, random: () => number, atLeastMs = 0): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return Math.max(atLeastMs, longest / 2 + (random() * longest) / 2);
}

/** How often the clock is looked at, and how far it leaps where that tells of a sleep rather than of a busy machine. */
const TICK_MS = 5_000;
const LEAP_MS = 20_000;

const wakers = new Listeners();
let endWatch: (() => void) | null = null;

/**
 * Calls `fn` when it is likely that the network works again: it came back, the person looks at the page, or the machine has slept (an opened lid
 * alone raises no event). Returns the end.
 */
export function onWake(fn: () => void): () => void {
  if (typeof window === "undefined") return () => {};
  endWatch ??= watchForWakes(() => wakers.notify());
  const end = wakers.add(fn);
  return () => {
    end();
    if (wakers.size > 0) return;
    endWatch?.();
    endWatch = null;
  };
}

/** One clock for the whole page. */
function watchForWakes(tell: () => void): () => void {
  const onVisible = () => {
    if (document.visibilityState === "visible") tell();
  };
  let lastTick = Date.now();
  const ticking = setInterval(() => {
    const hasSlept = Date.now() - lastTick > LEAP_MS;
    lastTick = Date.now();
    if (hasSlept) tell();
  }, TICK_MS);
  window.addEventListener("online", tell);
  window.addEventListener("pageshow", tell);
  document.addEventListener("visibilitychange", onVisible);
  return () => {
    clearInterval(ticking);
    window.removeEventListener("online", tell);
    window.removeEventListener("pageshow", tell);
    document.removeEventListener("visibilitychange", onVisible);
  };
}

/** A navigation takes its time, or comes to nothing. */
const LEAVING_MS = 8_000;

/** Begins to watch; what is returned says in how many ms it is clear that the page stays, which was asked a moment ago to let itself be left; else 0. */
export function watchLeaving(): () => number {
  let askedAt = Number.NEGATIVE_INFINITY;
  window.addEventListener("beforeunload", () => {
    askedAt = Date.now();
  });
  return () => Math.max(0, askedAt + LEAVING_MS - Date.now());
}

/** Calls `fn` when the page is hidden or left: it may have no other moment. Returns the end. */
export function onLeaving(fn: () => void): () => void {
  if (typeof window === "undefined") return () => {};
  const onHidden = () => {
    if (document.visibilityState === "hidden") fn();
  };
  window.addEventListener("pagehide", fn);
  document.addEventListener("visibilitychange", onHidden);
  return () => {
    window.removeEventListener("pagehide", fn);
    document.removeEventListener("visibilitychange", onHidden);
  };
}
