/** HTML and JavaScript as a notebook writes them. */

/** Scripts see `element`, as in Jupyter. */
export function runScript(source: string, element: HTMLElement): void {
  new Function("element", source)(element);
}

export async function showHtml(html: string, host: HTMLElement): Promise<void> {
  host.innerHTML = html;
  // Scripts put in by innerHTML do not run: make them again, one after another, as a parser would.
  for (const inert of host.querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of inert.attributes) script.setAttribute(name, value);
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
