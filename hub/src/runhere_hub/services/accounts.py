"""Accounts: coming in by invitation, signing in with a password, tokens of programs, letting nobody in.

Codes, tokens and passwords exist in clear only where they are used; the database holds their hashes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runhere_hub.core import accounts as rules
from runhere_hub.core.access import HubVerb, may
from runhere_hub.core.audit import NOWHERE, Entry, From
from runhere_hub.core.errors import (
    AccountDisabled,
    CodeExpired,
    CodeUsed,
    Forbidden,
    LastAdministrator,
    NotFound,
    PasswordWrong,
    UserNameTaken,
)
from runhere_hub.core.identity import IdentityProvider, Person
from runhere_hub.core.ids import PersonId
from runhere_hub.services import session
from runhere_hub.services.passwords import Passwords
from runhere_hub.services.session import Opened, sha256
from runhere_hub.services.throttles import Throttles
from runhere_hub.store import accounts, audit, people
from runhere_hub.store.accounts import Account, ApiToken, Invitation
from runhere_hub.store.audit import record
from runhere_hub.store.session import Connection, Database

INVITATION_LIFE_MS = 7 * 24 * 3600 * 1000
RESET_LIFE_MS = 24 * 3600 * 1000
_TOKEN_SEEN_EVERY_MS = 60_000
TOKEN_PREFIX = "rh_"  # so that secret scanners know them


def _per_minute(most: int) -> Callable[[], Throttles]:
    return lambda: Throttles(most=most, window_ms=60_000)


@dataclass(frozen=True)
class Accounts:
    """Surroundings of everything about accounts. One for the whole app.

    Attributes:
        is_open: Anybody may make an account.
        provider: Where else people sign in; None: nowhere.
        provider_signs_up: Whoever the provider knows gets an account; else only those who joined it to theirs come in.
        mail_domains: If there are any, only people with a verified address in one of them get an account.
    """

    db: Database
    now_ms: Callable[[], int]
    new_id: Callable[[], str]
    new_token: Callable[[], str]
    passwords: Passwords
    is_open: bool = False
    provider: IdentityProvider | None = None
    provider_signs_up: bool = True
    mail_domains: frozenset[str] = frozenset()
    by_account: Throttles = field(default_factory=_per_minute(5))
    """From one address, so that nobody locks out a colleague by guessing."""
    by_address: Throttles = field(default_factory=_per_minute(20))
    by_name: Throttles = field(default_factory=lambda: Throttles(most=30, window_ms=600_000))
    """From anywhere: many addresses guess no faster than this."""


# --- coming in -------------------------------------------------------------------------------------------------------


async def first_code(around: Accounts) -> str | None:
    """An invitation for the first administrator; None when there is one already."""

    def any_admin(conn: Connection) -> bool:
        return any(may(account.standing, HubVerb.ADMINISTER) for account in accounts.every(conn))

    if await around.db.read(any_admin):
        return None
    return await invite(around, by=None, user_name=None, is_admin=True)


async def invite(
    around: Accounts, *, by: Person | None, user_name: str | None, is_admin: bool, came: From = NOWHERE
) -> str:
    """An invitation's code: once, within seven days. With a name it is for that name only."""
    wanted = rules.user_name(user_name) if user_name is not None else None
    code, now = around.new_token(), around.now_ms()
    invitation = Invitation(sha256(code), None, wanted, is_admin, now + INVITATION_LIFE_MS)

    def work(conn: Connection) -> None:
        if wanted is not None and accounts.named(conn, wanted) is not None:
            raise UserNameTaken(f"There is an account {wanted} already.", user_name=wanted)
        accounts.invite(conn, invitation, by=by.id if by else None, now=now)
        record(conn, now, "invite", by=by.id if by else None, came=came, user_name=wanted, is_admin=is_admin)

    await around.db.write(work)
    return code


async def reset(around: Accounts, *, by: Person | None, user_name: str, came: From = NOWHERE) -> str:
    """Take somebody's password away and end their sessions; the code with which they set a new one within a day."""
    code, now = around.new_token(), around.now_ms()

    def work(conn: Connection) -> None:
        account = _named(conn, user_name)
        accounts.set_password(conn, account.person.id, None)
        invitation = Invitation(
            sha256(code), account.person.id, account.user_name, account.is_admin, now + RESET_LIFE_MS
        )
        accounts.invite(conn, invitation, by=by.id if by else None, now=now)
        record(conn, now, "reset_password", by=by.id if by else None, on=account.person.id, came=came)

    await around.db.write(work)
    return code


async def look(around: Accounts, code: str, came: From) -> Invitation:
    """What an invitation is for.

    Raises:
        TooMany: Too many wrong codes from this address.
        CodeUsed, CodeExpired: It lets nobody in.
    """
    now = around.now_ms()
    around.by_address.check(came.ip or "", now)
    try:
        return await around.db.read(lambda conn: _invitation(conn, code, now))
    except (CodeUsed, CodeExpired):
        around.by_address.count(came.ip or "", now)
        raise


def _invitation(conn: Connection, code: str, now: int) -> Invitation:
    found = accounts.invitation(conn, sha256(code))
    if found is None or found.used_at is not None:
        raise CodeUsed("This invitation was used already, or never existed. Ask for another one.")
    if found.expires_at <= now:
        raise CodeExpired("This invitation is too old. Ask for another one.")
    return found


@dataclass(frozen=True)
class Wish:
    """Who somebody new wants to be."""

    user_name: str
    name: str
    password: str


async def accept(around: Accounts, code: str, wish: Wish, came: From) -> Opened:
    """Come in by an invitation: a new account, or a new password for the one that it is for.

    Raises:
        TooMany, CodeUsed, CodeExpired: As `look`.
        BadUserName, BadPassword, UserNameTaken: Nothing was made; the invitation stays good.
    """
    invitation = await look(around, code, came)
    wanted = invitation.user_name or rules.user_name(wish.user_name)
    hashed = await around.passwords.hashed(rules.checked_password(wish.password, name=wanted))
    now, person_id, token = around.now_ms(), PersonId(around.new_id()), around.new_token()

    def work(conn: Connection) -> Opened:
        if not accounts.use_invitation(conn, sha256(code), now=now):
            raise CodeUsed("This invitation was used just now.")
        if invitation.person_id is not None:
            accounts.set_password(conn, invitation.person_id, hashed)
            account = accounts.get(conn, invitation.person_id)
            if account is None:
                raise CodeUsed("This invitation is for an account that is gone.")
            record(conn, now, "set_password", by=account.person.id, came=came)
        else:
            name = rules.display_name(wish.name, wanted)
            account = new_account(conn, person_id, wanted, name, hashed, is_admin=invitation.is_admin, now=now)
            record(conn, now, "join", by=person_id, came=came, user_name=wanted)
        refuse_disabled(account)
        return session.begin(conn, account.person, token=token, now=now)

    return await around.db.write(work)


async def sign_up(around: Accounts, wish: Wish, came: From) -> Opened:
    """Make an account without an invitation, where the administrator allows that.

    Raises:
        Forbidden: Not here.
        BadUserName, BadPassword, UserNameTaken, TooMany: Nothing was made.
    """
    if not around.is_open:
        raise Forbidden("On this hub accounts are made by invitation. Ask its administrator for one.")
    now = around.now_ms()
    around.by_address.check(came.ip or "", now)
    around.by_address.count(came.ip or "", now)
    wanted = rules.user_name(wish.user_name)
    hashed = await around.passwords.hashed(rules.checked_password(wish.password, name=wanted))
    person_id, token = PersonId(around.new_id()), around.new_token()

    def work(conn: Connection) -> Opened:
        name = rules.display_name(wish.name, wanted)
        account = new_account(conn, person_id, wanted, name, hashed, is_admin=False, now=now)
        record(conn, now, "join", by=person_id, came=came, user_name=wanted)
        return session.begin(conn, account.person, token=token, now=now)

    return await around.db.write(work)


def new_account(
    conn: Connection,
    person_id: PersonId,
    user_name: str,
    name: str,
    password_hash: str | None,
    *,
    is_admin: bool,
    now: int,
) -> Account:
    """A person and their account, in the transaction of what lets them in.

    Raises:
        UserNameTaken: Nothing was made.
    """
    if accounts.named(conn, user_name) is not None:
        raise UserNameTaken(f"The user name {user_name} is taken. Choose another one.", user_name=user_name)
    person = Person(person_id, name, rules.color_of(person_id))
    people.add(conn, person, now=now)
    account = Account(person, user_name, password_hash, is_admin, None)
    accounts.add(conn, account, now=now)
    return account


# --- signing in ------------------------------------------------------------------------------------------------------


async def sign_in(around: Accounts, user_name: str, password: str, came: From) -> Opened:
    """Trade a password for a session.

    Raises:
        TooMany: Too many wrong ones for this account or from this address; this one was not looked at.
        PasswordWrong, AccountDisabled: No session was made.
    """
    now, named = around.now_ms(), user_name.strip().lower()[:64]
    was_right = _guess(around, named, came)
    account = await around.db.read(lambda conn: accounts.named(conn, named))
    kept = account.password_hash if account is not None else None
    typed = rules.normal_password(password)
    if not await around.passwords.is_right(kept, typed) or account is None or kept is None:
        await _tell_refused(around, account, came, now)
        raise PasswordWrong("User name and password do not go together.")
    was_right()
    refuse_disabled(account)
    newer = await around.passwords.hashed(typed) if around.passwords.is_outdated(kept) else None
    token = around.new_token()

    def work(conn: Connection) -> Opened:
        if newer is not None:
            accounts.rehash(conn, account.person.id, newer)
        record(conn, now, "sign_in", by=account.person.id, came=came)
        return session.begin(conn, account.person, token=token, now=now)

    return await around.db.write(work)


def _guess(around: Accounts, name: str, came: From) -> Callable[[], None]:
    """Count a password as wrong before it is looked at: of many at once, few are. Call the answer if it is right.

    Raises:
        TooMany: It is not to be looked at, and is not counted.
    """
    address, now = came.ip or "", around.now_ms()  # taken here: one from later does not count
    counts = ((around.by_account, f"{address} {name}"), (around.by_address, address), (around.by_name, name))
    for throttles, key in counts:
        throttles.check(key, now)
    for throttles, key in counts:
        throttles.count(key, now)

    def was_right() -> None:
        for throttles, key in counts:
            throttles.forgive(key, now)

    return was_right


async def _tell_refused(around: Accounts, account: Account | None, came: From, now: int) -> None:
    on = account.person.id if account is not None else None
    await around.db.write(lambda conn: record(conn, now, "sign_in_refused", by=None, on=on, came=came))


def refuse_disabled(account: Account) -> None:
    """Return when somebody may sign in.

    Raises:
        AccountDisabled: They may not.
    """
    if account.disabled_at is not None:
        raise AccountDisabled("This account may not sign in any more. Ask the administrator of this hub.")


async def change_password(around: Accounts, person: Person, *, old: str, new: str, came: From) -> Opened:
    """Another password; every session ends but the new one that is given back.

    Raises:
        TooMany, PasswordWrong, BadPassword: Nothing was changed.
    """
    now = around.now_ms()
    account = await _account(around, person)
    was_right = _guess(around, account.user_name, came)
    if not await around.passwords.is_right(account.password_hash, rules.normal_password(old)):
        raise PasswordWrong("This is not your password now.")
    was_right()
    hashed = await around.passwords.hashed(rules.checked_password(new, name=account.user_name))
    token = around.new_token()

    def work(conn: Connection) -> Opened:
        accounts.set_password(conn, person.id, hashed)
        record(conn, now, "change_password", by=person.id, came=came)
        return session.begin(conn, person, token=token, now=now)

    return await around.db.write(work)


async def sign_out_everywhere(around: Accounts, person: Person, came: From) -> None:
    """End every session of somebody; live pages are cut within seconds."""
    now = around.now_ms()

    def work(conn: Connection) -> None:
        ended = accounts.end_sessions(conn, person.id)
        record(conn, now, "sign_out_everywhere", by=person.id, came=came, sessions=ended)

    await around.db.write(work)


# --- administrators and the command line -----------------------------------------------------------------------------


async def is_admin(around: Accounts, person: Person) -> bool:
    """True when somebody may administer the hub."""
    account = await around.db.read(lambda conn: accounts.get(conn, person.id))
    return may(account.standing if account else None, HubVerb.ADMINISTER)


async def of(around: Accounts, person: Person) -> Account | None:
    """Somebody's account."""
    return await around.db.read(lambda conn: accounts.get(conn, person.id))


async def named(around: Accounts, user_name: str) -> Account | None:
    """The account of a user name."""
    return await around.db.read(lambda conn: accounts.named(conn, user_name))


async def every(around: Accounts) -> Sequence[Account]:
    """Every account, by user name."""
    return await around.db.read(accounts.every)


async def set_disabled(
    around: Accounts, *, by: Person | None, user_name: str, disabled: bool, came: From = NOWHERE
) -> None:
    """Let somebody in no more (their pages are cut within seconds, their tokens refused), or again.

    Raises:
        NotFound: There is no such account.
        LastAdministrator: Nothing was changed.
    """
    now = around.now_ms()

    def work(conn: Connection) -> None:
        account = _named(conn, user_name)
        if disabled:
            _check_not_the_last(conn, account)
        accounts.set_disabled(conn, account.person.id, now if disabled else None)
        action = "disable" if disabled else "enable"
        record(conn, now, action, by=by.id if by else None, on=account.person.id, came=came)

    await around.db.write(work)


async def set_admin(
    around: Accounts, *, by: Person | None, user_name: str, is_admin: bool, came: From = NOWHERE
) -> bool:
    """Make somebody an administrator, or one no more, from their next request on. False: that is how it was.

    Raises:
        NotFound: There is no such account.
        LastAdministrator: Nothing was changed.
    """
    now = around.now_ms()

    def work(conn: Connection) -> bool:
        account = _named(conn, user_name)
        if account.is_admin == is_admin:
            return False
        if not is_admin:
            _check_not_the_last(conn, account)
        accounts.set_admin(conn, account.person.id, is_admin)
        action = "promote" if is_admin else "demote"
        record(conn, now, action, by=by.id if by else None, on=account.person.id, came=came)
        return True

    return await around.db.write(work)


def _check_not_the_last(conn: Connection, account: Account) -> None:
    # Held: of two who take it from each other at once, the second one waits and sees what the first one did.
    everybody = accounts.every(conn, held=True)
    others = [one for one in everybody if one.person.id != account.person.id]
    if may(account.standing, HubVerb.ADMINISTER) and not any(may(one.standing, HubVerb.ADMINISTER) for one in others):
        raise LastAdministrator("This is the last administrator. Make another one first.")


async def _account(around: Accounts, person: Person) -> Account:
    account = await around.db.read(lambda conn: accounts.get(conn, person.id))
    if account is None:
        raise NotFound("There is no such account.")
    return account


def _named(conn: Connection, user_name: str) -> Account:
    account = accounts.named(conn, user_name.strip().lower())
    if account is None:
        raise NotFound(f"There is no account {user_name}.")
    return account


async def log(around: Accounts, person: Person | None, *, limit: int) -> Sequence[Entry]:
    """The audit log: one's own lines, or everybody's (None), newest first."""
    return await around.db.read(lambda conn: audit.entries(conn, person_id=person.id if person else None, limit=limit))


async def whole_log(around: Accounts) -> tuple[int, int | None]:
    """How many lines the audit log has, and the number of the first that is not as it was written; None: all are."""
    return await around.db.read(lambda conn: (audit.count(conn), audit.first_broken(conn)))


# --- tokens of programs ----------------------------------------------------------------------------------------------


async def new_token(
    around: Accounts, person: Person, *, name: str, life_ms: int | None, came: From
) -> tuple[ApiToken, str]:
    """A token that lets a program act as this person. Its text is given once and kept nowhere."""
    now, text = around.now_ms(), f"{TOKEN_PREFIX}{around.new_token()}"
    expires_at = None if life_ms is None else now + life_ms
    token = ApiToken(around.new_id(), rules.display_name(name, "token"), now, None, expires_at)

    def work(conn: Connection) -> None:
        accounts.add_token(conn, token, token_sha256=sha256(text), person_id=person.id)
        record(conn, now, "token_made", by=person.id, on=token.id, came=came)

    await around.db.write(work)
    return token, text


async def tokens(around: Accounts, person: Person) -> Sequence[ApiToken]:
    """Somebody's tokens."""
    return await around.db.read(lambda conn: accounts.tokens_of(conn, person.id))


async def remove_token(around: Accounts, person: Person, token_id: str, came: From) -> None:
    """Take a token away; it is refused from now on.

    Raises:
        NotFound: The person has none of this id.
    """
    now = around.now_ms()

    def work(conn: Connection) -> None:
        if not accounts.remove_token(conn, token_id, person.id):
            raise NotFound("You have no such token.")
        record(conn, now, "token_removed", by=person.id, on=token_id, came=came)

    await around.db.write(work)


async def person_of_token(around: Accounts, text: str) -> Person | None:
    """Whose token this is; None: nobody's, expired, or of somebody who may not come in."""
    if not text.startswith(TOKEN_PREFIX):
        return None
    now = around.now_ms()
    found = await around.db.read(lambda conn: accounts.token_owner(conn, sha256(text), now=now))
    if found is None or found[0].disabled_at is not None:
        return None
    account, token = found
    if (token.last_used_at or 0) + _TOKEN_SEEN_EVERY_MS <= now:
        await around.db.write(lambda conn: accounts.token_used(conn, token.id, now=now))
    return account.person
