import { expect, test } from "vitest";
import type { Json } from "../../core/json.ts";
import { nameOfHidden } from "./hidden-name.ts";
import { foldingSource, isForm, isSourceHidden } from "./source-fold.ts";

const of =
  (metadata: Record<string, Json>) =>
  (key: string): Json | undefined =>
    metadata[key];

function after(metadata: Record<string, Json>, source: string, isHidden: boolean): Record<string, Json> {
  const changed = { ...metadata };
  for (const [key, value] of foldingSource(of(metadata), source, isHidden)) {
    if (value === undefined) delete changed[key];
    else changed[key] = value;
  }
  return changed;
}

test("JupyterLab's and Colab's ways of hiding code are known, and nothing else hides it", () => {
  expect(isSourceHidden(of({ jupyter: { source_hidden: true } }))).toBe(true);
  expect(isSourceHidden(of({ cellView: "form" }))).toBe(true);
  expect(isSourceHidden(of({ cellView: "both", jupyter: { source_hidden: "yes", outputs_hidden: true } }))).toBe(false);
  expect(isSourceHidden(of({ jupyter: null }))).toBe(false);
});

test("hiding and showing leaves everything else as it was", () => {
  const before = { jupyter: { outputs_hidden: true }, tags: ["a"] };
  const hidden = after(before, "x = 1", true);
  expect(hidden).toEqual({ jupyter: { outputs_hidden: true, source_hidden: true }, tags: ["a"] });
  expect(after(hidden, "x = 1", false)).toEqual(before);
  expect(after({}, "x", true)).toEqual({ jupyter: { source_hidden: true } });
  expect(after({ jupyter: { source_hidden: true } }, "x", false)).toEqual({});
});

test("a form is hidden for Colab and for JupyterLab, and shown in both", () => {
  const hidden = after({}, "#@title Area\nr = 2 #@param", true);
  expect(hidden).toEqual({ jupyter: { source_hidden: true }, cellView: "form" });
  expect(after(hidden, "", false)).toEqual({});
  expect(after({ cellView: "both" }, "x", false)).toEqual({ cellView: "both" });
});

test("a form is called by its title, other code by its first line", () => {
  expect(nameOfHidden('# @title Area of a circle { display-mode: "form" }\nr = 2')).toEqual({
    words: "Area of a circle",
    isTitle: true,
  });
  expect(nameOfHidden("#@title\n\nr = 2 # @param {type: 'number'}")).toEqual({ words: "#@title", isTitle: false });
  expect(nameOfHidden("\n\n  import os\nx")).toEqual({ words: "import os", isTitle: false });
  expect(nameOfHidden("")).toEqual({ words: "", isTitle: false });
  expect([isForm("x = 1"), isForm("a = 1 #@param"), isForm("#@title T")]).toEqual([false, true, true]);
});
