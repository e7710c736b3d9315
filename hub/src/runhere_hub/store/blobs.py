"""Which notebook refers to which blob. The bytes are in the blob store."""

from sqlalchemy import Connection, select

from runhere_hub.store.tables import blobs
from runhere_hub.store.upsert import upsert


def record(conn: Connection, notebook_id: str, sha256: str, *, size_bytes: int, now_ms: int) -> None:
    """Write down that a notebook has this blob."""
    row = {"notebook_id": notebook_id, "sha256": sha256, "size_bytes": size_bytes, "created_at": now_ms}
    upsert(conn, blobs, [row])


def is_recorded(conn: Connection, notebook_id: str, sha256: str) -> bool:
    """True when this notebook has the blob: only then may its readers get it."""
    statement = select(blobs.c.sha256).where(blobs.c.notebook_id == notebook_id, blobs.c.sha256 == sha256)
    return conn.execute(statement).first() is not None
