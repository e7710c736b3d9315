"""A page that trickles what it sends holds no place; one on a bad line is waited for. Over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from runhere_hub.proxy.pace import PaceRule
from runhere_hub.testing.hosted import HostedHub, hosted_hub
from runhere_hub.testing.serving import notebook_json
from runhere_hub.testing.team import PUBLIC
from runhere_hub.web import limits

pytestmark = pytest.mark.timeout(150)
HOST = PUBLIC.removeprefix("https://")


@dataclass
class Sender:
    """A page with a raw line to the hub."""

    hub: HostedHub
    cookie: str

    async def answered(self, method: str, path: str, headers: dict[str, str] | None = None) -> bytes:
        """Announce a body and send its first byte; all that comes until the hub hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.hub.port)
        try:
            given = {
                "Host": HOST,
                "Origin": PUBLIC,
                "Cookie": self.cookie,
                "Content-Type": "application/json",
                "Content-Length": "256",
                **(headers or {}),
            }
            lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
            writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + b"[")
            async with asyncio.timeout(60):
                return await reader.read()
        finally:
            writer.close()


@pytest.fixture
async def hub(tmp_path: Path, static: Path) -> AsyncIterator[HostedHub]:
    data = tmp_path / "data"
    data.mkdir()
    async with hosted_hub(data, static) as running:
        yield running


def sender(hub: HostedHub, user_name: str = "ada") -> Sender:
    cookies = hub.team.people[user_name].cookies
    return Sender(hub, "; ".join(f"{name}={value}" for name, value in cookies.items()))


def with_a_body(hub: HostedHub) -> Iterator[tuple[str, str]]:
    """Every operation that takes JSON, with letters in the places of its path."""
    for route in hub.team.app.gate._app.routes:  # type: ignore[attr-defined]  # FastAPI's own
        if isinstance(route, APIRoute) and route.body_field is not None:
            filled = route.path
            for name in route.param_convertors:
                filled = filled.replace("{" + name + "}", "0" * 32)
            for method in route.methods or ():
                yield method, filled


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_every_route_gives_a_body_up_that_trickles(hub: HostedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SLOWEST", PaceRule(within_s=0.2, least_bytes=64))
    page, found = sender(hub), list(with_a_body(hub))
    assert len(found) > 30
    folder, notebook = await hub.team.own_folder("ada"), await hub.team.notebook("ada")
    runtime_id, token = await hub.let_in("ada")
    raw = [
        ("POST", f"/api/v1/folders/{folder}/upload?name=slow.ipynb&path="),
        ("PUT", f"/api/v1/notebooks/{notebook['id']}/blobs/{'0' * 64}"),
    ]
    hub.runtime.seen.clear()
    for method, path in (*found, *raw):
        if "/control/" in path:
            continue  # the command line's alone
        answer = await page.answered(method, path)
        assert (status(answer), b"comes so slowly" in answer) == (408, True), (method, path, answer)
    shown = {"Authorization": f"token {token}", "Sec-Fetch-Site": "same-origin"}
    answer = await page.answered("PUT", f"/rt/{runtime_id}/api/contents/a.txt", shown)
    assert status(answer) == 408
    assert hub.runtime.seen == []
    entries = (await hub.team.people["ada"].get(f"/api/v1/folders/{folder}/entries")).json()["entries"]
    assert [entry["name"] for entry in entries] == ["Plots.ipynb"]


async def test_a_bad_line_is_waited_for(hub: HostedHub, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = PaceRule(within_s=4.0, least_bytes=64)
    monkeypatch.setattr(limits, "SLOWEST", rule)
    folder = await hub.team.own_folder("ada")
    body = notebook_json("x = 1" * 400).encode()
    pieces = [body[start : start + 128] for start in range(0, len(body), 128)]
    began = asyncio.get_running_loop().time()

    async def dripping() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
            await asyncio.sleep(2 * rule.within_s / len(pieces))  # the line: as a whole it takes twice the time

    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    head = (
        f"POST /api/v1/folders/{folder}/upload?name=slow.ipynb&path= HTTP/1.1\r\nHost: {HOST}\r\nOrigin: {PUBLIC}\r\n"
        f"Cookie: {sender(hub).cookie}\r\n"
        f"X-Requested-By: runhere\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode())
    async for piece in dripping():
        writer.write(piece)
        await writer.drain()
    answer = await reader.read()
    writer.close()
    assert asyncio.get_running_loop().time() - began > rule.within_s
    assert status(answer) == 201, answer
