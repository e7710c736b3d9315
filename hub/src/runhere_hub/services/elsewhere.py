"""Signing in elsewhere (OpenID Connect): go there, come back with a session here, which ends when one ends there."""

from dataclasses import dataclass

from runhere_hub.core import accounts as rules
from runhere_hub.core.audit import From
from runhere_hub.core.errors import LogoutRefused, NotFound, SignInRefused
from runhere_hub.core.identity import Claims, IdentityProvider, Person, SignedOutThere
from runhere_hub.core.ids import PersonId
from runhere_hub.services import session
from runhere_hub.services.accounts import Accounts, new_account, refuse_disabled
from runhere_hub.services.session import Opened, sha256
from runhere_hub.store import accounts, sessions
from runhere_hub.store.accounts import Account, OidcStart
from runhere_hub.store.audit import record
from runhere_hub.store.session import Connection
from runhere_hub.store.sessions import SessionThere

_WITHIN_MS = 10 * 60 * 1000


# --- signing in elsewhere --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Going:
    """A browser that is sent to sign in elsewhere. `browser` goes into a cookie and comes back with it."""

    url: str
    browser: str


async def begin(around: Accounts, next_path: str | None) -> Going:
    """Begin to sign in at the identity provider.

    Raises:
        NotFound: This hub has none.
        Unavailable: It does not answer.
    """
    provider = _provider(around)
    state, nonce, verifier, browser = (around.new_token() for _ in range(4))
    now = around.now_ms()
    url = await provider.address(state=state, nonce=nonce, verifier=verifier)
    start = OidcStart(
        state_sha256=sha256(state),
        browser_sha256=sha256(browser),
        nonce=nonce,
        verifier=verifier,
        next_path=rules.next_path(next_path),
        expires_at=now + _WITHIN_MS,
    )
    await around.db.write(lambda conn: accounts.begin_oidc(conn, start, now=now))
    return Going(url, browser)


@dataclass(frozen=True)
class Back:
    """What a browser brings back from the identity provider."""

    state: str
    code: str
    browser: str | None


async def finish(around: Accounts, back: Back, came: From, *, signed_in: Person | None) -> tuple[Opened, str]:
    """A session for whoever came back, and where they wanted to go.

    Somebody who is signed in already joins a new identity to their account.

    Raises:
        SignInRefused: The state is not this browser's, was used or is old; or the provider's word does not hold; or
            the person is not invited; or is signed in already and the identity is another account's.
        TooMany, AccountDisabled, Unavailable: No session.
    """
    provider, now = _provider(around), around.now_ms()
    around.by_address.check(came.ip or "", now)
    start = await around.db.write(lambda conn: accounts.take_oidc(conn, sha256(back.state)))
    is_same = start is not None and back.browser is not None and start.browser_sha256 == sha256(back.browser)
    if start is None or not is_same or start.expires_at <= now:
        around.by_address.count(came.ip or "", now)
        raise SignInRefused("This sign-in was not begun in this browser, or took too long. Begin again.")
    claims = await provider.claims(code=back.code, nonce=start.nonce, verifier=start.verifier)
    person_id, token = PersonId(around.new_id()), around.new_token()

    def work(conn: Connection) -> Opened:
        account = accounts.by_identity(conn, claims.issuer, claims.subject)
        if account is None and signed_in is not None:
            account = _join_identity(conn, claims, signed_in, now)
        if account is not None and signed_in is not None and account.person.id != signed_in.id:
            raise SignInRefused(
                "With that account over there somebody else signs in here. Sign out first if it is you."
            )
        account = account or _from_claims(conn, around, claims, person_id, now)
        refuse_disabled(account)
        record(conn, now, "sign_in", by=account.person.id, came=came, at=claims.issuer)
        return session.begin(conn, account.person, token=token, now=now, there=_there(claims))

    return await around.db.write(work), start.next_path


def _there(claims: Claims) -> SessionThere:
    return SessionThere(claims.issuer, claims.subject, claims.session)


def _join_identity(conn: Connection, claims: Claims, person: Person, now: int) -> Account | None:
    accounts.add_identity(conn, claims.issuer, claims.subject, person.id, now=now)
    record(conn, now, "join_identity", by=person.id, at=claims.issuer)
    return accounts.get(conn, person.id)


def _from_claims(conn: Connection, around: Accounts, claims: Claims, person_id: PersonId, now: int) -> Account:
    """The account of somebody who comes from the provider for the first time. A name in use is never taken over."""
    if not around.provider_signs_up:
        raise SignInRefused("You are not a member of this hub yet. Ask its administrator for an invitation.")
    domain = (claims.mail or "").rpartition("@")[2].lower()
    if around.mail_domains and domain not in around.mail_domains:
        raise SignInRefused("This hub lets in only people with a verified address of certain organisations.")
    wanted, n = rules.guessed_user_name(claims.user_name or claims.name), 2
    free = wanted
    while accounts.named(conn, free) is not None:
        free, n = f"{wanted}{n}", n + 1
    name = rules.display_name(claims.name, free)
    account = new_account(conn, person_id, free, name, None, is_admin=False, now=now)
    accounts.add_identity(conn, claims.issuer, claims.subject, person_id, now=now)
    record(conn, now, "join", by=person_id, user_name=free, at=claims.issuer)
    return account


def _provider(around: Accounts) -> IdentityProvider:
    if around.provider is None:
        raise NotFound("This hub has no other place to sign in.")
    return around.provider


# --- signed out over there --------------------------------------------------------------------------------------------


async def signed_out_there(around: Accounts, token: str, came: From) -> None:
    """End the sessions here of what the provider says has ended over there; live pages are cut within seconds.

    A session that was begun with a password goes on, and so do tokens of programs: nothing over there holds them.

    Raises:
        NotFound: This hub has no provider.
        TooMany: Too many that do not hold from this address; this one was not looked at.
        LogoutRefused: It does not hold, or was shown before. Nothing was done.
        Unavailable: Its keys cannot be had. Nothing was done.
    """
    provider, now, key = _provider(around), around.now_ms(), f"{came.ip or ''} signed out there"
    around.by_address.check(key, now)
    try:
        ended = await provider.signed_out(token)
        await around.db.write(lambda conn: _end_there(conn, ended, came, now))
    except LogoutRefused:
        around.by_address.count(key, now)
        raise


def _end_there(conn: Connection, ended: SignedOutThere, came: From, now: int) -> None:
    sessions.forget_logouts(conn, expired_before=now)
    if not sessions.add_logout(conn, sha256(f"{ended.issuer}\0{ended.token_id}"), expires_at=ended.expires_at):
        raise LogoutRefused("This logout token was shown before.")
    people = sessions.end_there(conn, ended.issuer, subject=ended.subject, session=ended.session)
    for person_id in sorted(people):
        record(conn, now, "sign_out_there", by=person_id, came=came, at=ended.issuer)
