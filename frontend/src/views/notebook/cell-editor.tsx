import { EditorView } from "@codemirror/view";
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { othersIn } from "../../doc/awareness.ts";
import type { CellView } from "../../doc/notebook-doc.ts";
import { showMatches } from "../../editor/matches.ts";
import { showCursors } from "../../editor/presence.ts";
import { CellEditor as Editor } from "../../editor/setup.ts";
import { staticCode } from "../../editor/static-code.ts";
import { plainStyle } from "../../outputs/ansi.ts";
import { appendAnsi } from "../../outputs/ansi-dom.ts";
import { useObservable, useSelected, useText } from "../../ui/use-observable.ts";
import { attachFiles } from "./attachments.ts";
import type { NotebookController } from "./controller.ts";

interface CellEditorProps {
  readonly controller: NotebookController;
  readonly cell: CellView;
  readonly position: number;
}

/**
 * The source of one cell: a live editor as long as its row is in the window. It begins as its likeness, but for the active
 * cell: editors are made one per frame and none while the page is scrolled, so a row in sight is never waited for.
 */
export const CellEditor = memo(function CellEditor(props: CellEditorProps) {
  const { controller, cell } = props;
  const [isLive, setLive] = useState(false);
  const isWanted = useSelected(controller.selection, (now) => now.active === cell.id);
  useEffect(() => (isLive ? undefined : controller.editorTurns.ask(() => setLive(true))), [isLive, controller]);
  return isLive || isWanted ? <LiveEditor {...props} /> : <Likeness {...props} onWanted={() => setLive(true)} />;
});

function Likeness({ controller, cell, onWanted }: CellEditorProps & { readonly onWanted: () => void }) {
  const host = useRef<HTMLDivElement>(null);
  const { source, type } = cell;
  const language = type === "code" ? controller.services.language.get() : "plain";
  useLayoutEffect(() => {
    const draw = (): void => host.current?.replaceChildren(staticCode(source.toString(), language));
    draw();
    source.observe(draw);
    return () => source.unobserve(draw);
  }, [source, language]);
  return <div ref={host} className={type === "code" ? undefined : "wraps"} onPointerDown={onWanted} />;
}

const LiveEditor = memo(function LiveEditor({ controller, cell, position }: CellEditorProps) {
  const t = useText();
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const kernelLanguage = useObservable(controller.services.language);
  const showsLineNumbers = useObservable(controller.lineNumbers) && cell.type === "code";
  const language = cell.type === "code" ? kernelLanguage : cell.type === "markdown" ? "markdown" : "plain";
  const label = t("notebook.sourceOf", { position: String(position) });
  const isReadOnly = useObservable(controller.readOnly);
  const makeMargin = useObservable(controller.margin);
  const margin = useMemo(() => (cell.type === "code" ? (makeMargin?.(cell.id) ?? null) : null), [makeMargin, cell]);
  const look = { language, label, isReadOnly, showsLineNumbers, margin };
  const hint =
    cell.type === "markdown"
      ? t("notebook.writeText")
      : cell.type === "code" && position === 1
        ? t("notebook.writeCode")
        : "";
  const { id, source, type } = cell;

  // Made anew only for another text; everything else is brought in line by `look`.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is left out is handed on by the effect below.
  useLayoutEffect(() => {
    if (!host.current) return;
    const { doc, help } = controller.services;
    const made = new Editor({
      ...look,
      parent: host.current,
      source,
      origin: doc.origin,
      isUndo: (origin) => origin === doc.undo.manager,
      hint,
      wrapsLines: type !== "code",
      selection: controller.cursorOf(id),
      help:
        type === "code"
          ? {
              complete: (code, at) => help.complete(code, at),
              inspect: async (code, at) => plainOf(await help.inspect(code, at)),
            }
          : null,
      renderInspection: (found, target) => void appendAnsi(target, found, plainStyle),
      undo: () => controller.undo(),
      redo: () => controller.redo(),
      leave: (direction) => controller.leaveEditor(id, direction),
      onSelection: (anchor, head) => controller.noteCursor(id, anchor, head),
      onPasteFiles: (files) => attachFiles(controller, id, files),
    });
    editor.current = made;
    return () => {
      editor.current = null;
      made.destroy();
    };
  }, [source, type]);

  useLayoutEffect(() => editor.current?.look(look));
  useGrantedFocus(controller, id, editor);
  useMarks(controller, id, editor);
  useOthers(controller, id, editor);
  return <div ref={host} data-editor="" />;
});

type EditorRef = { readonly current: Editor | null };

function useGrantedFocus(controller: NotebookController, id: string, editor: EditorRef): void {
  const wish = useSelected(controller.focus, (now) =>
    now?.cellId === id && now.where !== "cell" && now.where !== "input" ? now : null,
  );
  useLayoutEffect(() => {
    const view = editor.current?.view;
    if (!wish || !view) return;
    controller.focusGranted(wish);
    if (wish.where !== "editor")
      view.dispatch({ selection: { anchor: wish.where === "start" ? 0 : view.state.doc.length } });
    view.focus();
    view.dispatch({
      effects: EditorView.scrollIntoView(view.state.selection.main.head, { y: "nearest", yMargin: 24 }),
    });
  }, [wish, controller, editor]);
}

function useMarks(controller: NotebookController, id: string, editor: EditorRef): void {
  const matches = useSelected(controller.find.state, (find) => find.matches);
  const current = useSelected(controller.find.state, (find) =>
    find.matches[find.current]?.cellId === id && !find.matches[find.current]?.output ? find.current : -1,
  );
  useEffect(() => {
    const view = editor.current?.view;
    if (!view) return;
    const chosen = matches[current];
    showMatches(
      view,
      matches.flatMap((match) =>
        match.cellId === id && !match.output ? [{ from: match.from, to: match.to, isCurrent: match === chosen }] : [],
      ),
    );
    if (chosen && chosen.to <= view.state.doc.length) {
      view.dispatch({ effects: EditorView.scrollIntoView(chosen.from, { y: "center", yMargin: 60 }) });
    }
  }, [matches, current, id, editor]);
}

function useOthers(controller: NotebookController, id: string, editor: EditorRef): void {
  useEffect(() => {
    const { awareness } = controller.services.doc;
    const draw = (): void => {
      const view = editor.current?.view;
      if (!view) return;
      const here = othersIn(awareness).flatMap(({ clientId, person, cursor }) =>
        cursor?.cell === id
          ? [
              {
                key: String(clientId),
                name: person.name,
                color: person.color,
                anchor: cursor.anchor,
                head: cursor.head,
              },
            ]
          : [],
      );
      showCursors(view, here);
    };
    draw();
    awareness.on("change", draw);
    return () => awareness.off("change", draw);
  }, [controller, id, editor]);
}

function plainOf(bundle: { readonly [mime: string]: unknown } | null): string | null {
  const plain = bundle?.["text/plain"];
  return typeof plain === "string" && plain ? plain : null;
}
