"""Requests to hosted runtimes over real sockets: one that stands still holds nobody else up."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Message

from runhere_hub.core.runtimes import RuntimeSilent, Upstream
from runhere_hub.proxy import http
from runhere_hub.proxy.http import Asked, HttpProxy
from runhere_hub.testing.fake_runtime import FakeRuntime, served
from runhere_hub.web.routes import runtimes

ASKED = Asked("GET", "api/kernels", "", [], b"")


@asynccontextmanager
async def stopped() -> AsyncIterator[tuple[Upstream, asyncio.Queue[asyncio.StreamWriter]]]:
    """A runtime that takes connections and never answers, as a process that was stopped; and its connections."""
    lines: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    taken: list[asyncio.StreamWriter] = []

    def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)
        lines.put_nowait(writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield Upstream(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", "t"), lines
    finally:
        for line in taken:
            line.close()
        server.close()


async def status(proxy: HttpProxy, upstream: Upstream) -> int:
    async with proxy.ask(upstream, ASKED) as answer:
        return answer.status


async def test_a_runtime_that_stands_still_takes_no_line_of_anybody_elses() -> None:
    proxy = HttpProxy()
    async with stopped() as (still, lines), served(FakeRuntime("t")) as other:
        waiting = [asyncio.create_task(status(proxy, still)) for _ in range(300)]
        async with asyncio.timeout(30):
            for _ in range(http.MOST_AT_ONCE):
                await lines.get()
            answers = await asyncio.gather(*(status(proxy, other) for _ in range(50)))
        assert answers == [200] * 50
        assert lines.empty()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    await proxy.close()


async def test_who_finds_no_place_in_time_is_told_so_and_places_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ROOM_WITHIN_S", 0.05)
    monkeypatch.setattr(http, "MOST_AT_ONCE", 1)
    proxy = HttpProxy()
    async with served(FakeRuntime("t")) as upstream:
        async with proxy.ask(upstream, ASKED) as answer:
            assert answer.status == 200
            with pytest.raises(RuntimeSilent, match="busy"):
                await status(proxy, upstream)
        assert await status(proxy, upstream) == 200
    await proxy.close()


async def test_an_answer_that_its_page_does_not_take_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "STALLED_S", 0.05)
    closed: list[str] = []
    sent: list[Message] = []

    async def body() -> AsyncGenerator[bytes]:
        try:
            yield b"1"
            yield b"2"
        finally:
            closed.append("closed")

    async def takes(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "asgi": {"spec_version": "2.4"}}
    async with asyncio.timeout(20):
        await runtimes.Moving(body())(scope, receive, takes)
        assert [message.get("body", b"") for message in sent] == [b"", b"1", b"2", b""]
        assert closed == ["closed"]

        async def started(message: Message) -> None:
            if message["type"] == "http.response.body":
                await asyncio.Event().wait()

        await runtimes.Moving(body())(scope, receive, started)
        assert closed == ["closed"] * 2
