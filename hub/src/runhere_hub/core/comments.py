"""Comments on cells: what one may say, how long it may be, and what a change makes of it. Records of the hub alone.

A thread is a comment on a cell and the replies to it, in order. Nothing of a cell is copied into a comment, neither its
source nor an output: `Marked` names a place in the text, and the page looks up what stands there now.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from runhere_hub.core.errors import Forbidden, Invalid, NotFound, TooManyComments

LONGEST_BODY = 4_000
"""Characters."""
MOST_COMMENTS = 2_000
"""So many may stand in one notebook, replies included: every page of it has them all."""


@dataclass(frozen=True)
class Marked:
    """A piece of the cell's source: two Yjs relative positions, base64. The hub does not look into them."""

    start: str
    end: str


@dataclass(frozen=True)
class Comment:
    """One comment or reply. Times are milliseconds since 1970.

    Attributes:
        reply_to: The comment that begins its thread; None: it is that one itself.
        body: Plain text; "" once it was deleted.
        deleted_at: It was deleted, and stands there because somebody replied.
        resolved_at, resolved_by: Of the comment that begins a thread; None: open.
    """

    id: str
    cell_id: str
    reply_to: str | None
    person_id: str
    body: str
    marked: Marked | None
    created_at: int
    edited_at: int | None = None
    deleted_at: int | None = None
    resolved_at: int | None = None
    resolved_by: str | None = None


def checked_body(text: str) -> str:
    """What is kept of a comment's text: line breaks and tabs stay, other control characters do not.

    Raises:
        Invalid: Nothing is left, or it is too long.
    """
    kept = "".join(sign for sign in text.replace("\r\n", "\n") if sign in "\n\t" or _is_shown(sign)).strip()
    if not kept:
        raise Invalid("Write something first: this comment is empty.")
    if len(kept) > LONGEST_BODY:
        raise Invalid(f"A comment has at most {LONGEST_BODY} characters; this one has {len(kept)}.")
    return kept


def _is_shown(sign: str) -> bool:
    # Marks of direction belong to people's languages; the page keeps them inside of the comment. Halves of a pair
    # (surrogates) are no text and cannot be stored.
    return unicodedata.category(sign) not in ("Cc", "Cs")


def added(there: Sequence[Comment], new: Comment) -> Comment:
    """A new comment as it is kept: a reply is in its thread's cell.

    Raises:
        NotFound: What is replied to is not there (any more).
        TooManyComments: Some are to be deleted first.
    """
    if len(there) >= MOST_COMMENTS:
        raise TooManyComments(f"There are {MOST_COMMENTS} comments in this notebook already. Delete some first.")
    if new.reply_to is None:
        return new
    first = find(there, new.reply_to)
    if first.reply_to is not None:
        raise Invalid("Reply to the comment that begins the thread.")
    return replace(new, cell_id=first.cell_id, marked=None)


def edited(comment: Comment, body: str, *, by: str, now: int) -> Comment:
    """A comment with another text.

    Raises:
        Forbidden: Somebody else wrote it.
        NotFound: It was deleted.
    """
    _check_is_there(comment)
    if comment.person_id != by:
        raise Forbidden("Only the person who wrote a comment may change it.")
    return replace(comment, body=body, edited_at=now)


def resolved(comment: Comment, *, is_resolved: bool, by: str, now: int) -> Comment:
    """A thread that was resolved, or opened again.

    Raises:
        Invalid: It is a reply.
    """
    if comment.reply_to is not None:
        raise Invalid("A thread is resolved as a whole: name the comment that begins it.")
    if is_resolved == (comment.resolved_at is not None):
        return comment
    return replace(comment, resolved_at=now if is_resolved else None, resolved_by=by if is_resolved else None)


@dataclass(frozen=True)
class Removed:
    """What deleting one comment comes to: rows that go, and one that stays without its text."""

    gone: tuple[str, ...]
    emptied: Comment | None = None


def removed(there: Sequence[Comment], comment: Comment, *, now: int) -> Removed:
    """Delete a comment. What others replied stays: then its place stays too, without its text."""
    _check_is_there(comment)
    if comment.reply_to is None:
        if any(one.reply_to == comment.id for one in there):
            return Removed((), replace(comment, body="", marked=None, deleted_at=now))
        return Removed((comment.id,))
    first = find(there, comment.reply_to)
    is_last = not any(one.reply_to == first.id and one.id != comment.id for one in there)
    return Removed((comment.id, first.id) if is_last and first.deleted_at is not None else (comment.id,))


def find(there: Sequence[Comment], comment_id: str) -> Comment:
    """One of these.

    Raises:
        NotFound: It is not among them.
    """
    found = next((one for one in there if one.id == comment_id), None)
    if found is None:
        raise NotFound("There is no such comment; somebody may have deleted it.")
    return found


def _check_is_there(comment: Comment) -> None:
    if comment.deleted_at is not None:
        raise NotFound("This comment was deleted.")
