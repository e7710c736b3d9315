import { type ComponentType, createElement, type ReactNode, useEffect, useState } from "react";
import { Listeners } from "../core/observable.ts";

export interface LatePart<Props extends object> {
  /** Draws what is given for waiting until its code is there; at once when it was fetched before. */
  readonly Part: ComponentType<Props>;
  /** Fetches the code ahead of need. Rejects when it cannot be had; it is then asked for again when it is drawn. */
  readonly fetch: () => Promise<void>;
}

export interface LateOptions {
  /** Drawn until the code is there. Default: nothing. */
  readonly waiting?: ReactNode;
  /**
   * When the code cannot be had, as after the hub died. `told` (default): the person asked for it; it is told (`onMissingPart`), and comes when
   * it can be had. `quiet`: nobody asked, it comes when it can be had. `thrown`: it is the view itself, and there is nothing without it.
   */
  readonly missing?: "told" | "quiet" | "thrown";
}

/** Drawn, and not to be had so far. */
const missed = new Listeners();
let tell = (): void => {};

/** Says what is to be done when a part that a person asked for cannot be had. */
export function onMissingPart(fn: () => void): void {
  tell = fn;
}

/** Asks again for what is drawn and could not be had: the hub may answer now. */
export function askAgainForParts(): void {
  missed.notify();
}

/**
 * A component whose code (and words: `withWords`) is loaded when it is first drawn. Not `React.lazy`: that draws even what is loaded
 * already a moment later, while keys typed after Ctrl+F would go elsewhere; it holds back what came within 300 ms of another wait, so
 * that every first menu, dialog and notebook would come late; and it never forgets a failed load.
 */
export function latePart<Module, Props extends object>(
  load: () => Promise<Module>,
  pick: (module: Module) => ComponentType<Props>,
  { waiting = null, missing = "told" }: LateOptions = {},
): LatePart<Props> {
  let component: ComponentType<Props> | null = null;
  let loading: Promise<void> | null = null;
  const fetch = (): Promise<void> => {
    loading ??= load().then(
      (module) => {
        component = pick(module);
      },
      (error: unknown) => {
        loading = null;
        throw error;
      },
    );
    return loading;
  };
  // biome-ignore lint/correctness/noComponentHookFactories: called once per part, by modules.
  const Part = (props: Props) => {
    const [outcome, setOutcome] = useState<{ readonly error?: unknown } | null>(null);
    const isDrawn = component !== null;
    useEffect(() => {
      // Asked of what was drawn: the code may have come between drawing and here.
      if (isDrawn) return;
      let isGone = false;
      let isTold = missing !== "told";
      const ask = (): void => {
        fetch().then(
          () => isGone || setOutcome({}),
          (error: unknown) => {
            if (isGone) return;
            if (missing === "thrown") setOutcome({ error });
            if (!isTold) tell();
            isTold = true;
          },
        );
      };
      ask();
      const end = missed.add(ask);
      return () => {
        isGone = true;
        end();
      };
    }, [isDrawn]);
    if (outcome && "error" in outcome) throw outcome.error;
    return component ? createElement(component, props) : waiting;
  };
  return { Part, fetch };
}
