import { isTextKey, language, looseText, text } from "./t.ts";

/**
 * What to tell a person about an error. The hub speaks English and knows the particulars, so English readers get its
 * message; others get our words for its code, or the message when we have none.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return text("errors.something", { message: String(error) });
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string") return text("errors.something", { message: error.message });
  return hubText({ code, message: error.message });
}

/** The same for what the hub told in a frame of the room. */
export function hubText({ code, message }: { readonly code: string; readonly message: string }): string {
  const key = `errors.${code}`;
  return language.get() !== "en" && isTextKey(key) ? looseText(key, {}) : message;
}
