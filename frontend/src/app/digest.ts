import { RunhereError } from "../core/errors.ts";
import { sha256Hex } from "../core/hex.ts";
import { text } from "../i18n/t.ts";

/**
 * Hex SHA-256 of the source's UTF-8 bytes (SPEC 3.1).
 *
 * @throws RunhereError `insecure_page`: browsers give a page that came over plain http from another machine no cryptography.
 */
export async function digestOf(source: string): Promise<string> {
  if (!("subtle" in crypto)) throw new RunhereError("insecure_page", text("errors.insecure_page"));
  return await sha256Hex(new TextEncoder().encode(source));
}
