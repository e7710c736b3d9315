/** Bytes as text, as Jupyter and notebook files take them. */
export function base64Of(bytes: Uint8Array): string {
  // Newer browsers have it; the type checker does not know yet.
  const own: unknown = Reflect.get(bytes, "toBase64");
  if (typeof own === "function") return String(own.call(bytes));
  // Strings of this length can be built at once.
  const step = 0x8000;
  let binary = "";
  for (let at = 0; at < bytes.length; at += step) binary += String.fromCharCode(...bytes.subarray(at, at + step));
  return btoa(binary);
}
