/** Other people's cursors and selections in one editor. */
import { type Extension, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";

/** Offsets are UTF-16 code units; what lies behind the end is drawn at the end. */
export interface RemoteCursor {
  readonly key: string;
  readonly name: string;
  readonly color: string;
  readonly anchor: number;
  readonly head: number;
}

const setCursors = StateEffect.define<readonly RemoteCursor[]>();

class CaretWidget extends WidgetType {
  constructor(readonly cursor: RemoteCursor) {
    super();
  }

  override eq(other: CaretWidget): boolean {
    return other.cursor.name === this.cursor.name && other.cursor.color === this.cursor.color;
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement("span");
    caret.className = "cm-remote-caret";
    caret.setAttribute("aria-hidden", "true");
    // Set as a property: the page's CSP has no style attributes. An unusable colour is ignored by the browser.
    caret.style.setProperty("--person", this.cursor.color);
    // Drawn by the style sheet: as text it would be part of what is read, copied and tested.
    caret.dataset["name"] = this.cursor.name;
    return caret;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setCursors)) return decorate(effect.value, transaction.state.doc.length);
    }
    return decorations.map(transaction.changes);
  },
  provide: (self) => EditorView.decorations.from(self),
});

function decorate(cursors: readonly RemoteCursor[], length: number): DecorationSet {
  const ranges = cursors.flatMap((cursor) => {
    const head = Math.min(cursor.head, length);
    const anchor = Math.min(cursor.anchor, length);
    const caret = Decoration.widget({ widget: new CaretWidget(cursor), side: 1 }).range(head);
    if (anchor === head) return [caret];
    return [
      Decoration.mark({ class: "cm-remote-selection" }).range(Math.min(anchor, head), Math.max(anchor, head)),
      caret,
    ];
  });
  return Decoration.set(ranges, true);
}

export const presence: Extension = field;

/** Draws these cursors instead of those before. */
export function showCursors(view: EditorView, cursors: readonly RemoteCursor[]): void {
  const drawn = view.state.field(field, false);
  if (cursors.length === 0 && (!drawn || drawn.size === 0)) return;
  view.dispatch({ effects: setCursors.of(cursors) });
}
