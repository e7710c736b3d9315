/**
 * A notebook that is at home in a file on a runtime's disk (ADR 0037): what may be done to that file, and when. Pure.
 *
 * Texts are whole `.ipynb` files. The *base* is what the file said when this browser read or wrote it last: nothing is written over a text
 * that was not read first.
 */
import { type AtHome, CELL_MARK, saysHome, staysHomeSomewhere } from "./private-outputs.ts";

/** Why nothing is written now, though the runtime answers. Each needs a person, or something to be mended on that disk. */
export type DiskTrouble =
  /** Deleted, moved, or its folder is. */
  | "missing"
  | "read_only"
  | "disk_full"
  /** What the file holds is no notebook (conflict markers, half a file). */
  | "invalid"
  /** The file shares no cell with what it held: another notebook took its name. */
  | "another"
  /** The hub lets this person only read. */
  | "not_allowed"
  /** More than the hub takes. */
  | "too_large"
  | "refused";

export type DiskState =
  | { readonly phase: "saved"; readonly conflicts: number; readonly isMetadataKept: boolean }
  | { readonly phase: "saving" }
  /** It is written by itself once that is over. */
  | { readonly phase: "waiting"; readonly why: "not_connected" | "other_runtime" | "runtime_away" | "hub_away" }
  /** @param reason what the server or the hub said, in English; "" for nothing. */
  | { readonly phase: "stopped"; readonly trouble: DiskTrouble; readonly reason: string };

export interface Unwritten {
  /** First and last change that the file lacks, ms. */
  readonly first: number;
  readonly last: number;
  /** Whether the document changed, not only what runs put out. */
  readonly hasEdits: boolean;
}

const REST_MS = 1_000;
const PATIENCE_MS = 5_000;
const OUTPUTS_PATIENCE_MS = 30_000;
/** A file of many megabytes takes its time: it is not carried around all the time. */
const SHARE_OF_TIME = 4;

export function changedAt(before: Unwritten | null, now: number, isEdit: boolean): Unwritten {
  return { first: before?.first ?? now, last: now, hasEdits: isEdit || before?.hasEdits === true };
}

/** When the file is to be written, ms. @param lastTookMs how long it took last time. */
export function dueAt({ first, last, hasEdits }: Unwritten, lastTookMs: number): number {
  const patience = hasEdits ? PATIENCE_MS : OUTPUTS_PATIENCE_MS;
  return Math.max(Math.min(last + REST_MS, first + patience), first + lastTookMs * SHARE_OF_TIME);
}

/** Whether a file may be what became of a base: they share the id or the text of a cell, or the base has nothing to share. */
export function isRelated(base: string, file: string): boolean {
  const [before, after] = [cellsIn(base), cellsIn(file)];
  if (before === null || after === null) return true;
  const known = new Set(before.flatMap(namesOf));
  return known.size === 0 || after.length === 0 || after.flatMap(namesOf).some((name) => known.has(name));
}

/** Whether a file holds the beginning of what was being written, and no more: the write broke off. */
export function isHalf(file: string, kept: { readonly text: string; readonly pending: string | null }): boolean {
  const { text, pending } = kept;
  return pending !== null && file !== text && file.length < pending.length && pending.startsWith(file);
}

function namesOf(cell: FileCell): readonly string[] {
  const source = Array.isArray(cell.source) ? cell.source.join("") : String(cell.source ?? "");
  const id = typeof cell.id === "string" ? [`id ${cell.id}`] : [];
  return source.trim() === "" ? id : [...id, `source ${source}`];
}

/** Whether a file says that the notebook's outputs stay at home, as Colab writes it. */
export function wishesHome(text: string): boolean {
  const metadata = parsed(text)?.metadata;
  const colab = isRecord(metadata) ? metadata["colab"] : null;
  return isRecord(colab) && colab["private_outputs"] === true;
}

/** A file as the hub may see it: without the outputs that stay at home. The very text where there are none. */
export function withoutHome(text: string, atHome: AtHome): string {
  if (!staysHomeSomewhere(atHome) && !text.includes("private_outputs")) return text;
  const notebook = parsed(text);
  if (notebook === null) return text;
  const all = atHome.everything || wishesHome(text);
  let isOther = false;
  for (const cell of notebook.cells) {
    const isHome = all || (typeof cell.id === "string" && atHome.cells.has(cell.id)) || marksHome(cell);
    if (!isHome || !hasOutputs(cell)) continue;
    cell.outputs = [];
    cell.execution_count = null;
    isOther = true;
  }
  if (!isOther) return text;
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? "";
  return `${JSON.stringify(notebook, null, indent)}${text.endsWith("\n") ? "\n" : ""}`;
}

function hasOutputs({ outputs, execution_count: count }: FileCell): boolean {
  return (Array.isArray(outputs) && outputs.length > 0) || (count !== null && count !== undefined);
}

function marksHome({ metadata }: FileCell): boolean {
  // What JSON gave is JSON.
  return isRecord(metadata) && saysHome(metadata[CELL_MARK] as never);
}

interface FileCell {
  readonly id?: unknown;
  readonly source?: unknown;
  readonly metadata?: unknown;
  outputs?: unknown;
  execution_count?: unknown;
}

interface FileNotebook {
  readonly cells: readonly FileCell[];
  readonly metadata?: unknown;
}

function cellsIn(text: string): readonly FileCell[] | null {
  return parsed(text)?.cells ?? null;
}

/** Null for what is no notebook of format 4. */
function parsed(text: string): FileNotebook | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || !Array.isArray(value["cells"])) return null;
    return value["cells"].every(isRecord) ? (value as unknown as FileNotebook) : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
