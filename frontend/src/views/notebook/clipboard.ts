/** Cells on the way from one place to another: within the page, between notebooks and tabs, and as text to other programs. */
import type { CellId } from "../../core/cell.ts";
import { isCellType } from "../../core/cell.ts";
import type { PastedCell } from "../../doc/notebook-doc.ts";
import { copyText } from "../../ui/copy-text.ts";

export const CELLS_MIME = "application/x-runhere-cells";

/** What was copied last in this page, or in another tab of this person. */
let kept: string | null = null;
/** Sends it to the other tabs. */
let tellTabs = (_cells: string): void => {};

type Message = { readonly kind: "copied" | "kept"; readonly cells: string } | { readonly kind: "wanted" };

/**
 * Lets the tabs of a browser that share a channel paste what any of them copied. It is in the memory of open tabs only: a key alone may not
 * read the clipboard, and nothing that was copied is to be found on the disk. Returns the end.
 */
export function shareCells(channelName: string): () => void {
  const channel = new BroadcastChannel(channelName);
  const send = (message: Message): void => channel.postMessage(message);
  const tell = (cells: string): void => send({ kind: "copied", cells });
  channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
    if (data.kind === "wanted") {
      if (kept !== null) send({ kind: "kept", cells: kept });
    } else if (data.kind === "copied" || kept === null) {
      kept = data.cells;
    }
  });
  tellTabs = tell;
  send({ kind: "wanted" });
  return () => {
    if (tellTabs === tell) tellTabs = () => {};
    channel.close();
  };
}

/** The cells as text for other programs, a blank line between them. */
export function asPlainText(cells: readonly PastedCell[]): string {
  return cells.map((cell) => cell.source).join("\n\n");
}

/** Keeps cells for a paste in this page and in this person's other tabs; gives what a clipboard event should carry under `CELLS_MIME`. */
export function keepCells(cells: readonly PastedCell[]): string {
  kept = JSON.stringify(cells);
  tellTabs(kept);
  return kept;
}

/** Gives other programs the text of cells, and notebooks of other hubs the cells; a browser that refuses leaves the copy inside of the page. */
export function copyOut(taken: { readonly cells: string; readonly plain: string } | null): void {
  if (taken) void copyText(taken.plain, { [CELLS_MIME]: taken.cells }).catch(() => undefined);
}

export function hasKeptCells(): boolean {
  return kept !== null;
}

export function keptCells(): readonly PastedCell[] {
  return kept === null ? [] : parseCells(kept);
}

/** A cut cell comes back under its id once; a second paste makes a copy. */
export function forgetIds(): void {
  if (kept !== null) kept = JSON.stringify(parseCells(kept).map(({ id: _id, ...cell }) => cell));
}

/** Cells from text that another tab, or anybody, put on the clipboard; what does not fit is left out. */
export function parseCells(text: string): readonly PastedCell[] {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return [];
  }
  return Array.isArray(raw) ? raw.flatMap((value) => parseCell(value)) : [];
}

function parseCell(value: unknown): PastedCell[] {
  if (typeof value !== "object" || value === null) return [];
  const { id, type, source, metadata, attachments } = value as Record<string, unknown>;
  if (!isCellType(type) || typeof source !== "string") return [];
  const cell: PastedCell = {
    type,
    source,
    ...(typeof id === "string" ? { id: id as CellId } : {}),
    ...(isRecord(metadata) ? { metadata } : {}),
    ...(isRecord(attachments) ? { attachments } : {}),
  };
  return [cell];
}

// Parsed from JSON, so its values are JSON.
function isRecord(value: unknown): value is NonNullable<PastedCell["metadata"]> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
