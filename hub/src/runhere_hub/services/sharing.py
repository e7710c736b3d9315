"""Sharing: roles of people and links on notebooks and folders. Every change is in the audit log.

A link's secret exists in clear only in the answer that made it and in the fragment of its address; here is a hash.
Sharing gives a role on what the hub stores, and never anything of a runtime.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from runhere_hub.core.access import Grant, Owned, Place, Role, Verb, allows, counting, may_give
from runhere_hub.core.audit import From
from runhere_hub.core.errors import Forbidden, Invalid, NotFound, OwnerAlready, TooManyLinks
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import FolderId, NotebookId, PersonId
from runhere_hub.services.drive import Drive, folder_for, notebook_for, owned, role_in
from runhere_hub.services.session import sha256
from runhere_hub.services.throttles import Throttles
from runhere_hub.store import accounts, folders, grants, notebooks, people
from runhere_hub.store.audit import record
from runhere_hub.store.grants import On, StoredGrant, StoredLink
from runhere_hub.store.session import Connection

DEFAULT_LINK_LIFE_MS = 30 * 24 * 3600 * 1000
LONGEST_LINK_LIFE_MS = 366 * 24 * 3600 * 1000
_MOST_LINKS = 50
_GONE = (
    "This link does not work: it was withdrawn, is too old, was used by as many people as it is for, "
    "or was not copied whole. Ask for another one."
)


@dataclass(frozen=True)
class Sharing:
    """Surroundings. One for the whole app."""

    drive: Drive
    new_token: Callable[[], str]
    tries: Throttles = field(default_factory=lambda: Throttles(most=20, window_ms=60_000))


@dataclass(frozen=True)
class Shared:
    """Somebody with a role. `by_link`: it came by a link and goes with it. `inherited`: from a folder above."""

    person: Person
    user_name: str | None
    role: Role
    by_link: bool = False
    inherited: bool = False


@dataclass(frozen=True)
class Shares:
    """Who may do what with a notebook or folder. Whoever may not share it sees the owner and themselves."""

    role: Role
    owner: Person
    people: tuple[Shared, ...]
    links: tuple[StoredLink, ...]


async def shares(around: Sharing, person: Person, on: On) -> Shares:
    """Who has a role on this.

    Raises:
        NotFound: There is no such thing that this person may know of.
    """
    thing = await _thing(around, person, on, Verb.READ)

    def work(conn: Connection) -> Shares:
        role = role_in(conn, person.id, thing)
        owner = people.get(conn, thing.owner_id)
        if role is None or owner is None:
            raise NotFound("There is no such notebook.")
        if not allows(role, Verb.SHARE):
            return Shares(role, owner, (), ())
        held_here = grants.on(conn, on)
        counts = counting([held.grant for held in held_here])
        given = [_shared(conn, held) for held in held_here if held.grant in counts]
        above = [_inherited(conn, held, thing) for held in _above(conn, on, thing)]
        seen = tuple(one for one in (*given, *above) if one is not None)
        return Shares(role, owner, seen, tuple(grants.links_on(conn, on)))

    return await around.drive.db.read(work)


def _above(conn: Connection, on: On, thing: Owned) -> list[Grant]:
    """Grants on folders above the thing, not on itself."""
    if thing.place is None:
        return []
    found = grants.about(conn, None, thing.place.folder_id)
    return [one for one in found if isinstance(one.on, Place) and one.on != on and one.on.holds(thing.place)]


def _shared(conn: Connection, held: StoredGrant) -> Shared | None:
    who, account = people.get(conn, held.grant.person_id), accounts.get(conn, held.grant.person_id)
    if who is None:
        return None
    return Shared(who, account.user_name if account else None, held.grant.role, by_link=held.link_id is not None)


def _inherited(conn: Connection, held: Grant, thing: Owned) -> Shared | None:
    who, account = people.get(conn, held.person_id), accounts.get(conn, held.person_id)
    if who is None or who.id == thing.owner_id:
        return None
    return Shared(who, account.user_name if account else None, held.role, inherited=True)


async def give(around: Sharing, person: Person, on: On, *, user_name: str, role: Role, came: From) -> None:
    """Give somebody a role, or another one. Their open pages follow within seconds.

    Raises:
        NotFound: There is no such thing, or nobody of this user name.
        Forbidden: The person may not give this role.
        OwnerAlready: They need no role.
    """
    thing = await _thing(around, person, on, Verb.SHARE)
    now, new_id = around.drive.now_ms(), around.drive.new_id()

    def work(conn: Connection) -> None:
        _check_may_give(conn, person, thing, role)
        account = accounts.named(conn, user_name.strip().lower())
        if account is None or account.disabled_at is not None:
            raise NotFound(f"There is nobody called {user_name} on this hub.")
        if account.person.id == thing.owner_id:
            raise OwnerAlready("This is the owner already.")
        grant = Grant(on, account.person.id, role)
        grants.put(conn, StoredGrant(new_id, grant, None, person.id, now))
        record(conn, now, "share", by=person.id, on=_id(on), came=came, to=account.person.id, role=role)

    await around.drive.db.write(work)


async def take_away(around: Sharing, person: Person, on: On, *, from_person: PersonId, came: From) -> None:
    """Take away every role of somebody on this; one's own role may be given up without the right to share.

    Raises:
        NotFound: They have none here.
    """
    verb = Verb.READ if from_person == person.id else Verb.SHARE
    await _thing(around, person, on, verb)
    now = around.drive.now_ms()

    def work(conn: Connection) -> None:
        if grants.remove(conn, on, from_person) == 0:
            raise NotFound("This person has no role here of their own.")
        record(conn, now, "unshare", by=person.id, on=_id(on), came=came, person=from_person)

    await around.drive.db.write(work)


@dataclass(frozen=True)
class NewLink:
    """A link that was made now; `secret` is given once."""

    link: StoredLink
    secret: str


@dataclass(frozen=True)
class WantedLink:
    """What a link is to give. `life_ms` None: 30 days; `max_uses` None: to everybody who has it."""

    role: Role
    life_ms: int | None = None
    max_uses: int | None = None


async def make_link(around: Sharing, person: Person, on: On, wanted: WantedLink, came: From) -> NewLink:
    """Make a link by which whoever has it, and is signed in, gets a role.

    Raises:
        NotFound, Forbidden: As `give`.
        Invalid: A link gives no ownership, and ends within a year.
        TooManyLinks: None was made.
    """
    thing = await _thing(around, person, on, Verb.SHARE)
    role = wanted.role
    life = DEFAULT_LINK_LIFE_MS if wanted.life_ms is None else wanted.life_ms
    if role == "owner" or not 0 < life <= LONGEST_LINK_LIFE_MS:
        raise Invalid("A link makes nobody an owner, and works for a year at most.")
    now, secret = around.drive.now_ms(), around.new_token()
    link = StoredLink(
        id=around.drive.new_id(),
        secret_sha256=sha256(secret),
        on=on,
        role=role,
        created_by=person.id,
        created_at=now,
        expires_at=now + life,
        max_uses=wanted.max_uses,
    )

    def work(conn: Connection) -> None:
        _check_may_give(conn, person, thing, role)
        if len(grants.links_on(conn, on)) >= _MOST_LINKS:
            raise TooManyLinks(f"There are {_MOST_LINKS} links already. Withdraw one first.")
        grants.add_link(conn, link)
        record(conn, now, "link_made", by=person.id, on=_id(on), came=came, link=link.id, role=role)

    await around.drive.db.write(work)
    return NewLink(link, secret)


async def withdraw_link(around: Sharing, person: Person, link_id: str, came: From) -> None:
    """Let a link, and every role that came by it, end at once.

    Raises:
        NotFound: There is no such link on anything that this person may share.
    """
    link = await around.drive.db.read(lambda conn: grants.link(conn, link_id))
    if link is None:
        raise NotFound("There is no such link.")
    await _thing(around, person, link.on, Verb.SHARE)
    now = around.drive.now_ms()

    def work(conn: Connection) -> None:
        grants.remove_link(conn, link_id)
        record(conn, now, "link_withdrawn", by=person.id, on=_id(link.on), came=came, link=link_id)

    await around.drive.db.write(work)


async def accept_link(around: Sharing, person: Person, link_id: str, secret: str, came: From) -> On:
    """Trade a link's secret for its role. The owner, and whoever was given a role here by name, keep theirs.

    Raises:
        TooMany: Too many wrong ones from this address.
        NotFound: It does not work (which of the reasons, nobody is told).
    """
    now, new_id = around.drive.now_ms(), around.drive.new_id()
    around.tries.check(came.ip or person.id, now)

    def work(conn: Connection) -> On | None:
        link = grants.link(conn, link_id)
        is_right = link is not None and hmac.compare_digest(link.secret_sha256, sha256(secret))
        if link is None or not is_right or link.expires_at <= now or not _is_there(conn, link.on):
            return None
        is_new = not grants.came_by(conn, link_id, person.id)
        if is_new and link.max_uses is not None and link.uses >= link.max_uses:
            return None
        grants.used(conn, link_id, now=now, is_new=is_new)
        grants.put(
            conn, StoredGrant(new_id, Grant(link.on, person.id, link.role, by_link=True), link.id, link.created_by, now)
        )
        record(conn, now, "link_accepted", by=person.id, on=_id(link.on), came=came, link=link.id, role=link.role)
        return link.on

    found = await around.drive.db.write(work)
    if found is None:
        around.tries.count(came.ip or person.id, now)
        raise NotFound(_GONE)
    return found


def _is_there(conn: Connection, on: On) -> bool:
    if isinstance(on, Place):
        return folders.get(conn, on.folder_id) is not None
    row = notebooks.get(conn, on)
    return row is not None and row.trashed_at is None


def _check_may_give(conn: Connection, person: Person, thing: Owned, role: Role) -> None:
    if not may_give(role_in(conn, person.id, thing), role):
        raise Forbidden("You may not give this role.")


async def _thing(around: Sharing, person: Person, on: On, verb: Verb) -> Owned:
    """The notebook or directory as access sees it.

    Raises:
        NotFound, Forbidden: The person may not do this with it.
    """
    if isinstance(on, Place):
        folder = await folder_for(around.drive, person, on.folder_id, verb, on.path)
        return Owned(folder.id, folder.owner_id, on)
    return owned(await notebook_for(around.drive, person, on, verb))


def _id(on: On) -> str:
    return on.folder_id if isinstance(on, Place) else on


async def find_people(around: Sharing, person: Person, text: str) -> list[tuple[str, str]]:
    """(user name, name) of up to ten people whose user name or name begins so, without this one."""
    needle = text.strip().lower()

    def work(conn: Connection) -> list[tuple[str, str]]:
        found = [a for a in accounts.every(conn) if a.disabled_at is None and a.person.id != person.id]
        fits = [a for a in found if a.user_name.startswith(needle) or a.person.name.lower().startswith(needle)]
        return [(a.user_name, a.person.name) for a in fits[:10]]

    return await around.drive.db.read(work) if len(needle) >= 2 else []


async def role_now(drive: Drive, person_id: PersonId, notebook_id: str) -> Role | None:
    """Somebody's role on a notebook as it is now; None: none, or it lies in the trash."""

    def work(conn: Connection) -> Role | None:
        row = notebooks.get(conn, NotebookId(notebook_id))
        return None if row is None or row.trashed_at is not None else role_in(conn, person_id, owned(row))

    return await drive.db.read(work)


def place_of(folder_id: str, path: str) -> Place:
    """A directory as something to be shared."""
    return Place(FolderId(folder_id), path)
