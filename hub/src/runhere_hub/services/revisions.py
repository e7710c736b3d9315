"""Revisions: list, read, keep. Restoring is an edit of the room: see `rooms.restore`."""

from collections.abc import Mapping

from runhere_hub.core.notebook import Notebook
from runhere_hub.doc import notebook_doc
from runhere_hub.doc.log import replay
from runhere_hub.store import revisions
from runhere_hub.store.revisions import Revision, RevisionInfo
from runhere_hub.store.session import Database


async def keep(db: Database, info: RevisionInfo, document: bytes, heads: Mapping[str, str | None]) -> RevisionInfo:
    """Keep a revision of a document (one Yjs v1 update that makes it whole) and of what its cells show."""
    await db.write(lambda conn: revisions.add(conn, Revision(info, document, heads)))
    return info


async def list_revisions(db: Database, notebook_id: str) -> list[RevisionInfo]:
    """Every revision of a notebook, newest first."""
    return await db.read(lambda conn: revisions.all_of(conn, notebook_id))


async def get(db: Database, revision_id: str) -> Revision:
    """One revision.

    Raises:
        NotFound: There is none.
    """
    return await db.read(lambda conn: revisions.get(conn, revision_id))


async def read_revision(db: Database, revision_id: str) -> Notebook:
    """The cells and metadata of a revision, without outputs.

    Raises:
        NotFound: There is none.
    """
    return notebook_doc.read(replay([(await get(db, revision_id)).document]))
