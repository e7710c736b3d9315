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
    return isForm(source) ? [hidden, ["cellView", "form"]] : [hidden];
  }
  const shown: Change[] = metadata("cellView") === "form" ? [["cellView", undefined]] : [];
  const isJupyters = jupyterOf(metadata)["source_hidden"] !== undefined;
  return isJupyters ? [...shown, ["jupyter", Object.keys(rest).length > 0 ? rest : undefined]] : shown;
}

const FORM = /^[ \t]*#[ \t]*@(?:title|markdown)\b|#[ \t]*@param\b/m;

/** Whether the code is a form of Colab's. */
export function isForm(source: string): boolean {
  return FORM.test(source);
}
