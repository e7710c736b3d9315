/**
 * Several cursors, drawn. The browser draws one by itself, and for nothing; CodeMirror's drawing measures text with every
 * key, so it is there only while there is more than one.
 */
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection } from "@codemirror/view";

const drawing = new Compartment();
const drawn = drawSelection();

export const severalSelections: Extension = [
  EditorState.allowMultipleSelections.of(true),
  drawing.of([]),
  EditorState.transactionExtender.of((transaction) => {
    const isWanted = transaction.newSelection.ranges.length > 1;
    const isThere = drawing.get(transaction.startState) === drawn;
    return isWanted === isThere ? null : { effects: drawing.reconfigure(isWanted ? drawn : []) };
  }),
];
