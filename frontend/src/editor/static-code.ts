/**
 * Code that looks like an editor and is none: what a cell shows while the page is being scrolled. Making an editor measures
 * and lays out; some twenty a second are more than a frame has room for, text with colours is not.
 */
import { highlightCode } from "@lezer/highlight";
import { pythonNow } from "./languages.ts";
import { colors } from "./theme.ts";

/** Longer texts are cut: nobody reads line 400 while scrolling. */
const MAX_CHARS = 20_000;

/** The text as nodes, one per line, in the sizes of an editor. */
export function staticCode(source: string, language: string): HTMLElement {
  const content = document.createElement("div");
  content.className = "cm-static";
  const code = source.slice(0, MAX_CHARS);
  let line = newLine(content);
  const put = (text: string, classes: string): void => {
    if (!classes) {
      line.append(text);
      return;
    }
    const span = document.createElement("span");
    span.className = classes;
    span.textContent = text;
    line.append(span);
  };
  const breakLine = (): void => {
    line = newLine(content);
  };
  const grammar = language === "python" ? pythonNow() : null;
  if (grammar) highlightCode(code, grammar.pythonLanguage.parser.parse(code), colors, put, breakLine);
  else {
    for (const [index, text] of code.split("\n").entries()) {
      if (index > 0) breakLine();
      put(text, "");
    }
  }
  return content;
}

function newLine(content: HTMLElement): HTMLElement {
  const line = document.createElement("div");
  line.className = "cm-static-line";
  content.append(line);
  return line;
}
