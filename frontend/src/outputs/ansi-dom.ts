/** Styled text as nodes: text nodes and spans, colours by class or CSSOM (the page's CSP has no style attributes). */
import { type AnsiColor, type AnsiPiece, type AnsiStyle, readAnsi } from "./ansi.ts";

/** Appends `text` to `host` and gives the style in force at its end. */
export function appendAnsi(host: Node, text: string, start: AnsiStyle): AnsiStyle {
  const { pieces, end } = readAnsi(text, start);
  for (const piece of pieces) host.appendChild(pieceNode(piece));
  return end;
}

function pieceNode({ text, style }: AnsiPiece): Node {
  const classes = classesOf(style);
  const colored = typeof style.fg === "string" || typeof style.bg === "string";
  if (classes.length === 0 && !colored && !style.link) return document.createTextNode(text);
  const element = style.link ? linkTo(style.link) : document.createElement("span");
  element.className = classes.join(" ");
  const [fg, bg] = style.inverse ? [style.bg, style.fg] : [style.fg, style.bg];
  // As variables, so that the style sheet can keep any colour legible on light and on dark.
  if (typeof fg === "string") element.style.setProperty("--ansi-fg", fg);
  if (typeof bg === "string") element.style.setProperty("--ansi-bg", bg);
  element.textContent = text;
  return element;
}

function linkTo(url: string): HTMLElement {
  const link = document.createElement("a");
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  link.title = url;
  return link;
}

function classesOf(style: AnsiStyle): string[] {
  const classes: string[] = [];
  const [fg, bg] = style.inverse ? [style.bg, style.fg] : [style.fg, style.bg];
  const color = (kind: string, value: AnsiColor | null): void => {
    if (typeof value === "string") classes.push(`ansi-${kind}-rgb`);
    else if (typeof value === "number") classes.push(`ansi-${kind}-${value}`);
    else if (style.inverse) classes.push(`ansi-${kind}-inverse`);
  };
  color("fg", fg);
  color("bg", bg);
  for (const name of ["bold", "dim", "italic", "underline", "strike"] as const)
    if (style[name]) classes.push(`ansi-${name}`);
  return classes;
}
