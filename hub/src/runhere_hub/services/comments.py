"""Comments on a notebook's cells: read, write, change, delete, resolve. Whoever has it open is told at once."""

from collections.abc import Callable
from dataclasses import dataclass, field

from runhere_hub.core import comments as rules
from runhere_hub.core.access import Verb, may_delete_comment
from runhere_hub.core.comments import Comment, Marked
from runhere_hub.core.errors import Forbidden
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import NotebookId, PersonId
from runhere_hub.services.drive import Drive, notebook_for, owned, role_in
from runhere_hub.services.throttles import Throttles
from runhere_hub.store import comments, notebooks, people
from runhere_hub.store.session import Connection


@dataclass(frozen=True)
class Comments:
    """Surroundings. One for the whole app. `pace`: nobody floods a notebook."""

    drive: Drive
    pace: Throttles = field(default_factory=lambda: Throttles(most=30, window_ms=60_000))


@dataclass(frozen=True)
class Shown:
    """A comment as a person sees it. `author`, `resolver` None: nobody whom the hub still knows."""

    comment: Comment
    author: Person | None
    resolver: Person | None
    may_edit: bool
    may_delete: bool


async def of_notebook(around: Comments, person: Person, notebook_id: NotebookId) -> list[Shown]:
    """Every comment, the oldest first.

    Raises:
        NotFound: There is no such notebook that this person may know of.
    """
    row = await notebook_for(around.drive, person, notebook_id, Verb.READ)

    def work(conn: Connection) -> list[Shown]:
        known: dict[str, Person | None] = {}

        def who(person_id: str | None) -> Person | None:
            if person_id is None:
                return None
            if person_id not in known:
                known[person_id] = people.get(conn, PersonId(person_id))
            return known[person_id]

        role = role_in(conn, person.id, owned(row))

        def shown(one: Comment) -> Shown:
            is_there = one.deleted_at is None
            may_delete = is_there and may_delete_comment(person.id, role, author=one.person_id)
            may_edit = may_delete and one.person_id == person.id
            return Shown(one, who(one.person_id) if is_there else None, who(one.resolved_by), may_edit, may_delete)

        return [shown(one) for one in comments.of_notebook(conn, notebook_id)]

    return await around.drive.db.read(work)


@dataclass(frozen=True)
class New:
    """What somebody wants to say: on a cell, or as a reply."""

    cell_id: str
    body: str
    reply_to: str | None = None
    marked: Marked | None = None


async def add(around: Comments, person: Person, notebook_id: NotebookId, new: New) -> str:
    """Keep a new comment or reply.

    Returns:
        Its id.

    Raises:
        NotFound, Forbidden: The person may not comment here, or what is replied to is gone.
        TooMany: Faster than a person writes.
        TooManyComments: Nothing was written.
    """
    now = around.drive.now_ms()
    comment = Comment(
        id=around.drive.new_id(),
        cell_id=new.cell_id,
        reply_to=new.reply_to,
        person_id=person.id,
        body=rules.checked_body(new.body),
        marked=new.marked,
        created_at=now,
    )
    around.pace.check(person.id, now)
    around.pace.count(person.id, now)

    def work(conn: Connection) -> None:
        comments.add(conn, notebook_id, rules.added(comments.of_notebook(conn, notebook_id), comment))

    await _change(around, person, notebook_id, work)
    return comment.id


async def edit(around: Comments, person: Person, notebook_id: NotebookId, comment_id: str, body: str) -> None:
    """Give one's own comment another text.

    Raises:
        NotFound, Forbidden: There is no such comment, or it is not this person's.
    """
    text, now = rules.checked_body(body), around.drive.now_ms()

    def work(conn: Connection) -> None:
        there = rules.find(comments.of_notebook(conn, notebook_id), comment_id)
        comments.save(conn, rules.edited(there, text, by=person.id, now=now))

    await _change(around, person, notebook_id, work)


async def resolve(
    around: Comments, person: Person, notebook_id: NotebookId, comment_id: str, *, is_resolved: bool
) -> None:
    """Call a thread done, or open it again. Whoever may comment may do either.

    Raises:
        NotFound, Forbidden: As `add`.
    """
    now = around.drive.now_ms()

    def work(conn: Connection) -> None:
        there = rules.find(comments.of_notebook(conn, notebook_id), comment_id)
        comments.save(conn, rules.resolved(there, is_resolved=is_resolved, by=person.id, now=now))

    await _change(around, person, notebook_id, work)


async def remove(around: Comments, person: Person, notebook_id: NotebookId, comment_id: str) -> None:
    """Delete one's own comment, or as the notebook's owner anybody's. Its text is gone; replies to it stay.

    Raises:
        NotFound, Forbidden: There is no such comment, or the person may not.
    """
    now = around.drive.now_ms()

    def work(conn: Connection) -> None:
        all_of_it = comments.of_notebook(conn, notebook_id)
        there = rules.find(all_of_it, comment_id)
        row = notebooks.get(conn, notebook_id)
        role = None if row is None else role_in(conn, person.id, owned(row))
        if not may_delete_comment(person.id, role, author=there.person_id):
            raise Forbidden("Only the person who wrote a comment, or the notebook’s owner, may delete it.")
        done = rules.removed(all_of_it, there, now=now)
        comments.remove(conn, done.gone)
        if done.emptied is not None:
            comments.save(conn, done.emptied)

    await _change(around, person, notebook_id, work)


async def _change(
    around: Comments, person: Person, notebook_id: NotebookId, work: Callable[[Connection], None]
) -> None:
    await notebook_for(around.drive, person, notebook_id, Verb.COMMENT)
    await around.drive.db.write(work)
    around.drive.rooms.comments_changed(notebook_id)
