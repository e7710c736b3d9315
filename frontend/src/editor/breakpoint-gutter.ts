/**
 * The margin of a cell with its breakpoints, and the line in which the cell stands still. Loaded with the debugger; an editor has it only
 * while the debugger is in use.
 */
import { type Extension, RangeSet, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, GutterMarker, gutter, ViewPlugin } from "@codemirror/view";
import type { MarkedLine } from "../core/breakpoints.ts";

/** The breakpoints of one cell, for its margin. */
export interface CellBreakpoints {
  /** The same object until they change. */
  marked(): readonly MarkedLine[];
  /** The line, from 1, in which the cell stands still; null when it does not. */
  stoppedLine(): number | null;
  /** Calls `fn` after either changed. Returns the end. */
  subscribe(fn: () => void): () => void;
  /** Sets a breakpoint in the line that holds this offset, or takes it away. */
  toggle(offset: number): void;
}

interface Marks {
  readonly points: RangeSet<GutterMarker>;
  readonly stopped: DecorationSet;
}

class Point extends GutterMarker {
  override elementClass = "cm-breakpoint";
}
class Arrow extends GutterMarker {
  override elementClass = "cm-stopped-at";
}
const point = new Point();
const arrow = new Arrow();
const stoppedLine = Decoration.line({ class: "cm-stopped-line" });

const setMarks = StateEffect.define<Marks>();
const marks = StateField.define<Marks>({
  create: () => ({ points: RangeSet.empty, stopped: Decoration.none }),
  update(now, { changes, docChanged, effects }) {
    for (const effect of effects) if (effect.is(setMarks)) return effect.value;
    return docChanged ? { points: now.points.map(changes), stopped: now.stopped.map(changes) } : now;
  },
  provide: (self) => EditorView.decorations.from(self, ({ stopped }) => stopped),
});

const look = EditorView.baseTheme({
  ".cm-breakpoints": { width: "1.125rem", cursor: "pointer" },
  ".cm-breakpoints .cm-gutterElement": { position: "relative" },
  ".cm-breakpoints .cm-gutterElement::before": {
    content: '""',
    position: "absolute",
    top: "calc(0.75em - 0.3125rem)",
    left: "0.3125rem",
    width: "0.625rem",
    height: "0.625rem",
    borderRadius: "50%",
  },
  ".cm-breakpoints .cm-gutterElement:hover::before": {
    background: "color-mix(in srgb, var(--danger) 35%, transparent)",
  },
  ".cm-breakpoints .cm-breakpoint::before": { background: "var(--danger)" },
  ".cm-breakpoints .cm-breakpoint:hover::before": { background: "var(--danger)" },
  ".cm-breakpoints .cm-stopped-at::after": {
    content: '""',
    position: "absolute",
    top: "calc(0.75em - 0.3125rem)",
    left: "0.4375rem",
    borderLeft: "0.5rem solid var(--warning)",
    borderTop: "0.3125rem solid transparent",
    borderBottom: "0.3125rem solid transparent",
  },
  ".cm-stopped-line": { background: "var(--warning-soft)" },
});

export function breakpointGutter(cell: CellBreakpoints): Extension {
  return [
    marks.init(({ doc }) => marksOf(cell, doc)),
    gutter({
      class: "cm-breakpoints",
      markers: (view) => view.state.field(marks).points,
      initialSpacer: () => new Spacer(),
      domEventHandlers: {
        mousedown(_, line) {
          cell.toggle(line.from);
          return true;
        },
      },
    }),
    ViewPlugin.define((view) => follow(view, cell)),
    look,
  ];
}

/** Holds the margin's width while it is empty. */
class Spacer extends GutterMarker {
  override toDOM(): Node {
    return document.createTextNode("\u00a0");
  }
}

/** The editor moves its marks with the text by itself; what the book says in the end counts. */
function follow(view: EditorView, cell: CellBreakpoints): { destroy(): void } {
  let isDue = false;
  let isOver = false;
  const bring = (): void => {
    isDue = false;
    if (!isOver) view.dispatch({ effects: setMarks.of(marksOf(cell, view.state.doc)) });
  };
  const end = cell.subscribe(() => {
    // It may have changed in the middle of an update of this editor.
    if (!isDue) queueMicrotask(bring);
    isDue = true;
  });
  return {
    destroy() {
      isOver = true;
      end();
    },
  };
}

function marksOf(cell: CellBreakpoints, doc: EditorView["state"]["doc"]): Marks {
  const line = cell.stoppedLine();
  const at = line !== null && line >= 1 && line <= doc.lines ? doc.line(line).from : null;
  const points = cell.marked().flatMap(({ from }) => (from <= doc.length ? [point.range(doc.lineAt(from).from)] : []));
  return {
    points: RangeSet.of(at === null ? points : [...points, arrow.range(at)], true),
    stopped: at === null ? Decoration.none : Decoration.set([stoppedLine.range(at)]),
  };
}
