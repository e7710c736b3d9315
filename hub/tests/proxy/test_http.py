"""Requests to hosted runtimes over real sockets: one that stands still holds nobody else up."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.types import Message

from runhere_hub.core.runtimes import RuntimeSilent, Upstream
from runhere_hub.proxy import http
from runhere_hub.proxy.http import Asked, HttpProxy
from runhere_hub.proxy.pace import PaceRule, RuntimeTrickles
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


async def test_an_answer_that_is_given_up_breaks_off_and_has_no_end() -> None:
    sent: list[Message] = []

    async def body() -> AsyncGenerator[bytes]:
        yield b"1"
        raise RuntimeTrickles

    async def takes(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    await runtimes.Moving(body())({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, takes)
    # The server closes a line whose answer has no last message: the page does not take it for the whole.
    assert [message.get("more_body") for message in sent] == [None, True]


SLOWEST = PaceRule(within_s=2.0, least_bytes=10_000)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 120000\r\n"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def runtime_that(serves: Serve) -> AsyncIterator[Upstream]:
    """A runtime whose every byte is the test's own."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            await serves(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield Upstream(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", "t")
    finally:
        server.close()


async def drip(writer: asyncio.StreamWriter, whole: bytes, size: int) -> None:
    """Send it in pieces of this size, ten in a second."""
    for start in range(0, len(whole), size):
        writer.write(whole[start : start + size])
        await writer.drain()
        await asyncio.sleep(0.1)


def gives(head: bytes, *, size: int) -> Serve:
    """Answers with a body of 120 000 bytes, in pieces of this size."""

    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        await drip(writer, b"x" * 120_000, size)

    return serves


async def body_of(proxy: HttpProxy, upstream: Upstream, got: list[bytes]) -> bytes:
    async with proxy.ask(upstream, ASKED) as answer:
        async for piece in answer.body:
            got.append(piece)
    return b"".join(got)


async def test_an_answer_that_trickles_is_given_up_and_a_slow_one_arrives_whole() -> None:
    proxy = HttpProxy(slowest=SLOWEST)
    closed = asyncio.Event()

    async def trickles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await gives(HEAD + b"\r\n", size=1)(reader, writer)
        finally:
            closed.set()

    async with asyncio.timeout(60), runtime_that(trickles) as upstream:
        got: list[bytes] = []
        with pytest.raises(RuntimeTrickles):
            await body_of(proxy, upstream, got)
        assert 0 < len(got) < SLOWEST.least_bytes
        await closed.wait()  # the hub has let go of the runtime too
    # In no less than four seconds, twice what a trickling one is given; each two bring six times what must come.
    async with asyncio.timeout(60), runtime_that(gives(HEAD + b"\r\n", size=3_000)) as upstream:
        assert len(await body_of(proxy, upstream, [])) == 120_000
    await proxy.close()


async def test_headers_that_trickle_are_given_up() -> None:
    proxy = HttpProxy(slowest=SLOWEST)

    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await drip(writer, HEAD + b"".join(b"X-%d: 1\r\n" % number for number in range(99)), 1)

    async with asyncio.timeout(60), runtime_that(serves) as upstream:
        with pytest.raises(RuntimeTrickles):
            await status(proxy, upstream)
    await proxy.close()


@pytest.mark.parametrize(("at_once", "is_taken"), [(1, False), (500_000, True)])
async def test_a_body_that_is_taken_by_the_byte_is_given_up_and_one_taken_slowly_is_not(
    at_once: int, *, is_taken: bool
) -> None:
    proxy = HttpProxy(slowest=PaceRule(within_s=2.0, least_bytes=1_000_000))
    body = b"x" * 20_000_000

    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(len(body) // at_once):
            await reader.readexactly(at_once)
            await asyncio.sleep(0.1)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with asyncio.timeout(60), runtime_that(serves) as upstream:
        asked = Asked("PUT", "api/contents/a", "", [("content-type", "application/json")], body)
        if is_taken:
            async with proxy.ask(upstream, asked) as answer:
                assert answer.status == 204
        else:
            with pytest.raises(RuntimeTrickles):
                async with proxy.ask(upstream, asked):
                    pass
    await proxy.close()


async def test_the_time_that_a_page_takes_is_not_the_runtimes() -> None:
    proxy = HttpProxy(slowest=PaceRule(within_s=2.0, least_bytes=10**9))
    async with asyncio.timeout(60), served(FakeRuntime("t")) as upstream, proxy.ask(upstream, ASKED) as answer:
        await asyncio.sleep(2.2)
        assert b"".join([piece async for piece in answer.body]) == b"{}"
    await proxy.close()
