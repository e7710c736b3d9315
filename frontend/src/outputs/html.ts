/** Static HTML in a shadow root of its own; HTML that wants to act goes to a frame. */
import { renderActive } from "./active.ts";
import { asText, element, type MimeValue, type Rendered, type Renderer, type RenderRequest } from "./rendered.ts";
import { type Sanitised, sanitise } from "./sanitise.ts";
import shadowCss from "./shadow.css?inline";

let baseSheet: CSSStyleSheet | null = null;

function sheet(css: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(css);
  return made;
}

export const htmlRenderer: Renderer = {
  mimeTypes: ["text/html"],
  render(request: RenderRequest, host: HTMLElement): Rendered {
    const clean = sanitise(asText(request.value), { keepIds: true, allowStyleElements: true });
    if (clean.active) return renderActive(request, host);
    return showInShadow(clean, host);
  },
};

/** Whether HTML wants to act, and so is shown in a frame. */
export function htmlIsActive(value: MimeValue): boolean {
  return sanitise(asText(value), { keepIds: true, allowStyleElements: true }).active;
}

function showInShadow(clean: Sanitised, host: HTMLElement): Rendered {
  // `contain: content` on the holder keeps `position: fixed` and counters of the output inside of it.
  const holder = element("div", "output-html");
  host.append(holder);
  const root = holder.attachShadow({ mode: "open" });
  baseSheet ??= sheet(shadowCss);
  root.adoptedStyleSheets = [baseSheet, ...clean.styleSheets.map(sheet)];
  const body = element("div", "body");
  body.append(clean.fragment);
  root.append(body);
  clean.applyStyles();
  return { dispose: () => holder.remove() };
}
