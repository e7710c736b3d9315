"""A hub for several people for tests, reached through ASGI: one client for each person, as their browser would be.

For tests only: it needs httpx.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, select
from starlette.types import ASGIApp

from runhere_hub.app import HubApp, create_app
from runhere_hub.settings import Settings, Team
from runhere_hub.store.session import Database
from runhere_hub.store.tables import metadata
from runhere_hub.testing.serving import CONTROL, PORT, lifespan, settings_for

PUBLIC = "https://hub.test"
PROXY = "10.0.0.1"
PASSWORD = "a long enough password"  # every test person's


def team_settings(data: Path, static: Path, *, database: str | None = None, **changes: Any) -> Settings:
    """Settings of a hub behind a TLS proxy."""
    team = Team(public_origin=PUBLIC, trusted_proxies=(f"{PROXY}/32",))
    return replace(settings_for(data, static), owner_name="", database=database, team=replace(team, **changes))


@dataclass
class TeamHub:
    """A started hub. `people` are the clients of those who have joined, by user name."""

    app: HubApp
    data: Path
    database_url: str
    stack: AsyncExitStack
    people: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    async def stranger(
        self, *, came_from: str = "192.0.2.1", headers: dict[str, str] | None = None
    ) -> httpx.AsyncClient:
        """A browser in which nobody is signed in, behind the proxy."""
        sent = {"Origin": PUBLIC, "X-Requested-By": "runhere", "X-Forwarded-For": came_from, **(headers or {})}
        return await self.stack.enter_async_context(client_of(self.app, sent))

    async def join(self, user_name: str, *, is_admin: bool = False) -> httpx.AsyncClient:
        """Somebody who came in by an invitation of the first administrator, or is that one."""
        if not self.people:
            code = await self.app.first_code()
        else:
            admin = next(iter(self.people.values()))
            invited = await admin.post("/api/v1/admin/invitations", json={"is_admin": is_admin})
            assert invited.status_code == 201, invited.text
            code = invited.json()["url"].partition("#code=")[2]
        client = await self.stranger()
        wish = {"code": code, "user_name": user_name, "name": user_name.capitalize(), "password": PASSWORD}
        joined = await client.post("/api/v1/invitations/accept", json=wish)
        assert joined.status_code == 200, joined.text
        self.people[user_name] = client
        self.ids[user_name] = joined.json()["person"]["id"]
        return client

    async def own_folder(self, user_name: str) -> str:
        """Id of somebody's own folder."""
        home = (await self.people[user_name].get("/api/v1/home")).json()
        return str(next(folder["id"] for folder in home["folders"] if folder["kind"] == "own"))

    async def notebook(self, user_name: str, *, path: str = "", name: str = "Plots") -> dict[str, Any]:
        """A new notebook in somebody's own folder."""
        body = {"folder_id": await self.own_folder(user_name), "path": path, "name": name}
        made = await self.people[user_name].post("/api/v1/notebooks", json=body)
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def share(self, owner: str, notebook_id: str, to: str, role: str) -> None:
        """Let somebody have a role on a notebook."""
        body = {"user_name": to, "role": role}
        given = await self.people[owner].put(f"/api/v1/notebooks/{notebook_id}/shares", json=body)
        assert given.status_code == 200, given.text


def client_of(app: ASGIApp, headers: dict[str, str]) -> httpx.AsyncClient:
    """A client whose connection comes from the proxy."""
    transport = httpx.ASGITransport(app, client=(PROXY, 40000))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers)


def everything_stored(database_url: str) -> str:
    """Every value of every table, one a line; bytes as the letters that they would be."""
    db = Database.open(database_url)

    def work(conn: Connection) -> str:
        rows = [row for table in metadata.sorted_tables for row in conn.execute(select(table))]
        values = [value for row in rows for value in row if value is not None]
        return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values)

    try:
        return db.write_now(work)
    finally:
        db.close()


@asynccontextmanager
async def team_hub(settings: Settings) -> AsyncIterator[TeamHub]:
    """A started hub without anybody."""
    app = create_app(settings, port=PORT, control_token=CONTROL)
    async with lifespan(app), AsyncExitStack() as stack:
        yield TeamHub(app, settings.data_dir, settings.database_url, stack)
