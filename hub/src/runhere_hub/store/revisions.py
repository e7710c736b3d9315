"""Revisions: the document and the heads as they were."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select

from runhere_hub.core.errors import NotFound
from runhere_hub.store.tables import revisions


@dataclass(frozen=True)
class RevisionInfo:
    """One revision without its content.

    Attributes:
        kind: `auto` or `named`.
        person_id: Who named it; None for an automatic one.
    """

    id: str
    notebook_id: str
    seq: int
    kind: str
    name: str | None
    person_id: str | None
    created_at: int


@dataclass(frozen=True)
class Revision:
    """One revision: the document as one Yjs v1 update, and what each cell showed."""

    info: RevisionInfo
    document: bytes
    heads: Mapping[str, str | None] = field(default_factory=dict)


_INFO = (
    revisions.c.id,
    revisions.c.notebook_id,
    revisions.c.seq,
    revisions.c.kind,
    revisions.c.name,
    revisions.c.person_id,
    revisions.c.created_at,
)


def add(conn: Connection, revision: Revision) -> None:
    """Keep a revision."""
    info = revision.info
    conn.execute(
        insert(revisions),
        {
            "id": info.id,
            "notebook_id": info.notebook_id,
            "seq": info.seq,
            "kind": info.kind,
            "name": info.name,
            "person_id": info.person_id,
            "created_at": info.created_at,
            "document": revision.document,
            "heads": json.dumps(dict(revision.heads)),
        },
    )


def all_of(conn: Connection, notebook_id: str) -> list[RevisionInfo]:
    """Every revision of a notebook, newest first."""
    statement = select(*_INFO).where(revisions.c.notebook_id == notebook_id)
    found = conn.execute(statement.order_by(revisions.c.seq.desc(), revisions.c.created_at.desc()))
    return [RevisionInfo(*row) for row in found]


def get(conn: Connection, revision_id: str) -> Revision:
    """One revision.

    Raises:
        NotFound: There is none.
    """
    statement = select(*_INFO, revisions.c.document, revisions.c.heads).where(revisions.c.id == revision_id)
    row = conn.execute(statement).first()
    if row is None:
        raise NotFound("There is no such revision.", revision_id=revision_id)
    return Revision(RevisionInfo(*row[: len(_INFO)]), bytes(row.document), json.loads(row.heads))


def last_seq(conn: Connection, notebook_id: str) -> int | None:
    """The hub's sequence number of the newest revision, or None."""
    statement = select(revisions.c.seq).where(revisions.c.notebook_id == notebook_id)
    found = conn.execute(statement.order_by(revisions.c.seq.desc()).limit(1)).scalar()
    return int(found) if found is not None else None


def runs_kept(conn: Connection, notebook_id: str) -> set[str]:
    """Runs that some revision shows: they must stay."""
    found = conn.execute(select(revisions.c.heads).where(revisions.c.notebook_id == notebook_id)).scalars()
    return {run_id for text in found for run_id in json.loads(text).values() if run_id is not None}
