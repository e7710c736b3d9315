/**
 * The variables of a Python kernel. They are listed, and looked into, over the control channel, which answers while a cell runs. A kernel
 * that answers nothing there is asked over the shell, in its own order, and so after a cell that runs.
 *
 * Before the page's helper is in the kernel (it is put there over the shell: it waits for a cell that runs) the debugger's own list has to
 * do, which knows no shapes and sizes. A kernel without a debugger is asked over the shell for everything.
 */
import type { Asker } from "./ask.ts";
import { askBeside } from "./ask-beside.ts";
import { debugDisplay, debugVariables } from "./dap.ts";
import { evaluateSilently, executeSilently } from "./silently.ts";
import { ANSWERS, ASK_PREFIX, HELPER, INSTALL, VARIABLES_MIME } from "./variables-python.ts";

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly kind: "value" | "module" | "function" | "class";
  /** Sides of an array, length of a container; null where there is none, or it is not known. */
  readonly shape: readonly number[] | null;
  /** Without what it refers to; null where it is not known. */
  readonly bytes: number | null;
  readonly preview: string;
  /** What can be looked into. */
  readonly opens: "table" | "values" | "text" | null;
}

export interface Listing {
  readonly variables: readonly Variable[];
  /** Of all, also those beyond what is listed. */
  readonly total: number;
  /** False: from the debugger's list, without shapes and sizes. */
  readonly isWhole: boolean;
}

/** A variable's name, then which child of it, of that one, … */
export type Path = readonly [name: string, ...children: readonly number[]];

export type Opened =
  | {
      readonly is: "table";
      readonly columns: readonly string[];
      readonly index: readonly string[];
      readonly rows: readonly (readonly string[])[];
      /** Rows, and columns also beyond those that are shown. */
      readonly total: number;
      readonly width: number;
    }
  | { readonly is: "values"; readonly values: readonly Variable[]; readonly total: number }
  | { readonly is: "text"; readonly text: string; readonly total: number }
  /** It is not there any more, or cannot be looked into. */
  | { readonly is: "gone" };

/** Rows of a page of a table, values of a page of a container. */
export const PAGE = 50;
const CONTROL_MS = 10_000;
/** A cell may run for days; the answer is then still wanted, if the panel is still there. */
const SHELL_MS = 24 * 3600_000;

type Fields = Readonly<Record<string, unknown>>;

/** All variables; null when the kernel did not answer. Hidden ones (a name that begins with `_`) are left out. */
export async function listVariables(asker: Asker, hasDebugger: boolean): Promise<Listing | null> {
  if (!hasDebugger) return listing(await displayed(asker, HELPER));
  const shown = await debugDisplay(asker, HELPER, 0);
  const whole = listing(fields(fields(shown?.body)["data"])[VARIABLES_MIME]);
  if (whole !== null) return whole;
  const plain = await debugVariables(asker);
  const found = fields(plain?.body)["variables"];
  if (!Array.isArray(found)) return null;
  const variables = found.map((one) => debuggerVariable(fields(one))).filter((one) => isShown(one.name));
  return { variables, total: variables.length, isWhole: false };
}

/** Puts the helper into the kernel, after what runs there now. False when it was not answered, or refused. */
export async function installHelper(asker: Asker): Promise<boolean> {
  const reply = await executeSilently(asker, { code: INSTALL, expressions: {}, withinMs: SHELL_MS });
  return reply?.["status"] === "ok";
}

/** What is in a value, from child or row `start` on; null when the kernel did not answer. */
export async function openVariable(
  asker: Asker,
  hasDebugger: boolean,
  path: Path,
  start: number,
): Promise<Opened | null> {
  const beside = hasDebugger ? opened(await answered(asker, [path, start, PAGE])) : null;
  if (beside !== null) return beside;
  // Names and numbers as JSON are the same in Python.
  return opened(await displayed(asker, `${HELPER}.open(${JSON.stringify(path)}, ${start}, ${PAGE})`));
}

/** The helper's answer on the control channel. */
async function answered(asker: Asker, words: readonly [Path, number, number]): Promise<unknown> {
  const where = { prefix: ASK_PREFIX, shownBy: ANSWERS, mime: VARIABLES_MIME };
  return await askBeside(asker, { ...where, words, withinMs: CONTROL_MS });
}

/** A value of ours as the kernel displays it. */
async function displayed(asker: Asker, expression: string): Promise<unknown> {
  const worth = await evaluateSilently(asker, expression, { withinMs: SHELL_MS });
  return worth?.status === "ok" ? (fields(worth.data)[VARIABLES_MIME] ?? null) : null;
}

// ── What the kernel says, checked ────────────────────────────────────────────────────────────────────────────────────

function listing(told: unknown): Listing | null {
  const { is, variables, total } = fields(told);
  if (is !== "variables" || !Array.isArray(variables)) return null;
  return { variables: variables.map(variable), total: count(total), isWhole: true };
}

function opened(told: unknown): Opened | null {
  const value = fields(told);
  const total = count(value["total"]);
  switch (value["is"]) {
    case "table":
      return {
        is: "table",
        columns: texts(value["columns"]),
        index: texts(value["index"]),
        rows: items(value["rows"]).map(texts),
        total,
        width: count(value["width"]),
      };
    case "values":
      return { is: "values", values: items(value["values"]).map(variable), total };
    case "text":
      return { is: "text", text: text(value["text"]), total };
    case "gone":
      return { is: "gone" };
    default:
      return null;
  }
}

function variable(told: unknown): Variable {
  const { name, type, kind, shape, bytes, preview, opens } = fields(told);
  return {
    name: text(name),
    type: text(type),
    kind: kind === "module" || kind === "function" || kind === "class" ? kind : "value",
    shape: Array.isArray(shape) ? shape.map(count) : null,
    bytes: typeof bytes === "number" ? bytes : null,
    preview: text(preview),
    opens: opens === "table" || opens === "values" || opens === "text" ? opens : null,
  };
}

const KINDS: Readonly<Record<string, Variable["kind"]>> = {
  module: "module",
  function: "function",
  builtin_function_or_method: "function",
  method: "function",
  type: "class",
};

function debuggerVariable({ name, type, value }: Fields): Variable {
  return {
    name: text(name),
    type: text(type),
    kind: KINDS[text(type)] ?? "value",
    shape: null,
    bytes: null,
    preview: text(value).replace(/\s+/g, " ").slice(0, 200),
    opens: null,
  };
}

/** The debugger's list has two groups beside the variables, which have a space in their name. */
function isShown(name: string): boolean {
  return name !== "" && !name.startsWith("_") && !name.includes(" ");
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): readonly string[] {
  return items(value).map(text);
}

function fields(value: unknown): Fields {
  // Known to be an object by the test beside it.
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
