"""Hosted runtimes of people: start, stop, and the way in.

    the hub's page ──session──▶ ticket (60 s, once) ──▶ pass (12 h, as long as the session) ──▶ /rt/<id>/…

The way in is the same whether runtimes have an origin of their own or not: a pass opens one runtime, for one person, of
one session, and is worth nothing at the hub's own API.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from runhere_hub.core.audit import NOWHERE, Entry, From
from runhere_hub.core.errors import NotFound, RunhereError, SignedOut
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import (
    NOT_RUNNING,
    Ending,
    Owner,
    RuntimeId,
    RuntimeNotReady,
    RuntimeProvider,
    RuntimeSilent,
    Status,
    Upstream,
    runtime_id,
)
from runhere_hub.services.costs import Costs
from runhere_hub.services.session import SignIn, person_of_key, sha256
from runhere_hub.store import runtime_passes
from runhere_hub.store.audit import record
from runhere_hub.store.runtime_passes import RuntimePass
from runhere_hub.store.session import Connection

ABOUT_RUNTIMES = ("runtime_start", "runtime_stop")
TICKET_LIFE_MS = 60 * 1000
PASS_LIFE_MS = 12 * 3600 * 1000

_USED = "This ticket was used already, is older than a minute, or is for another runtime. Connect again."
_CLOSED = "Your hosted runtime does not let this page in any more. Connect again."


class Runtimes:
    """What hosted runtimes need. One for the whole app.

    Args:
        starts: What a person's starts cost; None: nothing.
    """

    def __init__(
        self,
        provider: RuntimeProvider,
        sign_in: SignIn,
        *,
        new_token: Callable[[], str],
        starts: Costs | None = None,
    ) -> None:
        self.provider = provider
        self.starts = starts or Costs()
        self.sign_in = sign_in
        self.new_token = new_token


@dataclass(frozen=True)
class Entered:
    """Who came in with a pass."""

    owner: Owner
    runtime_id: RuntimeId


def id_of(runtimes: Runtimes, person: Person) -> RuntimeId:
    """Id of a person's runtime, running or not."""
    return runtime_id(runtimes.provider.name, person.id)


async def status(runtimes: Runtimes, person: Person) -> Status:
    """How a person's runtime is."""
    return await runtimes.provider.status(_owner(person))


async def start(runtimes: Runtimes, person: Person, came: From) -> Status:
    """See to it that it starts. The audit log has it, unless it runs already.

    Raises:
        TooCostly: It was started too often, and was not now.
    """
    before = await status(runtimes, person)
    if before.state in ("starting", "ready"):
        return before
    async with runtimes.starts.working(person.id):
        await runtimes.provider.start(_owner(person))
    await _write_down(runtimes, person, "runtime_start", came)
    return await status(runtimes, person)


async def stop(runtimes: Runtimes, person: Person, came: From) -> Status:
    """End it, and every kernel in it. The audit log has it, if there was something to end."""
    before = await status(runtimes, person)
    await runtimes.provider.stop(_owner(person))
    if before.state != "absent":
        await _write_down(runtimes, person, "runtime_stop", came)
    return await status(runtimes, person)


def whose(entry: Entry, provider: str) -> PersonId | None:
    """Whose runtime at this provider an entry of the audit log is about; None: it is about none there.

    A person's own start and stop name nothing besides who did it; an administrator's stop names whose it was.
    """
    if entry.concerns is None or json.loads(entry.detail or "{}").get("provider") != provider:
        return None
    return PersonId(entry.concerns)


async def write_down_end(sign_in: SignIn, provider: str, person_id: PersonId, why: Ending) -> None:
    """Put into the audit log that somebody's runtime ended without having been asked to."""
    now = sign_in.now_ms()
    await sign_in.db.write(
        lambda conn: record(conn, now, "runtime_stop", by=person_id, came=NOWHERE, provider=provider, why=why)
    )


async def _write_down(runtimes: Runtimes, person: Person, action: str, came: From) -> None:
    now, provider = runtimes.sign_in.now_ms(), runtimes.provider.name
    await runtimes.sign_in.db.write(lambda conn: record(conn, now, action, by=person.id, came=came, provider=provider))


async def keep(runtimes: Runtimes, person: Person) -> Status:
    """It is in use."""
    await runtimes.provider.keep(_owner(person))
    return await status(runtimes, person)


async def new_ticket(runtimes: Runtimes, person: Person, *, session_token: str) -> str:
    """A ticket to a person's own runtime, for the session that asks."""
    now = runtimes.sign_in.now_ms()
    ticket = runtimes.new_token()
    kept = RuntimePass(
        person_id=person.id,
        runtime_id=id_of(runtimes, person),
        session_sha256=sha256(session_token),
        is_ticket=True,
        expires_at=now + TICKET_LIFE_MS,
    )
    await runtimes.sign_in.db.write(lambda conn: runtime_passes.add(conn, sha256(ticket), kept, now=now))
    return ticket


async def use_ticket(runtimes: Runtimes, wanted: RuntimeId, ticket: str) -> str:
    """Trade a ticket for a pass to the same runtime.

    Raises:
        SignedOut: Used, too old, for another runtime, or its session ended. Shown at the wrong runtime, it is spent.
    """
    now = runtimes.sign_in.now_ms()
    token = runtimes.new_token()

    def trade(conn: Connection) -> bool:
        found = runtime_passes.take_ticket(conn, sha256(ticket))
        if found is None or found.expires_at <= now or found.runtime_id != wanted:
            return False
        made = replace(found, is_ticket=False, expires_at=now + PASS_LIFE_MS)
        runtime_passes.add(conn, sha256(token), made, now=now)
        return True

    if not await runtimes.sign_in.db.write(trade):
        raise SignedOut(_USED)
    await enter(runtimes, wanted, token)
    return token


async def enter(runtimes: Runtimes, wanted: RuntimeId, token: str) -> Entered:
    """Who comes to this runtime with this pass; asked again while they are connected.

    Raises:
        SignedOut: Nobody: the pass is none, for another runtime, too old, or its session or account ended.
    """
    found = await runtimes.sign_in.db.read(lambda conn: runtime_passes.get(conn, sha256(token)))
    if found is None or found.runtime_id != wanted or found.expires_at <= runtimes.sign_in.now_ms():
        raise SignedOut(_CLOSED)
    person = await person_of_key(runtimes.sign_in, found.session_sha256)
    if person is None or person.id != found.person_id or id_of(runtimes, person) != wanted:
        raise SignedOut(_CLOSED)
    return Entered(_owner(person), wanted)


async def upstream(runtimes: Runtimes, entered: Entered) -> Upstream:
    """Where the runtime is; for the proxy alone.

    Raises:
        RuntimeNotReady, RuntimeSilent: Nothing can be reached.
    """
    return await runtimes.provider.upstream(entered.owner)


async def told_of(runtimes: Runtimes, entered: Entered, error: RuntimeSilent) -> RunhereError:
    """What a page is told whose runtime did not answer like one: that it does not run any more, where that is so.

    Where a JupyterHub ended a server, its proxy answers in the server's place: with an address to sign in at.
    """
    try:
        status = await runtimes.provider.status(entered.owner)
    except RunhereError:
        return error
    return error if status.state == "ready" else RuntimeNotReady(NOT_RUNNING)


async def doubt(runtimes: Runtimes, entered: Entered, status: int) -> None:
    """Let the provider look again at where a runtime is, when this is how its answer to a request begins."""
    if status in (401, 403):
        await runtimes.provider.doubt(entered.owner)


def require_own(runtimes: Runtimes, person: Person, wanted: str) -> None:
    """Return when the runtime of this id is this person's.

    Raises:
        NotFound: It is somebody else's, or nobody's: nobody is told which.
    """
    if id_of(runtimes, person) != wanted:
        raise NotFound("There is no such runtime.")


def _owner(person: Person) -> Owner:
    return Owner(person.id, person.name)
