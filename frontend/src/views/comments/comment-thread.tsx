import { Check, Ellipsis, RotateCcw } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Comment } from "../../api/client.ts";
import { linkParts, type Thread } from "../../core/comments.ts";
import { errorText } from "../../i18n/error-text.ts";
import { formatAgo, formatDateTime } from "../../i18n/t.ts";
import { IconButton } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { MenuButton, type MenuEntry } from "../../ui/menu.tsx";
import { toast } from "../../ui/toast.tsx";
import { useText } from "../../ui/use-observable.ts";
import { CommentForm } from "./comment-form.tsx";
import styles from "./comments.module.css";
import type { CommentsModel } from "./model.ts";

interface CommentThreadProps {
  readonly model: CommentsModel;
  readonly thread: Thread<Comment>;
  /** How the cell is called. */
  readonly cell: string;
  /** Null: the cell is gone. */
  readonly onGo: (() => void) | null;
  readonly canComment: boolean;
  /** Takes the focus of a panel that is opened. */
  readonly isPanelFocus: boolean;
  readonly now: () => number;
}

/** A comment, the replies to it, and what can be done with them. */
export function CommentThread({ model, thread, cell, onGo, canComment, isPanelFocus, now }: CommentThreadProps) {
  const t = useText();
  const { first, replies, isResolved } = thread;
  const nameOf = (person: Comment["author"]): string => person?.name ?? t("comments.somebody");
  const quote = model.markedText(first);
  return (
    <li
      className={styles.thread}
      data-resolved={isResolved || undefined}
      data-thread-cell={first.cell_id}
      data-panel-focus={isPanelFocus ? "" : undefined}
      tabIndex={-1}
      aria-label={t("comments.thread", { name: nameOf(first.author), cell })}
    >
      <div className={styles.head}>
        {onGo ? (
          <button type="button" className={styles.go} aria-label={t("comments.goTo", { cell })} onClick={onGo}>
            {cell}
          </button>
        ) : (
          <span className={styles.meta}>{cell}</span>
        )}
        {canComment ? (
          <IconButton
            size="small"
            label={t(isResolved ? "comments.reopen" : "comments.resolve")}
            onPress={() => tried(model.setResolved(first.id, !isResolved))}
          >
            {isResolved ? <RotateCcw size={15} aria-hidden /> : <Check size={15} aria-hidden />}
          </IconButton>
        ) : null}
      </div>
      {quote === null ? null : <q className={styles.quote}>{quote}</q>}
      {[first, ...replies].map((comment) => (
        <OneComment key={comment.id} model={model} comment={comment} name={nameOf(comment.author)} now={now} />
      ))}
      {isResolved ? (
        <p className={styles.meta}>{t("comments.resolvedBy", { name: nameOf(first.resolver) })}</p>
      ) : canComment ? (
        <CommentForm
          label={t("comments.replyTo", { name: nameOf(first.author) })}
          isLabelHidden
          placeholder={t("comments.reply")}
          send={t("comments.reply")}
          model={model}
          draft={first.id}
          onSend={(body) => model.reply(first.id, body)}
        />
      ) : null}
    </li>
  );
}

interface OneCommentProps {
  readonly model: CommentsModel;
  readonly comment: Comment;
  readonly name: string;
  readonly now: () => number;
}

function OneComment({ model, comment, name, now }: OneCommentProps) {
  const t = useText();
  const [isEditing, setEditing] = useState(false);
  const [isAsking, setAsking] = useState(false);
  if (comment.is_deleted) return <p className={styles.meta}>{t("comments.deleted")}</p>;
  const item = (id: "edit" | "remove", onAction: () => void): MenuEntry => ({
    kind: "item",
    id,
    label: t(`comments.${id}`),
    onAction,
  });
  const entries = [
    ...(comment.may_edit ? [item("edit", () => setEditing(true))] : []),
    ...(comment.may_delete ? [item("remove", () => setAsking(true))] : []),
  ];
  return (
    <div className={styles.comment}>
      <div className={styles.head}>
        <span className={styles.by}>
          {/* Names and texts of people turn no direction but their own. */}
          <bdi className={styles.name}>{name}</bdi>
          <time className={styles.meta} title={formatDateTime(comment.created_at)}>
            {formatAgo(comment.created_at, now())}
            {comment.edited_at === null ? null : ` · ${t("comments.edited")}`}
          </time>
        </span>
        {entries.length === 0 ? null : (
          <MenuButton label={t("comments.more", { name })} entries={entries} placement="bottom end">
            <IconButton size="small" label={t("comments.more", { name })}>
              <Ellipsis size={15} aria-hidden />
            </IconButton>
          </MenuButton>
        )}
      </div>
      {isEditing ? (
        <CommentForm
          label={t("comments.editing")}
          isLabelHidden
          send={t("comments.save")}
          model={model}
          draft={`edit ${comment.id}`}
          initial={comment.body}
          focusWish={1}
          onSend={async (body) => {
            await model.edit(comment.id, body);
            setEditing(false);
          }}
          onCancel={() => setEditing(false)}
        />
      ) : (
        <p className={styles.body} dir="auto">
          {linkParts(comment.body).map(drawn)}
        </p>
      )}
      <ConfirmDialog
        title={t("comments.removeTitle")}
        isOpen={isAsking}
        confirm={t("comments.remove")}
        tone="danger"
        onConfirm={() => {
          setAsking(false);
          tried(model.remove(comment.id));
        }}
        onClose={() => setAsking(false)}
      >
        <p>{t("comments.removeText")}</p>
      </ConfirmDialog>
    </div>
  );
}

function drawn({ text, href }: { readonly text: string; readonly href: string | null }, index: number): ReactNode {
  if (href === null) return text;
  return (
    <a key={index} href={href} target="_blank" rel="noopener noreferrer nofollow">
      {text}
    </a>
  );
}

function tried(work: Promise<void>): void {
  work.catch((error: unknown) => toast({ text: errorText(error), tone: "error" }));
}
