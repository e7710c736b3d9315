"""Folders: directories on the hub's machine, and each person's own folder, which has no directory.

A person's own folder stands in the table under the path `hub:PERSON`; the column is unique, so there is never a second.
"""

from typing import Any

from sqlalchemy import Connection, Row, insert, select

from runhere_hub.core.drive import AnyFolder, Folder, HubFolder
from runhere_hub.core.ids import FolderId, PersonId
from runhere_hub.store.tables import folders
from runhere_hub.store.upsert import insert_unless_there

_OWN = "hub:"


def _folder(row: Row[Any]) -> AnyFolder:
    if row.path.startswith(_OWN):
        return HubFolder(FolderId(row.id), PersonId(row.owner_id))
    return Folder(FolderId(row.id), PersonId(row.owner_id), row.path)


def every(conn: Connection, owner_id: PersonId) -> tuple[Folder, ...]:
    """A person's bound folders, the first bound first."""
    mine = (folders.c.owner_id == owner_id) & ~folders.c.path.startswith(_OWN)
    rows = conn.execute(select(folders).where(mine).order_by(folders.c.bound_at, folders.c.id))
    return tuple(Folder(FolderId(r.id), PersonId(r.owner_id), r.path) for r in rows)


def all_of(conn: Connection) -> tuple[Folder, ...]:
    """Every bound folder of everybody."""
    bound = ~folders.c.path.startswith(_OWN)
    rows = conn.execute(select(folders).where(bound).order_by(folders.c.bound_at, folders.c.id))
    return tuple(Folder(FolderId(r.id), PersonId(r.owner_id), r.path) for r in rows)


def get(conn: Connection, folder_id: FolderId) -> AnyFolder | None:
    """One folder, bound or not."""
    row = conn.execute(select(folders).where(folders.c.id == folder_id)).one_or_none()
    return _folder(row) if row else None


def own(conn: Connection, person_id: PersonId, *, new_id: str, now: int) -> HubFolder:
    """A person's own folder, made when they have none yet."""
    values = {"id": new_id, "path": f"{_OWN}{person_id}", "owner_id": person_id, "bound_at": now}
    insert_unless_there(conn, folders, values, unique="path")
    found = find_own(conn, person_id)
    if found is None:
        raise LookupError("a folder was made and is not there")
    return found


def find_own(conn: Connection, person_id: PersonId) -> HubFolder | None:
    """A person's own folder, when they have one."""
    row = conn.execute(select(folders).where(folders.c.path == f"{_OWN}{person_id}")).one_or_none()
    return HubFolder(FolderId(row.id), PersonId(row.owner_id)) if row else None


def at(conn: Connection, path: str) -> Folder | None:
    """The folder bound at an absolute path."""
    row = conn.execute(select(folders).where(folders.c.path == path)).one_or_none()
    return Folder(FolderId(row.id), PersonId(row.owner_id), row.path) if row else None


def add(conn: Connection, folder: Folder, *, now: int) -> None:
    """Keep a newly bound folder."""
    conn.execute(insert(folders).values(id=folder.id, path=folder.path, owner_id=folder.owner_id, bound_at=now))
