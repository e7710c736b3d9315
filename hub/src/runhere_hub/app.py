"""The composition root: the only file that knows every class, and how they are joined.

    create_app(settings) ─▶ Gate( FastAPI( routes ) )        app.state.services holds the composed objects

The database is opened here, before the loop runs, so that a damaged one ends the start with a sentence. What runs
(rooms, watchers) starts and stops with the application's lifespan.
"""

import asyncio
import logging
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from runhere_hub import __version__
from runhere_hub.blobs.disk import DiskBlobStore
from runhere_hub.bus.local import LocalBus
from runhere_hub.bus.postgres import PostgresBus
from runhere_hub.core.bus import Bus
from runhere_hub.core.errors import RunhereError
from runhere_hub.core.identity import IdentityProvider
from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import IdleRule, RuntimeId, RuntimeProvider
from runhere_hub.folders.locks import FileLock
from runhere_hub.providers.desk import Desk
from runhere_hub.providers.jupyterhub import JupyterHubOptions, JupyterHubProvider
from runhere_hub.providers.local import LocalOptions, LocalProvider
from runhere_hub.proxy.http import HttpProxy
from runhere_hub.rooms.bound_rooms import BoundRooms
from runhere_hub.rooms.registry import RoomRegistry
from runhere_hub.services import accounts, folders, runtimes, session, sharing
from runhere_hub.services.accepted_files import AcceptedFiles
from runhere_hub.services.accounts import Accounts
from runhere_hub.services.blobs import Blobs
from runhere_hub.services.comments import Comments
from runhere_hub.services.costs import STARTS, CostRule, Costs
from runhere_hub.services.drive import Drive
from runhere_hub.services.passwords import Passwords
from runhere_hub.services.runtime_ends import RuntimeEnds
from runhere_hub.services.runtimes import Runtimes
from runhere_hub.services.sharing import Sharing
from runhere_hub.services.visits import Visits
from runhere_hub.services.watch import Watch
from runhere_hub.settings import Hosted, Oidc, Settings, Team
from runhere_hub.store import audit
from runhere_hub.store.session import Database
from runhere_hub.web import auth, errors, runtime_hosts
from runhere_hub.web.address import Address
from runhere_hub.web.deps import HostedServices, Services, TeamServices
from runhere_hub.web.gate import SIGNED_OUT_OF_TEAM, Gate, Guard
from runhere_hub.web.labels import Routes, Table, Who
from runhere_hub.web.openapi import add_routes, api_routes, bare_app
from runhere_hub.web.rights import RightsWatch
from runhere_hub.web.sockets.rooms import room_endpoint
from runhere_hub.web.sockets.runtimes import runtime_endpoint
from runhere_hub.web.static import static_routes

_log = logging.getLogger(__name__)
_OWNER_COLOR = "#1a73e8"
_WARNED_BEFORE_MS = 5 * 60_000
FORGET_EVERY_S = 3600.0


@dataclass(frozen=True)
class HubApp:
    """The hub as an ASGI application.

    Attributes:
        close_rooms: Sends every page away with "the hub stops" and writes everything; to be awaited before the server
            closes the sockets in its own way. May be called again.
        first_code: On a hub for several people that has no administrator: the code that makes the first; else None.
    """

    gate: Gate
    close_rooms: Callable[[], Awaitable[None]]
    first_code: Callable[[], Awaitable[str | None]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await self.gate(scope, receive, send)


def create_app(settings: Settings, *, port: int, control_token: str) -> HubApp:
    """The hub as an ASGI application.

    Args:
        settings: Of this start.
        port: Port that browsers reach; it names the session cookie.
        control_token: What the command line shows to be let in.

    Raises:
        DatabaseDamaged, DatabaseUnavailable, DiskFull: Nothing was changed.
    """
    services = _services(settings, port)
    table = route_table(settings)
    app = bare_app()
    app.router.lifespan_context = _lifespan(services, settings)
    app.state.services = services
    for kind, handler in (
        (RunhereError, errors.on_ours),
        (RequestValidationError, errors.on_validation),
        (HTTPException, errors.on_http),
        (Exception, errors.on_unexpected),
    ):
        app.add_exception_handler(kind, handler)
    add_routes(app, table)
    guard = Guard(
        table=table,
        person_of=lambda token: session.person_of(services.sign_in, token),
        cookie_name=services.cookie_name,
        control_token=control_token,
        output_network=settings.output_network == "open",
    )
    if settings.team is not None and services.team is not None:
        guard = _team_guard(guard, settings.team, services.team)

    async def first_code() -> str | None:
        return None if services.team is None else await accounts.first_code(services.team.accounts)

    return HubApp(Gate(app, guard), services.registry.close, first_code)


def route_table(settings: Settings) -> Table:
    """Every route and socket of a hub with these settings."""
    sockets = Routes("/api/v1", tag="room")
    sockets.add("WEBSOCKET", "/notebooks/{notebook_id}/room", who=Who.PERSON, in_schema=False)(room_endpoint)
    team = settings.team
    is_for_team = team is not None
    hosts = None if team is None else runtime_hosts.of(team.runtime_domain, team.public_origin)
    to_runtimes = Routes("/rt", tag="runtimes")
    if is_for_team:
        path = "/{runtime_id}/{path:path}"
        to_runtimes.add("WEBSOCKET", path, who=Who.RUNTIME_PASS, in_schema=False)(runtime_endpoint)
    pages = static_routes(settings.static_dir, is_for_team=is_for_team, runtime_hosts=hosts)
    return Table((*api_routes(is_for_team=is_for_team), *sockets.all, *to_runtimes.all, *pages.all))


def _services(settings: Settings, port: int) -> Services:
    db = Database.open(settings.database_url)
    blobs = DiskBlobStore(settings.blobs_dir)
    dice = random.SystemRandom()
    bus: Bus = PostgresBus(settings.database_url, process=_new_id()) if db.is_postgres else LocalBus()
    accepted = AcceptedFiles()
    rooms = BoundRooms(db=db, now_ms=_now_ms, bus=bus, accepted=accepted)
    registry = RoomRegistry(
        db=db,
        blobs=blobs,
        clock=_now_ms,
        new_id=_new_id,
        random=dice,
        seed=rooms.seed,
        attach=rooms.attach,
        on_elsewhere=rooms.committed_elsewhere,
        bus=bus,
        shows_paths=settings.team is None,
    )
    rooms.use(registry)
    team = settings.team
    drive = Drive(
        db=db,
        now_ms=_now_ms,
        new_id=_new_id,
        trash_dir=settings.trash_dir,
        rooms=rooms,
        visits=Visits(db),
        accepted=accepted,
        is_for_team=team is not None,
        bound=None if team is None else frozenset(one.path for one in team.bound_folders),
        searches=Costs(None if team is None else CostRule()),
        exports=Costs(None if team is None else CostRule()),
        history=Costs(None if team is None else CostRule()),
        omits_outputs=settings.omit_outputs,
    )
    sign_in = session.SignIn(
        db,
        now_ms=_now_ms,
        new_id=_new_id,
        new_token=_new_token,
        idle_ms=session.SESSION_IDLE_MS if team is None else session.TEAM_SESSION_IDLE_MS,
    )
    return Services(
        drive=drive,
        sign_in=sign_in,
        blobs=Blobs(db=db, store=blobs, now_ms=_now_ms),
        registry=registry,
        version=__version__,
        data_dir_label=str(settings.data_dir) if team is None else "",
        cookie_name=auth.cookie_name(port, is_https=team is not None and team.is_https),
        comments=Comments(drive),
        bound_rooms=rooms,
        team=None if team is None else team_services(team, drive, _hosted(team, settings, sign_in)),
    )


def team_services(team: Team, drive: Drive, hosted: HostedServices | None = None) -> TeamServices:
    """What a hub for several people has besides."""
    return TeamServices(
        accounts=team_accounts(team, drive.db),
        sharing=Sharing(drive, new_token=_new_token),
        rights=RightsWatch(
            last_change=lambda: drive.db.read(audit.last),
            role_now=lambda person_id, notebook_id: sharing.role_now(drive, PersonId(person_id), notebook_id),
        ),
        is_https=team.is_https,
        hosted_provider=hosted.runtimes.provider.name if hosted is not None else None,
        hosted=hosted,
    )


def _hosted(team: Team, settings: Settings, sign_in: session.SignIn) -> HostedServices | None:
    if team.hosted is None:
        return None
    provider = _runtime_provider(team.hosted, settings, sign_in)
    hosted = Runtimes(provider, sign_in, new_token=_new_token, starts=Costs(STARTS))
    return HostedServices(
        hosted,
        RuntimeEnds(hosted),
        http=HttpProxy(),
        hosts=runtime_hosts.of(team.runtime_domain, team.public_origin),
    )


def _runtime_provider(wanted: Hosted, settings: Settings, sign_in: session.SignIn) -> RuntimeProvider:
    if wanted.provider == "jupyterhub":
        return JupyterHubProvider(
            JupyterHubOptions(
                url=wanted.url,
                token=wanted.token,
                server_name=wanted.server_name,
                user_options={} if wanted.profile is None else {"profile": wanted.profile},
            )
        )
    _log.warning("Hosted runtimes run as the hub's own user: see docs/run/hosted.md, and who may sign in here.")
    here = LocalProvider(
        LocalOptions(
            folder=settings.data_dir / "hosted",
            kernel_python=wanted.kernel_python,
            idle=IdleRule(after_ms=wanted.idle_minutes * 60_000, warn_ms=_WARNED_BEFORE_MS),
            memory_mib=wanted.memory_mib,
            nice=wanted.nice,
        ),
        on_end=lambda person_id, why: runtimes.write_down_end(sign_in, LocalProvider.name, person_id, why),
    )
    return Desk(here, FileLock(settings.data_dir / "hosted.lock"), settings.data_dir / "hosted.json")


def team_accounts(team: Team, db: Database) -> Accounts:
    """The accounts of a hub for several people; also what `runhere user` works with."""
    return Accounts(
        db=db,
        now_ms=_now_ms,
        new_id=_new_id,
        new_token=_new_token,
        passwords=Passwords(),
        is_open=team.sign_up == "open",
        provider=_provider(team.oidc, team.public_origin) if team.oidc is not None else None,
        provider_signs_up=team.oidc is not None and team.oidc.sign_up,
        mail_domains=team.oidc.mail_domains if team.oidc is not None else frozenset(),
    )


def _provider(oidc: Oidc, public_origin: str) -> IdentityProvider:
    from runhere_hub.providers.oidc import OidcProvider  # its libraries take 0.3 s, which most starts need not spend

    return OidcProvider(oidc.issuer, oidc.client_id, oidc.client_secret, oidc.name, public_origin)


def _team_guard(guard: Guard, team: Team, services: TeamServices) -> Guard:
    return replace(
        guard,
        address=Address(team.public_origin, team.trusted_proxies, speaks_tls=team.tls_certificate is not None),
        person_of_api_token=lambda text: accounts.person_of_token(services.accounts, text),
        is_admin=lambda person: accounts.is_admin(services.accounts, person),
        signed_out=SIGNED_OUT_OF_TEAM,
        entered=auth.never_entered if services.hosted is None else _entered(services.hosted.runtimes),
        runtime_hosts=None if services.hosted is None else services.hosted.hosts,
    )


def _entered(of: Runtimes) -> Callable[[str, str], Awaitable[object]]:
    return lambda wanted, token: runtimes.enter(of, RuntimeId(wanted), token)


async def _bind_allowed(services: Services, team: Team) -> None:
    """Bind the directories of the settings whose owners have an account by now; a missing one is a line in the log."""
    for allowed in team.bound_folders:
        owner = await accounts.named(services.team.accounts, allowed.owner) if services.team is not None else None
        if owner is None:
            _log.warning("%s is not bound yet: there is no account %s", allowed.path, allowed.owner)
            continue
        try:
            await folders.bind(services.drive, owner.person, allowed.path)
        except RunhereError as error:
            _log.warning("%s is not bound: %s", allowed.path, error.message)


def _lifespan(services: Services, settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    forgetting = Watch(
        lambda: session.forget_old(services.sign_in), at="Sessions and codes that ended", name="forget-old"
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if settings.team is None:
            await session.ensure_owner(services.sign_in, name=settings.owner_name, color=_OWNER_COLOR)
        else:
            await _bind_allowed(services, settings.team)
        await session.forget_old(services.sign_in)
        forgetting.start(FORGET_EVERY_S)
        await services.registry.start()
        await services.bound_rooms.start()
        if services.team is not None:
            await services.team.rights.start()
            if services.team.hosted is not None:
                await services.team.hosted.runtimes.provider.open()
                await services.team.hosted.ends.start()
        try:
            yield
        finally:
            await forgetting.stop()
            if services.team is not None:
                await services.team.rights.stop()
                if services.team.hosted is not None:
                    await services.team.hosted.ends.stop()
                    await services.team.hosted.runtimes.provider.close()
                    await services.team.hosted.http.close()
            await services.bound_rooms.stop()
            await services.registry.close()
            await services.drive.visits.written()
            # Closing waits for running transactions: not on the loop.
            await asyncio.to_thread(services.drive.db.close)

    return lifespan


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _new_id() -> str:
    return secrets.token_hex(16)
