"""Who wrote which source of which cell: the hub's own record (ADR 9)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from runhere_hub.store.tables import authorship


@dataclass(frozen=True)
class Authored:
    """Somebody's update led to this source of this cell. `person_id` None: nobody knows who inserted it."""

    cell_id: str
    source_digest: str
    person_id: str | None


def append(conn: Connection, notebook_id: str, seq: int, rows: Sequence[Authored]) -> None:
    """Add to the record; nothing is ever taken away from it."""
    if rows:
        conn.execute(
            insert(authorship),
            [
                {
                    "notebook_id": notebook_id,
                    "cell_id": row.cell_id,
                    "source_digest": row.source_digest,
                    "person_id": row.person_id,
                    "seq": seq,
                }
                for row in rows
            ],
        )


def of_cell(conn: Connection, notebook_id: str, cell_id: str) -> list[Authored]:
    """The record of one cell, oldest first."""
    columns = (authorship.c.cell_id, authorship.c.source_digest, authorship.c.person_id)
    statement = (
        select(*columns)
        .where(authorship.c.notebook_id == notebook_id, authorship.c.cell_id == cell_id)
        .order_by(authorship.c.id)
    )
    return [Authored(row.cell_id, row.source_digest, row.person_id) for row in conn.execute(statement)]
