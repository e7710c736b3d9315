/**
 * The only place where text from a notebook or a runtime becomes markup of the page: DOMPurify behind the Trusted Types
 * policy `rh-html`. Style elements and style attributes are taken out and given back through constructed sheets and CSSOM,
 * because the page's `style-src 'self'` refuses them as markup (measured: pandas tables break without this).
 *
 * Nothing else in the page may assign `innerHTML`.
 */
import createDOMPurify, { type Config, type DOMPurify } from "dompurify";
import { hideStyles, STYLE_ATTRIBUTE } from "./hide-styles.ts";
import { Kept } from "./kept.ts";
import { linkRemoteMedia } from "./remote-media.ts";

/** Clean markup, detached from any document that runs scripts. */
export interface Sanitised {
  readonly fragment: DocumentFragment;
  /** Texts of the style elements, in order. */
  readonly styleSheets: readonly string[];
  /** Whether something that runs or navigates was taken out: such an output belongs into a frame. */
  readonly active: boolean;
  /** Applies the style attributes; call once the fragment is in its place. */
  applyStyles(): void;
}

interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createHTML(html: string): string; createScriptURL(url: string): string },
  ): unknown;
}

const ACTIVE_TAGS = new Set([
  "SCRIPT",
  "IFRAME",
  "FRAME",
  "OBJECT",
  "EMBED",
  "FORM",
  "BASE",
  "META",
  "LINK",
  "APPLET",
  "PORTAL",
]);
const ACTIVE_ATTRIBUTES = new Set(["href", "src", "action", "formaction", "xlink:href", "srcdoc"]);

const COMMON: Config = {
  RETURN_DOM_FRAGMENT: true,
  USE_PROFILES: { html: true, svg: true, svgFilters: true },
  ADD_ATTR: ["scoped", "target"],
  FORBID_ATTR: ["style"],
  FORBID_TAGS: ["form", "textarea", "select", "option", "dialog"],
  ALLOWED_URI_REGEXP: /^(?:(?:https?|mailto|data|attachment):|[^a-z]|[a-z+.-]+(?:[^a-z+.\-:]|$))/i,
};

const purifiers = new Map<string, DOMPurify>();
let policy: unknown;

/** One for each way of cleaning: handing DOMPurify its configuration takes longer than cleaning a short text. */
function purifierFor(how: SanitiseOptions): DOMPurify {
  const known = purifiers.get(nameOf(how));
  if (known) return known;
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  // DOMPurify hands the strings it has to parse through this policy; nobody else can reach it.
  policy ??= factory?.createPolicy("rh-html", {
    createHTML: (html) => html,
    createScriptURL: () => {
      throw new TypeError("rh-html makes no script addresses");
    },
  });
  const { keepIds, allowStyleElements } = how;
  const purifier = createDOMPurify(globalThis.window);
  purifier.addHook("afterSanitizeAttributes", hardenElement);
  purifier.setConfig({
    ...COMMON,
    SANITIZE_NAMED_PROPS: !keepIds,
    SANITIZE_DOM: !keepIds,
    ...(allowStyleElements ? { ADD_TAGS: ["style"] } : { FORBID_TAGS: [...(COMMON.FORBID_TAGS ?? []), "style"] }),
    ...(policy ? { TRUSTED_TYPES_POLICY: policy as NonNullable<Config["TRUSTED_TYPES_POLICY"]> } : {}),
  });
  purifiers.set(nameOf(how), purifier);
  return purifier;
}

function nameOf({ keepIds, allowStyleElements }: SanitiseOptions): string {
  return `${keepIds} ${allowStyleElements}`;
}

function hardenElement(node: Element): void {
  if (node instanceof HTMLInputElement && node.type !== "checkbox") node.remove();
  if (node.tagName === "A" && node.hasAttribute("href") && !node.getAttribute("href")?.startsWith("#")) {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer nofollow");
  }
}

export interface SanitiseOptions {
  readonly keepIds: boolean;
  readonly allowStyleElements: boolean;
}

type Clean = Omit<Sanitised, "applyStyles">;

const cleaned = new Kept<Clean>(1_000_000);

/**
 * Cleans HTML.
 *
 * Args: `keepIds` only for content in a shadow root, where ids cannot shadow names of the page (Styler's rules need them);
 * elsewhere they get the prefix `user-content-`. `allowStyleElements` likewise.
 */
export function sanitise(html: string, how: SanitiseOptions): Sanitised {
  const clean = cleaned.get(`${nameOf(how)} ${html}`, () => cleanOnce(html, how));
  // A copy: what was kept is never in the page, and each place has its own nodes.
  const fragment = clean.fragment.cloneNode(true) as DocumentFragment;
  return { ...clean, fragment, applyStyles: takeStyles(fragment) };
}

function cleanOnce(html: string, how: SanitiseOptions): Clean {
  const dompurify = purifierFor(how);
  // A leading style or comment would be lost by the parser: the hidden element keeps it in the body. (FORCE_BODY would
  // note a removal for every input, which the test for active content could not tell from a real one.)
  const hidden = hideStyles(html);
  const fragment = dompurify.sanitize(`<i hidden></i>${hidden.html}`) as unknown as DocumentFragment;
  const active = dompurify.removed.some(isActive);
  fragment.firstElementChild?.remove();
  linkRemoteMedia(fragment);
  return { fragment, active, styleSheets: how.allowStyleElements ? hidden.styleSheets : [] };
}

function isActive(removed: unknown): boolean {
  const { element, attribute, from } = removed as { element?: Node; attribute?: Attr | null; from?: Element };
  if (element) return ACTIVE_TAGS.has(element.nodeName.toUpperCase()) || element.nodeName.includes("-");
  if (!attribute) return false;
  const name = attribute.name.toLowerCase();
  if (!name.startsWith("on") && !ACTIVE_ATTRIBUTES.has(name)) return false;
  return from === undefined || from.nodeName !== "I" || name !== "hidden";
}

function takeStyles(fragment: DocumentFragment): () => void {
  const styled: (readonly [HTMLElement | SVGElement, string])[] = [];
  for (const element of fragment.querySelectorAll<HTMLElement | SVGElement>(`[${STYLE_ATTRIBUTE}]`)) {
    styled.push([element, element.getAttribute(STYLE_ATTRIBUTE) ?? ""]);
    element.removeAttribute(STYLE_ATTRIBUTE);
  }
  return () => {
    for (const [element, css] of styled) element.style.cssText = css;
  };
}
