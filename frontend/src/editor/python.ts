/** Python's grammar, most notebooks' language. A file of its own: an editor is there, and can be typed in, before its colours are. */
import { pythonLanguage } from "@codemirror/lang-python";
import { indentUnit, LanguageSupport } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

export { pythonLanguage };

export const python: Extension = [new LanguageSupport(pythonLanguage), indentUnit.of("    ")];
