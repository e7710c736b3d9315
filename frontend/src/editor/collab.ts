/**
 * Joins one editor to the `Y.Text` of its cell: what is typed goes into the text, what others (or undo) change comes into
 * the editor. One origin serves every editor of a notebook, so that undo knows its own edits however many editors come and
 * go in the window; `y-codemirror.next` makes a new origin per editor, which undo would have to collect for ever.
 */
import { Annotation, type ChangeSpec, type Extension } from "@codemirror/state";
import { type EditorView, type PluginValue, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import type * as Y from "yjs";

const fromDocument = Annotation.define<boolean>();

export interface CollabOptions {
  readonly source: Y.Text;
  /** Transaction origin of one's own typing. */
  readonly origin: object;
  /** Whether a transaction is one's own undo or redo: the cursor then goes to what changed. */
  readonly isUndo: (transactionOrigin: unknown) => boolean;
}

/** The editor must start with `source.toString()` as its text. */
export function collab(options: CollabOptions): Extension {
  return ViewPlugin.define((view) => new Collab(view, options));
}

class Collab implements PluginValue {
  readonly #view: EditorView;
  readonly #options: CollabOptions;
  // Commands of the notebook edit under the same origin, so the origin cannot tell what came from this editor.
  #isWriting = false;

  constructor(view: EditorView, options: CollabOptions) {
    this.#view = view;
    this.#options = options;
    options.source.observe(this.#onText);
  }

  destroy(): void {
    this.#options.source.unobserve(this.#onText);
  }

  update(update: ViewUpdate): void {
    if (!update.docChanged || update.transactions.some((transaction) => transaction.annotation(fromDocument))) return;
    const { source, origin } = this.#options;
    const write = (): void => {
      // Positions are those of the old text: later changes are shifted by what earlier ones added.
      let shift = 0;
      update.changes.iterChanges((from, to, _fromNew, _toNew, inserted) => {
        if (to > from) source.delete(from + shift, to - from);
        if (inserted.length > 0) source.insert(from + shift, inserted.sliceString(0, inserted.length, "\n"));
        shift += inserted.length - (to - from);
      });
    };
    this.#isWriting = true;
    try {
      if (source.doc) source.doc.transact(write, origin);
      else write();
    } finally {
      this.#isWriting = false;
    }
  }

  readonly #onText = (event: Y.YTextEvent, transaction: Y.Transaction): void => {
    if (this.#isWriting) return;
    const { isUndo } = this.#options;
    const { changes, end } = changesOf(event);
    if (changes.length === 0) return;
    const moveCursor = isUndo(transaction.origin) && this.#view.hasFocus;
    this.#view.dispatch({
      changes,
      annotations: [fromDocument.of(true)],
      ...(moveCursor ? { selection: { anchor: end }, scrollIntoView: true } : {}),
    });
  };
}

/** The event as editor changes, and where the last of them ends in the new text. */
function changesOf(event: Y.YTextEvent): { changes: ChangeSpec[]; end: number } {
  const changes: ChangeSpec[] = [];
  let old = 0;
  let now = 0;
  let end = 0;
  for (const part of event.delta) {
    if (typeof part.insert === "string") {
      changes.push({ from: old, insert: part.insert });
      now += part.insert.length;
      end = now;
    } else if (part.delete !== undefined) {
      changes.push({ from: old, to: old + part.delete });
      old += part.delete;
      end = now;
    } else {
      old += part.retain ?? 0;
      now += part.retain ?? 0;
    }
  }
  return { changes, end };
}
