/** What hidden code is called. Pure. */
import { isForm } from "./source-fold.ts";

const TITLE = /^[ \t]*#[ \t]*@title(?:[ \t]+(.*?))?[ \t]*(?:\{[^}]*\})?[ \t]*$/m;

/** What stands in place of hidden code: a form's title, else the first line that says something. */
export function nameOfHidden(source: string): { readonly words: string; readonly isTitle: boolean } {
  const title = isForm(source) ? (TITLE.exec(source)?.[1] ?? "") : "";
  if (title !== "") return { words: title, isTitle: true };
  const first = source.split("\n", 50).find((line) => line.trim() !== "");
  return { words: first?.trim().slice(0, 200) ?? "", isTitle: false };
}
