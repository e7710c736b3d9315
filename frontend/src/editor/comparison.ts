/** Two versions of one cell's source in one read-only editor: what went is struck out above what came. Heavy: loaded late. */
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { languageFor } from "./languages.ts";
import { theme } from "./theme.ts";

export interface SourceComparisonOptions {
  readonly parent: HTMLElement;
  /** Null: there was none, so all of `after` is shown without marks. */
  readonly before: string | null;
  readonly after: string;
  /** Lower case: `python`, `markdown`, … */
  readonly language: string;
  /** Accessible name. */
  readonly label: string;
  /** What stands for a run of unchanged lines. `$` is replaced by their number. */
  readonly unchangedLines: string;
}

const look = EditorView.theme({
  "&.cm-merge-b .cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--ok-soft)" },
  "&.cm-merge-b .cm-changedText, & .cm-insertedLine": { background: "var(--ok-soft)", textDecoration: "none" },
  "&.cm-merge-b .cm-changedLine .cm-changedText": {
    background: "color-mix(in srgb, var(--ok) 32%, transparent)",
    borderRadius: "2px",
  },
  "& .cm-deletedChunk": { backgroundColor: "var(--danger-soft)", paddingLeft: "0.75rem" },
  "& .cm-deletedChunk .cm-deletedLine": { textDecoration: "none" },
  "& .cm-deletedChunk .cm-deletedText": {
    background: "color-mix(in srgb, var(--danger) 30%, transparent)",
    borderRadius: "2px",
  },
  "& .cm-changeGutter": { width: "3px", paddingLeft: "0" },
  "& .cm-changedLineGutter": { background: "var(--ok)" },
  "& .cm-deletedLineGutter": { background: "var(--danger)" },
  "& .cm-collapsedLines": {
    background: "var(--bg-sunken)",
    color: "var(--fg-muted)",
    fontFamily: "var(--font-ui)",
    fontSize: "var(--text-small)",
    padding: "0.125rem 0.75rem",
  },
});

export class SourceComparison {
  readonly #view: EditorView;
  #isGone = false;

  constructor(options: SourceComparisonOptions) {
    const { parent, before, after, language, label, unchangedLines } = options;
    const grammar = languageFor(language);
    const make = (how: Extension): EditorState =>
      EditorState.create({
        doc: after,
        extensions: [
          theme,
          look,
          how,
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.lineWrapping,
          EditorState.phrases.of({ "$ unchanged lines": unchangedLines }),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", "aria-readonly": "true" }),
          before === null ? [] : merged(before),
        ],
      });
    this.#view = new EditorView({ parent, state: make(grammar.now) });
    grammar.later?.then(
      (how) => this.#isGone || this.#view.setState(make(how)),
      () => undefined, // without colours then
    );
  }

  /** May be called again. */
  destroy(): void {
    this.#isGone = true;
    this.#view.destroy();
  }
}

function merged(before: string): Extension {
  return unifiedMergeView({
    original: before,
    mergeControls: false,
    allowInlineDiffs: false,
    collapseUnchanged: { margin: 2, minSize: 5 },
  });
}
