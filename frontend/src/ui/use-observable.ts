import { useCallback, useSyncExternalStore } from "react";
import { language, text } from "../i18n/t.ts";

/** What the framework-free layers expose; the same shape as `Observable` of `core/`. */
interface Readable<T> {
  get(): T;
  subscribe(watcher: () => void): () => void;
}

/** The value of an observable, drawn again when it changes. `get` must return the same object until a change. */
export function useObservable<T>(source: Readable<T>): T {
  return useSyncExternalStore(
    useCallback((watcher) => source.subscribe(watcher), [source]),
    useCallback(() => source.get(), [source]),
  );
}

/**
 * A part of an observable. `select` must give equal (`Object.is`) results for equal states: a number, a string, or an
 * object that the state holds; never one made on the spot.
 */
export function useSelected<T, Part>(source: Readable<T>, select: (value: T) => Part): Part {
  return useSyncExternalStore(
    useCallback((watcher) => source.subscribe(watcher), [source]),
    () => select(source.get()),
  );
}

/** `text` of `i18n/`, in a component that is drawn again when the language changes. */
export function useText(): typeof text {
  useObservable(language);
  return text;
}
