/** Hears a person's keys and clicks before anything else of the page does. */
import { Gestures } from "../core/gestures.ts";

export interface OwnGestures {
  /** Whether a person did something just now; it does not count again. */
  take(): boolean;
  close(): void;
}

export function listenToGestures(target: Window): OwnGestures {
  const gestures = new Gestures();
  const hear = (event: Event): void => {
    const repeat = event instanceof KeyboardEvent && event.repeat;
    gestures.note({ isTrusted: event.isTrusted, repeat, at: performance.now() });
  };
  const kinds = ["keydown", "pointerup", "click"] as const;
  for (const kind of kinds) target.addEventListener(kind, hear, true);
  return {
    take: () => gestures.take(performance.now()),
    close() {
      for (const kind of kinds) target.removeEventListener(kind, hear, true);
    },
  };
}
