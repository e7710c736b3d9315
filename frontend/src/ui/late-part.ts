import { type ComponentType, createElement, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Listeners } from "../core/observable.ts";
import { text } from "../i18n/t.ts";
import { type HeldKeys, holdKeys } from "./held-keys.ts";
import styles from "./late-part.module.css";

export interface LatePart<Props extends object> {
  /** Draws what is given for waiting until its code is there; at once when it was fetched before. */
  readonly Part: ComponentType<Props>;
  /** Fetches the code ahead of need. Rejects when it cannot be had; it is then asked for again when it is drawn. */
  readonly fetch: () => Promise<void>;
}

export interface LateOptions<Props extends object = object> {
  /** Drawn until the code is there. Default: nothing. */
  readonly waiting?: ReactNode;
  /**
   * When the code cannot be had, as after the hub died. `told` (default): the person asked for it; it is told (`onMissingPart`), and comes when
   * it can be had. `quiet`: nobody asked, it comes when it can be had. `thrown`: it is the view itself, and there is nothing without it.
   */
  readonly missing?: "told" | "quiet" | "thrown";
  /**
   * For a part that a person opens and that takes the keyboard: until it is there, keys are held for it (`core/held-keys.ts`). Called when
   * the person goes on without it, or when it cannot be had: what is open is closed, so that nothing comes upon somebody who is elsewhere.
   */
  readonly callOff?: (props: Props) => void;
}

/** For a part that a person opens and whose owner closes it when it asks for that. */
export const closable = { callOff: ({ onClose }: { readonly onClose: () => void }): void => onClose() };

/** Drawn, and not to be had so far. */
const missed = new Listeners();
let tell = (_comesLater: boolean): void => {};

/** Says what is to be done when a part that a person asked for cannot be had. One that was called off does not come later. */
export function onMissingPart(fn: (comesLater: boolean) => void): void {
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
  { waiting = null, missing = "told", callOff }: LateOptions<Props> = {},
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
    const callOffNow = useRef(() => {});
    callOffNow.current = () => callOff?.(props);
    const { field, held } = useHeldKeys(callOff !== undefined && !isDrawn, callOffNow);
    useEffect(() => {
      // Asked of what was drawn: the code may have come between drawing and here.
      if (isDrawn) return;
      let isGone = false;
      let isTold = missing !== "told";
      const draw = (): void => {
        if (held.current === null) {
          setOutcome({});
          return;
        }
        // The part finds the focus where it was, to give it back there, and has it before the next key is pressed.
        held.current.release();
        flushSync(() => setOutcome({}));
        held.current?.hand();
      };
      const ask = (): void => {
        fetch().then(
          () => isGone || draw(),
          (error: unknown) => {
            if (isGone) return;
            if (missing === "thrown") setOutcome({ error });
            if (!isTold) tell(callOff === undefined);
            isTold = true;
            callOffNow.current();
          },
        );
      };
      ask();
      const end = missed.add(ask);
      return () => {
        isGone = true;
        end();
      };
    }, [isDrawn, held]);
    if (outcome && "error" in outcome) throw outcome.error;
    if (component) return createElement(component, props);
    if (!callOff) return waiting;
    return createElement("input", {
      ref: field,
      className: styles.held,
      "aria-label": text("shell.loading"),
      placeholder: text("shell.loading"),
      autoComplete: "off",
      spellCheck: false,
    });
  };
  return { Part, fetch };
}

/** Holds the keyboard for as long as it is wanted and the field is there. */
function useHeldKeys(isWanted: boolean, callOff: { readonly current: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const held = useRef<HeldKeys | null>(null);
  // Before the next key is pressed, and not only before the next picture.
  useLayoutEffect(() => {
    if (!isWanted || field.current === null) return;
    const keys = holdKeys(field.current, () => {
      keys.release();
      callOff.current();
    });
    held.current = keys;
    return () => keys.release();
  }, [isWanted, callOff]);
  return { field, held };
}
