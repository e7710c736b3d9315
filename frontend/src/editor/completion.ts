/**
 * Completion and inspection by the kernel. Both are asked for and never waited for: typing goes on meanwhile. Loaded when an
 * editor first has the focus: a notebook that is only read does without.
 */
import {
  acceptCompletion,
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  startCompletion,
} from "@codemirror/autocomplete";
import { indentLess } from "@codemirror/commands";
import { EditorState, type Extension, Prec, StateEffect, StateField } from "@codemirror/state";
import { type EditorView, keymap, showTooltip, type Tooltip } from "@codemirror/view";
import type { CodeHelp } from "./code-help.ts";
import { type HelpWish, wantsCompletion, wantsInspection } from "./help-keys.ts";

/** A kernel that is busy answers late: then the list simply does not open. */
const COMPLETE_LIMIT_MS = 3_000;

/** Brackets and quotes close themselves; from the same package, so it comes along. */
export const closingBrackets: Extension = [closeBrackets(), keymap.of(closeBracketsKeymap)];

export function kernelCompletion(
  help: CodeHelp,
  renderInspection: (text: string, host: HTMLElement) => void,
): Extension {
  const source = (context: CompletionContext): Promise<CompletionResult | null> => completeWith(help, context);
  return [
    autocompletion({ icons: false, maxRenderedOptions: 60, aboveCursor: false, interactionDelay: 50 }),
    EditorState.languageData.of(() => [{ autocomplete: source }]),
    inspectionField(renderInspection),
    Prec.highest(
      keymap.of([
        { key: "Tab", run: tab, shift: (view) => shiftTab(view, help) },
        { key: "Escape", run: closeInspection },
        ...completionKeymap,
      ]),
    ),
  ];
}

async function completeWith(help: CodeHelp, context: CompletionContext): Promise<CompletionResult | null> {
  const before = context.state.sliceDoc(Math.max(0, context.pos - 1), context.pos);
  // While typing the kernel is asked behind a dot only; Tab and Ctrl-Space ask always.
  if (!context.explicit && before !== ".") return null;
  const answer = await Promise.race([help.complete(context.state.doc.toString(), context.pos), timeLimit(context)]);
  if (!answer || context.aborted || answer.matches.length === 0) return null;
  const from = Math.max(0, Math.min(answer.from, context.pos));
  return { from, to: Math.max(from, answer.to), options: options(answer.matches), validFor: /^\w*$/ };
}

function options(found: readonly string[]): Completion[] {
  // The kernel's order is meaningful (parameters first, private names last); a falling boost keeps it among equals.
  return found.map((label, index) => ({
    label,
    apply: label,
    displayLabel: label.replace(/^.*\.(?=[^.]+$)/, ""),
    boost: -Math.min(99, Math.floor((index * 99) / found.length)),
  }));
}

function timeLimit(context: CompletionContext): Promise<null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), COMPLETE_LIMIT_MS);
    context.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

const setInspection = StateEffect.define<{ readonly at: number; readonly text: string } | null>();

function inspectionField(render: (text: string, host: HTMLElement) => void): Extension {
  return StateField.define<Tooltip | null>({
    create: () => null,
    update(tooltip, transaction) {
      for (const effect of transaction.effects) {
        if (effect.is(setInspection)) return effect.value && tooltipOf(effect.value.at, effect.value.text, render);
      }
      return transaction.docChanged || transaction.selection ? null : tooltip;
    },
    provide: (self) => showTooltip.from(self),
  });
}

function tooltipOf(at: number, text: string, render: (text: string, host: HTMLElement) => void): Tooltip {
  return {
    pos: at,
    above: true,
    create: () => {
      const dom = document.createElement("div");
      dom.className = "cm-inspection";
      dom.tabIndex = 0;
      render(text, dom);
      return { dom };
    },
  };
}

/** Answers a key that was pressed before this was here. */
export function answerWish(view: EditorView, help: CodeHelp, wish: HelpWish): void {
  if (wish === "complete") startCompletion(view);
  else inspect(view, help);
}

/** Shows what the kernel knows about the name at the cursor. */
export function inspect(view: EditorView, help: CodeHelp): void {
  const at = view.state.selection.main.head;
  const { doc } = view.state;
  void help.inspect(doc.toString(), at).then((text) => {
    if (text && view.state.doc === doc && view.dom.isConnected)
      view.dispatch({ effects: setInspection.of({ at, text }) });
  });
}

function tab(view: EditorView): boolean {
  if (acceptCompletion(view)) return true;
  return wantsCompletion(view) ? startCompletion(view) : false;
}

function shiftTab(view: EditorView, help: CodeHelp): boolean {
  if (!wantsInspection(view)) return indentLess(view);
  inspect(view, help);
  return true;
}

function closeInspection(view: EditorView): boolean {
  if (!view.dom.querySelector(".cm-inspection")) return false;
  view.dispatch({ effects: setInspection.of(null) });
  return true;
}
