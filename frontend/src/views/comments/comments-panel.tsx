import { useEffect, useReducer, useRef, useState } from "react";
import type { CellId } from "../../core/cell.ts";
import { threadsOf } from "../../core/comments.ts";
import type { Observable } from "../../core/observable.ts";
import type { NotebookDoc } from "../../doc/notebook-doc.ts";
import { text } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { useObservable, useSelected, useText } from "../../ui/use-observable.ts";
import { CommentForm } from "./comment-form.tsx";
import { CommentThread } from "./comment-thread.tsx";
import styles from "./comments.module.css";
import type { CommentsModel, Piece } from "./model.ts";

export interface CommentsPanelProps {
  readonly model: CommentsModel;
  readonly doc: NotebookDoc;
  readonly selection: Observable<{ readonly active: CellId | null }>;
  /** What is selected in a cell's text; null: nothing. */
  readonly pieceOf: (cellId: CellId) => Piece | null;
  /** Shows and selects a cell. */
  readonly onGo: (cellId: CellId) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Every comment of the notebook, by cell, and a place to write one about the selected cell. */
export function CommentsPanel(props: CommentsPanelProps) {
  const { model, doc, onGo, now } = props;
  const t = useText();
  const { comments, error, canComment } = useObservable(model.state);
  const [showsResolved, setShowsResolved] = useState(false);
  useCells(doc);
  const list = useWishes(model);
  const wish = useObservable(model.wish);
  const threads = threadsOf(comments ?? [], doc.cellIds());
  const shown = threads.filter((thread) => showsResolved || !thread.isResolved);
  const wanted = wish?.kind === "show" ? shown.find(({ first }) => first.cell_id === wish.cellId) : undefined;
  const resolved = threads.length - threads.filter((thread) => !thread.isResolved).length;
  return (
    <div className={styles.panel}>
      {canComment ? <NewComment {...props} /> : null}
      {error === null ? null : (
        <Notice tone="danger" isLive>
          <p>{error}</p>
          <Button size="small" onPress={() => model.look()}>
            {t("comments.retry")}
          </Button>
        </Notice>
      )}
      {comments === null && error === null ? <Spinner label={t("shell.loading")} /> : null}
      {comments === null ? null : (
        <>
          {resolved > 0 ? (
            <Checkbox isSelected={showsResolved} onChange={setShowsResolved}>
              {t("comments.showResolved")} ({resolved})
            </Checkbox>
          ) : null}
          {shown.length === 0 ? (
            <p className={styles.hint}>
              {threads.length === 0 ? t("comments.none") : t("comments.noneOpen", { count: resolved })}
            </p>
          ) : (
            <ul ref={list} aria-label={t("comments.list")} className={styles.list}>
              {shown.map((thread) => (
                <CommentThread
                  key={thread.first.id}
                  model={model}
                  thread={thread}
                  cell={cellName(doc, thread.first.cell_id)}
                  onGo={doc.cell(thread.first.cell_id) ? () => onGo(thread.first.cell_id) : null}
                  canComment={canComment}
                  isPanelFocus={thread === wanted}
                  now={now}
                />
              ))}
            </ul>
          )}
        </>
      )}
      <p className={styles.hint}>
        {canComment ? null : `${t("comments.readOnly")} `}
        {t("comments.kept")}
      </p>
    </div>
  );
}

/** As the sentence around it names a cell. */
function cellName(doc: NotebookDoc, cellId: CellId): string {
  const cell = doc.cell(cellId);
  const position = doc.cellIds().indexOf(cellId) + 1;
  if (!cell || position === 0) return text("comments.goneCell");
  return text(cell.type === "code" ? "comments.codeCell" : "comments.textCell", { position });
}

function NewComment({ model, doc, selection, pieceOf }: CommentsPanelProps) {
  const t = useText();
  const active = useSelected(selection, (now) => now.active);
  const wish = useObservable(model.wish);
  const [piece, setPiece] = useState<(Piece & { readonly cellId: CellId }) | null>(null);
  if (active === null) return <p className={styles.hint}>{t("comments.writeNowhere")}</p>;
  const about = piece?.cellId === active ? piece : null;
  const quote = about && doc.cell(active)?.source.toString().slice(about.from, about.to);
  return (
    <CommentForm
      label={t("comments.write", { cell: cellName(doc, active) })}
      send={t("comments.send")}
      model={model}
      draft=""
      focusWish={wish?.kind === "write" ? wish.serial : 0}
      isPanelFocus={wish?.kind !== "show"}
      onFocus={() => {
        const found = pieceOf(active);
        setPiece(found && { ...found, cellId: active });
      }}
      onSend={async (body) => {
        await model.add(active, body, about);
        setPiece(null);
      }}
    >
      {quote ? (
        <div className={styles.piece}>
          <span className={styles.meta}>{t("comments.onPiece")}</span>
          <q className={styles.quote}>{quote}</q>
          <Button size="small" variant="quiet" onPress={() => setPiece(null)}>
            {t("comments.wholeCell")}
          </Button>
        </div>
      ) : null}
    </CommentForm>
  );
}

/** Cells that come, go and move change how threads are called and where they stand. */
function useCells(doc: NotebookDoc): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => doc.subscribeCells(draw), [doc]);
}

/** Goes to the first thread of a cell when that is asked for, once it is there. */
function useWishes(model: CommentsModel) {
  const list = useRef<HTMLUListElement>(null);
  const wish = useObservable(model.wish);
  const isThere = useSelected(model.state, ({ comments }) => comments !== null);
  const granted = useRef(0);
  useEffect(() => {
    if (wish?.kind !== "show" || !isThere || granted.current === wish.serial) return;
    granted.current = wish.serial;
    const items = [...(list.current?.querySelectorAll<HTMLElement>("[data-thread-cell]") ?? [])];
    const found = items.find((item) => item.dataset["threadCell"] === wish.cellId);
    found?.scrollIntoView({ block: "nearest" });
    found?.focus({ preventScroll: true });
  }, [wish, isThere]);
  return list;
}
