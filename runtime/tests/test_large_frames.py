"""Large messages of a browser, in one frame or several: whole, in order, and none beyond the limit."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest
from kernel_client import open_socket
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler, WebSocketProtocol
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from runhere_runtime.channels.large_frames import in_one_buffer
from runhere_runtime.journal.record import LARGE_BYTES

LIMIT_BYTES = 4 * LARGE_BYTES


class Digests(WebSocketHandler):
    """Says of each message what it was given, how long it was and its digest."""

    def get_websocket_protocol(self) -> WebSocketProtocol | None:
        return in_one_buffer(super().get_websocket_protocol())

    async def on_message(self, message: str | bytes | memoryview) -> None:
        if isinstance(message, memoryview):
            assert message.readonly
            await asyncio.sleep(0)  # the next frame waits for this one
        data = message.encode() if isinstance(message, str) else message
        await self.write_message(told(type(message).__name__, data))


def told(kind: str, data: bytes | memoryview) -> str:
    return f"{kind} {len(data)} {hashlib.sha256(data).hexdigest()}"


def some(size: int, seed: int = 0) -> bytes:
    """Bytes without a period that fits a mask's or a block's."""
    block = hashlib.sha256(str(seed).encode()).digest()[:31]
    return (block * (size // 31 + 1))[:size]


@pytest.fixture
async def socket() -> AsyncIterator[ClientConnection]:
    (listener,) = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([("/", Digests)], websocket_max_message_size=LIMIT_BYTES))
    server.add_sockets([listener])
    client = await open_socket(f"ws://127.0.0.1:{listener.getsockname()[1]}/", {}, [])
    yield client
    await client.close()
    server.stop()
    await server.close_all_connections()


async def answers(socket: ClientConnection, count: int) -> list[str | bytes]:
    async with asyncio.timeout(30):
        return [await socket.recv() for _ in range(count)]


@pytest.mark.parametrize("size", [LARGE_BYTES, LARGE_BYTES + 3, 3 * LARGE_BYTES + 65_537, LIMIT_BYTES])
async def test_a_large_frame_comes_whole_in_one_buffer(socket: ClientConnection, size: int) -> None:
    await socket.send(some(size))
    assert await answers(socket, 1) == [told("memoryview", some(size))]


@pytest.mark.parametrize("size", [0, 5, 70_000, LARGE_BYTES - 1])
async def test_shorter_ones_are_left_to_tornado(socket: ClientConnection, size: int) -> None:
    await socket.send(some(size))
    await socket.send("ä" * size)
    assert await answers(socket, 2) == [told("bytes", some(size)), told("str", ("ä" * size).encode())]


async def test_messages_of_all_sizes_stay_in_order(socket: ClientConnection) -> None:
    sizes = [LARGE_BYTES + 1, 10, 2 * LARGE_BYTES, LARGE_BYTES, 0, 70_000, LARGE_BYTES + 7]
    for seed, size in enumerate(sizes):
        await socket.send(some(size, seed))
    expected = [
        told("memoryview" if size >= LARGE_BYTES else "bytes", some(size, seed)) for seed, size in enumerate(sizes)
    ]
    assert await answers(socket, len(sizes)) == expected


LARGE, SMALL = LARGE_BYTES + 5, 10


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [
        ([LARGE, SMALL, 300], "memoryview"),
        ([SMALL, LARGE], "memoryview"),  # the client ends it with an empty frame
        ([SMALL, LARGE, LARGE], "memoryview"),
        ([SMALL, 70_000], "bytes"),
    ],
    ids=str,
)
async def test_a_message_in_several_frames_with_a_ping_among_them(
    socket: ClientConnection, sizes: list[int], kind: str
) -> None:
    """As Chromium sends a large one."""
    parts = [some(size, seed) for seed, size in enumerate(sizes)]

    async def frames() -> AsyncIterator[bytes]:
        yield parts[0]
        pong = await socket.ping()
        for part in parts[1:]:
            yield part
        await asyncio.wait_for(pong, 30)

    await socket.send(frames())
    await socket.send(some(LARGE_BYTES))
    assert await answers(socket, 2) == [told(kind, b"".join(parts)), told("memoryview", some(LARGE_BYTES))]


async def test_text_in_several_large_frames_is_text(socket: ClientConnection) -> None:
    await socket.send(["a" * LARGE, "b" * LARGE])
    assert await answers(socket, 1) == [told("str", b"a" * LARGE + b"b" * LARGE)]


@pytest.mark.parametrize("parts", [[LIMIT_BYTES + 1], [LIMIT_BYTES, 1], [LARGE_BYTES] * 5], ids=str)
async def test_beyond_the_limit_the_connection_ends_and_nothing_is_heard(
    socket: ClientConnection, parts: list[int]
) -> None:
    async def ask() -> None:
        await socket.send([some(size) for size in parts] if len(parts) > 1 else some(parts[0]))
        await answers(socket, 1)

    with pytest.raises(ConnectionClosed):
        await ask()
