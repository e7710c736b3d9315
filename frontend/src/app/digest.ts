import { RunhereError } from "../core/errors.ts";
import { text } from "../i18n/t.ts";

/**
 * Hex SHA-256 of the source's UTF-8 bytes (SPEC 3.1).
 *
 * @throws RunhereError `insecure_page`: browsers give a page that came over plain http from another machine no cryptography.
 */
export async function digestOf(source: string): Promise<string> {
  if (!("subtle" in crypto)) throw new RunhereError("insecure_page", text("errors.insecure_page"));
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(source));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
