/** Key presses of the notebook: which command they call, before the editor sees them. */
import { type KeyBinding, type PendingKeys, readKey, strokeName } from "../../core/shortcuts.ts";

export const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

export interface KeyListener {
  /** Handles one key press; true when it was the notebook's. */
  press(event: KeyboardEvent): boolean;
}

/** The browser has commands of its own for these, which know nothing of the notebook: also in a field they are the page's. */
const ALSO_IN_FIELDS: readonly (string | null)[] = ["Mod-f", "Mod-h", "Mod-s"];

/** `run` tells whether the command could be run. */
export function listenToKeys(bindings: readonly KeyBinding[], run: (command: string) => boolean): KeyListener {
  let pending: PendingKeys | null = null;
  return {
    press(event) {
      // While an input method composes, every key is its own (229 is what browsers send for those).
      if (event.isComposing || event.keyCode === 229) return false;
      const place = placeOf(event.target);
      if (place === "elsewhere") return false;
      if (place === "field" && !ALSO_IN_FIELDS.includes(strokeName(event, isMac))) return false;
      // A list of completions is closed by Escape before the editor is left.
      if (event.key === "Escape" && place === "edit" && hasOpenHelp(event.target)) return false;
      if (
        place === "control" &&
        !event.ctrlKey &&
        !event.metaKey &&
        !event.altKey &&
        !event.shiftKey &&
        (event.key === "Enter" || event.key === " ")
      )
        return false;
      const answer = readKey(event, bindings, {
        mode: place === "edit" ? "edit" : "command",
        pending,
        // When it was pressed: a page at work hears two quick presses late, and one long after the other.
        now: event.timeStamp,
        isMac,
      });
      pending = answer.pending;
      const isDone = answer.command !== null && run(answer.command);
      // F5 and F11 are the browser's as long as there is nothing for them to do here.
      return answer.taken && (isDone || !/^F\d+$/.test(event.key));
    },
  };
}

type Place = "edit" | "command" | "control" | "field" | "elsewhere";

/** Where a key was pressed: in an editor, on a cell, on a button of a cell, in a field, or where all keys are kept. */
function placeOf(target: EventTarget | null): Place {
  if (!(target instanceof Element)) return "command";
  // An editor there is no cell's: of a file of the runtime's machine, say.
  if (target.closest("[role='menu'], [role='dialog'], [role='alertdialog'], [data-panel]")) return "elsewhere";
  if (target.closest("search")) return "field";
  if (target.closest(".cm-content")) return "edit";
  if (target.closest("input, textarea, select, [contenteditable=true]")) return "field";
  return target.closest("button, a, summary, [role='button']") ? "control" : "command";
}

function hasOpenHelp(target: EventTarget | null): boolean {
  const editor = target instanceof Element ? target.closest(".cm-editor") : null;
  return editor?.querySelector(".cm-tooltip") !== null;
}
