"""The documents: updates in the hub's order, and snapshots that make older updates unnecessary."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, bindparam, delete, func, insert, select, update

from runhere_hub.core.errors import NotFound
from runhere_hub.store.tables import clients, notebooks, snapshots, updates
from runhere_hub.store.upsert import upsert


@dataclass(frozen=True)
class StoredUpdate:
    """One Yjs v1 update of the log. `process` is the hub process that wrote it."""

    seq: int
    person_id: str | None
    process: str
    data: bytes


@dataclass(frozen=True)
class Snapshot:
    """The document up to and including `seq`, as one Yjs v1 update."""

    seq: int
    data: bytes


# Made once: each room does both ten times a second, and making a statement takes longer than carrying it out.
_TAKE_SEQ = (
    update(notebooks)
    .where(notebooks.c.id == bindparam("this"))
    .values(
        seq=notebooks.c.seq + bindparam("count"),
        changed_at=func.coalesce(bindparam("changed_at", type_=BigInteger), notebooks.c.changed_at),
    )
    .returning(notebooks.c.seq)
)
_APPEND = insert(updates)


def take_seq(conn: Connection, notebook_id: str, count: int, *, changed_at: int | None = None) -> int:
    """Reserve `count` sequence numbers and lock the notebook until the transaction ends.

    Args:
        changed_at: Now, in milliseconds since 1970, where what is written changes the notebook for its readers.

    Returns:
        The last of them.

    Raises:
        NotFound: There is no such notebook.
    """
    last = conn.execute(_TAKE_SEQ, {"this": notebook_id, "count": count, "changed_at": changed_at}).scalar()
    if last is None:
        raise NotFound("This notebook is gone.", notebook_id=notebook_id)
    return int(last)


def append(conn: Connection, notebook_id: str, stored: Sequence[StoredUpdate]) -> None:
    """Add updates to the log."""
    if stored:
        conn.execute(
            _APPEND,
            [
                {
                    "notebook_id": notebook_id,
                    "seq": one.seq,
                    "person_id": one.person_id,
                    "process": one.process,
                    "data": one.data,
                }
                for one in stored
            ],
        )


def after(conn: Connection, notebook_id: str, seq: int) -> list[StoredUpdate]:
    """The log behind this sequence number, in order."""
    columns = (updates.c.seq, updates.c.person_id, updates.c.process, updates.c.data)
    statement = (
        select(*columns).where(updates.c.notebook_id == notebook_id, updates.c.seq > seq).order_by(updates.c.seq)
    )
    return [StoredUpdate(row.seq, row.person_id, row.process, bytes(row.data)) for row in conn.execute(statement)]


def snapshot(conn: Connection, notebook_id: str) -> Snapshot | None:
    """The newest snapshot, or None."""
    statement = select(snapshots.c.seq, snapshots.c.data).where(snapshots.c.notebook_id == notebook_id)
    row = conn.execute(statement).first()
    return Snapshot(row.seq, bytes(row.data)) if row is not None else None


def put_snapshot(conn: Connection, notebook_id: str, made: Snapshot) -> bool:
    """Keep a snapshot and drop the updates that it holds. False, and nothing done, when a newer one is there."""
    current = conn.execute(select(snapshots.c.seq).where(snapshots.c.notebook_id == notebook_id)).scalar()
    if current is not None and current >= made.seq:
        return False
    upsert(conn, snapshots, [{"notebook_id": notebook_id, "seq": made.seq, "data": made.data}])
    conn.execute(delete(updates).where(updates.c.notebook_id == notebook_id, updates.c.seq <= made.seq))
    return True


def log_size(conn: Connection, notebook_id: str) -> tuple[int, int]:
    """Number of updates behind the snapshot, and their bytes."""
    statement = select(func.count(), func.coalesce(func.sum(func.length(updates.c.data)), 0)).where(
        updates.c.notebook_id == notebook_id
    )
    count, size_bytes = conn.execute(statement).one()
    return int(count), int(size_bytes)


def with_log(conn: Connection, folder_id: str) -> list[str]:
    """Notebooks of a bound folder whose log was not joined: they are open, or the process that had them died."""
    logged = select(updates.c.notebook_id).distinct()
    here = (notebooks.c.folder_id == folder_id) & notebooks.c.trashed_at.is_(None) & notebooks.c.id.in_(logged)
    return [str(one) for one in conn.execute(select(notebooks.c.id).where(here)).scalars()]


def load_clients(conn: Connection, notebook_id: str) -> dict[int, str]:
    """Client id to the person it is registered to."""
    rows = conn.execute(select(clients.c.client_id, clients.c.person_id).where(clients.c.notebook_id == notebook_id))
    return {row.client_id: row.person_id for row in rows}


def register_clients(conn: Connection, notebook_id: str, registered: Sequence[tuple[int, str]]) -> None:
    """Write down whose client ids these are."""
    rows = [{"notebook_id": notebook_id, "client_id": client, "person_id": person} for client, person in registered]
    upsert(conn, clients, rows)
