/** What a kernel's debugger answers (DAP, and Jupyter's additions), checked: what is not there reads as nothing. Pure. */
import type { FileNaming } from "./cell-file.ts";

export interface DebugInfo {
  readonly isStarted: boolean;
  readonly naming: FileNaming;
  readonly stoppedThreads: readonly number[];
}

export interface Frame {
  readonly id: number;
  /** Of the function; `<module>` for the text of a cell itself. */
  readonly name: string;
  /** "" where it has no source. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

export interface Scope {
  readonly name: string;
  readonly reference: number;
}

export interface DebugVariable {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  /** What to ask for what is inside; 0: nothing is. */
  readonly reference: number;
}

type Fields = Readonly<Record<string, unknown>>;

export function infoIn(body: unknown): DebugInfo {
  const { isStarted, hashSeed, tmpFilePrefix, tmpFileSuffix, stoppedThreads } = fields(body);
  return {
    isStarted: isStarted === true,
    naming: { seed: count(hashSeed), prefix: text(tmpFilePrefix), suffix: text(tmpFileSuffix) },
    stoppedThreads: list(stoppedThreads).map(count),
  };
}

export function framesIn(body: unknown): readonly Frame[] {
  return list(fields(body)["stackFrames"]).map((one) => {
    const { id, name, source, line } = fields(one);
    // debugpy says so of the frame that an exception leaves.
    return {
      id: count(id),
      name: text(name).replace(/ \(Current frame\)$/, ""),
      path: text(fields(source)["path"]),
      line: count(line),
    };
  });
}

export function scopesIn(body: unknown): readonly Scope[] {
  return list(fields(body)["scopes"]).map((one) => {
    const { name, variablesReference } = fields(one);
    return { name: text(name), reference: count(variablesReference) };
  });
}

export function variablesIn(body: unknown): readonly DebugVariable[] {
  return list(fields(body)["variables"]).map((one) => {
    const { name, type, value, variablesReference } = fields(one);
    return { name: text(name), type: text(type), value: text(value), reference: count(variablesReference) };
  });
}

export function sourcePathIn(body: unknown): string {
  return text(fields(body)["sourcePath"]);
}

export function contentIn(body: unknown): string | null {
  const { content } = fields(body);
  return typeof content === "string" ? content : null;
}

/** A value as the kernel displays it, by MIME type. */
export function displayIn(body: unknown): Fields {
  return fields(fields(body)["data"]);
}

/** Of a `stopped` event. */
export function hintIn(body: unknown): { readonly threadId: number; readonly reason: string; readonly text: string } {
  const { threadId, reason, text: said, description } = fields(body);
  // debugpy explains itself behind the name of the exception.
  const kind = text(said).split("(note:")[0]?.trim() ?? "";
  const parts = [kind, text(description)].filter((part) => part !== "");
  return { threadId: count(threadId), reason: text(reason), text: parts.join(": ") };
}

function fields(value: unknown): Fields {
  // Known to be an object by the test beside it.
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
