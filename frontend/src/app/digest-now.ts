import { digest } from "lib0/hash/sha256";
import { hexOf } from "../core/hex.ts";

/** What takes a millisecond at most; with longer sources nobody feels that the browser's own digest comes a moment later. */
const LONGEST = 20_000;

/** As `digestOf`, without waiting; null for a source that is too long for that, and where the page may use no cryptography. */
export function digestNow(source: string): string | null {
  if (source.length > LONGEST || !("subtle" in crypto)) return null;
  return hexOf(digest(new TextEncoder().encode(source)));
}
