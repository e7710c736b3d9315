/** How notebooks say that a cell's code is hidden: JupyterLab's `jupyter.source_hidden` (nbformat), and Colab's forms (`cellView`). */
import { type Change, jupyterOf, type Metadata } from "./output-fold.ts";

export function isSourceHidden(metadata: Metadata): boolean {
  return metadata("cellView") === "form" || jupyterOf(metadata)["source_hidden"] === true;
}

/** What to set in the cell's metadata (undefined: remove) so that its code is hidden, or shown. A form is hidden in Colab, too. */
export function foldingSource(metadata: Metadata, source: string, isHidden: boolean): readonly Change[] {
  const { source_hidden: _, ...rest } = jupyterOf(metadata);
  if (isHidden) {
    const hidden: Change = ["jupyter", { ...rest, source_hidden: true }];
    return titleOfForm(source) === null ? [hidden] : [hidden, ["cellView", "form"]];
  }
  const shown: Change[] = metadata("cellView") === "form" ? [["cellView", undefined]] : [];
  const isJupyters = jupyterOf(metadata)["source_hidden"] !== undefined;
  return isJupyters ? [...shown, ["jupyter", Object.keys(rest).length > 0 ? rest : undefined]] : shown;
}

const TITLE = /^[ \t]*#[ \t]*@title(?:[ \t]+(.*?))?[ \t]*(?:\{[^}]*\})?[ \t]*$/m;
const FORM = /^[ \t]*#[ \t]*@(?:title|markdown)\b|#[ \t]*@param\b/m;

/** A form's title, empty where it has none; null: the code is no form of Colab's. */
export function titleOfForm(source: string): string | null {
  return FORM.test(source) ? (TITLE.exec(source)?.[1] ?? "") : null;
}

/** What stands in place of hidden code: a form's title, else the first line that says something. */
export function nameOfHidden(source: string): { readonly words: string; readonly isTitle: boolean } {
  const title = titleOfForm(source) ?? "";
  if (title !== "") return { words: title, isTitle: true };
  const first = source.split("\n", 50).find((line) => line.trim() !== "");
  return { words: first?.trim().slice(0, 200) ?? "", isTitle: false };
}
