/**
 * One cell's editor. Made when its row comes into sight and destroyed when it goes, so making one must be cheap: what does
 * not differ between cells is made once.
 */
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, lineNumbers, placeholder, rectangularSelection } from "@codemirror/view";
import type * as Y from "yjs";
import type { CodeHelp } from "./code-help.ts";
import { collab } from "./collab.ts";
import { HelpWishes } from "./help-keys.ts";
import { editorKeys } from "./keymap.ts";
import { languageFor } from "./languages.ts";
import { matches } from "./matches.ts";
import { presence } from "./presence.ts";
import { severalSelections } from "./several-selections.ts";
import { theme } from "./theme.ts";
import { typingOver } from "./typing-over.ts";

export interface CellEditorOptions {
  readonly parent: HTMLElement;
  readonly source: Y.Text;
  readonly origin: object;
  readonly isUndo: (transactionOrigin: unknown) => boolean;
  readonly language: string;
  /** Accessible name. */
  readonly label: string;
  readonly hint: string;
  readonly isReadOnly: boolean;
  readonly showsLineNumbers: boolean;
  readonly margin: Extension | null;
  readonly wrapsLines: boolean;
  /** Where the cursor was when this cell was last in sight. */
  readonly selection: { readonly anchor: number; readonly head: number } | null;
  readonly help: CodeHelp | null;
  readonly renderInspection: (text: string, host: HTMLElement) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly leave: (direction: -1 | 1) => boolean;
  readonly onSelection: (anchor: number, head: number) => void;
  readonly onPasteFiles: (files: readonly File[]) => boolean;
}

/** What may change while the editor lives. */
export interface EditorLook {
  readonly language: string;
  readonly label: string;
  readonly isReadOnly: boolean;
  readonly showsLineNumbers: boolean;
  /** Left of the line numbers; null: nothing. */
  readonly margin: Extension | null;
}

/** What a key brings beside `keydown`: nobody above an editor wants it, and a framework that looks through it costs a part of the frame. */
const TYPED = ["keypress", "beforeinput", "textInput", "input"];

const shared: Extension = [
  theme,
  presence,
  matches,
  severalSelections,
  typingOver,
  rectangularSelection(),
  indentOnInput(),
  bracketMatching(),
  EditorState.tabSize.of(4),
  EditorView.clickAddsSelectionRange.of((event) => event.altKey),
];

export class CellEditor {
  readonly view: EditorView;
  readonly #language = new Compartment();
  readonly #label = new Compartment();
  readonly #access = new Compartment();
  readonly #margin = new Compartment();
  readonly #numbers = new Compartment();
  readonly #help = new Compartment();
  readonly #wishes = new HelpWishes();
  #helpState: "none" | "coming" | "there" = "none";
  #look: EditorLook;

  constructor(options: CellEditorOptions) {
    this.#look = options;
    const doc = options.source.toString();
    const clamp = (offset: number): number => Math.min(offset, doc.length);
    const language = languageFor(options.language);
    this.view = new EditorView({
      parent: options.parent,
      state: EditorState.create({
        doc,
        ...(options.selection
          ? { selection: { anchor: clamp(options.selection.anchor), head: clamp(options.selection.head) } }
          : {}),
        extensions: [
          shared,
          nonce(),
          options.wrapsLines ? EditorView.lineWrapping : [],
          this.#language.of(language.now),
          this.#label.of(labelled(options.label)),
          this.#access.of(access(options.isReadOnly)),
          this.#margin.of(options.margin ?? []),
          this.#numbers.of(options.showsLineNumbers ? lineNumbers() : []),
          options.hint ? placeholder(options.hint) : [],
          collab(options),
          this.#help.of(options.help ? this.#wishes.keys(() => this.#helpState === "coming") : []),
          editorKeys(options),
          EditorView.updateListener.of((update) => {
            if (update.focusChanged && this.view.hasFocus) this.#loadHelp(options);
            if (!update.selectionSet && !update.docChanged && !update.focusChanged) return;
            const { anchor, head } = update.state.selection.main;
            options.onSelection(anchor, head);
          }),
          EditorView.domEventHandlers({
            paste: (event) => options.onPasteFiles([...(event.clipboardData?.files ?? [])]),
            drop: (event) => options.onPasteFiles([...(event.dataTransfer?.files ?? [])]),
          }),
        ],
      }),
    });
    for (const type of TYPED) this.view.dom.addEventListener(type, (event) => event.stopPropagation());
    this.#loadLanguage(options.language, language.later);
  }

  /** Brings the editor in line; does nothing where nothing changed. */
  look(next: EditorLook): void {
    const now = this.#look;
    this.#look = next;
    const effects = [
      ...(next.label === now.label ? [] : [this.#label.reconfigure(labelled(next.label))]),
      ...(next.isReadOnly === now.isReadOnly ? [] : [this.#access.reconfigure(access(next.isReadOnly))]),
      ...(next.margin === now.margin ? [] : [this.#margin.reconfigure(next.margin ?? [])]),
      ...(next.showsLineNumbers === now.showsLineNumbers
        ? []
        : [this.#numbers.reconfigure(next.showsLineNumbers ? lineNumbers() : [])]),
    ];
    if (next.language !== now.language) {
      const language = languageFor(next.language);
      effects.push(this.#language.reconfigure(language.now));
      this.#loadLanguage(next.language, language.later);
    }
    if (effects.length > 0) this.view.dispatch({ effects });
  }

  destroy(): void {
    this.view.destroy();
  }

  #loadHelp({ help, renderInspection }: CellEditorOptions): void {
    if (this.#helpState !== "none") return;
    this.#helpState = "coming";
    void import("./completion.ts").then(
      ({ answerWish, closingBrackets, kernelCompletion }) => {
        this.#helpState = "there";
        if (!this.view.dom.isConnected) return;
        const extension = [closingBrackets, help ? kernelCompletion(help, renderInspection) : []];
        this.view.dispatch({ effects: this.#help.reconfigure(extension) });
        const wish = this.#wishes.take(this.view);
        if (help && wish) answerWish(this.view, help, wish);
      },
      // The hub is away: writing goes on without it, and the next focus asks again.
      () => {
        this.#helpState = "none";
      },
    );
  }

  #loadLanguage(name: string, later: Promise<Extension> | null): void {
    void later
      ?.catch(() => null)
      .then((extension) => {
        if (extension && this.#look.language === name && this.view.dom.isConnected)
          this.view.dispatch({ effects: this.#language.reconfigure(extension) });
      });
  }
}

function labelled(label: string): Extension {
  return EditorView.contentAttributes.of({
    "aria-label": label,
    "aria-multiline": "true",
    spellcheck: "false",
    autocorrect: "off",
    autocapitalize: "off",
  });
}

function access(isReadOnly: boolean): Extension {
  return isReadOnly
    ? [EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-readonly": "true" })]
    : [];
}

let nonceExtension: Extension | null = null;

/** CodeMirror makes style elements; the page's CSP lets those with the nonce of this answer through. */
function nonce(): Extension {
  nonceExtension ??= EditorView.cspNonce.of(
    document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "",
  );
  return nonceExtension;
}
