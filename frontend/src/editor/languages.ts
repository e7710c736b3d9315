/** Which language's grammar an editor has: Python is here at once, all others come when the first editor wants them. */
import { pythonLanguage } from "@codemirror/lang-python";
import { indentUnit, LanguageSupport } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

const python: Extension = [new LanguageSupport(pythonLanguage), indentUnit.of("    ")];
const plain: Extension = indentUnit.of("    ");

const PLAIN: ReadonlySet<string> = new Set(["", "plain"]);
let markdown: Promise<Extension> | null = null;
/** By name; each editor of a language has the same one. */
const others = new Map<string, Promise<Extension>>();

/** The grammar that can be had at once; `later` resolves to a better one, if there is. */
export function languageFor(name: string): { readonly now: Extension; readonly later: Promise<Extension> | null } {
  if (name === "python" || name === "ipython") return { now: python, later: null };
  if (name !== "markdown") return { now: plain, later: PLAIN.has(name) ? null : otherLanguage(name.toLowerCase()) };
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

function otherLanguage(name: string): Promise<Extension> {
  const known = others.get(name);
  if (known) return known;
  const found = import("./grammars.ts").then(async ({ loadGrammar }) => (await loadGrammar(name)) ?? plain);
  found.catch(() => others.delete(name));
  others.set(name, found);
  return found;
}
