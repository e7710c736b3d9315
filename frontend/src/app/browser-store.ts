/** What this browser keeps, one for the whole page: all of it sees what the browser takes no more. */
import { text } from "../i18n/t.ts";
import { toast } from "../ui/toast.tsx";
import { type LastingStore, lastingStore } from "./lasting-store.ts";

let shared: LastingStore | null = null;
let wasFullTold = false;

export function browserStore(): LastingStore {
  shared ??= lastingStore(storage(), tellFullOnce);
  return shared;
}

/** Null: the browser forbids it. */
function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

function tellFullOnce(): void {
  if (wasFullTold) return;
  wasFullTold = true;
  toast({ text: text("errors.browser_full"), tone: "error" });
}

/** Calls `fn` when another page of this browser has stored something, under a key (null: all is gone). Returns the end. */
export function onStored(fn: (key: string | null) => void): () => void {
  const heard = ({ key }: StorageEvent): void => fn(key);
  addEventListener("storage", heard);
  return () => removeEventListener("storage", heard);
}
