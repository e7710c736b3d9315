/** Which language's grammar an editor has: Python is here at once, Markdown comes when a text cell is opened, others are plain. */
import { pythonLanguage } from "@codemirror/lang-python";
import { indentUnit, LanguageSupport } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

const python: Extension = [new LanguageSupport(pythonLanguage), indentUnit.of("    ")];
const plain: Extension = indentUnit.of("    ");

let markdown: Promise<Extension> | null = null;

/** The grammar that can be had at once; `later` resolves to a better one, if there is. */
export function languageFor(name: string): { readonly now: Extension; readonly later: Promise<Extension> | null } {
  if (name === "python" || name === "ipython") return { now: python, later: null };
  if (name !== "markdown") return { now: plain, later: null };
  // lang-markdown brings the HTML, CSS and JavaScript grammars (82 KB): only who edits text needs them.
  markdown ??= import("@codemirror/lang-markdown").then((module) => [
    module.markdown({
      base: module.markdownLanguage,
      codeLanguages: (info) => (/^(i?py|python)/.test(info) ? pythonLanguage : null),
    }),
    indentUnit.of("  "),
  ]);
  markdown.catch(() => {
    markdown = null;
  });
  return { now: plain, later: markdown };
}
