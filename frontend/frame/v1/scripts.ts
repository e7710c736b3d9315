/** HTML and JavaScript as a notebook writes them. */
import { hubsScript, withHubsParts } from "./known.ts";

/** Scripts see `element`, as in Jupyter. */
export function runScript(source: string, element: HTMLElement): void {
  new Function("element", source)(element);
}

export async function showHtml(html: string, host: HTMLElement): Promise<void> {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  // Before it stands in the document: a frame begins to load there.
  for (const inner of parsed.content.querySelectorAll<HTMLIFrameElement>("iframe[srcdoc]")) await mend(inner);
  host.replaceChildren(parsed.content);
  // Scripts put in by innerHTML do not run: make them again, one after another, as a parser would.
  for (const inert of host.querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of inert.attributes) script.setAttribute(name, value);
    const known = script.src ? await hubsScript(script.src) : null;
    if (known !== null) {
      script.removeAttribute("integrity");
      script.src = known;
    }
    script.textContent = inert.textContent;
    const isOver = script.src
      ? new Promise((resolve) => {
          script.addEventListener("load", resolve, { once: true });
          script.addEventListener("error", resolve, { once: true });
        })
      : null;
    inert.replaceWith(script);
    await isOver;
  }
}

/**
 * A document within the output (folium's maps) gets what the hub has of what it asks for, and says what it was not allowed
 * to load; nobody else would.
 */
async function mend(inner: HTMLIFrameElement): Promise<void> {
  const telling = `<script>addEventListener("securitypolicyviolation",(e)=>parent.postMessage({runhere_blocked:e.blockedURI},"*"))</script>`;
  inner.srcdoc = (await withHubsParts(inner.srcdoc)).replace(/<head[^>]*>/i, (head) => head + telling);
}
