"""Taking outputs of one notebook out of the database, and counting what there is of them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from runhere_hub.core.run_records import Run
from runhere_hub.store import runs as run_store
from runhere_hub.store.tables import blobs, revisions, runs


@dataclass(frozen=True)
class Stored:
    """What the hub has of a notebook's outputs.

    Attributes:
        runs: Runs with outputs.
        revisions: Versions that show some run.
        blobs: Large values.
    """

    runs: int
    revisions: int
    blobs: int
    blob_bytes: int


def stored(conn: Connection, notebook_id: str) -> Stored:
    """What there is now."""
    shown = conn.execute(select(func.count()).where(runs.c.notebook_id == notebook_id, runs.c.outputs != "[]")).scalar()
    heads = conn.execute(select(revisions.c.heads).where(revisions.c.notebook_id == notebook_id)).scalars()
    showing = sum(any(run is not None for run in json.loads(text).values()) for text in heads)
    columns = (func.count(), func.coalesce(func.sum(blobs.c.size_bytes), 0))
    count, size = conn.execute(select(*columns).where(blobs.c.notebook_id == notebook_id)).one()
    return Stored(int(shown or 0), showing, int(count), int(size))


def keep_only(conn: Connection, notebook_id: str, seq: int, kept: Sequence[Run]) -> None:
    """Of all runs only these stay, as they are given."""
    conn.execute(delete(runs).where(runs.c.notebook_id == notebook_id))
    run_store.save(conn, notebook_id, seq, kept)


def bare_revisions(conn: Connection, notebook_id: str, bare: Callable[[bytes], bytes]) -> None:
    """Every revision shows no run any more, and has the document that `bare` makes of it."""
    mine = revisions.c.notebook_id == notebook_id
    for row in conn.execute(select(revisions.c.id, revisions.c.document).where(mine)).all():
        values = {"heads": "{}", "document": bare(bytes(row.document))}
        conn.execute(update(revisions).where(revisions.c.id == row.id).values(**values))


def forget_blobs(conn: Connection, notebook_id: str) -> frozenset[str]:
    """The notebook has no large values any more. Gives those that no other notebook has."""
    mine = set(conn.execute(select(blobs.c.sha256).where(blobs.c.notebook_id == notebook_id)).scalars())
    conn.execute(delete(blobs).where(blobs.c.notebook_id == notebook_id))
    elsewhere = set(conn.execute(select(blobs.c.sha256).where(blobs.c.sha256.in_(mine))).scalars())
    return frozenset(mine - elsewhere)
