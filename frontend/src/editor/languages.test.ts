import { ensureSyntaxTree } from "@codemirror/language";
import { EditorState, type Extension } from "@codemirror/state";
import { expect, it } from "vitest";
import { grammarNames } from "./grammars.ts";
import { languageFor } from "./languages.ts";

/** What a grammar calls the pieces of a line. */
function piecesOf(line: string, language: Extension): readonly string[] {
  const state = EditorState.create({ doc: line, extensions: [language] });
  const found: string[] = [];
  ensureSyntaxTree(state, line.length, 5_000)?.iterate({
    enter: ({ name, from, to }) => {
      if (name !== "Document") found.push(`${name} ${line.slice(from, to)}`);
    },
  });
  return found;
}

it("has Python's grammar at once when it was fetched before, and as soon as it comes otherwise", async () => {
  const soon = languageFor("python");
  expect(piecesOf("if x: pass", soon.now)).toEqual([]);
  expect(piecesOf("if x: pass", (await soon.later) ?? [])).toContain("if if");
  const { now, later } = languageFor("ipython");
  expect([later, piecesOf("if x: pass", now).includes("if if")]).toEqual([null, true]);
});

it("knows the languages of common kernels, however they write their names", async () => {
  const r = await languageFor("R").later;
  expect(piecesOf("if (TRUE) x <- 'a'", r ?? [])).toContain("string 'a'");
  const julia = await languageFor("julia").later;
  expect(piecesOf("function f() end", julia ?? [])).toContain("keyword function");
  const bash = await languageFor("bash").later;
  expect(piecesOf("echo $HOME # home", bash ?? [])).toContain("comment # home");
});

it.each(grammarNames)("has a grammar of %s", async (name) => {
  expect(piecesOf('x = "a" # b // c -- d %e', (await languageFor(name).later) ?? [])).not.toEqual([]);
});

it("shows a language that it does not know as it is", async () => {
  expect(piecesOf("if x then y", (await languageFor("constructor").later) ?? [])).toEqual([]);
  expect(languageFor("plain").later).toBeNull();
});
