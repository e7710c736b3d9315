/** The browser's store, for work that must not stop when the browser takes no more. */
import type { LocalStore } from "./runtime-memory.ts";

/**
 * `store`, whose writing never fails: what it does not take is kept as long as this page lives, and `onFull` is told each time.
 *
 * Tabs share `store`. While it is full, a tab reads its own latest words and not another's.
 */
export function lastingStore(store: LocalStore, onFull: (error: unknown) => void): LocalStore {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? store.getItem(key),
    setItem(key, value) {
      try {
        store.setItem(key, value);
        kept.delete(key);
      } catch (error) {
        kept.set(key, value);
        onFull(error);
      }
    },
  };
}
