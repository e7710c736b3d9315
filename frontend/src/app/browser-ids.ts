import { hexOf } from "../core/hex.ts";
import { browserStore } from "./browser-store.ts";

/** Names of this browser and of this tab, for the room (SPEC 2.3). They say nothing about the person. */
const key = "runhere.browser-id";

export function randomId(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(16)));
}

/** The same in all tabs of this browser; a private window that keeps nothing gets one for its life. */
function readBrowserId(): string {
  const kept = browserStore().getItem(key);
  if (kept !== null && /^[0-9a-f]{32}$/.test(kept)) return kept;
  const made = randomId();
  browserStore().setItem(key, made);
  return made;
}

export const browserId = readBrowserId();

/** New with every load: two tabs with one name would overwrite each other's unsaved edits ("duplicate tab" copies storage). */
export const tabId = randomId();
