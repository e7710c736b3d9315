"""The real application for tests, reached through ASGI: what a test of the hub's edge starts from.

For tests only: it needs httpx, which the hub itself does not.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from runhere_hub.settings import Settings

PORT = 8800
ORIGIN = f"http://127.0.0.1:{PORT}"
COOKIE = f"runhere_session_{PORT}"
CONTROL = "control-token-of-this-test"


@asynccontextmanager
async def lifespan(app: ASGIApp) -> AsyncIterator[None]:
    """Start and stop an application as a server does."""
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}

    async def run() -> None:
        await app(scope, to_app.get, from_app.put)

    task = asyncio.create_task(run())
    await to_app.put({"type": "lifespan.startup"})
    answer = await from_app.get()
    assert answer["type"] == "lifespan.startup.complete", answer
    try:
        yield
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        answer = await from_app.get()
        assert answer["type"] == "lifespan.shutdown.complete", answer
        await task


def notebook_json(*sources: str, **metadata: Any) -> str:
    """A canonical notebook of format 4.5."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "execution_count": None, "id": f"cell-{n}", "metadata": {}, "outputs": [],
         "source": source.splitlines(keepends=True)}
        for n, source in enumerate(sources)
    ]  # fmt: skip
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


@dataclass
class Hub:
    """One running application.

    Attributes:
        client: Signed in, with the headers that the page sends.
        stranger: Sends the same headers and is not signed in.
    """

    app: ASGIApp
    client: httpx.AsyncClient
    stranger: httpx.AsyncClient
    folder: Path
    folder_id: str
    data: Path

    async def control(self, verb: str, **body: str) -> httpx.Response:
        """Ask as the command line does."""
        headers = {"Authorization": f"Bearer {CONTROL}"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN) as command_line:
            return await command_line.post(f"/api/v1/control/{verb}", json=body, headers=headers)

    async def new_code(self) -> str:
        """A fresh sign-in code."""
        url = (await self.control("login-link")).json()["url"]
        return str(url.partition("#code=")[2])

    def write(self, path: str, *sources: str) -> Path:
        """Put a notebook into the bound folder."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(notebook_json(*sources), encoding="utf-8")
        return file

    async def open(self, path: str, accept: str = "as_is") -> dict[str, Any]:
        """Open a file of the bound folder."""
        body = {"folder_id": self.folder_id, "path": path, "accept": accept}
        answer = await self.client.post("/api/v1/notebooks/open", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def settings_for(data: Path, static: Path) -> Settings:
    """Settings on folders of a test's own."""
    return Settings(
        host="127.0.0.1", port=PORT, data_dir=data, static_dir=static, owner_name="ada", log_level="warning"
    )


@asynccontextmanager
async def serving(app: ASGIApp, *, folder: Path, data: Path) -> AsyncIterator[Hub]:
    """A started application with `folder` bound and its owner signed in."""
    transport = httpx.ASGITransport(app)
    headers = {"Origin": ORIGIN, "X-Requested-By": "runhere"}
    async with (
        lifespan(app),
        httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client,
        httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as stranger,
    ):
        hub = Hub(app, client, stranger, folder, "", data)
        bound = await hub.control("bind", path=str(folder))
        assert bound.status_code == 200, bound.text
        hub.folder_id = bound.json()["folder"]["id"]
        code = bound.json()["url"].partition("#code=")[2]
        signed_in = await client.post("/api/v1/session", json={"code": code})
        assert signed_in.status_code == 200, signed_in.text
        yield hub
