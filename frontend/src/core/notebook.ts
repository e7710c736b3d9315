/** Notebooks, people and runs as values, as the wire names them (SPEC 2 and 3). */
import type { CellId } from "./cell.ts";
import type { Output } from "./outputs.ts";

export type { Json } from "./json.ts";

/** 32 lower-case hex digits. */
export type NotebookId = string;

/** The Jupyter `msg_id` of the run's `execute_request`: 1–128 characters of `A-Za-z0-9_.-`. */
export type RunId = string;

export interface Person {
  readonly id: string;
  readonly name: string;
}

export type Role = "viewer" | "commenter" | "editor" | "owner";

export function canEdit(role: Role): boolean {
  return role === "editor" || role === "owner";
}

export function canComment(role: Role): boolean {
  return role === "commenter" || canEdit(role);
}

/** `lost`: unfinished and nobody writes it any more (*contact lost*). */
export type RunStatus = "queued" | "running" | "ok" | "error" | "interrupted" | "cancelled" | "lost";

const FINISHED: ReadonlySet<RunStatus> = new Set(["ok", "error", "interrupted", "cancelled"]);

export function isFinished(status: RunStatus): boolean {
  return FINISHED.has(status);
}

/** What others may see of a runtime: never its address. */
export interface RuntimeLabel {
  readonly kind: string;
  readonly label: string;
}

/** The one tab that writes a run. `session` is the id of its room socket. */
export interface Writer {
  readonly session: string;
  readonly person_id: string;
  readonly browser_id: string;
}

/** One execution of one cell (SPEC 3.1). Times are ms since 1970, for display only. A new object whenever anything in it changed. */
export interface RunRecord {
  readonly run_id: RunId;
  readonly cell_id: CellId;
  readonly kind: "executed" | "imported" | "copied_from";
  readonly status: RunStatus;
  /** Hex SHA-256 of the UTF-8 source that ran; `null` for imported runs. */
  readonly source_digest: string | null;
  readonly person: Person | null;
  readonly runtime: RuntimeLabel | null;
  readonly execution_count: number | null;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly epoch: number;
  /** Number of the next frame. */
  readonly n: number;
  /** Id of the kernel's message up to which `outputs` hold what the run said; null: not told. */
  readonly through: string | null;
  readonly writer: Writer | null;
  readonly outputs: readonly Output[];
}

export type FileStateName =
  | "written"
  | "pending"
  | "conflict"
  | "invalid"
  | "missing"
  | "unreadable"
  | "read_only"
  | "disk_full";

/** One thing to be said of a bound notebook's file. */
export interface FileReason {
  readonly code: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** How the file of a bound notebook stands to the document (SPEC 2.7). */
export interface FileState {
  readonly state: FileStateName;
  readonly path: string;
  /** What is to be said of it, in English. */
  readonly message: string | null;
  /** The same for words of the page's own. */
  readonly reasons?: readonly FileReason[];
}

/** The hub's first answer in a room (SPEC 2.3). */
export interface Hello {
  readonly session: string;
  readonly notebook: { readonly id: NotebookId; readonly title: string; readonly folder_path: string | null };
  readonly person: Person;
  readonly role: Role;
  readonly omit_outputs: boolean;
  /** Cells whose outputs stay at home; absent: none. */
  readonly private_cells?: readonly CellId[];
  readonly seq: number;
  readonly file: FileState | null;
}
