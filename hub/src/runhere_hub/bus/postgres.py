"""The bus over PostgreSQL's LISTEN, NOTIFY and advisory locks. Needs direct connections: no transaction pooling.

    tell ─▶ queue ─▶ speaker connection ── NOTIFY ──▶ every listener connection ─▶ on_news (not one's own)
                                                        └ lost: connect again, then Missed

A lock belongs to a connection of its own for as long as it is held, so that it ends with the process whatever happens.
"""

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg

from runhere_hub.core.bus import MAX_PRESENCE_BYTES, Commented, Committed, Missed, News, Present, Told
from runhere_hub.core.errors import DatabaseUnavailable

_log = logging.getLogger(__name__)

_CHANNEL = "runhere"
_AGAIN_AFTER_S = 1.0
_PULSE_S = 2.0
_LONGEST_QUEUE = 10_000

_Connection = psycopg.AsyncConnection[Any]


class PostgresBus:
    """A `Bus` between processes.

    Args:
        url: `postgresql://…`, as for the database.
        process: Id of this process.
    """

    def __init__(self, url: str, *, process: str) -> None:
        self._url = url
        self._process = process
        self._outgoing: asyncio.Queue[str] = asyncio.Queue(_LONGEST_QUEUE)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_shared(self) -> bool:
        """See `Bus`."""
        return True

    async def start(self, on_news: Callable[[News], None]) -> None:
        """See `Bus`."""
        listener, speaker = await self._listening(), await self._connect()
        self._tasks = [
            asyncio.create_task(self._listen(listener, on_news), name="bus-listen"),
            asyncio.create_task(self._speak(speaker), name="bus-speak"),
        ]

    def tell(self, news: Told) -> None:
        """See `Bus`."""
        said: dict[str, str] = {"process": self._process, "notebook": news.notebook_id}
        if isinstance(news, Present):
            if len(news.payload) > MAX_PRESENCE_BYTES:
                return
            said["presence"] = base64.b64encode(news.payload).decode()
        if isinstance(news, Commented):
            said["about"] = "comments"
        with suppress(asyncio.QueueFull):  # the others look every few seconds anyway
            self._outgoing.put_nowait(json.dumps(said))

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[bool]:
        """See `Bus`."""
        async with self._locked(name) as held:
            yield held is not None

    @asynccontextmanager
    async def _locked(self, name: str) -> AsyncIterator[_Connection | None]:
        """The connection that holds a lock; None when another process has it."""
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        connection = await self._connect()
        try:
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (number,))
            row = await cursor.fetchone()
            yield connection if row is not None and row[0] else None
        finally:
            await connection.close()

    async def keep(self, name: str, on_change: Callable[[bool], None]) -> None:
        """See `Bus`. A dead connection is noticed within a few seconds."""
        while True:
            try:
                async with self._locked(name) as held:
                    if held is not None:
                        on_change(True)
                        try:
                            await _until_cut(held)
                        finally:
                            on_change(False)
            except (DatabaseUnavailable, psycopg.Error) as error:
                _log.warning("The lock %s cannot be had now: %s", name, error)
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def close(self) -> None:
        """See `Bus`."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connect(self) -> _Connection:
        try:
            return await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        except psycopg.Error as error:
            raise DatabaseUnavailable(f"The hub's processes cannot reach each other now: {error}") from error

    async def _listening(self) -> _Connection:
        connection = await self._connect()
        await connection.execute(f"LISTEN {_CHANNEL}")
        return connection

    async def _listen(self, connection: _Connection, on_news: Callable[[News], None]) -> None:
        """Hand on what comes; a lost connection is made anew, and what was missed is looked for."""
        while True:
            try:
                async with connection:
                    async for said in connection.notifies():
                        news = self._heard(said.payload)
                        if news is not None:
                            on_news(news)
            except psycopg.Error as error:
                _log.warning("The bus was cut: %s", error)
            connection = await self._again(self._listening)
            on_news(Missed())

    async def _speak(self, connection: _Connection) -> None:
        """Say what waits; what was being said when the connection broke is lost."""
        try:
            while True:
                said = await self._outgoing.get()
                try:
                    await connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, said))
                except psycopg.Error as error:
                    _log.warning("The bus was cut: %s", error)
                    await connection.close()
                    connection = await self._again(self._connect)
        finally:
            await connection.close()

    async def _again(self, connect: Callable[[], Any]) -> _Connection:
        while True:
            try:
                made: _Connection = await connect()
            except (DatabaseUnavailable, psycopg.Error):
                await asyncio.sleep(_AGAIN_AFTER_S)
            else:
                return made

    def _heard(self, payload: str) -> News | None:
        """News of somebody else, or None."""
        try:
            said = json.loads(payload)
            if said["process"] == self._process:
                return None
            if "presence" in said:
                return Present(str(said["notebook"]), base64.b64decode(said["presence"]))
            if said.get("about") == "comments":
                return Commented(str(said["notebook"]))
            return Committed(str(said["notebook"]))
        except (ValueError, KeyError, TypeError):
            _log.warning("Somebody else speaks on the bus: %.80r", payload)
            return None


async def _until_cut(connection: _Connection) -> None:
    """Return once the other end is gone."""
    while True:
        await asyncio.sleep(_PULSE_S)
        try:
            async with asyncio.timeout(_PULSE_S):
                await connection.execute("SELECT 1")
        except (psycopg.Error, TimeoutError):
            return
