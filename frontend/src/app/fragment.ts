/**
 * What a link carried behind its `#`: the sign-in code, and where the runtime is that the same command line started.
 *
 * Imported by `main.tsx` before anything else: secrets leave the address bar (and with it the history and whatever
 * reads the address) before other code runs. They live in this module's memory only and never go to the hub, but for the
 * sign-in code.
 */
export interface LinkSecrets {
  /** One-time sign-in code of `/login`. */
  readonly code: string | null;
  /** The link again, as the connect dialog takes it, if it names a runtime: `…/connect#rt=…&pair=…`. */
  readonly runtimeLink: string | null;
  /** What proves that somebody was given a share link: the whole fragment of `/s/…`. */
  readonly shareSecret: string | null;
}

/** Takes a fragment apart. Only the four names that our links use are looked at. */
export function readFragment(hash: string, origin: string): LinkSecrets {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const runtime = values.get("rt");
  const kept = new URLSearchParams();
  for (const name of ["rt", "pair", "token"]) {
    const value = values.get(name);
    if (value) kept.set(name, value);
  }
  const runtimeLink = runtime ? `${origin}/connect#${kept}` : null;
  return { code: values.get("code") || null, runtimeLink, shareSecret: null };
}

const isShareLink = (path: string) => path.startsWith("/s/");
const isSecretPlace = (path: string) => isShareLink(path) || ["/login", "/connect", "/join"].includes(path);

let secrets: LinkSecrets = { code: null, runtimeLink: null, shareSecret: null };

function clear(): void {
  if (!isSecretPlace(location.pathname) || location.hash === "") return;
  const read = readFragment(location.hash, location.origin);
  secrets = isShareLink(location.pathname)
    ? { ...secrets, shareSecret: location.hash.slice(1) }
    : { ...secrets, code: read.code ?? secrets.code, runtimeLink: read.runtimeLink ?? secrets.runtimeLink };
  history.replaceState(history.state, "", location.pathname + location.search);
}

clear();
// A link pasted into the address bar of an open /login or /connect changes the fragment without loading the page.
addEventListener("hashchange", () => {
  clear();
  if (secrets.code !== null || secrets.runtimeLink !== null) dispatchEvent(new Event("runhere:link"));
});

/** The sign-in code, once. */
export function takeCode(): string | null {
  const { code } = secrets;
  secrets = { ...secrets, code: null };
  return code;
}

/** The runtime of the link, once. */
export function takeRuntimeLink(): string | null {
  const { runtimeLink } = secrets;
  secrets = { ...secrets, runtimeLink: null };
  return runtimeLink;
}

/** The secret of a share link. Kept until the page goes: the person may have to sign in before it is of use. */
export function shareSecret(): string | null {
  return secrets.shareSecret ?? sessionStorage.getItem(KEPT);
}

const KEPT = "runhere.share";

/** This tab goes elsewhere to sign in and comes back to the same link. */
export function keepShareSecret(): void {
  if (secrets.shareSecret !== null) sessionStorage.setItem(KEPT, secrets.shareSecret);
}

/** The link did its work. */
export function forgetShareSecret(): void {
  secrets = { ...secrets, shareSecret: null };
  sessionStorage.removeItem(KEPT);
}
