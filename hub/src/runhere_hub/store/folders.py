"""Bound folders."""

from sqlalchemy import Connection, insert, select

from runhere_hub.core.drive import Folder
from runhere_hub.core.ids import FolderId, PersonId
from runhere_hub.store.tables import folders


def every(conn: Connection, owner_id: PersonId) -> tuple[Folder, ...]:
    """A person's folders, the first bound first."""
    rows = conn.execute(
        select(folders).where(folders.c.owner_id == owner_id).order_by(folders.c.bound_at, folders.c.id)
    )
    return tuple(Folder(FolderId(r.id), PersonId(r.owner_id), r.path) for r in rows)


def all_of(conn: Connection) -> tuple[Folder, ...]:
    """Every folder of everybody."""
    rows = conn.execute(select(folders).order_by(folders.c.bound_at, folders.c.id))
    return tuple(Folder(FolderId(r.id), PersonId(r.owner_id), r.path) for r in rows)


def get(conn: Connection, folder_id: FolderId) -> Folder | None:
    """One folder."""
    row = conn.execute(select(folders).where(folders.c.id == folder_id)).one_or_none()
    return Folder(FolderId(row.id), PersonId(row.owner_id), row.path) if row else None


def at(conn: Connection, path: str) -> Folder | None:
    """The folder bound at an absolute path."""
    row = conn.execute(select(folders).where(folders.c.path == path)).one_or_none()
    return Folder(FolderId(row.id), PersonId(row.owner_id), row.path) if row else None


def add(conn: Connection, folder: Folder, *, now: int) -> None:
    """Keep a newly bound folder."""
    conn.execute(insert(folders).values(id=folder.id, path=folder.path, owner_id=folder.owner_id, bound_at=now))
