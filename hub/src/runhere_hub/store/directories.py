"""Directories of folders that the hub keeps without files. One that holds notebooks is there by them alone."""

from sqlalchemy import Connection, delete, select, update

from runhere_hub.core.ids import FolderId
from runhere_hub.store.places import below, moved
from runhere_hub.store.tables import directories
from runhere_hub.store.upsert import upsert


def every(conn: Connection, folder_id: FolderId) -> tuple[tuple[str, int], ...]:
    """(path, made at) of every directory of a folder."""
    rows = conn.execute(select(directories).where(directories.c.folder_id == folder_id))
    return tuple((row.path, row.created_at) for row in rows)


def add(conn: Connection, folder_id: FolderId, path: str, *, now: int) -> None:
    """Keep a directory; one that is there stays."""
    upsert(conn, directories, [{"folder_id": folder_id, "path": path, "created_at": now}])


def move(conn: Connection, folder_id: FolderId, path: str, to: str) -> None:
    """A directory and those in it are called otherwise now."""
    here = (directories.c.folder_id == folder_id) & below(directories.c.path, path)
    conn.execute(update(directories).where(here).values(path=moved(directories.c.path, path, to)))


def remove(conn: Connection, folder_id: FolderId, path: str) -> None:
    """Forget a directory and those in it."""
    conn.execute(delete(directories).where((directories.c.folder_id == folder_id) & below(directories.c.path, path)))
