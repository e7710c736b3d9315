/** How notebooks say that a cell's output is hidden: `collapsed`, and JupyterLab's `jupyter.outputs_hidden` (nbformat). */
import type { Json } from "../../core/json.ts";

export type Metadata = (key: string) => Json | undefined;
export type Change = readonly [key: string, value: Json | undefined];

export function isFolded(metadata: Metadata): boolean {
  return metadata("collapsed") === true || jupyterOf(metadata)["outputs_hidden"] === true;
}

/** What to set in the cell's metadata (undefined: remove) so that its output is hidden, or shown. */
export function folding(metadata: Metadata, isHidden: boolean): readonly Change[] {
  if (isHidden) return [["collapsed", true]];
  const { outputs_hidden: hidden, ...rest } = jupyterOf(metadata);
  const shown: Change = ["collapsed", undefined];
  return hidden === undefined ? [shown] : [shown, ["jupyter", Object.keys(rest).length > 0 ? rest : undefined]];
}

export function jupyterOf(metadata: Metadata): { readonly [key: string]: Json } {
  const found = metadata("jupyter");
  return isFields(found) ? found : {};
}

function isFields(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
