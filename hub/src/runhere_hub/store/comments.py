"""Comments of a notebook, in the order in which they were made."""

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from runhere_hub.core.comments import Comment, Marked
from runhere_hub.store.tables import comments


def of_notebook(conn: Connection, notebook_id: str) -> list[Comment]:
    """All of them, the oldest first."""
    wanted = select(comments).where(comments.c.notebook_id == notebook_id)
    return [_comment(row) for row in conn.execute(wanted.order_by(comments.c.created_at, comments.c.id))]


def add(conn: Connection, notebook_id: str, comment: Comment) -> None:
    """Keep a new one."""
    conn.execute(insert(comments).values(id=comment.id, notebook_id=notebook_id, **_columns(comment)))


def save(conn: Connection, comment: Comment) -> None:
    """Keep one as it is now."""
    conn.execute(update(comments).where(comments.c.id == comment.id).values(**_columns(comment)))


def remove(conn: Connection, ids: tuple[str, ...]) -> None:
    """Delete these for good."""
    conn.execute(delete(comments).where(comments.c.id.in_(ids)))


def _columns(comment: Comment) -> dict[str, object]:
    return {
        "cell_id": comment.cell_id,
        "reply_to": comment.reply_to,
        "person_id": comment.person_id,
        "body": comment.body,
        "marked_start": comment.marked.start if comment.marked is not None else None,
        "marked_end": comment.marked.end if comment.marked is not None else None,
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "deleted_at": comment.deleted_at,
        "resolved_at": comment.resolved_at,
        "resolved_by": comment.resolved_by,
    }


def _comment(row: Row[Any]) -> Comment:
    return Comment(
        id=row.id,
        cell_id=row.cell_id,
        reply_to=row.reply_to,
        person_id=row.person_id,
        body=row.body,
        marked=Marked(row.marked_start, row.marked_end) if row.marked_start is not None else None,
        created_at=row.created_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
    )
