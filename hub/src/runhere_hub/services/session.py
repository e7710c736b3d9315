"""Signing in by link: one-time codes, sessions, and the one person of one-person mode.

A code and a session token exist in clear only where they are used; the database holds their hashes.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from runhere_hub.core.audit import From
from runhere_hub.core.errors import CodeExpired, CodeUsed, TooMany
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.core.throttle import Throttle
from runhere_hub.store import accounts, people, runtime_passes, sessions
from runhere_hub.store.audit import record
from runhere_hub.store.session import Connection, Database
from runhere_hub.store.sessions import OpenSession

CODE_LIFE_MS = 10 * 60 * 1000
# In one-person mode only programs of this machine reach the hub; signing in again costs a walk to the terminal. So a
# session bears a week's pause, and ends for good after two.
SESSION_LIFE_MS = 14 * 24 * 3600 * 1000
SESSION_IDLE_MS = 7 * 24 * 3600 * 1000
# Where several people sign in with passwords, a pause of half a day ends it.
TEAM_SESSION_IDLE_MS = 12 * 3600 * 1000
_NOTE_SEEN_EVERY_MS = 15 * 60 * 1000
_KEEP_OLD_CODES_MS = 24 * 3600 * 1000
_KEEP_OLD_INVITATIONS_MS = 30 * _KEEP_OLD_CODES_MS  # so long it is said that one is too old

_ASK_AGAIN = "Run `runhere login` in a terminal and open the link that it prints."


class SignIn:
    """What signing in needs, and the count of failed tries. One for the whole app."""

    def __init__(
        self,
        db: Database,
        *,
        now_ms: Callable[[], int],
        new_id: Callable[[], str],
        new_token: Callable[[], str],
        idle_ms: int = SESSION_IDLE_MS,
    ) -> None:
        self.db = db
        self.now_ms = now_ms
        self.new_id = new_id
        self.new_token = new_token
        self.idle_ms = idle_ms
        self.failures = Throttle(most=10, window_ms=60_000)


@dataclass(frozen=True)
class Opened:
    """A new session. `token` goes into the cookie and is kept nowhere."""

    person: Person
    token: str
    max_age_s: int


async def ensure_owner(sign_in: SignIn, *, name: str, color: str) -> Person:
    """The person of one-person mode, made on the first start."""
    now = sign_in.now_ms()
    person = Person(id=PersonId(sign_in.new_id()), name=name, color=color)

    def work(conn: Connection) -> Person:
        known = people.first(conn)
        if known is None:
            people.add(conn, person, now=now)
        return known or person

    return await sign_in.db.write(work)


async def forget_old(sign_in: SignIn) -> None:
    """Forget sessions and passes that ended, and codes and invitations that have been of no use for a while."""
    now = sign_in.now_ms()

    def work(conn: Connection) -> None:
        sessions.forget_ended(conn, now=now, idle_since=now - sign_in.idle_ms)
        sessions.forget_codes(conn, expired_before=now - _KEEP_OLD_CODES_MS)
        accounts.forget_invitations(conn, expired_before=now - _KEEP_OLD_INVITATIONS_MS)
        runtime_passes.forget_expired(conn, now=now)

    await sign_in.db.write(work)


async def owner(sign_in: SignIn) -> Person:
    """The person of one-person mode."""
    person = await sign_in.db.read(people.first)
    if person is None:
        raise RuntimeError("the app was started without its owner")
    return person


async def new_code(sign_in: SignIn) -> str:
    """A code that signs the owner in once, within ten minutes."""
    code = sign_in.new_token()
    person = await owner(sign_in)
    expires_at = sign_in.now_ms() + CODE_LIFE_MS
    await sign_in.db.write(
        lambda conn: sessions.add_code(conn, code_sha256=sha256(code), person_id=person.id, expires_at=expires_at)
    )
    return code


async def sign_in(sign_in: SignIn, code: str) -> Opened:
    """Trade a code for a session.

    Raises:
        TooMany: Ten wrong codes within a minute; this one was not looked at.
        CodeUsed, CodeExpired: No session was made.
    """
    now = sign_in.now_ms()
    wait_ms = sign_in.failures.wait_ms(now)
    if wait_ms > 0:
        wait_s = -(-wait_ms // 1000)
        raise TooMany(f"Too many wrong sign-in codes. Wait {wait_s} s, then try again.", retry_after_s=wait_s)
    token = sign_in.new_token()
    try:
        person = await sign_in.db.write(lambda conn: _trade(conn, code=code, token=token, now=now))
    except (CodeUsed, CodeExpired):
        sign_in.failures = sign_in.failures.failed(now)
        raise
    return Opened(person=person, token=token, max_age_s=SESSION_LIFE_MS // 1000)


def _trade(conn: Connection, *, code: str, token: str, now: int) -> Person:
    known = sessions.code(conn, sha256(code))
    if known is None or known.used_at is not None:
        raise CodeUsed(f"This sign-in link was used already. {_ASK_AGAIN}")
    if known.expires_at <= now:
        raise CodeExpired(f"This sign-in link is older than ten minutes. {_ASK_AGAIN}")
    if not sessions.use_code(conn, sha256(code), now=now):
        raise CodeUsed(f"This sign-in link was used already. {_ASK_AGAIN}")
    person = people.get(conn, known.person_id)
    if person is None:
        raise CodeUsed(f"This sign-in link belongs to nobody. {_ASK_AGAIN}")
    sessions.add(conn, token_sha256=sha256(token), person_id=person.id, now=now, expires_at=now + SESSION_LIFE_MS)
    return person


async def person_of(sign_in: SignIn, token: str) -> Person | None:
    """Whose session this is; None when it is nobody's, ended, or was idle too long."""
    return await person_of_key(sign_in, sha256(token))


async def person_of_key(sign_in: SignIn, key: str) -> Person | None:
    """The same, by the hash of the token: what hangs on a session without holding its token."""
    found = await _good(sign_in, key, sign_in.now_ms())
    if found is None:
        return None
    await _use(sign_in, key, found)
    return found.person


async def _use(sign_in: SignIn, key: str, found: OpenSession) -> None:
    now = sign_in.now_ms()
    if found.seen_at + _NOTE_SEEN_EVERY_MS <= now:
        await sign_in.db.write(lambda conn: sessions.seen(conn, key, now=now))


async def is_still(sign_in: SignIn, token: str, person: Person, *, is_used: bool) -> bool:
    """True while a session is good and this person's.

    Asking is no use of it: a page that is only open ends as idle. `is_used`: the person did something meanwhile.
    """
    found = await _good(sign_in, sha256(token), sign_in.now_ms())
    if found is None or found.person.id != person.id:
        return False
    if is_used:
        await _use(sign_in, sha256(token), found)
    return True


async def _good(sign_in: SignIn, key: str, now: int) -> OpenSession | None:
    found = await sign_in.db.read(lambda conn: sessions.get(conn, key))
    if found is None or found.expires_at <= now or found.seen_at + sign_in.idle_ms <= now:
        return None
    return found


def begin(
    conn: Connection, person: Person, *, token: str, now: int, there: sessions.SessionThere | None = None
) -> Opened:
    """A new session in the transaction of what allowed it. The caller made the token: 256 random bits.

    Args:
        there: The session at an identity provider with which this one ends.
    """
    end = now + SESSION_LIFE_MS
    sessions.add(conn, token_sha256=sha256(token), person_id=person.id, now=now, expires_at=end, there=there)
    return Opened(person=person, token=token, max_age_s=SESSION_LIFE_MS // 1000)


async def sign_out(sign_in: SignIn, token: str, came: From) -> None:
    """End a session; every copy of its cookie stops working, and pages that are open with it are cut."""
    now, key = sign_in.now_ms(), sha256(token)

    def work(conn: Connection) -> None:
        found = sessions.get(conn, key)
        if found is not None:
            sessions.end(conn, key)
            record(conn, now, "sign_out", by=found.person.id, came=came)

    await sign_in.db.write(work)


def sha256(text: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(text.encode()).hexdigest()
