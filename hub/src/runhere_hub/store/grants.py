"""Roles that people have on what is not theirs, and the links by which they get them."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from runhere_hub.core.access import Grant, Place, Role
from runhere_hub.core.ids import FolderId, NotebookId, PersonId
from runhere_hub.store.places import below, moved
from runhere_hub.store.tables import grants, share_links

On = NotebookId | Place


@dataclass(frozen=True)
class StoredGrant:
    """A grant as it is kept. `link_id`: it came by this link and goes with it."""

    id: str
    grant: Grant
    link_id: str | None
    created_by: str
    created_at: int


@dataclass(frozen=True)
class StoredLink:
    """A share link as it is kept; of its secret there is only the hash."""

    id: str
    secret_sha256: str
    on: On
    role: Role
    created_by: str
    created_at: int
    expires_at: int
    max_uses: int | None = None
    uses: int = 0
    last_used_at: int | None = None


def about(conn: Connection, notebook_id: NotebookId | None, folder_id: FolderId | None) -> list[Grant]:
    """Every grant that could say something about a notebook, or about what lies in a folder."""
    wanted: list[ColumnElement[bool]] = []
    if notebook_id is not None:
        wanted.append(grants.c.notebook_id == notebook_id)
    if folder_id is not None:
        wanted.append(grants.c.folder_id == folder_id)
    return [_grant(row) for row in conn.execute(select(grants).where(or_(*wanted)))] if wanted else []


def on(conn: Connection, thing: On) -> list[StoredGrant]:
    """The grants on exactly this, the oldest first."""
    rows = conn.execute(select(grants).where(_is_on(grants, thing)).order_by(grants.c.created_at, grants.c.id))
    return [_stored(row) for row in rows]


def of_person(conn: Connection, person_id: PersonId) -> list[StoredGrant]:
    """What was shared with a person, the newest first."""
    wanted = select(grants).where(grants.c.person_id == person_id).order_by(grants.c.created_at.desc(), grants.c.id)
    return [_stored(row) for row in conn.execute(wanted)]


def put(conn: Connection, one: StoredGrant) -> None:
    """Keep a grant in place of the one that came the same way: given by a person, or by the same link."""
    same = _is_on(grants, one.grant.on) & (grants.c.person_id == one.grant.person_id)
    came = grants.c.link_id.is_(None) if one.link_id is None else grants.c.link_id == one.link_id
    conn.execute(delete(grants).where(same & came))
    values = {"id": one.id, "person_id": one.grant.person_id, "role": one.grant.role, "link_id": one.link_id}
    conn.execute(
        insert(grants).values(**values, **_columns(one.grant.on), created_by=one.created_by, created_at=one.created_at)
    )


def remove(conn: Connection, thing: On, person_id: PersonId) -> int:
    """Take away every grant of a person on exactly this. How many there were."""
    return conn.execute(delete(grants).where(_is_on(grants, thing) & (grants.c.person_id == person_id))).rowcount


def move(conn: Connection, folder_id: FolderId, path: str, to: str) -> None:
    """Roles and links on a directory, and on those in it, go with it."""
    for table in (grants, share_links):
        here = (table.c.folder_id == folder_id) & below(table.c.path, path)
        conn.execute(update(table).where(here).values(path=moved(table.c.path, path, to)))


def remove_below(conn: Connection, folder_id: FolderId, path: str) -> None:
    """Nobody has a role on a directory that is gone, or by a link to it."""
    for table in (grants, share_links):
        conn.execute(delete(table).where((table.c.folder_id == folder_id) & below(table.c.path, path)))


def add_link(conn: Connection, link: StoredLink) -> None:
    """Keep a new link."""
    values = {"id": link.id, "secret_sha256": link.secret_sha256, "role": link.role, "uses": link.uses}
    conn.execute(
        insert(share_links).values(
            **values,
            **_columns(link.on),
            created_by=link.created_by,
            created_at=link.created_at,
            expires_at=link.expires_at,
            max_uses=link.max_uses,
        )
    )


def link(conn: Connection, link_id: str) -> StoredLink | None:
    """One link."""
    row = conn.execute(select(share_links).where(share_links.c.id == link_id)).one_or_none()
    return _link(row) if row else None


def links_on(conn: Connection, thing: On) -> list[StoredLink]:
    """The links to exactly this, the oldest first."""
    wanted = select(share_links).where(_is_on(share_links, thing)).order_by(share_links.c.created_at, share_links.c.id)
    return [_link(row) for row in conn.execute(wanted)]


def used(conn: Connection, link_id: str, *, now: int, is_new: bool) -> None:
    """Note that somebody used a link; `is_new`: for the first time."""
    uses = share_links.c.uses + (1 if is_new else 0)
    conn.execute(update(share_links).where(share_links.c.id == link_id).values(uses=uses, last_used_at=now))


def came_by(conn: Connection, link_id: str, person_id: PersonId) -> bool:
    """True when somebody has a role by this link already."""
    mine = (grants.c.link_id == link_id) & (grants.c.person_id == person_id)
    return conn.execute(select(grants.c.id).where(mine).limit(1)).first() is not None


def remove_link(conn: Connection, link_id: str) -> None:
    """Take a link away, and every role that came by it."""
    conn.execute(delete(grants).where(grants.c.link_id == link_id))
    conn.execute(delete(share_links).where(share_links.c.id == link_id))


def _is_on(table: Any, thing: On) -> ColumnElement[bool]:
    if isinstance(thing, Place):
        return cast("ColumnElement[bool]", (table.c.folder_id == thing.folder_id) & (table.c.path == thing.path))
    return cast("ColumnElement[bool]", table.c.notebook_id == thing)


def _columns(thing: On) -> dict[str, str | None]:
    if isinstance(thing, Place):
        return {"notebook_id": None, "folder_id": thing.folder_id, "path": thing.path}
    return {"notebook_id": thing, "folder_id": None, "path": None}


def _on(row: Row[Any]) -> On:
    if row.notebook_id is not None:
        return NotebookId(row.notebook_id)
    return Place(FolderId(row.folder_id), row.path)


def _grant(row: Row[Any]) -> Grant:
    return Grant(_on(row), PersonId(row.person_id), row.role, by_link=row.link_id is not None)


def _stored(row: Row[Any]) -> StoredGrant:
    return StoredGrant(row.id, _grant(row), row.link_id, row.created_by, row.created_at)


def _link(row: Row[Any]) -> StoredLink:
    return StoredLink(
        id=row.id,
        secret_sha256=row.secret_sha256,
        on=_on(row),
        role=row.role,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        max_uses=row.max_uses,
        uses=row.uses,
        last_used_at=row.last_used_at,
    )
