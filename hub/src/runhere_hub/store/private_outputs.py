"""Taking outputs of one notebook out of the database, and counting what there is of them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from runhere_hub.core.private_outputs import AtHome
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


def stored(conn: Connection, notebook_id: str, cell_id: str | None = None) -> Stored:
    """What there is now, of the whole notebook or of one cell."""
    of_it = (runs.c.notebook_id == notebook_id) & (runs.c.outputs != "[]")
    if cell_id is not None:
        of_it &= runs.c.cell_id == cell_id
    texts = list(conn.execute(select(runs.c.outputs).where(of_it)).scalars())
    heads = conn.execute(select(revisions.c.heads).where(revisions.c.notebook_id == notebook_id)).scalars()
    showing = sum(_shows(json.loads(text), cell_id) for text in heads)
    mine = blobs.c.notebook_id == notebook_id
    if cell_id is not None:
        mine &= blobs.c.sha256.in_(_referred(json.loads(text) for text in texts))
    columns = (func.count(), func.coalesce(func.sum(blobs.c.size_bytes), 0))
    count, size = conn.execute(select(*columns).where(mine)).one()
    return Stored(len(texts), showing, int(count), int(size))


def _shows(heads: Mapping[str, str | None], cell_id: str | None) -> bool:
    shown = heads.values() if cell_id is None else (heads.get(cell_id),)
    return any(run is not None for run in shown)


def _referred(value: object) -> frozenset[str]:
    """Large values that are named somewhere in there."""
    match value:
        case {"$blob": str() as sha256}:
            return frozenset({sha256})
        case dict():
            return frozenset().union(*[_referred(part) for part in value.values()])
        case str() | bytes():
            return frozenset()
        case Iterable():
            return frozenset().union(*[_referred(part) for part in value])
        case _:
            return frozenset()


def keep_only(conn: Connection, notebook_id: str, seq: int, kept: Sequence[Run]) -> None:
    """Of all runs only these stay, as they are given."""
    conn.execute(delete(runs).where(runs.c.notebook_id == notebook_id))
    run_store.save(conn, notebook_id, seq, kept)


def bare_revisions(conn: Connection, notebook_id: str, at_home: AtHome, bare: Callable[[bytes], bytes]) -> None:
    """No revision shows a run of these cells any more, and each has the document that `bare` makes of it."""
    mine = revisions.c.notebook_id == notebook_id
    for row in conn.execute(select(revisions.c.id, revisions.c.document, revisions.c.heads).where(mine)).all():
        heads = {cell: run for cell, run in json.loads(row.heads).items() if not at_home.keeps(cell)}
        values = {"heads": json.dumps(heads), "document": bare(bytes(row.document))}
        conn.execute(update(revisions).where(revisions.c.id == row.id).values(**values))


def forget_blobs(conn: Connection, notebook_id: str, kept: Sequence[Run]) -> frozenset[str]:
    """Of the notebook's large values only those of these runs stay. Gives those that no other notebook has."""
    every = set(conn.execute(select(blobs.c.sha256).where(blobs.c.notebook_id == notebook_id)).scalars())
    mine = every - _referred([run.folded.outputs for run in kept])
    conn.execute(delete(blobs).where(blobs.c.notebook_id == notebook_id, blobs.c.sha256.in_(mine)))
    elsewhere = set(conn.execute(select(blobs.c.sha256).where(blobs.c.sha256.in_(mine))).scalars())
    return frozenset(mine - elsewhere)
