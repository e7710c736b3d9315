"""The room's socket on the real application: who is let in, and how it ends. Real server, real WebSockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from runhere_hub.app import HubApp, create_app
from runhere_hub.rooms.channel import Outbox
from runhere_hub.testing.pages import Page
from runhere_hub.testing.room_clients import Line
from runhere_hub.testing.serving import CONTROL, notebook_json, settings_for
from runhere_hub.web.sockets import rooms
from runhere_protocol import MAX_MESSAGE_BYTES, ROOM_SUBPROTOCOL

JOIN = json.dumps({"type": "join", "protocol": 1, "client_id": 7, "browser_id": "b", "tab_id": "t"})


class Served:
    """A running hub, signed in, with one notebook."""

    def __init__(self, app: HubApp, port: int) -> None:
        self.app = app
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.cookie = ""
        self.notebook_id = ""

    async def sign_in(self, folder: Path) -> None:
        """As the command line and the page do it."""
        (folder / "a.ipynb").write_text(notebook_json("print(1)"), encoding="utf-8")
        async with httpx.AsyncClient(base_url=self.origin, timeout=30) as client:
            control = {"Authorization": f"Bearer {CONTROL}"}
            bound = await client.post("/api/v1/control/bind", json={"path": str(folder)}, headers=control)
            own = {"Origin": self.origin, "X-Requested-By": "runhere"}
            code = bound.json()["url"].partition("#code=")[2]
            signed_in = await client.post("/api/v1/session", json={"code": code}, headers=own)
            self.cookie = signed_in.headers["set-cookie"].partition(";")[0]
            body = {"folder_id": bound.json()["folder"]["id"], "path": "a.ipynb", "accept": "as_is"}
            opened = await client.post("/api/v1/notebooks/open", json=body, headers=own)
            self.notebook_id = opened.json()["id"]

    async def recent(self) -> list[str]:
        """Names of the notebooks that were opened last, the last one first."""
        async with httpx.AsyncClient(base_url=self.origin, headers={"Cookie": self.cookie}, timeout=30) as client:
            return [notebook["name"] for notebook in (await client.get("/api/v1/home")).json()["recent"]]

    async def make(self) -> None:
        """Another notebook, opened now."""
        own = {"Origin": self.origin, "X-Requested-By": "runhere", "Cookie": self.cookie}
        async with httpx.AsyncClient(base_url=self.origin, headers=own, timeout=30) as client:
            folder = (await client.get("/api/v1/home")).json()["folders"][0]["id"]
            made = await client.post("/api/v1/notebooks", json={"folder_id": folder, "path": ""})
            assert made.is_success, made.text

    def connect(self, notebook_id: str | None = None, **changes: Any) -> connect:
        """A socket to the room; headers as the page sends them, with changes (None: left out)."""
        headers = {"Origin": self.origin, "Cookie": self.cookie, **changes.pop("headers", {})}
        return connect(
            f"ws://127.0.0.1:{self.port}/api/v1/notebooks/{notebook_id or self.notebook_id}/room",
            additional_headers={name: value for name, value in headers.items() if value is not None},
            **{"subprotocols": [ROOM_SUBPROTOCOL], "max_size": None, "compression": None, **changes},
        )


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A hub on a free port."""
    folder, data, static = tmp_path / "folder", tmp_path / "data", tmp_path / "static"
    for made in (folder, data, static):
        made.mkdir()
    (static / "index.html").write_text("<!doctype html>")
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    hub = Served(create_app(settings_for(data, static), port=port, control_token=CONTROL), port)
    async with _running(hub.app, listening):
        await hub.sign_in(folder)
        yield hub


@asynccontextmanager
async def _running(app: HubApp, listening: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on", **rooms.UVICORN_OPTIONS))  # type: ignore[arg-type]
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
        listening.close()


async def test_2_1_whoever_is_signed_in_gets_into_the_room(served: Served) -> None:
    async with served.connect() as ws:
        assert ws.subprotocol == ROOM_SUBPROTOCOL
        await ws.send(JOIN)
        hello = json.loads(await ws.recv())
    assert (hello["type"], hello["notebook"]["title"], hello["role"]) == ("hello", "a", "owner")


async def test_a_notebook_that_is_opened_by_its_address_is_recent(served: Served) -> None:
    await served.make()
    assert await served.recent() == ["Untitled", "a"]
    async with served.connect() as ws, asyncio.timeout(30):
        await ws.send(JOIN)
        while await served.recent() != ["a", "Untitled"]:  # noqa: ASYNC110 - a table gives no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cookie": None}, 401),
        ({"Cookie": "runhere_session=stolen"}, 401),
        ({"Origin": None}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Host": "evil.example"}, 421),
    ],
)
async def test_2_1_nobody_else_gets_an_upgrade(served: Served, headers: dict[str, str | None], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await served.connect(headers=headers)
    assert refused.value.response.status_code == status


async def test_2_1_another_subprotocol_is_refused(served: Served) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await served.connect(subprotocols=["runhere.room.v9"])
    assert refused.value.response.status_code == 422


async def _close_code(ws: ClientConnection) -> int | None:
    with suppress(ConnectionClosedError):  # any code but 1000 and 1001 is an error to the library
        async for _ in ws:
            pass
    return ws.close_code


async def test_5_a_notebook_that_is_not_there_closes_with_4404(served: Served) -> None:
    async with served.connect("f" * 32) as ws:
        assert await _close_code(ws) == 4404


async def _until_refused(ws: ClientConnection) -> None:
    while '"refused"' not in str(await ws.recv()):
        pass


async def test_5_a_message_of_16_mib_passes_and_a_longer_one_closes_with_4413(served: Served) -> None:
    async with served.connect() as ws:
        await ws.send(JOIN)
        longest = '{"type":"' + "x" * (MAX_MESSAGE_BYTES - len('{"type":""}')) + '"}'
        await ws.send(longest)
        await _until_refused(ws)
        await ws.send(longest + " ")
        assert await _close_code(ws) == 4413


async def test_5_a_flood_closes_with_4429(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "_MESSAGES_AT_ONCE", 50)
    monkeypatch.setattr(rooms, "_MESSAGES_PER_S", 0.001)
    async with served.connect() as ws:
        await ws.send(JOIN)
        for _ in range(48):
            await ws.send('{"type":"dance"}')
        await _until_refused(ws)
        for _ in range(3):
            await ws.send('{"type":"dance"}')
        assert await _close_code(ws) == 4429


async def test_a_page_that_does_not_read_is_closed_and_holds_up_nobody(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "Outbox", partial(Outbox, max_messages=20))
    async with served.connect(max_queue=1) as sleeper:
        await sleeper.send(JOIN)
        writer, reader = Page(), Page(tab_id="2")
        lines = [Line(page, await served.connect()) for page in (writer, reader)]
        for line in lines:
            await line.until(lambda page=line.page: page.synced)  # type: ignore[misc]
        for number in range(100):  # cells, not one that grows: reading 30 MB again for each key takes a minute
            writer.insert(f"c{number}", "x" * 300_000)
            await lines[1].until(lambda n=number: f"c{n}" in reader.cells)  # type: ignore[misc]
        await lines[0].until(lambda: writer.all_saved)
        assert await _close_code(sleeper) in (4429, 1006)  # who does not read may not get the goodbye either
        await asyncio.gather(*(line.close() for line in lines))


async def test_a_page_that_goes_leaves_the_room(served: Served) -> None:
    staying, going = Page(), Page(tab_id="2")
    lines = [Line(page, await served.connect()) for page in (staying, going)]
    for line in lines:
        await line.until(lambda page=line.page: page.synced)  # type: ignore[misc]
    event = {"type": "started", "cell_id": "c", "source_digest": "0" * 64, "runtime": None, "started_at": 1}
    going.send_frame({"type": "run", "run_id": "r", "epoch": 1, "n": 0, "event": event})
    await lines[0].until(lambda: any(frame["type"] == "run" for frame in staying.frames))
    lines[1].socket.transport.abort()  # no goodbye
    await lines[0].until(lambda: any(frame["type"] == "writer" for frame in staying.frames))
    [gone] = staying.take("writer")
    assert gone == {"type": "writer", "run_id": "r", "writer": None, "status": "running"}
    await asyncio.gather(*(line.close() for line in lines))
