/** Keys that ask the kernel for help, pressed while what answers them is still being fetched: it answers once it is there, if nobody went on. */
import { type Extension, Prec, type Text } from "@codemirror/state";
import { type EditorView, keymap } from "@codemirror/view";

export type HelpWish = "complete" | "inspect";

/** Tab behind a name or a bracket completes; elsewhere it indents. `before`: the character before the cursor. */
export function tabCompletes(before: string, isEmpty: boolean): boolean {
  return isEmpty && /[\w.\])]/.test(before);
}

/** Shift+Tab behind text tells about it; at the beginning of a line it takes an indent back. `before`: the line up to the cursor. */
export function shiftTabInspects(before: string, isEmpty: boolean): boolean {
  return isEmpty && !/^\s*$/.test(before);
}

export function wantsCompletion({ state }: EditorView): boolean {
  const { head, empty } = state.selection.main;
  return tabCompletes(state.sliceDoc(Math.max(0, head - 1), head), empty);
}

export function wantsInspection({ state }: EditorView): boolean {
  const { head, empty } = state.selection.main;
  return shiftTabInspects(state.sliceDoc(state.doc.lineAt(head).from, head), empty);
}

/** What was asked for last. */
export class HelpWishes {
  #last: { readonly wish: HelpWish; readonly doc: Text; readonly head: number } | null = null;

  /** @param isComing whether somebody will answer: without that the keys are the editor's. */
  keys(isComing: () => boolean): Extension {
    const ask = (wish: HelpWish, isMeant: (view: EditorView) => boolean) => (view: EditorView) => {
      if (!isComing() || !isMeant(view)) return false;
      this.#last = { wish, doc: view.state.doc, head: view.state.selection.main.head };
      return true;
    };
    return Prec.highest(
      keymap.of([
        { key: "Tab", run: ask("complete", wantsCompletion), shift: ask("inspect", wantsInspection) },
        { key: "Ctrl-Space", run: ask("complete", () => true) },
      ]),
    );
  }

  /** The wish, unless the person wrote or went on since. */
  take({ state }: EditorView): HelpWish | null {
    const last = this.#last;
    this.#last = null;
    return last && last.doc === state.doc && last.head === state.selection.main.head ? last.wish : null;
  }
}
