/** Printed text with its colours. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const CODE = /\u001b\[([0-9;]*)m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const OTHER = /\u001b\[[0-9;?]*[A-Za-ln-z]/g;

export function ansiText(text: string): HTMLElement {
  const made = document.createElement("pre");
  let style: string[] = [];
  let at = 0;
  const clean = text.replace(OTHER, "");
  const add = (piece: string): void => {
    if (piece === "") return;
    if (style.length === 0) {
      made.append(piece);
      return;
    }
    const span = document.createElement("span");
    span.className = style.join(" ");
    span.textContent = piece;
    made.append(span);
  };
  for (const match of clean.matchAll(CODE)) {
    add(clean.slice(at, match.index));
    at = match.index + match[0].length;
    style = styleAfter(style, match[1] ?? "");
  }
  add(clean.slice(at));
  return made;
}

function styleAfter(style: string[], codes: string): string[] {
  let next = style;
  for (const code of codes.split(";").map(Number)) {
    if (code === 0) next = [];
    else if (code === 1) next = [...next, "ansi-bold"];
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97))
      next = [...next.filter((one) => !one.startsWith("ansi-color")), `ansi-color-${code % 10}`];
    else if (code === 39) next = next.filter((one) => !one.startsWith("ansi-color"));
  }
  return next;
}
