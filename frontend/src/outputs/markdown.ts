/**
 * Markdown to clean nodes: formulas out, marked, the one sanitising policy, formulas back. Used by text cells and by
 * markdown outputs.
 */
import { Marked } from "marked";
import { withWords } from "../i18n/t.ts";
import { Kept } from "./kept.ts";
import { extractFormulas, FORMULA, type Formula, renderFormula } from "./math.ts";
import { asText, element, nothingToDispose, type Renderer } from "./rendered.ts";
import { sanitise } from "./sanitise.ts";

const marked = new Marked({ gfm: true, breaks: false, async: false });

/** Finds an attachment of the cell (`attachment:name.png`) as a `data:` address; null when there is none. */
export type FindAttachment = (name: string) => string | null;

const POLICY = { keepIds: false, allowStyleElements: false } as const;

const parsed = new Kept<{ readonly html: string; readonly formulas: readonly Formula[] }>(1_000_000);

function parse(source: string): { readonly html: string; readonly formulas: readonly Formula[] } {
  const { text, formulas } = extractFormulas(source);
  return { html: marked.parse(text) as string, formulas };
}

/** Shows `source` in `host`, replacing what stood there. Formulas appear when KaTeX is loaded. */
export function showMarkdown(source: string, host: HTMLElement, findAttachment: FindAttachment = () => null): void {
  const { html, formulas } = parsed.get(source, () => parse(source));
  const clean = sanitise(html, POLICY);
  mendImages(clean.fragment, findAttachment);
  nameHeadings(clean.fragment);
  placeFormulas(clean.fragment, formulas);
  host.replaceChildren(clean.fragment);
  clean.applyStyles();
  drawDiagrams(host);
}

function drawDiagrams(host: HTMLElement): void {
  const sources = [...host.querySelectorAll<HTMLElement>("pre:has(> code.language-mermaid)")];
  if (sources.length === 0) return;
  // Without it the source stays, which is what there is to read.
  withWords(import("./diagram.ts"), "frames").then(
    ({ showDiagram }) => {
      for (const source of sources) if (source.isConnected) showDiagram(source);
    },
    () => undefined,
  );
}

/** The clean nodes of `showMarkdown`, with a mark in place of each formula (`FORMULA`). */
export function markdownNodes(source: string): DocumentFragment {
  return sanitise(parsed.get(source, () => parse(source)).html, POLICY).fragment;
}

/** Does what of `showMarkdown` is slow, so that it is quick later. */
export function warmMarkdown(source: string): void {
  markdownNodes(source);
}

export const markdownRenderer: Renderer = {
  mimeTypes: ["text/markdown"],
  render(request, host) {
    const box = element("div", "markdown output-markdown");
    host.append(box);
    showMarkdown(asText(request.value), box);
    return nothingToDispose;
  },
};

export const latexRenderer: Renderer = {
  mimeTypes: ["text/latex"],
  render(request, host) {
    const box = element("div", "markdown output-latex");
    host.append(box);
    const source = asText(request.value);
    const { formulas } = extractFormulas(source);
    const [only] = formulas;
    // IPython sends "$\displaystyle …$"; some libraries send bare TeX.
    const formula: Formula = only && only.source === source.trim() ? only : { tex: source, display: true, source };
    if (formulas.length > 1) showMarkdown(source, box);
    else void renderFormula(formula, box.appendChild(element("span")));
    return nothingToDispose;
  },
};

function mendImages(fragment: DocumentFragment, findAttachment: FindAttachment): void {
  for (const image of fragment.querySelectorAll("img")) {
    const source = image.getAttribute("src") ?? "";
    if (source.startsWith("attachment:")) {
      const data = findAttachment(safeDecode(source.slice("attachment:".length)));
      if (data) image.src = data;
      else image.removeAttribute("src");
    }
  }
}

/** Jupyter's anchors: the heading's text with `-` for spaces, behind the prefix that ids in the page have. */
function nameHeadings(fragment: DocumentFragment): void {
  for (const heading of fragment.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    if (!heading.id) heading.id = `user-content-${(heading.textContent ?? "").trim().replaceAll(" ", "-")}`;
  }
}

function placeFormulas(fragment: DocumentFragment, formulas: readonly Formula[]): void {
  if (formulas.length === 0) return;
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (node.nodeValue?.includes("\uE000")) texts.push(node as Text);
  for (const node of texts) node.replaceWith(...piecesOf(node.data, formulas));
  // A mark may also have landed in an attribute (a link's title): there the source stands.
  for (const marked of fragment.querySelectorAll("*")) {
    for (const attribute of marked.attributes) {
      if (attribute.value.includes("\uE000"))
        attribute.value = attribute.value.replace(FORMULA, (_, n: string) => formulas[Number(n)]?.source ?? "");
    }
  }
}

function piecesOf(data: string, formulas: readonly Formula[]): Node[] {
  return data.split(/(\uE000\d+\uE001)/).map((piece) => {
    const formula = /^\uE000(\d+)\uE001$/.exec(piece);
    const found = formula ? formulas[Number(formula[1])] : undefined;
    if (!found) return document.createTextNode(piece);
    const holder = element("span", found.display ? "formula display" : "formula");
    void renderFormula(found, holder);
    return holder;
  });
}

function safeDecode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // A name with a bare "%" is itself.
  }
}
