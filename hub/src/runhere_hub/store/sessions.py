"""One-time sign-in codes and sessions. Only hashes of either are kept."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.store.tables import login_codes, people, sessions


@dataclass(frozen=True)
class LoginCode:
    """A code as it is kept."""

    person_id: PersonId
    expires_at: int
    used_at: int | None


@dataclass(frozen=True)
class OpenSession:
    """A session and whose it is."""

    person: Person
    seen_at: int
    expires_at: int


def add_code(conn: Connection, *, code_sha256: str, person_id: PersonId, expires_at: int) -> None:
    """Keep a new code."""
    conn.execute(insert(login_codes).values(code_sha256=code_sha256, person_id=person_id, expires_at=expires_at))


def forget_codes(conn: Connection, *, expired_before: int) -> None:
    """Drop codes that expired before a time, used or not."""
    conn.execute(delete(login_codes).where(login_codes.c.expires_at < expired_before))


def code(conn: Connection, code_sha256: str) -> LoginCode | None:
    """One code."""
    row = conn.execute(select(login_codes).where(login_codes.c.code_sha256 == code_sha256)).one_or_none()
    return LoginCode(PersonId(row.person_id), row.expires_at, row.used_at) if row else None


def use_code(conn: Connection, code_sha256: str, *, now: int) -> bool:
    """Mark a code as used; False when somebody else did so first."""
    unused = (login_codes.c.code_sha256 == code_sha256) & login_codes.c.used_at.is_(None)
    return conn.execute(update(login_codes).where(unused).values(used_at=now)).rowcount == 1


def add(conn: Connection, *, token_sha256: str, person_id: PersonId, now: int, expires_at: int) -> None:
    """Keep a new session."""
    conn.execute(
        insert(sessions).values(
            token_sha256=token_sha256, person_id=person_id, created_at=now, seen_at=now, expires_at=expires_at
        )
    )


def get(conn: Connection, token_sha256: str) -> OpenSession | None:
    """One session with its person."""
    joined = select(people, sessions.c.seen_at, sessions.c.expires_at).join(sessions)
    row = conn.execute(joined.where(sessions.c.token_sha256 == token_sha256)).one_or_none()
    if row is None:
        return None
    person = Person(id=PersonId(row.id), name=row.name, color=row.color)
    return OpenSession(person=person, seen_at=row.seen_at, expires_at=row.expires_at)


def seen(conn: Connection, token_sha256: str, *, now: int) -> None:
    """Note that a session is in use."""
    conn.execute(update(sessions).where(sessions.c.token_sha256 == token_sha256).values(seen_at=now))


def end(conn: Connection, token_sha256: str) -> None:
    """Forget a session."""
    conn.execute(delete(sessions).where(sessions.c.token_sha256 == token_sha256))


def forget_ended(conn: Connection, *, now: int, idle_since: int) -> None:
    """Forget sessions past their end, and those that nobody has used since a time."""
    conn.execute(delete(sessions).where((sessions.c.expires_at <= now) | (sessions.c.seen_at <= idle_since)))
