/** Hex SHA-256 of the source's UTF-8 bytes (SPEC 3.1). */
export async function digestOf(source: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(source));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
