"""Everybody's hosted runtimes, for whoever administers the hub: who has one, what goes on in it, and its end.

Who has one stands in the audit log; how it is, its provider says. Never an address or a token, nothing of what runs.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from runhere_hub.core.audit import NOWHERE, Entry, From
from runhere_hub.core.errors import NotFound
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import Activity, Owner, Status
from runhere_hub.services.runtimes import ABOUT_RUNTIMES, Runtimes, whose
from runhere_hub.store import accounts, audit
from runhere_hub.store.accounts import Account
from runhere_hub.store.session import Connection

_AT_ONCE = 8


@dataclass(frozen=True)
class Held:
    """A runtime that somebody has.

    Attributes:
        since: When it was started, ms since 1970.
    """

    account: Account
    since: int
    status: Status
    activity: Activity


async def every(runtimes: Runtimes) -> Sequence[Held]:
    """All that there are, by user name.

    Raises:
        RuntimeSilent: The provider does not answer.
    """
    started = await runtimes.sign_in.db.read(lambda conn: _started(conn, runtimes.provider.name))
    places = asyncio.Semaphore(_AT_ONCE)

    async def look(account: Account, at: int) -> Held | None:
        owner = Owner(account.person.id, account.person.name)
        async with places:
            status = await runtimes.provider.status(owner)
            if status.state == "absent":
                return None
            activity = await runtimes.provider.activity(owner) if status.state == "ready" else Activity()
            return Held(account, at, status, activity)

    found = await asyncio.gather(*(look(account, at) for account, at in started))
    return [one for one in found if one is not None]


async def stop(runtimes: Runtimes, user_name: str, *, by: Person | None, came: From = NOWHERE) -> bool:
    """End somebody's runtime; their files stay. The audit log names both. False: there was none.

    Args:
        by: The administrator; None: the command line.

    Raises:
        NotFound: There is no such account.
        RuntimeSilent: The provider does not answer.
    """
    account = await runtimes.sign_in.db.read(lambda conn: accounts.named(conn, user_name.strip().lower()))
    if account is None:
        raise NotFound(f"There is no account {user_name}.")
    owner = Owner(account.person.id, account.person.name)
    if (await runtimes.provider.status(owner)).state == "absent":
        return False
    await runtimes.provider.stop(owner)
    now, provider = runtimes.sign_in.now_ms(), runtimes.provider.name
    await runtimes.sign_in.db.write(
        lambda conn: audit.record(
            conn, now, "runtime_stop", by=by.id if by else None, on=account.person.id, came=came, provider=provider
        )
    )
    return True


def _started(conn: Connection, provider: str) -> list[tuple[Account, int]]:
    starts = {
        owner: entry.at
        for entry in audit.newest_of_each(conn, *ABOUT_RUNTIMES)
        if (owner := _who_started(entry, provider)) is not None
    }
    return [(one, starts[one.person.id]) for one in accounts.every(conn) if one.person.id in starts]


def _who_started(entry: Entry, provider: str) -> PersonId | None:
    return whose(entry, provider) if entry.action == "runtime_start" else None
