"""The room server as a process, and pages that reach it by WebSocket: for tests that kill the one or cut the other."""

import asyncio
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from runhere_hub.testing.pages import Page
from runhere_protocol import ROOM_SUBPROTOCOL


class RoomServerProcess:
    """`runhere_hub.testing.room_server` on a free port. May be killed and started again on the same data.

    Args:
        options: Further words of its command line.
    """

    def __init__(self, data: Path, *options: str) -> None:
        self.data = data
        self.options = options
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait for its line."""
        command = [sys.executable, "-m", "runhere_hub.testing.room_server", "--data", str(self.data), *self.options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url.startswith("http"), "the room server did not start"

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it without a word, as a power cut does for the process."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order. May be called again."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def create_notebook(self, content: bytes = b"") -> str:
        """Make a notebook, empty or with the content of an .ipynb."""
        request = urllib.request.Request(f"{self.url}/notebooks", data=content, method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(json.load(answer)["id"])

    def room_url(self, notebook_id: str, person: str | None = None) -> str:
        """Address of a room's socket."""
        query = f"?person={person}" if person is not None else ""
        return f"ws{self.url.removeprefix('http')}/api/v1/notebooks/{notebook_id}/room{query}"


class Line:
    """A page's WebSocket. Everything that comes is read at once; `until` waits for what it brings."""

    def __init__(self, page: Page, socket: ClientConnection) -> None:
        self.page = page
        self.socket = socket
        self._outgoing: asyncio.Queue[bytes | str] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        page.connect(self._outgoing.put_nowait)

    @classmethod
    async def open(cls, page: Page, url: str, headers: Mapping[str, str] | None = None, **options: Any) -> "Line":
        """Connect and join; `options` are those of websockets' `connect`."""
        socket = await connect(
            url,
            subprotocols=[ROOM_SUBPROTOCOL],  # type: ignore[list-item]
            max_size=None,
            compression=None,
            **({"additional_headers": headers} | options),
        )
        return cls(page, socket)

    async def until(self, reached: Callable[[], bool], *, timeout_s: float = 20) -> None:
        """Wait until something holds that a message can bring about, or the line is dead.

        Raises:
            TimeoutError: It did not come.
        """
        async with asyncio.timeout(timeout_s):
            while not reached():
                if self._tasks[0].done():
                    raise ConnectionError("the line is dead")
                self._changed.clear()
                await self._changed.wait()

    async def close(self) -> None:
        """Hang up. May be called again."""
        self.page.disconnect()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(ConnectionClosed, OSError):
            await self.socket.close()

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for message in self.socket:
                self.page.receive(message)
                self._changed.set()
        self._changed.set()

    async def _write(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self.socket.send(await self._outgoing.get())
