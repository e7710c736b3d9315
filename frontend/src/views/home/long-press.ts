import type { PointerEvent } from "react";

const LONG_MS = 500;
/** A finger never rests quite still. */
const STILL_PX = 10;

/** Acts once a finger has rested where it was put down. Not all browsers tell of that by a `contextmenu` event. */
export function onLongPress(press: PointerEvent, act: (at: { clientX: number; clientY: number }) => void): void {
  if (press.pointerType !== "touch" || !press.isPrimary) return;
  const { target, clientX, clientY } = press;
  const over = new AbortController();
  const timer = setTimeout(() => {
    leavePress(target);
    act({ clientX, clientY });
  }, LONG_MS);
  over.signal.addEventListener("abort", () => clearTimeout(timer));
  const listen = { signal: over.signal, capture: true };
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => over.abort(), listen);
  window.addEventListener(
    "pointermove",
    (moved) => Math.hypot(moved.clientX - clientX, moved.clientY - clientY) > STILL_PX && over.abort(),
    listen,
  );
}

/** What is pressed does not take it for a click when the finger is lifted. */
export function leavePress(target: EventTarget): void {
  target.dispatchEvent(new window.PointerEvent("pointercancel", { bubbles: true }));
}
