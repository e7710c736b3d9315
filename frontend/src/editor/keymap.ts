/** Keys inside an editor. Keys of the notebook (run, command mode, chords) are the notebook's: it hears them first. */
import { defaultKeymap, indentLess, indentMore, insertTab, toggleComment } from "@codemirror/commands";
import { type Extension, Prec } from "@codemirror/state";
import { type EditorView, type KeyBinding, keymap } from "@codemirror/view";

export interface EditorKeys {
  readonly undo: () => void;
  readonly redo: () => void;
  /** The cursor wants out above (-1) or below (1); true when there is a cell. */
  readonly leave: (direction: -1 | 1) => boolean;
}

export function editorKeys(keys: EditorKeys): Extension {
  return [Prec.high(keymap.of(ownKeys(keys))), keymap.of(usualKeys)];
}

// Mod-Enter, Shift-Enter and Alt-Enter belong to the notebook even where it does not hear them.
export const usualKeys: readonly KeyBinding[] = defaultKeymap.filter(
  ({ key }) => key !== "Mod-Enter" && key !== "Shift-Mod-k",
);

export function ownKeys({ undo, redo, leave }: EditorKeys): readonly KeyBinding[] {
  const done = (run: () => void) => (): boolean => {
    run();
    return true;
  };
  return [
    { key: "Mod-z", run: done(undo), shift: done(redo) },
    { key: "Mod-y", run: done(redo) },
    { key: "ArrowUp", run: (view) => atEdge(view, -1) && leave(-1) },
    { key: "ArrowDown", run: (view) => atEdge(view, 1) && leave(1) },
    { key: "Mod-/", run: toggleComment },
    { key: "Mod-]", run: indentMore },
    { key: "Mod-[", run: indentLess },
    { key: "Tab", run: tab, shift: indentLess },
  ];
}

function atEdge(view: EditorView, direction: -1 | 1): boolean {
  const { selection, doc } = view.state;
  const { main } = selection;
  if (!main.empty || selection.ranges.length > 1) return false;
  const line = doc.lineAt(main.head);
  if (direction < 0 ? line.number > 1 : line.number < doc.lines) return false;
  // A wrapped line has rows of its own: only from its first (last) row the cursor leaves.
  const next = view.moveVertically(main, direction > 0);
  return next.head === main.head || next.head === (direction > 0 ? line.to : line.from);
}

function tab(view: EditorView): boolean {
  const { main } = view.state.selection;
  if (!main.empty) return indentMore(view);
  const before = view.state.sliceDoc(view.state.doc.lineAt(main.head).from, main.head);
  return /^\s*$/.test(before) ? indentMore(view) : insertTab(view);
}
