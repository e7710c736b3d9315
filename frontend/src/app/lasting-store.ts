/** The browser's store, for work that must not stop when the browser takes no more. */
import type { LocalStore } from "./runtime-memory.ts";

export interface LastingStore extends LocalStore {
  removeItem(key: string): void;
  keys(): readonly string[];
}

/**
 * `store`, whose writing never fails: what it does not take is kept as long as this page lives, and `onFull` is told each time. Null: all is
 * kept so, and nobody is told.
 *
 * Tabs share `store`. While it is full, a tab reads its own latest words and not another's.
 */
export function lastingStore(
  store: Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length"> | null,
  onFull: (error: unknown) => void,
): LastingStore {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? store?.getItem(key) ?? null,
    setItem(key, value) {
      kept.set(key, value);
      try {
        store?.setItem(key, value);
        if (store) kept.delete(key);
      } catch (error) {
        onFull(error);
      }
    },
    removeItem(key) {
      kept.delete(key);
      store?.removeItem(key);
    },
    keys() {
      const there = Array.from({ length: store?.length ?? 0 }, (_, at) => store?.key(at) ?? "");
      return [...new Set([...there, ...kept.keys()])];
    },
  };
}
