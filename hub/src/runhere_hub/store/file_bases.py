"""What was last read from, or written to, the file of a bound notebook: the base of three-way merges."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from runhere_hub.store.tables import file_bases
from runhere_hub.store.upsert import upsert


@dataclass(frozen=True)
class FileBase:
    """A file as it was.

    Attributes:
        text: Its whole text.
        sha256: Of its bytes, in hex.
    """

    text: str
    sha256: str
    mtime_ns: int


def load(conn: Connection, notebook_id: str) -> FileBase | None:
    """The base, or None when the file was never read."""
    columns = (file_bases.c.text, file_bases.c.sha256, file_bases.c.mtime_ns)
    row = conn.execute(select(*columns).where(file_bases.c.notebook_id == notebook_id)).first()
    return FileBase(row.text, row.sha256, row.mtime_ns) if row is not None else None


def save(conn: Connection, notebook_id: str, base: FileBase) -> None:
    """Keep a base in place of the last one."""
    row = {"notebook_id": notebook_id, "text": base.text, "sha256": base.sha256, "mtime_ns": base.mtime_ns}
    upsert(conn, file_bases, [row])


def forget(conn: Connection, notebook_id: str) -> None:
    """Keep no base: the notebook has no file."""
    conn.execute(delete(file_bases).where(file_bases.c.notebook_id == notebook_id))
