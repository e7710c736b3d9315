"""A hub with hosted runtimes that note what they are asked, reached by a socket too. For tests only."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from runhere_hub import app as composition
from runhere_hub.services.session import SignIn
from runhere_hub.settings import Hosted, Settings
from runhere_hub.testing.fake_runtime import FakeProvider, FakeRuntime, served
from runhere_hub.testing.fakes import FakeClock
from runhere_hub.testing.team import PROXY, PUBLIC, TeamHub, client_of, team_hub, team_settings
from runhere_hub.web.sockets.rooms import UVICORN_OPTIONS

SECRET = "the-runtimes-own-token"
HERE = "/api/v1/runtimes/hosted"
DOMAIN = "rt.test"
MINE = {"Origin": PUBLIC, "X-Forwarded-For": "192.0.2.1"}


@dataclass
class HostedHub:
    """The hub, its people, and the one runtime that all of them reach.

    Attributes:
        sign_in: What the hub would have told a real provider with.
        domain: Runtimes have hosts of their own below it; None: they are below the hub's origin.
    """

    team: TeamHub
    runtime: FakeRuntime
    provider: FakeProvider
    port: int
    clock: FakeClock
    domain: str | None
    sign_in: SignIn

    def at(self, runtime_id: str, path: str) -> str:
        """Address of something of a runtime."""
        place = f"{PUBLIC}/rt/{runtime_id}" if self.domain is None else f"https://{runtime_id}.{self.domain}"
        return f"{place}/{path}"

    async def ready(self, user_name: str) -> str:
        """Start a person's runtime; its id."""
        client = self.team.people[user_name]
        assert (await client.post(f"{HERE}/start", json={})).json()["state"] == "starting"
        state = (await client.get(HERE)).json()
        assert (state["state"], state["percent"]) == ("ready", 100)
        return str(state["id"])

    async def ticket(self, user_name: str, runtime_id: str) -> str:
        """A fresh ticket of a person's."""
        made = await self.team.people[user_name].post(f"/api/v1/runtimes/{runtime_id}/tickets", json={})
        assert made.status_code == 201, made.text
        return str(made.json()["ticket"])

    async def trade(self, runtime_id: str, ticket: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """What the runtime's door answers to a ticket."""
        client = await self.page(None)
        return await client.post(self.at(runtime_id, "pass"), json={"ticket": ticket}, headers=headers)

    async def let_in(self, user_name: str) -> tuple[str, str]:
        """(id, pass) of a person's running runtime."""
        runtime_id = await self.ready(user_name)
        traded = await self.trade(runtime_id, await self.ticket(user_name, runtime_id))
        assert traded.status_code == 201, traded.text
        return runtime_id, str(traded.json()["token"])

    async def page(self, token: str | None, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """The page as it asks a runtime: without any cookie, with its pass."""
        shown = {} if token is None else {"Authorization": f"token {token}"}
        client = client_of(self.team.app, {**MINE, **shown, **(headers or {})})
        return await self.team.stack.enter_async_context(client)

    @asynccontextmanager
    async def socket(
        self, url: str, token: str, *, origin: str = PUBLIC, offered: tuple[str, ...] = ("runhere.journal.v1",)
    ) -> AsyncIterator[ClientConnection]:
        """A WebSocket of the page to an address that `at` gave."""
        names: Any = [*offered, f"runhere.token.{token}"]
        address: dict[str, Any] = {"host": "127.0.0.1", "port": self.port}
        async with connect(
            url.replace("https", "ws", 1),
            origin=Origin(origin),
            subprotocols=names,
            proxy=None,
            max_size=None,
            **address,
        ) as open_:
            yield open_


@asynccontextmanager
async def hosted_hub(
    data: Path, static: Path, *, database: str | None = None, domain: str | None = None
) -> AsyncIterator[HostedHub]:
    """A started hub that Ada administers and Ben joined. Its clock stands still."""
    runtime, clock = FakeRuntime(SECRET), FakeClock(composition._now_ms())
    settings = team_settings(
        data,
        static,
        database=database,
        hosted=Hosted("local"),
        runtime_domain=domain,
        trusted_proxies=(f"{PROXY}/32", "127.0.0.1/32"),
    )
    async with served(runtime) as upstream:
        provider = FakeProvider(upstream)
        with pytest.MonkeyPatch.context() as patch:
            given: list[SignIn] = []

            def provided(_wanted: Hosted, _settings: Settings, sign_in: SignIn) -> FakeProvider:
                given.append(sign_in)
                return provider

            patch.setattr(composition, "_runtime_provider", provided)
            patch.setattr(composition, "_now_ms", clock)
            async with team_hub(settings) as team, listening(team) as port:
                await team.join("ada")
                await team.join("ben")
                yield HostedHub(team, runtime, provider, port, clock, domain, given[0])


@asynccontextmanager
async def listening(team: TeamHub) -> AsyncIterator[int]:
    """Serve the hub on a free port of loopback: sockets need one."""
    door = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(team.app, log_level="critical", lifespan="off", **UVICORN_OPTIONS)  # type: ignore[arg-type]  # a plain dict
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield int(door.getsockname()[1])
    finally:
        server.should_exit = server.force_exit = True
        await task
        door.close()
