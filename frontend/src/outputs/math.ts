/**
 * LaTeX in markdown: formulas are taken out before markdown reads the text (it would eat `_`, `*` and `\\`) and put back
 * afterwards. The same trick, in its rules, as Jupyter's: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and `\begin{…}…\end{…}`, not in code.
 */
import type katexModule from "katex";

export interface Formula {
  readonly tex: string;
  readonly display: boolean;
  readonly source: string;
}

// In order: code blocks and spans (left alone), then formulas, longest opening first.
const PARTS =
  /(^(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^\2[`~]*[ \t]*$|(?![\s\S])))|((?<!`)(`{1,8})(?!`)[\s\S]*?(?<!`)\4(?!`))|(\\\\(?=[[(])|\\\$|`+)|\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|(\\begin\{([a-zA-Z]+\*?)\}[\s\S]+?\\end\{\10\})|\$(?![\s$])((?:\\.|[^$\\\n]|\n(?!\s*\n))*?[^\s\\$])\$(?!\d)/gm;

/** Private-use characters stand for formulas while markdown is read. */
const OPEN = "\uE000";
const CLOSE = "\uE001";
export const FORMULA = /\uE000(\d+)\uE001/g;

/** The text with each formula replaced by a mark, and the formulas in order. */
export function extractFormulas(source: string): { text: string; formulas: readonly Formula[] } {
  const formulas: Formula[] = [];
  const keep = (tex: string, display: boolean, whole: string): string => {
    formulas.push({ tex, display, source: whole });
    return `${OPEN}${formulas.length - 1}${CLOSE}`;
  };
  const text = source
    .replaceAll(OPEN, "")
    .replaceAll(CLOSE, "")
    .replace(PARTS, (whole: string, ...groups: (string | undefined)[]) => {
      const [fence, , code, , escaped, dollars, bracket, paren, environment, , dollar] = groups;
      if (fence !== undefined || code !== undefined || escaped !== undefined) return whole;
      const display = dollars ?? bracket ?? environment;
      if (display !== undefined) return keep(display, true, whole);
      return keep(paren ?? dollar ?? "", false, whole);
    });
  return { text, formulas };
}

let katex: Promise<typeof katexModule> | null = null;

/** KaTeX and its style sheet, loaded once, when the first formula is shown. */
export function loadKatex(): Promise<typeof katexModule> {
  katex ??= Promise.all([import("katex"), import("katex/dist/katex.min.css")]).then(([module]) => module.default);
  katex.catch(() => {
    katex = null;
  });
  return katex;
}

/**
 * Equations without the numbers that LaTeX gives them by itself, as JupyterLab and Colab show them. They count over a page,
 * and here each output is one of its own: every line would be number one.
 */
export function withoutNumbers(tex: string): string {
  return tex.replace(/\\(begin|end)\{(equation|align|gather|alignat)\}/g, "\\$1{$2*}");
}

/** Sets one formula into `host`. What KaTeX cannot read is shown as it was written. */
export async function renderFormula(formula: Formula, host: HTMLElement): Promise<void> {
  host.textContent = formula.source;
  try {
    const { render } = await loadKatex();
    render(withoutNumbers(formula.tex), host, {
      displayMode: formula.display,
      throwOnError: true,
      trust: false,
      strict: false,
      maxExpand: 1_000,
      maxSize: 50,
    });
  } catch (error) {
    host.textContent = formula.source;
    host.classList.add("formula-error");
    host.title = error instanceof Error ? error.message : String(error);
  }
}
