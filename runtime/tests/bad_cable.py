"""A TCP proxy on loopback that breaks as cables do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Literal

Cut = Literal["black hole", "reset", "half open"]
CUTS: tuple[Cut, ...] = ("black hole", "reset", "half open")


class BadCable:
    """Forwards to `port` until it is cut; a new connection is whole again."""

    def __init__(self, port: int) -> None:
        self.to_port = port
        self.port = 0
        self._server: asyncio.Server | None = None
        self._pairs: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> BadCable:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pair in self._pairs:
            for writer in pair:
                writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        self._pairs.append((writer, far_writer))
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()

    async def cut(self, how: Cut) -> None:
        """Break what is connected now. Bytes on their way are lost.

        black hole: both ends stay open and hear nothing more; reset: both get a RST; half open: the page's end is
        reset, the runtime's stays open and hears nothing.
        """
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        for near, far in self._pairs:
            if how in ("reset", "half open"):
                _reset(near)
            if how == "reset":
                _reset(far)

    def forget(self) -> None:
        """Let go of what a cut left open."""
        for pair in self._pairs:
            for writer in pair:
                writer.transport.abort()
        self._pairs.clear()


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
