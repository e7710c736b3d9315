"""Directories of folders that the hub keeps without files. One that holds notebooks is there by them alone."""

from sqlalchemy import Connection, select

from runhere_hub.core.ids import FolderId
from runhere_hub.store.tables import directories
from runhere_hub.store.upsert import upsert


def every(conn: Connection, folder_id: FolderId) -> tuple[tuple[str, int], ...]:
    """(path, made at) of every directory of a folder."""
    rows = conn.execute(select(directories).where(directories.c.folder_id == folder_id))
    return tuple((row.path, row.created_at) for row in rows)


def add(conn: Connection, folder_id: FolderId, path: str, *, now: int) -> None:
    """Keep a directory; one that is there stays."""
    upsert(conn, directories, [{"folder_id": folder_id, "path": path, "created_at": now}])
