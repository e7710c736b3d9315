import { type RefObject, useEffect, useState } from "react";

/** A dangerous button hears nothing before it was visible and uncovered for this long. */
const WAIT_MS = 500;
const LOOK_MS = 100;

/** Whether the element has stood uncovered in a visible page for half a second: nobody clicks what they have not seen. */
export function useUncovered(element: RefObject<HTMLElement | null>): boolean {
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    let since: number | null = null;
    const look = (): void => {
      const now = performance.now();
      since = isUncovered(element.current) ? (since ?? now) : null;
      setReady(since !== null && now - since >= WAIT_MS);
    };
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [element]);
  return isReady;
}

/** Whether the element is what a pointer at its corners and middle would hit. */
export function isUncovered(element: HTMLElement | null): boolean {
  if (element === null || document.visibilityState !== "visible") return false;
  const { left, top, width, height } = element.getBoundingClientRect();
  if (width === 0 || height === 0) return false;
  const places = [
    [0.5, 0.5],
    [0.1, 0.5],
    [0.9, 0.5],
  ] as const;
  return places.every(([x, y]) => {
    const hit = document.elementFromPoint(left + width * x, top + height * y);
    return hit !== null && element.contains(hit);
  });
}
