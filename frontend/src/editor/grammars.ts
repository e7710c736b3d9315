/** Grammars of languages that kernels have besides Python, each loaded when the first editor of that language is opened. */
import { indentUnit, LanguageSupport, StreamLanguage, type StreamParser } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

type Grammar = readonly [load: () => Promise<StreamParser<unknown>>, indent?: string];

const clike = (pick: (modes: typeof import("@codemirror/legacy-modes/mode/clike")) => StreamParser<unknown>) => () =>
  import("@codemirror/legacy-modes/mode/clike").then(pick);
const ml = (pick: (modes: typeof import("@codemirror/legacy-modes/mode/mllike")) => StreamParser<unknown>) => () =>
  import("@codemirror/legacy-modes/mode/mllike").then(pick);

const javascript: Grammar = [() => import("@codemirror/legacy-modes/mode/javascript").then((m) => m.javascript), "  "];
const typescript: Grammar = [() => import("@codemirror/legacy-modes/mode/javascript").then((m) => m.typescript), "  "];
const json: Grammar = [() => import("@codemirror/legacy-modes/mode/javascript").then((m) => m.json), "  "];
const shell: Grammar = [() => import("@codemirror/legacy-modes/mode/shell").then((m) => m.shell), "  "];
const julia: Grammar = [() => import("@codemirror/legacy-modes/mode/julia").then((m) => m.julia)];
const csharp: Grammar = [clike((m) => m.csharp)];
const fsharp: Grammar = [ml((m) => m.fSharp)];
const cpp: Grammar = [clike((m) => m.cpp)];
const octave: Grammar = [() => import("@codemirror/legacy-modes/mode/octave").then((m) => m.octave)];
const yaml: Grammar = [() => import("@codemirror/legacy-modes/mode/yaml").then((m) => m.yaml), "  "];

/** By `language_info.name` in lower case, as kernels write it, and by what files end with. */
const grammars: Readonly<Record<string, Grammar>> = {
  bash: shell,
  sh: shell,
  shell,
  c: [clike((m) => m.c)],
  "c++": cpp,
  cpp,
  "c#": csharp,
  csharp,
  clojure: [() => import("@codemirror/legacy-modes/mode/clojure").then((m) => m.clojure), "  "],
  css: [() => import("@codemirror/legacy-modes/mode/css").then((m) => m.css), "  "],
  erlang: [() => import("@codemirror/legacy-modes/mode/erlang").then((m) => m.erlang)],
  "f#": fsharp,
  fsharp,
  fortran: [() => import("@codemirror/legacy-modes/mode/fortran").then((m) => m.fortran), "  "],
  go: [() => import("@codemirror/legacy-modes/mode/go").then((m) => m.go), "\t"],
  groovy: [() => import("@codemirror/legacy-modes/mode/groovy").then((m) => m.groovy)],
  haskell: [() => import("@codemirror/legacy-modes/mode/haskell").then((m) => m.haskell), "  "],
  java: [clike((m) => m.java)],
  javascript,
  js: javascript,
  jl: julia,
  json,
  julia,
  kotlin: [clike((m) => m.kotlin)],
  lua: [() => import("@codemirror/legacy-modes/mode/lua").then((m) => m.lua), "  "],
  matlab: octave,
  ocaml: [ml((m) => m.oCaml), "  "],
  octave,
  perl: [() => import("@codemirror/legacy-modes/mode/perl").then((m) => m.perl)],
  powershell: [() => import("@codemirror/legacy-modes/mode/powershell").then((m) => m.powerShell)],
  r: [() => import("@codemirror/legacy-modes/mode/r").then((m) => m.r), "  "],
  ruby: [() => import("@codemirror/legacy-modes/mode/ruby").then((m) => m.ruby), "  "],
  rust: [() => import("@codemirror/legacy-modes/mode/rust").then((m) => m.rust)],
  scala: [clike((m) => m.scala), "  "],
  scheme: [() => import("@codemirror/legacy-modes/mode/scheme").then((m) => m.scheme), "  "],
  sql: [() => import("@codemirror/legacy-modes/mode/sql").then((m) => m.standardSQL)],
  swift: [() => import("@codemirror/legacy-modes/mode/swift").then((m) => m.swift)],
  toml: [() => import("@codemirror/legacy-modes/mode/toml").then((m) => m.toml), "  "],
  ts: typescript,
  typescript,
  yaml,
  yml: yaml,
};

export const grammarNames: readonly string[] = Object.keys(grammars);

/** Null for a language that has none here. Rejects where the hub does not hand it out. */
export async function loadGrammar(name: string): Promise<Extension | null> {
  const found = Object.hasOwn(grammars, name) ? grammars[name] : undefined;
  if (found === undefined) return null;
  const [load, indent = "    "] = found;
  return [new LanguageSupport(StreamLanguage.define(await load())), indentUnit.of(indent)];
}
