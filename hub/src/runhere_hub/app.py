"""The composition root: the only file that knows every class, and how they are joined.

    create_app(settings) ─▶ Gate( FastAPI( routes ) )        app.state.services holds the composed objects

The database is opened here, before the loop runs, so that a damaged one ends the start with a sentence. What runs
(rooms, watchers) starts and stops with the application's lifespan.
"""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

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
from runhere_hub.rooms.bound_rooms import BoundRooms
from runhere_hub.rooms.registry import RoomRegistry
from runhere_hub.services import session
from runhere_hub.services.blobs import Blobs
from runhere_hub.services.drive import Drive
from runhere_hub.settings import Settings
from runhere_hub.store.session import Database
from runhere_hub.web import auth, errors
from runhere_hub.web.deps import Services
from runhere_hub.web.gate import Gate, Guard
from runhere_hub.web.labels import Routes, Table, Who
from runhere_hub.web.openapi import add_routes, api_routes, bare_app
from runhere_hub.web.sockets.rooms import room_endpoint
from runhere_hub.web.static import static_routes

_OWNER_COLOR = "#1a73e8"


@dataclass(frozen=True)
class HubApp:
    """The hub as an ASGI application.

    Attributes:
        close_rooms: Sends every page away with "the hub stops" and writes everything; to be awaited before the server
            closes the sockets in its own way. May be called again.
    """

    gate: Gate
    close_rooms: Callable[[], Awaitable[None]]

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
    table = _table(settings)
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
    )
    return HubApp(Gate(app, guard), services.registry.close)


def _table(settings: Settings) -> Table:
    sockets = Routes("/api/v1", tag="room")
    sockets.add("WEBSOCKET", "/notebooks/{notebook_id}/room", who=Who.PERSON, in_schema=False)(room_endpoint)
    return Table((*api_routes(), *sockets.all, *static_routes(settings.static_dir).all))


def _services(settings: Settings, port: int) -> Services:
    db = Database.open(settings.database_url)
    blobs = DiskBlobStore(settings.blobs_dir)
    dice = random.SystemRandom()
    bus: Bus = PostgresBus(settings.database_url, process=_new_id()) if db.is_postgres else LocalBus()
    rooms = BoundRooms(db=db, now_ms=_now_ms, random=dice, bus=bus)
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
    )
    rooms.use(registry)
    return Services(
        drive=Drive(db=db, now_ms=_now_ms, new_id=_new_id, trash_dir=settings.trash_dir, rooms=rooms),
        sign_in=session.SignIn(db, now_ms=_now_ms, new_id=_new_id, new_token=lambda: secrets.token_urlsafe(32)),
        blobs=Blobs(db=db, store=blobs, now_ms=_now_ms),
        registry=registry,
        version=__version__,
        data_dir_label=str(settings.data_dir),
        cookie_name=auth.cookie_name(port),
        bound_rooms=rooms,
    )


def _lifespan(services: Services, settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await session.ensure_owner(services.sign_in, name=settings.owner_name, color=_OWNER_COLOR)
        await services.registry.start()
        await services.bound_rooms.start()
        try:
            yield
        finally:
            await services.bound_rooms.stop()
            await services.registry.close()
            # Closing waits for running transactions: not on the loop.
            await asyncio.to_thread(services.drive.db.close)

    return lifespan


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _new_id() -> str:
    return secrets.token_hex(16)
