/** The nonce that this answer's Content-Security-Policy allows for style elements; "" where the hub gave none. */
export function styleNonce(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]');
  return meta?.nonce ?? "";
}
