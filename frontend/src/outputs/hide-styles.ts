/**
 * Takes styles out of HTML text before a parser sees it: the texts of style elements, and style attributes (renamed).
 *
 * Under the page's `style-src` every parser of the browser, inert documents and templates included, reports each style it
 * meets as a violation (tried in Chromium: DOMParser, template, createHTMLDocument, setHTMLUnsafe). This is no sanitiser:
 * what it overlooks is dropped or applied later all the same, and what it mistakes costs looks, never safety.
 */

/** Stands in for `style` until the element is in its place. */
export const STYLE_ATTRIBUTE = "data-rh-style";

const RAW = new Set(["script", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"]);

export function hideStyles(html: string): { readonly html: string; readonly styleSheets: readonly string[] } {
  if (!/style/i.test(html)) return { html, styleSheets: [] };
  const styleSheets: string[] = [];
  let out = "";
  let at = 0;
  for (;;) {
    const open = html.indexOf("<", at);
    if (open < 0) return { html: out + html.slice(at), styleSheets };
    out += html.slice(at, open);
    if (html.startsWith("<!--", open)) {
      at = endOf(html, "-->", open + 4);
      out += html.slice(open, at);
      continue;
    }
    const name = /[a-z][^\s/>]*/iy;
    name.lastIndex = open + 1;
    const tag = name.exec(html)?.[0].toLowerCase();
    if (tag === undefined) {
      out += "<";
      at = open + 1;
      continue;
    }
    const attributes = readAttributes(html, open + 1 + tag.length);
    at = attributes.end;
    if (tag === "style") {
      const close = indexOfClosing(html, tag, at);
      styleSheets.push(html.slice(at, close));
      at = endOf(html, ">", close);
      continue;
    }
    out += `<${html.slice(open + 1, open + 1 + tag.length)}${attributes.text}`;
    if (!RAW.has(tag)) continue;
    const close = indexOfClosing(html, tag, at);
    out += html.slice(at, close);
    at = close;
  }
}

/** From behind the tag's name to behind its `>`, with `style` renamed. */
function readAttributes(html: string, start: number): { text: string; end: number } {
  const part = /\s+|\/|([^\s/>=]+)(\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*))?|=/y;
  let text = "";
  let at = start;
  while (at < html.length && html[at] !== ">") {
    part.lastIndex = at;
    const found = part.exec(html);
    if (!found) break;
    const [whole, name, value = ""] = found;
    text += name?.toLowerCase() === "style" ? STYLE_ATTRIBUTE + value : whole;
    at += whole.length;
  }
  const end = Math.min(at + 1, html.length);
  return { text: text + html.slice(at, end), end };
}

function indexOfClosing(html: string, tag: string, from: number): number {
  const closing = new RegExp(`</${tag}(?=[\\s/>])`, "gi");
  closing.lastIndex = from;
  return closing.exec(html)?.index ?? html.length;
}

function endOf(html: string, mark: string, from: number): number {
  const found = html.indexOf(mark, from);
  return found < 0 ? html.length : found + mark.length;
}
