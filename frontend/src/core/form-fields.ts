/**
 * The fields of a Colab form: lines `name = value #@param …` of its code, and what a line reads once a person has chosen another value. Pure.
 *
 * What stands behind `#@param` is `{type: "…", …}` or a list of choices, or nothing: https://colab.research.google.com/notebooks/forms.ipynb
 */

export type FieldType = "string" | "number" | "integer" | "boolean" | "slider" | "date" | "raw" | "choice";

export interface Field {
  /** From 0. */
  readonly line: number;
  readonly name: string;
  readonly type: FieldType;
  /** As a person reads it: a string without its quotes; `"true"` or `"false"`. */
  readonly value: string;
  /** As they read in a list; empty: any value. */
  readonly choices: readonly string[];
  /** Another value than the choices may be typed. */
  readonly takesOthers: boolean;
  /** A choice is written as it reads, without quotes. */
  readonly isBare: boolean;
  readonly min: number | null;
  readonly max: number | null;
  readonly step: number | null;
}

interface Parts {
  /** Up to the value, with its space. */
  readonly before: string;
  readonly name: string;
  readonly literal: string;
  /** From the space in front of `#@param` on. */
  readonly after: string;
  readonly wish: string;
}

const ASSIGNMENT = /^(\s*([\p{ID_Start}_][\p{ID_Continue}]*)\s*(?::[^=#'"]*)?=(?!=)[ \t]*)/u;
const MARK = /^#[ \t]*@param\b(.*)$/;
const TYPES = /\btype["']?\s*:\s*["'](string|number|integer|boolean|slider|date|raw)["']/;
const LITERAL = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')$/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const INTEGER = /^[+-]?\d+$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** In the order of their lines. A line that says nothing understood is left to the code. */
export function fieldsOf(source: string): readonly Field[] {
  return source.split("\n").flatMap((text, line) => {
    const parts = partsOf(text);
    return parts === null ? [] : [fieldIn(parts, line)];
  });
}

/**
 * The source with another value in that line.
 *
 * Null: the value is none of the field's type, or the line is no field any more; nothing is to be written then.
 */
export function withValue(source: string, { line, name }: Field, value: string): string | null {
  const lines = source.split("\n");
  const parts = partsOf(lines[line] ?? "");
  if (parts === null || parts.name !== name) return null;
  const literal = literalOf(fieldIn(parts, line), value);
  if (literal === null) return null;
  const written = `${parts.before}${literal}${parts.after}`;
  // What is typed raw may hold anything, also what would end the line early.
  if (partsOf(written)?.literal !== literal) return null;
  return lines.with(line, written).join("\n");
}

function partsOf(text: string): Parts | null {
  const [before = "", , name = ""] = ASSIGNMENT.exec(text) ?? [];
  if (before === "") return null;
  const at = commentAt(text, before.length);
  const marked = at === null ? null : MARK.exec(text.slice(at));
  if (at === null || marked === null) return null;
  const literal = text.slice(before.length, at).trimEnd();
  const after = text.slice(before.length + literal.length);
  return { before, name, literal, after, wish: (marked[1] ?? "").trim() };
}

/** Where the line's comment begins: a `#` outside of quotes. Null: nowhere, or a quote is left open. */
function commentAt(text: string, from: number): number | null {
  let quote = "";
  for (let at = from; at < text.length; at += 1) {
    const here = text.charAt(at);
    if (quote !== "" && here === "\\") at += 1;
    else if (here === quote) quote = "";
    else if (quote === "" && (here === '"' || here === "'")) quote = here;
    else if (quote === "" && here === "#") return at;
  }
  return null;
}

function fieldIn({ name, literal, wish }: Parts, line: number): Field {
  const listed = choicesIn(wish);
  const type = listed === null ? typeIn(wish, literal) : "choice";
  return {
    line,
    name,
    type: type === "raw" || readAs(type, literal) !== null ? type : "raw",
    value: readAs(type, literal) ?? literal,
    choices: listed ?? [],
    isBare: listed !== null && (TYPES.exec(wish)?.[1] === "raw" || !/^\[\s*["']/.test(wish)),
    takesOthers: /allow-input["']?\s*:\s*true/i.test(wish),
    min: optionIn(wish, "min"),
    max: optionIn(wish, "max"),
    step: optionIn(wish, "step"),
  };
}

/** Without a type the value says it. */
function typeIn(wish: string, literal: string): FieldType {
  const named = TYPES.exec(wish)?.[1];
  // One of the words that the pattern lists.
  if (named !== undefined) return named as FieldType;
  if (LITERAL.test(literal)) return "string";
  if (literal === "True" || literal === "False") return "boolean";
  if (INTEGER.test(literal)) return "integer";
  return NUMBER.test(literal) ? "number" : "raw";
}

function choicesIn(wish: string): readonly string[] | null {
  const list = /^\[(.*?)\]\s*(?:\{.*\})?\s*$/.exec(wish)?.[1];
  if (list === undefined) return null;
  const found = list.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,\s][^,]*/g) ?? [];
  return found.map((one) => unquoted(one.trim()) ?? one.trim());
}

function optionIn(wish: string, name: string): number | null {
  const found = new RegExp(`\\b${name}["']?\\s*:\\s*["']?([+-]?[\\d.]+(?:e[+-]?\\d+)?)`, "i").exec(wish)?.[1];
  const value = Number(found ?? Number.NaN);
  return Number.isFinite(value) ? value : null;
}

/** Null: the literal is none of this type. */
function readAs(type: FieldType, literal: string): string | null {
  switch (type) {
    case "string":
    case "date":
      return unquoted(literal);
    case "choice":
      return unquoted(literal) ?? literal;
    case "boolean":
      return literal === "True" ? "true" : literal === "False" ? "false" : null;
    case "number":
    case "slider":
      return NUMBER.test(literal) ? literal : null;
    case "integer":
      return INTEGER.test(literal) ? literal : null;
    case "raw":
      return literal;
  }
}

/** Python for a value; null: it is none of the field's type. */
function literalOf({ type, choices, takesOthers, isBare }: Field, value: string): string | null {
  switch (type) {
    case "string":
      return quoted(value);
    case "choice":
      if (!choices.includes(value) && !takesOthers) return null;
      return isBare ? bare(value) : quoted(value);
    case "date":
      return DATE.test(value) ? quoted(value) : null;
    case "boolean":
      return value === "true" ? "True" : value === "false" ? "False" : null;
    case "number":
    case "slider":
      return NUMBER.test(value) ? value : null;
    case "integer":
      return INTEGER.test(value) ? value : null;
    case "raw":
      return bare(value);
  }
}

function bare(value: string): string | null {
  return /\S/.test(value) && !/[\r\n]/.test(value) ? value.trim() : null;
}

function unquoted(literal: string): string | null {
  const found = LITERAL.exec(literal);
  if (found === null) return null;
  const inside = found[1] ?? found[2] ?? "";
  // What is escaped otherwise could not be written back as it was.
  if (inside.match(/\\./g)?.some((one) => !/["'\\nt]/.test(one.charAt(1)))) return null;
  return inside.replace(/\\(["'\\nt])/g, (_, one: string) => ESCAPES[one] ?? one);
}

function quoted(value: string): string {
  const inside = value.replace(/["\\\n\t\r]/g, (one) => WRITTEN[one] ?? "");
  return `"${inside}"`;
}

const ESCAPES: { readonly [escaped: string]: string } = { n: "\n", t: "\t" };
const WRITTEN: { readonly [one: string]: string } = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t" };
