"""Accounts of a hub for several people: names, password hashes, who signs in elsewhere, invitations, API tokens.

Codes and tokens are kept as hashes only.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from runhere_hub.core.access import Standing
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.store.tables import accounts, api_tokens, identities, invitations, oidc_starts, people, sessions


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in.

    Attributes:
        user_name: Lower case, never the same twice.
        password_hash: None: no password; they sign in elsewhere, or were reset.
    """

    person: Person
    user_name: str
    password_hash: str | None
    is_admin: bool
    disabled_at: int | None

    @property
    def standing(self) -> Standing:
        """What `core/access.py` wants to know."""
        return Standing(self.is_admin, self.disabled_at is not None)


@dataclass(frozen=True)
class Invitation:
    """A link by which somebody new comes in, or somebody known sets a new password (`person_id`)."""

    code_sha256: str
    person_id: PersonId | None
    user_name: str | None
    is_admin: bool
    expires_at: int
    used_at: int | None = None


@dataclass(frozen=True)
class ApiToken:
    """A program's way in, as its owner sees it."""

    id: str
    name: str
    created_at: int
    last_used_at: int | None
    expires_at: int | None


_ACCOUNT = (accounts, people.c.name, people.c.color)
_JOINED = select(*_ACCOUNT).join(people)


def get(conn: Connection, person_id: PersonId) -> Account | None:
    """One account."""
    return _account(conn.execute(_JOINED.where(accounts.c.person_id == person_id)).one_or_none())


def named(conn: Connection, user_name: str) -> Account | None:
    """The account of a user name."""
    return _account(conn.execute(_JOINED.where(accounts.c.user_name == user_name)).one_or_none())


def every(conn: Connection, *, held: bool = False) -> list[Account]:
    """Every account by user name. `held`: nobody else changes one until this transaction ends."""
    asked = _JOINED.order_by(accounts.c.user_name)
    rows = conn.execute(asked.with_for_update(of=accounts) if held else asked)
    return [found for row in rows if (found := _account(row)) is not None]


def add(conn: Connection, account: Account, *, now: int) -> None:
    """Keep a new account; its person is there already."""
    conn.execute(
        insert(accounts).values(
            person_id=account.person.id,
            user_name=account.user_name,
            password_hash=account.password_hash,
            is_admin=account.is_admin,
            created_at=now,
        )
    )


def set_password(conn: Connection, person_id: PersonId, password_hash: str | None) -> None:
    """Replace the password, and end every session that the old one opened."""
    conn.execute(update(accounts).where(accounts.c.person_id == person_id).values(password_hash=password_hash))
    end_sessions(conn, person_id)


def rehash(conn: Connection, person_id: PersonId, password_hash: str) -> None:
    """Keep the same password under newer costs."""
    conn.execute(update(accounts).where(accounts.c.person_id == person_id).values(password_hash=password_hash))


def set_disabled(conn: Connection, person_id: PersonId, disabled_at: int | None) -> None:
    """Let somebody in no more, or again; their sessions end either way."""
    conn.execute(update(accounts).where(accounts.c.person_id == person_id).values(disabled_at=disabled_at))
    end_sessions(conn, person_id)


def set_admin(conn: Connection, person_id: PersonId, is_admin: bool) -> None:
    """Let somebody administer the hub, or no more."""
    conn.execute(update(accounts).where(accounts.c.person_id == person_id).values(is_admin=is_admin))


def end_sessions(conn: Connection, person_id: PersonId) -> int:
    """End every session of somebody. How many there were."""
    return conn.execute(delete(sessions).where(sessions.c.person_id == person_id)).rowcount


def _account(row: Row[Any] | None) -> Account | None:
    if row is None:
        return None
    person = Person(PersonId(row.person_id), row.name, row.color)
    return Account(person, row.user_name, row.password_hash, bool(row.is_admin), row.disabled_at)


# --- identities of elsewhere ------------------------------------------------------------------------------------------


def by_identity(conn: Connection, issuer: str, subject: str) -> Account | None:
    """The account behind an identity of elsewhere: found by issuer and subject, never by mail address."""
    wanted = (
        select(*_ACCOUNT).join_from(accounts, people).join(identities, identities.c.person_id == accounts.c.person_id)
    )
    here = (identities.c.issuer == issuer) & (identities.c.subject == subject)
    return _account(conn.execute(wanted.where(here)).one_or_none())


def add_identity(conn: Connection, issuer: str, subject: str, person_id: PersonId, *, now: int) -> None:
    """Join an identity of elsewhere to an account."""
    conn.execute(insert(identities).values(issuer=issuer, subject=subject, person_id=person_id, created_at=now))


@dataclass(frozen=True)
class OidcStart:
    """A sign-in elsewhere that is under way."""

    state_sha256: str
    browser_sha256: str
    nonce: str
    verifier: str
    next_path: str
    expires_at: int


def begin_oidc(conn: Connection, start: OidcStart, *, now: int) -> None:
    """Keep a start, and forget those that came to nothing."""
    conn.execute(delete(oidc_starts).where(oidc_starts.c.expires_at <= now))
    conn.execute(insert(oidc_starts).values(**start.__dict__))


def take_oidc(conn: Connection, state_sha256: str) -> OidcStart | None:
    """A start, once: it is gone afterwards."""
    row = conn.execute(select(oidc_starts).where(oidc_starts.c.state_sha256 == state_sha256)).one_or_none()
    taken = conn.execute(delete(oidc_starts).where(oidc_starts.c.state_sha256 == state_sha256)).rowcount
    return OidcStart(**row._asdict()) if row is not None and taken == 1 else None


# --- invitations ------------------------------------------------------------------------------------------------------


def invite(conn: Connection, invitation: Invitation, *, by: str | None, now: int) -> None:
    """Keep a new invitation."""
    conn.execute(insert(invitations).values(**invitation.__dict__, invited_by=by, created_at=now))


def invitation(conn: Connection, code_sha256: str) -> Invitation | None:
    """One invitation."""
    columns = (getattr(invitations.c, name) for name in Invitation.__dataclass_fields__)
    row = conn.execute(select(*columns).where(invitations.c.code_sha256 == code_sha256)).one_or_none()
    return Invitation(**row._asdict()) if row is not None else None


def forget_invitations(conn: Connection, *, expired_before: int) -> None:
    """Drop invitations that expired before a time, used or not."""
    conn.execute(delete(invitations).where(invitations.c.expires_at < expired_before))


def use_invitation(conn: Connection, code_sha256: str, *, now: int) -> bool:
    """Mark an invitation as used; False when somebody else did so first."""
    unused = (invitations.c.code_sha256 == code_sha256) & invitations.c.used_at.is_(None)
    return conn.execute(update(invitations).where(unused).values(used_at=now)).rowcount == 1


# --- API tokens -------------------------------------------------------------------------------------------------------


def add_token(conn: Connection, token: ApiToken, *, token_sha256: str, person_id: PersonId) -> None:
    """Keep a new token."""
    conn.execute(insert(api_tokens).values(**token.__dict__, token_sha256=token_sha256, person_id=person_id))


def tokens_of(conn: Connection, person_id: PersonId) -> list[ApiToken]:
    """Somebody's tokens, the oldest first."""
    columns = (getattr(api_tokens.c, name) for name in ApiToken.__dataclass_fields__)
    rows = conn.execute(select(*columns).where(api_tokens.c.person_id == person_id).order_by(api_tokens.c.created_at))
    return [ApiToken(**row._asdict()) for row in rows]


def token_owner(conn: Connection, token_sha256: str, *, now: int) -> tuple[Account, ApiToken] | None:
    """Whose token this is; None: nobody's, or it expired."""
    row = conn.execute(select(api_tokens).where(api_tokens.c.token_sha256 == token_sha256)).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    account = get(conn, PersonId(row.person_id))
    token = ApiToken(**{name: getattr(row, name) for name in ApiToken.__dataclass_fields__})
    return (account, token) if account is not None else None


def token_used(conn: Connection, token_id: str, *, now: int) -> None:
    """Note that a token is in use."""
    conn.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(last_used_at=now))


def remove_token(conn: Connection, token_id: str, person_id: PersonId) -> bool:
    """Take away a token of somebody's; False when they have none of this id."""
    mine = (api_tokens.c.id == token_id) & (api_tokens.c.person_id == person_id)
    return conn.execute(delete(api_tokens).where(mine)).rowcount == 1
