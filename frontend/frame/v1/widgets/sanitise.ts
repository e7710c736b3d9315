/**
 * Stands in for `sanitize-html` (75 KB) in ipywidgets' manager: the descriptions of widgets keep the elements that are
 * allowed, without attributes that could act. What gets past it runs in this frame, like everything else here.
 */

interface Options {
  readonly allowedTags?: readonly string[];
}

const ATTRIBUTES: readonly string[] = ["class", "href", "src", "style", "title"];

// biome-ignore lint/style/noDefaultExport: the name that is replaced has one.
export default function sanitise(html: string, { allowedTags = [] }: Options = {}): string {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const element of [...body.querySelectorAll("*")]) {
    if (!allowedTags.includes(element.localName)) element.replaceWith(element.textContent ?? "");
    for (const { name, value } of [...element.attributes]) {
      const isKept = ATTRIBUTES.includes(name) || name.startsWith("aria-");
      if (!isKept || /^\s*(?:javascript|vbscript):/i.test(value)) element.removeAttribute(name);
    }
  }
  return body.innerHTML;
}
