/** What "find" found, marked in one editor. */
import { type Extension, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";

export interface MarkedMatch {
  readonly from: number;
  readonly to: number;
  readonly isCurrent: boolean;
}

const setMatches = StateEffect.define<readonly MarkedMatch[]>();
const plain = Decoration.mark({ class: "cm-match" });
const current = Decoration.mark({ class: "cm-match cm-match-current" });

const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setMatches)) continue;
      const length = transaction.state.doc.length;
      const inside = effect.value.filter((match) => match.to <= length && match.to > match.from);
      return Decoration.set(
        inside.map((match) => (match.isCurrent ? current : plain).range(match.from, match.to)),
        true,
      );
    }
    return decorations.map(transaction.changes);
  },
  provide: (self) => EditorView.decorations.from(self),
});

export const matches: Extension = field;

/** Marks these and no others. */
export function showMatches(view: EditorView, found: readonly MarkedMatch[]): void {
  const drawn = view.state.field(field, false);
  if (found.length === 0 && (!drawn || drawn.size === 0)) return;
  view.dispatch({ effects: setMatches.of(found) });
}
