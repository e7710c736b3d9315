/**
 * Text typed over a selection goes into the document at once, and the browser's own hand is kept off it.
 *
 * Chromium would give the new text the looks of what it replaces, as a `style` attribute: the page's `style-src` refuses that and the console is told of
 * a violation at each such key. The editor draws the text anew in any case.
 */
import { EditorView } from "@codemirror/view";

export const typingOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data } = event;
    if (
      event.inputType !== "insertText" ||
      !data ||
      !event.cancelable ||
      event.isComposing ||
      view.composing ||
      view.state.readOnly
    )
      return false;
    // Chromium names no ranges here (`getTargetRanges` is empty), so it is what the editor knows as selected.
    const { main } = view.state.selection;
    if (main.empty) return false;
    const insert = () =>
      view.state.update(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
    // Brackets that close themselves and the like come first, as they do for what the browser has typed.
    const isTaken = view.state
      .facet(EditorView.inputHandler)
      .some((take) => take(view, main.from, main.to, data, insert));
    if (!isTaken) view.dispatch(insert());
    return true;
  },
});
