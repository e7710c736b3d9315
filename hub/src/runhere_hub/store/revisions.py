"""Revisions: the document and the heads as they were."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from sqlalchemy import Connection, RowMapping, case, func, insert, select, update

from runhere_hub.core.errors import NotFound
from runhere_hub.store.tables import revisions

RevisionKind: TypeAlias = Literal["auto", "named", "restored"]


@dataclass(frozen=True)
class RevisionInfo:
    """One revision without its content.

    Attributes:
        kind: `auto`, `named`, or `restored` (kept just after a restore).
        person_id: Who named or restored it; None for an automatic one.
        editors: Ids of the people who edited since the revision before it, sorted.
        restored_from: The revision whose content this one has; None unless `restored`.
    """

    id: str
    notebook_id: str
    seq: int
    kind: RevisionKind
    name: str | None
    person_id: str | None
    created_at: int
    editors: tuple[str, ...] = ()
    restored_from: str | None = None


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
    revisions.c.editors,
    revisions.c.restored_from,
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
            "editors": json.dumps(info.editors),
            "restored_from": info.restored_from,
            "document": revision.document,
            "heads": json.dumps(dict(revision.heads)),
        },
    )


def all_of(conn: Connection, notebook_id: str) -> list[RevisionInfo]:
    """Every revision of a notebook, newest first."""
    statement = select(*_INFO).where(revisions.c.notebook_id == notebook_id)
    found = conn.execute(statement.order_by(revisions.c.seq.desc(), revisions.c.created_at.desc()))
    return [_info(row) for row in found.mappings()]


def get(conn: Connection, revision_id: str) -> Revision:
    """One revision.

    Raises:
        NotFound: There is none.
    """
    statement = select(*_INFO, revisions.c.document, revisions.c.heads).where(revisions.c.id == revision_id)
    row = conn.execute(statement).mappings().first()
    if row is None:
        raise NotFound("There is no such revision.", revision_id=revision_id)
    return Revision(_info(row), bytes(row["document"]), json.loads(row["heads"]))


def name(conn: Connection, revision_id: str, name: str, person_id: str) -> None:
    """Give a revision a name; what was automatic is a named one from now on."""
    kind = case((revisions.c.kind == "auto", "named"), else_=revisions.c.kind)
    naming = update(revisions).where(revisions.c.id == revision_id)
    conn.execute(naming.values(name=name, kind=kind, person_id=func.coalesce(revisions.c.person_id, person_id)))


def newest(conn: Connection, notebook_id: str) -> Revision | None:
    """The newest revision, or None."""
    statement = select(revisions.c.id).where(revisions.c.notebook_id == notebook_id)
    ordered = statement.order_by(revisions.c.seq.desc(), revisions.c.created_at.desc())
    found = conn.execute(ordered.limit(1)).scalar()
    return get(conn, str(found)) if found is not None else None


def runs_kept(conn: Connection, notebook_id: str) -> set[str]:
    """Runs that some revision shows: they must stay."""
    found = conn.execute(select(revisions.c.heads).where(revisions.c.notebook_id == notebook_id)).scalars()
    return {run_id for text in found for run_id in json.loads(text).values() if run_id is not None}


def _info(row: RowMapping) -> RevisionInfo:
    return RevisionInfo(
        id=row["id"],
        notebook_id=row["notebook_id"],
        seq=row["seq"],
        kind=row["kind"],
        name=row["name"],
        person_id=row["person_id"],
        created_at=row["created_at"],
        editors=tuple(json.loads(row["editors"])),
        restored_from=row["restored_from"],
    )
