/** An editor for a text file: no document of a notebook behind it, no help of a kernel. */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { languageFor } from "./languages.ts";
import { theme } from "./theme.ts";
import { typingOver } from "./typing-over.ts";

export interface TextEditorOptions {
  readonly parent: HTMLElement;
  readonly text: string;
  /** `python`, `markdown`; others are shown plain. */
  readonly language: string;
  /** Accessible name. */
  readonly label: string;
  readonly isReadOnly: boolean;
  readonly onChange: () => void;
  /** Ctrl+S, Cmd+S. */
  readonly onSave: () => void;
}

/** The caller destroys it. Lines end with `\n` in its text, whatever the file had. */
export function openTextEditor(options: TextEditorOptions): EditorView {
  const language = new Compartment();
  const { now, later } = languageFor(options.language);
  const save = (): boolean => {
    options.onSave();
    return true;
  };
  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        theme,
        typingOver,
        EditorView.cspNonce.of(document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ""),
        lineNumbers(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        language.of(now),
        EditorState.readOnly.of(options.isReadOnly),
        EditorView.contentAttributes.of({ "aria-label": options.label, spellcheck: "false" }),
        keymap.of([{ key: "Mod-s", run: save }, ...defaultKeymap, ...historyKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange();
        }),
      ],
    }),
  });
  // Without its grammar the text is plain, and can be edited all the same.
  void later
    ?.catch(() => null)
    .then((extension) => {
      if (extension && view.dom.isConnected) view.dispatch({ effects: language.reconfigure(extension) });
    });
  return view;
}
