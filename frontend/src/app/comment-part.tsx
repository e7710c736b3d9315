/** Comments as the page has them: the model of an open notebook, the mark in a cell's margin, the panel. Loaded after the notebook is there. */
import type { CellId } from "../core/cell.ts";
import { text } from "../i18n/t.ts";
import { CommentMark } from "../views/comments/comment-mark.tsx";
import { CommentsPanel } from "../views/comments/comments-panel.tsx";
import type { CommentsModel } from "../views/comments/model.ts";
import type { NotebookController } from "../views/notebook/controller.ts";
import type { CommentDesk } from "./comment-desk.ts";
import { NotebookComments } from "./notebook-comments.ts";
import type { PanelServices } from "./panel-services.ts";

/** The comments of an open notebook; begun by whoever comes first, the idle page or the panel. */
export function beginComments(desk: CommentDesk, controller: NotebookController): CommentsModel | null {
  if (desk.comments !== null || desk.isClosed) return desk.comments;
  const comments = new NotebookComments(desk.options, desk.wish, (fresh) => {
    const [first] = fresh;
    const position = first ? controller.services.doc.cellIds().indexOf(first.cell_id) + 1 : 0;
    if (first && position > 0)
      controller.say(text("comments.news", { name: first.author?.name ?? text("comments.somebody"), position }));
  });
  desk.comments = comments;
  desk.margin.set(({ id }: { readonly id: CellId }) => (
    <CommentMark counts={comments.counts} id={id} onPress={() => desk.ask({ kind: "show", cellId: id })} />
  ));
  return comments;
}

export function CommentsPart({ services }: { readonly services: PanelServices }) {
  const { comments, controller, uncover, now } = services;
  const model = beginComments(comments, controller);
  if (model === null) return null;
  return (
    <CommentsPanel
      model={model}
      doc={controller.services.doc}
      selection={controller.selection}
      pieceOf={(cellId) => {
        const cursor = controller.cursorOf(cellId);
        if (!cursor || cursor.anchor === cursor.head) return null;
        return { from: Math.min(cursor.anchor, cursor.head), to: Math.max(cursor.anchor, cursor.head) };
      }}
      onGo={(cellId) => {
        uncover();
        controller.select(cellId);
      }}
      now={now}
    />
  );
}
