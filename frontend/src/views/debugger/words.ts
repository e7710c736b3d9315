import type { CellId } from "../../core/cell.ts";
import type { DebugState, Halt } from "../../core/debug-session.ts";
import { text } from "../../i18n/t.ts";
import type { DebugDesk } from "./debug-desk.ts";

/** Why there is no debugging now. */
export function cannotText({ cannot }: DebugState): string {
  if (cannot === null) return text("debugger.resting");
  if (cannot.code !== "no_debugger") return text(`debugger.cannot_${cannot.code}`);
  return cannot.language === "python"
    ? text("debugger.cannot_noDebugpy")
    : text("debugger.cannot_language", { language: cannot.language });
}

/** Of what is run while a cell stands still: why it waits, and what ends that. */
export function heldText(halt: Halt, desk: Pick<DebugDesk, "placeOf">, cells: readonly CellId[]): string {
  // The outermost frame in a cell is the cell that runs; what it called may stand in another one.
  const places = halt.frames.flatMap((frame) => desk.placeOf(frame) ?? []);
  const place = places.at(-1);
  if (place === undefined) return text("debugger.held");
  return text("debugger.heldIn", { position: cells.indexOf(place.cellId) + 1 });
}
