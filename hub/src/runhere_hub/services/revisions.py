"""Revisions: list, read, keep. Restoring is an edit of the room: see `rooms.restore`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runhere_hub.core.notebook import Notebook
from runhere_hub.doc import notebook_doc
from runhere_hub.doc.log import replay
from runhere_hub.store import revisions, runs
from runhere_hub.store.revisions import Revision, RevisionInfo
from runhere_hub.store.session import Connection, Database


async def keep(db: Database, info: RevisionInfo, document: bytes, heads: Mapping[str, str | None]) -> RevisionInfo:
    """Keep a revision of a document (one Yjs v1 update that makes it whole) and of what its cells show.

    Returns:
        The revision. The newest one, when an automatic one would hold just the same.
    """
    return await db.write(lambda conn: _keep(conn, Revision(info, document, heads)))


def _keep(conn: Connection, revision: Revision) -> RevisionInfo:
    if revision.info.kind == "auto":
        newest = revisions.newest(conn, revision.info.notebook_id)
        if newest is not None and (newest.document, newest.heads) == (revision.document, revision.heads):
            return newest.info
    revisions.add(conn, revision)
    return revision.info


async def list_revisions(db: Database, notebook_id: str) -> list[RevisionInfo]:
    """Every revision of a notebook, newest first."""
    return await db.read(lambda conn: revisions.all_of(conn, notebook_id))


async def name(db: Database, revision_id: str, name: str, *, person_id: str) -> RevisionInfo:
    """Give a revision a name.

    Raises:
        NotFound: There is none.
    """

    def work(conn: Connection) -> RevisionInfo:
        revisions.name(conn, revision_id, name, person_id)
        return revisions.get(conn, revision_id).info

    return await db.write(work)


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


@dataclass(frozen=True)
class ShownOutputs:
    """What a cell of a revision showed."""

    cell_id: str
    run_id: str
    outputs: list[Any]


async def read_outputs(db: Database, revision_id: str) -> list[ShownOutputs]:
    """What the cells of a revision showed, as far as there was anything and the hub has it.

    Raises:
        NotFound: There is none.
    """

    def work(conn: Connection) -> list[ShownOutputs]:
        revision = revisions.get(conn, revision_id)
        shown = {cell_id: run_id for cell_id, run_id in revision.heads.items() if run_id is not None}
        outputs = runs.outputs_of(conn, revision.info.notebook_id, set(shown.values()))
        return [
            ShownOutputs(cell_id, run_id, outputs[run_id]) for cell_id, run_id in shown.items() if outputs.get(run_id)
        ]

    return await db.read(work)
