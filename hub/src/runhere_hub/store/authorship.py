"""Who wrote which source of which cell: the hub's own record (ADR 9)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, insert, select

from runhere_hub.core.trust import Contribution
from runhere_hub.store.tables import authorship


@dataclass(frozen=True)
class Authored:
    """Somebody's text is in this source of this cell. `person_id` None: nobody knows whose it is.

    Attributes:
        since: When it came into the notebook, where it was copied, split, merged or undone from elsewhere; None: now.
    """

    cell_id: str
    source_digest: str
    person_id: str | None
    since: int | None = field(default=None, compare=False)


_APPEND = insert(authorship)


def append(conn: Connection, notebook_id: str, seq: int, rows: Sequence[Authored]) -> None:
    """Add to the record; nothing is ever taken away from it."""
    if rows:
        conn.execute(
            _APPEND,
            [
                {
                    "notebook_id": notebook_id,
                    "cell_id": row.cell_id,
                    "source_digest": row.source_digest,
                    "person_id": row.person_id,
                    "seq": seq,
                    "since": seq if row.since is None else row.since,
                }
                for row in rows
            ],
        )


def of_cell(conn: Connection, notebook_id: str, cell_id: str) -> list[Authored]:
    """The record of one cell, oldest first."""
    columns = (authorship.c.cell_id, authorship.c.source_digest, authorship.c.person_id, authorship.c.since)
    statement = (
        select(*columns)
        .where(authorship.c.notebook_id == notebook_id, authorship.c.cell_id == cell_id)
        .order_by(authorship.c.id)
    )
    return [Authored(*row) for row in conn.execute(statement)]


def contributions(conn: Connection, notebook_id: str) -> list[Contribution]:
    """Who did something to which cell, and when last."""
    since = func.coalesce(authorship.c.since, authorship.c.seq)
    columns = (authorship.c.cell_id, authorship.c.person_id, func.max(authorship.c.seq), func.max(since))
    grouped = (authorship.c.cell_id, authorship.c.person_id)
    statement = select(*columns).where(authorship.c.notebook_id == notebook_id).group_by(*grouped)
    return [Contribution(cell, person, int(seq), int(first)) for cell, person, seq, first in conn.execute(statement)]


def digests(conn: Connection, notebook_id: str, *, at_most: int) -> list[tuple[str, str | None, int]]:
    """Sources that cells had, with who wrote them and since when, the latest last."""
    since = func.coalesce(authorship.c.since, authorship.c.seq)
    columns = (authorship.c.source_digest, authorship.c.person_id, since)
    statement = select(*columns).where(authorship.c.notebook_id == notebook_id)
    found = conn.execute(statement.order_by(authorship.c.id.desc()).limit(at_most)).all()
    return [(digest, person, int(first)) for digest, person, first in reversed(found)]


def last_had(conn: Connection, notebook_id: str) -> dict[tuple[str, str], int]:
    """(cell, digest) to when the cell had this source last, as far as the record goes."""
    columns = (authorship.c.cell_id, authorship.c.source_digest)
    statement = select(*columns, func.max(authorship.c.seq)).where(authorship.c.notebook_id == notebook_id)
    return {(cell, digest): int(seq) for cell, digest, seq in conn.execute(statement.group_by(*columns))}
