"""One-time sign-in codes and sessions. Only hashes of either are kept."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.store.tables import login_codes, logout_tokens, people, sessions
from runhere_hub.store.upsert import insert_unless_there


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


@dataclass(frozen=True)
class SessionThere:
    """A session at an identity provider.

    Attributes:
        name: Its `sid`; None: the provider gives none.
    """

    issuer: str
    subject: str
    name: str | None


def add(
    conn: Connection,
    *,
    token_sha256: str,
    person_id: PersonId,
    now: int,
    expires_at: int,
    there: SessionThere | None = None,
) -> None:
    """Keep a new session."""
    conn.execute(
        insert(sessions).values(
            token_sha256=token_sha256,
            person_id=person_id,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
            issuer=there.issuer if there else None,
            subject=there.subject if there else None,
            sid=there.name if there else None,
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


def end_there(conn: Connection, issuer: str, *, subject: str | None, session: str | None) -> set[PersonId]:
    """Forget the sessions that were begun at this provider as this subject, in this session of theirs; whose they were.

    At least one of the two is given; what is not given may be any.
    """
    ended = sessions.c.issuer == issuer
    if subject is not None:
        ended &= sessions.c.subject == subject
    if session is not None:
        ended &= sessions.c.sid == session
    theirs = {PersonId(one) for one in conn.execute(select(sessions.c.person_id).where(ended)).scalars()}
    conn.execute(delete(sessions).where(ended))
    return theirs


def add_logout(conn: Connection, token_sha256: str, *, expires_at: int) -> bool:
    """Note that a logout token was used; False: it was already."""
    row = {"token_sha256": token_sha256, "expires_at": expires_at}
    return insert_unless_there(conn, logout_tokens, row, unique="token_sha256")


def forget_logouts(conn: Connection, *, expired_before: int) -> None:
    """Forget those that hold no more whatever one does."""
    conn.execute(delete(logout_tokens).where(logout_tokens.c.expires_at < expired_before))


def forget_ended(conn: Connection, *, now: int, idle_since: int) -> None:
    """Forget sessions past their end, and those that nobody has used since a time."""
    conn.execute(delete(sessions).where((sessions.c.expires_at <= now) | (sessions.c.seen_at <= idle_since)))
