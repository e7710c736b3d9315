"""FOR TESTS ONLY: rooms and blobs on loopback, without signing in. Whoever reaches the port is the owner of everything.

    python -m runhere_hub.testing.room_server --port 0 --data DIR

prints one line, `http://127.0.0.1:PORT`. `POST /notebooks` makes an empty notebook and answers `{"id"}`; a body with an
.ipynb (JSON) makes one with that content. Then `/api/v1/notebooks/{id}/room` and `…/{id}/blobs/{sha256}` work as in the
hub. `?person=NAME` in the room's address joins as somebody of that name.
"""

import argparse
import asyncio
import hashlib
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import SystemRandom

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from runhere_hub.blobs.disk import DiskBlobStore
from runhere_hub.bus.postgres import PostgresBus
from runhere_hub.core import ipynb
from runhere_hub.core.errors import RunhereError
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.core.notebook import Notebook
from runhere_hub.rooms.loading import Seeded
from runhere_hub.rooms.registry import RoomRegistry
from runhere_hub.services import rooms as room_service
from runhere_hub.store import tables
from runhere_hub.store.session import Connection, Database
from runhere_hub.web import errors
from runhere_hub.web.sockets.rooms import UVICORN_OPTIONS, Ticket, serve

OWNER = Person(PersonId("0" * 32), "Test", "#336699")


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class RoomServer:
    """The routes and what they share."""

    def __init__(self, database_url: str, blobs: Path) -> None:
        self.db = Database.open(database_url)
        self.blobs = DiskBlobStore(blobs)
        self.seeds: dict[str, Notebook] = {}
        self.db.write_now(_add_owner)
        self.registry = RoomRegistry(
            db=self.db,
            blobs=self.blobs,
            clock=now_ms,
            new_id=lambda: secrets.token_hex(16),
            random=SystemRandom(),
            seed=self._seed,
            bus=PostgresBus(database_url, process=secrets.token_hex(16)) if self.db.is_postgres else None,
        )

    def app(self) -> Starlette:
        """The ASGI application."""
        blobs = "/api/v1/notebooks/{notebook_id}/blobs/{sha256}"
        return Starlette(
            routes=[
                Route("/notebooks", self.create, methods=["POST"]),
                Route(blobs, self.put_blob, methods=["PUT"]),
                Route(blobs, self.get_blob, methods=["GET"]),
                WebSocketRoute("/api/v1/notebooks/{notebook_id}/room", self.room),
            ],
            exception_handlers={RunhereError: errors.on_ours},
            lifespan=self._lifespan,
        )

    async def create(self, request: Request) -> Response:
        """A new notebook, empty or with the content of an .ipynb."""
        text = (await request.body()).decode()
        notebook_id = secrets.token_hex(16)
        if text:
            self.seeds[notebook_id] = ipynb.parse(text).notebook
        await self.db.write(lambda conn: _add_notebook(conn, notebook_id))
        return JSONResponse({"id": notebook_id}, status_code=201)

    async def put_blob(self, request: Request) -> Response:
        """Keep a blob; its hash is checked."""
        data, name, notebook_id = (
            await request.body(),
            request.path_params["sha256"],
            request.path_params["notebook_id"],
        )
        await self.blobs.put(name, data)
        await room_service.record_blob(self.db, notebook_id, name, size_bytes=len(data), now_ms=now_ms())
        return Response(status_code=204)

    async def get_blob(self, request: Request) -> Response:
        """A blob's bytes."""
        return Response(await self.blobs.get(request.path_params["sha256"]), media_type="application/octet-stream")

    async def room(self, websocket: WebSocket) -> None:
        """A room socket; nobody is asked who they are."""
        name = websocket.query_params.get("person")
        person = OWNER if name is None else Person(PersonId(hashlib.md5(name.encode()).hexdigest()), name, "#993333")
        await serve(websocket, self.registry, person, ticket=Ticket("owner"))

    async def _seed(self, notebook_id: str) -> Seeded | None:
        found = self.seeds.get(notebook_id)
        return None if found is None else Seeded(found)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        await self.registry.start()
        yield
        await self.registry.close()
        self.db.close()


def _add_owner(conn: Connection) -> None:
    people = tables.people
    if conn.execute(people.select().where(people.c.id == OWNER.id)).first() is None:
        conn.execute(people.insert().values(id=OWNER.id, name=OWNER.name, color=OWNER.color, created_at=now_ms()))


def _add_notebook(conn: Connection, notebook_id: str) -> None:
    conn.execute(tables.notebooks.insert().values(id=notebook_id, owner_id=OWNER.id, seq=0, created_at=now_ms()))


async def _run(port: int, server: RoomServer) -> None:
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(server.app(), log_level="warning", **UVICORN_OPTIONS)  # type: ignore[arg-type]  # a plain dict
    # The socket listens already, so whoever connects now is served as soon as the application is up.
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)  # noqa: T201  # this line is the interface
    await uvicorn.Server(config).serve(sockets=[listening])


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Rooms for tests, without signing in.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--database", help="a URL; the default is a SQLite file in the data folder")
    given = parser.parse_args()
    given.data.mkdir(parents=True, exist_ok=True)
    url = given.database or f"sqlite:///{(given.data / 'hub.sqlite3').resolve()}"
    asyncio.run(_run(given.port, RoomServer(url, given.data / "blobs")))


if __name__ == "__main__":
    main()
