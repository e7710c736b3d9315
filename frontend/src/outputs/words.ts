/**
 * Words of the page inside of outputs. An output is not drawn again when the language changes: what it holds (a frame that runs, a widget, a place
 * that was scrolled to) would be lost. So its words are changed where they stand.
 */
import { language } from "../i18n/t.ts";

const MARK = "data-words";
const sayings = new WeakMap<Element, () => void>();

/** `say` is called now, and again whenever the language changed while `host` stands in the document. A second one takes the place of the first. */
export function saysAgain<Host extends Element>(host: Host, say: () => void): Host {
  host.setAttribute(MARK, "");
  sayings.set(host, say);
  say();
  return host;
}

/** Gives an element a text, or an attribute with one. */
export function worded<Host extends Element>(host: Host, read: () => string, attribute?: string): Host {
  return saysAgain(host, () => {
    if (attribute === undefined) host.textContent = read();
    else host.setAttribute(attribute, read());
  });
}

// Looked up and not held: an output ends in many ways, and nobody has to tell.
language.subscribe(() => {
  for (const host of document.querySelectorAll(`[${MARK}]`)) sayings.get(host)?.();
});
