"""A runtime that notes what it is asked and answers what a test wants, and a provider of such. For tests only."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.types import Receive, Scope, Send

from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import ABSENT, Activity, Owner, RuntimeNotReady, Status, Upstream


@dataclass(frozen=True)
class Seen:
    """One request, as it came on the wire."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    subprotocols: tuple[str, ...] = ()


@dataclass
class FakeRuntime:
    """An ASGI application. Sockets say back what they hear; "bye" closes them with 4999."""

    token: str
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, tuple[int, list[tuple[bytes, bytes]], bytes]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            return
        headers = tuple((name.decode(), value.decode("latin-1")) for name, value in scope["headers"])
        body = b""
        while scope["type"] == "http":
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        offered = tuple(scope.get("subprotocols", ()))
        path, query = scope["raw_path"].decode(), scope["query_string"].decode()
        self.seen.append(Seen(scope.get("method", "WEBSOCKET"), path, query, headers, body, offered))
        is_known = ("authorization", f"token {self.token}") in headers
        if scope["type"] == "websocket":
            await self._talk(receive, send, offered if is_known else None)
            return
        status, extra, content = self.answers.get(scope["path"], (200, [(b"content-type", b"application/json")], b"{}"))
        if not is_known:
            status, extra, content = 403, [], b""
        await send({"type": "http.response.start", "status": status, "headers": extra})
        await send({"type": "http.response.body", "body": content})

    async def _talk(self, receive: Receive, send: Send, offered: tuple[str, ...] | None) -> None:
        await receive()
        if offered is None:
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept", "subprotocol": offered[0] if offered else None})
        while (message := await receive())["type"] == "websocket.receive":
            if message.get("text") == "bye":
                await send({"type": "websocket.close", "code": 4999, "reason": "as asked"})
                return
            await send({"type": "websocket.send", **{k: message[k] for k in ("text", "bytes") if message.get(k)}})


@asynccontextmanager
async def served(app: FakeRuntime) -> AsyncIterator[Upstream]:
    """The runtime on a free port of loopback."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="websockets-sansio", server_header=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield Upstream(f"http://127.0.0.1:{listening.getsockname()[1]}/", app.token)
    finally:
        server.should_exit = server.force_exit = True
        await task
        listening.close()


class FakeProvider:
    """Runtimes that are there at the second look; all are the one that is given."""

    name = "fake"

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._states: dict[PersonId, Status] = {}
        self.kept: list[PersonId] = []
        self.doubted: list[PersonId] = []
        self.activities: dict[PersonId, Activity] = {}

    async def open(self) -> None:
        """See `RuntimeProvider`."""

    async def start(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        self._states.setdefault(owner.person_id, Status("starting", percent=10, message="Almost there."))

    async def stop(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        self._states.pop(owner.person_id, None)

    async def status(self, owner: Owner) -> Status:
        """See `RuntimeProvider`."""
        now = self._states.get(owner.person_id, ABSENT)
        if now.state == "starting":
            self._states[owner.person_id] = Status("ready", percent=100)
        return now

    async def upstream(self, owner: Owner) -> Upstream:
        """See `RuntimeProvider`."""
        if self._states.get(owner.person_id, ABSENT).state != "ready":
            raise RuntimeNotReady("Your hosted runtime is not running. Start it, then connect again.")
        return self._upstream

    async def activity(self, owner: Owner) -> Activity:
        """See `RuntimeProvider`."""
        return self.activities.get(owner.person_id, Activity())

    async def doubt(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        self.doubted.append(owner.person_id)

    async def keep(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        self.kept.append(owner.person_id)

    async def close(self) -> None:
        """See `RuntimeProvider`."""
