/** Which language's grammar an editor has: Python's is fetched with the notebook, all others when the first editor wants them. */
import { indentUnit } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

type Python = typeof import("./python.ts");

let python: Python | null = null;
let comingPython: Promise<Python> | null = null;
const plain: Extension = indentUnit.of("    ");

const PLAIN: ReadonlySet<string> = new Set(["", "plain"]);
let markdown: Promise<Extension> | null = null;
/** By name; each editor of a language has the same one. */
const others = new Map<string, Promise<Extension>>();

/** Python's grammar where it is here; null: it may be had later. */
export function pythonNow(): Python | null {
  return python;
}

/** Python's grammar, fetched when it is asked for first. Rejects where the hub does not hand it out; then it is asked for anew. */
export function fetchPython(): Promise<Python> {
  comingPython ??= import("./python.ts").then((module) => {
    python = module;
    return module;
  });
  comingPython.catch(() => {
    comingPython = null;
  });
  return comingPython;
}

/** The grammar that can be had at once; `later` resolves to a better one, if there is. */
export function languageFor(name: string): { readonly now: Extension; readonly later: Promise<Extension> | null } {
  if (name === "python" || name === "ipython")
    return python === null
      ? { now: plain, later: fetchPython().then((module) => module.python) }
      : { now: python.python, later: null };
  if (name !== "markdown") return { now: plain, later: PLAIN.has(name) ? null : otherLanguage(name.toLowerCase()) };
  // lang-markdown brings the HTML, CSS and JavaScript grammars (82 KB): only who edits text needs them.
  markdown ??= Promise.all([import("@codemirror/lang-markdown"), fetchPython()]).then(
    ([module, { pythonLanguage }]) => [
      module.markdown({
        base: module.markdownLanguage,
        codeLanguages: (info) => (/^(i?py|python)/.test(info) ? pythonLanguage : null),
      }),
      indentUnit.of("  "),
    ],
  );
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
