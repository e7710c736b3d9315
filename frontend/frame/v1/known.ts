/**
 * Libraries that HTML asks for from far away and that the hub has: the output works without network, and nobody far away
 * is told who looks. Chosen by the file's name; what is not here is asked for as written, and named below the output when
 * the policy refuses it.
 */
type Address = () => Promise<string>;

const SCRIPTS: readonly (readonly [RegExp, Address])[] = [
  [/\/leaflet(?:-src)?(?:\.min)?\.js$/, async () => (await import("./renderers/leaflet.ts")).leaflet],
  [/\/jquery(?:-3[\d.]*)?(?:\.slim)?(?:\.min)?\.js$/, async () => (await import("./renderers/leaflet.ts")).jquery],
];
const LEAFLET_CSS = /\/leaflet(?:\.min)?\.css$/;

/** Where the hub has the script that is asked for there; null: nowhere. */
export async function hubsScript(address: string): Promise<string | null> {
  const path = URL.parse(address)?.pathname ?? "";
  const found = SCRIPTS.find(([name]) => name.test(path));
  // Absolute: a document within the output has no address of its own.
  return found ? new URL(await found[1](), location.href).href : null;
}

/** The style sheet that is asked for there, as the hub has it; null: it has none. */
export async function hubsStyles(address: string): Promise<string | null> {
  const path = URL.parse(address)?.pathname ?? "";
  return LEAFLET_CSS.test(path) ? (await import("./renderers/leaflet.ts")).styles : null;
}

/** A document as text, with what the hub has in place of what it asks for. */
export async function withHubsParts(text: string): Promise<string> {
  const parsed = new DOMParser().parseFromString(text, "text/html");
  for (const script of parsed.querySelectorAll<HTMLScriptElement>("script[src]")) {
    const address = await hubsScript(script.getAttribute("src") ?? "");
    if (address === null) continue;
    script.setAttribute("src", address);
    script.removeAttribute("integrity");
  }
  for (const link of parsed.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) {
    const styles = await hubsStyles(link.getAttribute("href") ?? "");
    if (styles === null) continue;
    const made = parsed.createElement("style");
    made.textContent = styles;
    link.replaceWith(made);
  }
  return `<!doctype html>${parsed.documentElement.outerHTML}`;
}
