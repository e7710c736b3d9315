"""Tickets and passes to hosted runtimes, by hash: every hub process finds what any of them gave out.

A ticket is good once; a pass as long as the session behind it.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import RuntimeId
from runhere_hub.store.tables import runtime_passes

MOST_OF_ONE_PERSON = 64


@dataclass(frozen=True)
class RuntimePass:
    """What is kept of one.

    Attributes:
        session_sha256: The session that asked for it; with that, it ends.
        expires_at: ms since 1970.
    """

    person_id: PersonId
    runtime_id: RuntimeId
    session_sha256: str
    is_ticket: bool
    expires_at: int


def add(conn: Connection, token_sha256: str, one: RuntimePass, *, now: int) -> None:
    """Keep a new one; a person's oldest beyond the limit go."""
    theirs = select(runtime_passes.c.token_sha256).where(runtime_passes.c.person_id == one.person_id)
    newest_first = theirs.order_by(runtime_passes.c.made_at.desc(), runtime_passes.c.token_sha256)
    too_many = conn.execute(newest_first.offset(MOST_OF_ONE_PERSON - 1)).scalars().all()
    if too_many:
        conn.execute(delete(runtime_passes).where(runtime_passes.c.token_sha256.in_(too_many)))
    conn.execute(
        insert(runtime_passes).values(
            token_sha256=token_sha256,
            person_id=one.person_id,
            runtime_id=one.runtime_id,
            session_sha256=one.session_sha256,
            is_ticket=one.is_ticket,
            made_at=now,
            expires_at=one.expires_at,
        )
    )


def take_ticket(conn: Connection, token_sha256: str) -> RuntimePass | None:
    """Take a ticket away, once; None: there is none, or somebody else took it at the same moment."""
    found = _get(conn, token_sha256)
    if found is None or not found.is_ticket:
        return None
    taken = conn.execute(delete(runtime_passes).where(runtime_passes.c.token_sha256 == token_sha256))
    return found if taken.rowcount == 1 else None


def get(conn: Connection, token_sha256: str) -> RuntimePass | None:
    """A pass; a ticket is none."""
    found = _get(conn, token_sha256)
    return None if found is None or found.is_ticket else found


def forget_expired(conn: Connection, *, now: int) -> None:
    """Forget what is past its end."""
    conn.execute(delete(runtime_passes).where(runtime_passes.c.expires_at <= now))


def _get(conn: Connection, token_sha256: str) -> RuntimePass | None:
    row = conn.execute(select(runtime_passes).where(runtime_passes.c.token_sha256 == token_sha256)).one_or_none()
    if row is None:
        return None
    return RuntimePass(
        PersonId(row.person_id), RuntimeId(row.runtime_id), row.session_sha256, row.is_ticket, row.expires_at
    )
