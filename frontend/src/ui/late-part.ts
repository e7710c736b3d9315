import { type ComponentType, createElement, type ReactNode, useEffect, useState } from "react";

export interface LatePart<Props extends object> {
  /** Draws what is given for waiting until its code is there; at once when it was fetched before. */
  readonly Part: ComponentType<Props>;
  /** Fetches the code ahead of need. Rejects when it cannot be had; it is then asked for again when it is drawn. */
  readonly fetch: () => Promise<void>;
}

/**
 * A component whose code (and words: `withWords`) is loaded when it is first drawn; meanwhile there is `waiting`. Not
 * `React.lazy`: that draws even what is loaded already a moment later, while keys typed after Ctrl+F would go elsewhere;
 * it holds back what came within 300 ms of another wait, so that every first menu, dialog and notebook would come late;
 * and it never forgets a failed load.
 */
export function latePart<Module, Props extends object>(
  load: () => Promise<Module>,
  pick: (module: Module) => ComponentType<Props>,
  waiting: ReactNode = null,
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
      const tell = (next: { readonly error?: unknown }): void => {
        if (!isGone) setOutcome(next);
      };
      fetch().then(
        () => tell({}),
        (error: unknown) => tell({ error }),
      );
      return () => {
        isGone = true;
      };
    }, [isDrawn]);
    if (outcome && "error" in outcome) throw outcome.error;
    return component ? createElement(component, props) : waiting;
  };
  return { Part, fetch };
}
