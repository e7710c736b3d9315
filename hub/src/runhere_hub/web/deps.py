"""What routes and sockets are given: the composed services, and who is calling."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Path, Query
from starlette.requests import HTTPConnection

from runhere_hub.core.audit import From
from runhere_hub.core.errors import CrossSite, NotFound, SignedOut
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import FolderId, NotebookId, RevisionId
from runhere_hub.core.runtimes import RuntimeId
from runhere_hub.proxy.http import HttpProxy
from runhere_hub.rooms.bound_rooms import BoundRooms
from runhere_hub.rooms.registry import RoomRegistry
from runhere_hub.services.accounts import Accounts
from runhere_hub.services.blobs import Blobs
from runhere_hub.services.comments import Comments
from runhere_hub.services.drive import Drive
from runhere_hub.services.runtime_ends import RuntimeEnds
from runhere_hub.services.runtimes import Entered, Runtimes
from runhere_hub.services.session import SignIn
from runhere_hub.services.sharing import Sharing
from runhere_hub.web import csrf
from runhere_hub.web.rights import RightsWatch
from runhere_hub.web.runtime_hosts import RuntimeHosts

T = TypeVar("T")

PERSON_KEY = "runhere.person"
ORIGIN_KEY = "runhere.origin"
CAME_KEY = "runhere.came"
ENTERED_KEY = "runhere.entered"


@dataclass(frozen=True)
class HostedServices:
    """Hosted runtimes, and the way to them.

    Attributes:
        ends: Writes down which of them ended by themselves.
        hosts: Their own origins; None: they are below the hub's.
    """

    runtimes: Runtimes
    ends: RuntimeEnds
    http: HttpProxy
    hosts: RuntimeHosts | None = None


@dataclass(frozen=True)
class TeamServices:
    """Everything the edge calls on a hub for several people.

    Attributes:
        rights: Cuts pages whose rights ended.
        is_https: Cookies travel by TLS only.
        hosted_provider: Name of the provider of hosted runtimes; None: others are told that there is none.
        hosted: They, where there are any.
    """

    accounts: Accounts
    sharing: Sharing
    rights: RightsWatch
    is_https: bool
    hosted_provider: str | None
    hosted: HostedServices | None = None


@dataclass(frozen=True)
class Services:
    """Everything the edge calls. `app.create_app` makes the only one and puts it at `app.state.services`.

    Attributes:
        drive: Folders, notebooks, trash, search.
        registry: The rooms that are open now.
        bound_rooms: Their files.
        team: What a hub for several people has besides; None: one-person mode.
    """

    drive: Drive
    sign_in: SignIn
    blobs: Blobs
    registry: RoomRegistry
    version: str
    data_dir_label: str
    cookie_name: str
    comments: Comments
    bound_rooms: BoundRooms
    team: TeamServices | None = None


def services(connection: HTTPConnection) -> Services:
    """The composed services of the app that is serving this connection."""
    return cast(Services, connection.app.state.services)  # create_app sets it, nobody else


def current_person(connection: HTTPConnection) -> Person:
    """Who is calling, as the gate found it; for requests and WebSockets alike.

    Raises:
        SignedOut: Nobody signed in on this connection.
    """
    person = connection.scope.get(PERSON_KEY)
    if not isinstance(person, Person):
        raise SignedOut("You are signed out.")
    return person


def own_origin(connection: HTTPConnection) -> str:
    """Origin under which this request reached the hub, as the gate found it."""
    return str(connection.scope[ORIGIN_KEY])


def came_from(connection: HTTPConnection) -> From:
    """Where the request came from, for the audit log and for throttling."""
    return cast(From, connection.scope[CAME_KEY])  # the gate sets it, nobody else


def team(connection: HTTPConnection) -> TeamServices:
    """The services of a hub for several people.

    Raises:
        NotFound: One-person mode.
    """
    found = services(connection).team
    if found is None:
        raise NotFound("There is nothing at this address.")
    return found


def hosted(connection: HTTPConnection) -> HostedServices:
    """Hosted runtimes.

    Raises:
        NotFound: This hub has none.
    """
    found = team(connection).hosted
    if found is None:
        raise NotFound("This hub has no hosted runtimes. Connect to a runtime on your own computer instead.")
    return found


def entered(connection: HTTPConnection) -> Entered:
    """Who came in with a pass, as the gate found it."""
    return cast(Entered, connection.scope[ENTERED_KEY])  # the gate sets it for every route that asks for a pass


def require_own_origin(connection: HTTPConnection) -> None:
    """Return when the request bears the hub's own origin. The gate asked already; sockets have no preflight.

    Raises:
        CrossSite: Another page opened this.
    """
    if not csrf.is_own_socket(connection.headers, own_origin=own_origin(connection)):
        raise CrossSite("This request did not come from the hub's own page.")


def _on_loop(find: Callable[[HTTPConnection], T]) -> Callable[[HTTPConnection], Awaitable[T]]:
    """The same as FastAPI is to ask for it: a plain function it would send into a thread, for each request."""

    async def found(connection: HTTPConnection) -> T:
        return find(connection)

    return found


_HEX = "^[0-9a-f]{32}$"
ServicesDep = Annotated[Services, Depends(_on_loop(services))]
TeamDep = Annotated[TeamServices, Depends(_on_loop(team))]
HostedDep = Annotated[HostedServices, Depends(_on_loop(hosted))]
CameDep = Annotated[From, Depends(_on_loop(came_from))]
PersonDep = Annotated[Person, Depends(_on_loop(current_person))]
FolderIdPath = Annotated[FolderId, Path(pattern=_HEX)]
NotebookIdPath = Annotated[NotebookId, Path(pattern=_HEX)]
RuntimeIdPath = Annotated[RuntimeId, Path(pattern=_HEX)]
RevisionIdPath = Annotated[RevisionId, Path(pattern=_HEX)]
Sha256Path = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
CellIdQuery = Annotated[str | None, Query(pattern="^[a-zA-Z0-9_-]{1,64}$")]
