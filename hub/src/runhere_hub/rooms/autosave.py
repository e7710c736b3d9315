"""When a room writes: group commit, retries, compaction. One task per room.

    asked ──▶ wait for the window ──▶ take all that waits ──▶ commit ──▶ tell ──▶ (compact) ──▶ …
                                              ▲                 │ failed
                                              └── back-off ◀────┘  (told once; nothing is given up)

While one commit is under way, everything that comes in gathers for the next one: one fsync per batch.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from runhere_hub.core.errors import RunhereError, Unavailable
from runhere_hub.services.rooms import Batch, CommitResult

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How often a room writes, and tells who is here.

    Attributes:
        window_s: Commits start at least this far apart; the first after a pause starts at once.
        apart_s: The same for the transactions that hold the commits of all rooms (`commits`).
        first_retry_s, last_retry_s: Wait after a failed commit; it doubles from the first to the last.
        presence_s: News of cursors go out at least this far apart (`who_is_here`); nobody sees it by eye.
    """

    window_s: float = 0.1
    apart_s: float = 0.02
    first_retry_s: float = 0.5
    last_retry_s: float = 5.0
    presence_s: float = 0.04


@dataclass(frozen=True)
class Told:
    """What pages are told once a batch is durable.

    Attributes:
        received: Session to the number of document frames of it that are durable then.
        frames: (session, frame), in order.
    """

    received: Mapping[str, int]
    frames: tuple[tuple[str, Mapping[str, Any]], ...]


class Source(Protocol):
    """The room as its autosave sees it. Every method returns at once."""

    def take(self, *, everything: bool) -> tuple[Batch, Told, float | None]:
        """What is to be committed, who waits for it, and in how many seconds more will be due (None: nothing more)."""
        ...

    def saved(self, told: Told, result: CommitResult | None) -> None:
        """A batch is durable. `result` None: there was nothing to write."""
        ...

    def not_saved(self, error: RunhereError) -> None:
        """The batch could not be committed; it will be tried again."""
        ...

    def failed(self, error: Exception) -> None:
        """The room cannot go on."""
        ...


class Autosave:
    """The writing side of one room.

    Args:
        commit: Makes a batch durable.
        after_commit: Called with each committed batch, in this task, before the next one: compaction, revisions.
    """

    def __init__(
        self,
        source: Source,
        *,
        commit: Callable[[Batch], Awaitable[CommitResult]],
        after_commit: Callable[[], Awaitable[None]],
        pace: Pace,
    ) -> None:
        self._source = source
        self._commit = commit
        self._after_commit = after_commit
        self._pace = pace
        self._asked = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task. The room owns it and calls `close`."""
        self._task = asyncio.create_task(self._run(), name="room-autosave")

    @property
    def is_done(self) -> bool:
        """True when it writes nothing any more: not started, closed, or failed."""
        return self._task is None or self._task.done()

    def ask(self, *, in_s: float = 0) -> None:
        """Something waits, for so long if nobody asks before."""
        if in_s > 0:
            self._come_back(in_s)
        else:
            self._asked.set()

    async def flushed(self) -> None:
        """Wait until everything that waits now is durable.

        Raises:
            Unavailable: The room closed before that.
        """
        if self.is_done:
            raise _closed()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(done)
        self._asked.set()
        await done

    async def close(self, *, give_up_after_s: float) -> None:
        """Write what waits and stop. May be called again.

        After `give_up_after_s` of failing, what was never acknowledged is dropped: pages still have it.
        """
        self._closing = True
        self._asked.set()
        if self._task is None:
            return
        _, running = await asyncio.wait({self._task}, timeout=give_up_after_s)
        for task in running:
            task.cancel()
            await asyncio.wait({task})
        self._give_up_waiters()

    async def _run(self) -> None:
        try:
            while await self._round():
                pass
        except RunhereError as error:
            self._source.failed(error)
        except Exception as error:  # noqa: BLE001  # last stop before the pages: their next visit opens a new room
            _log.exception("A room failed while saving")
            self._source.failed(error)
        finally:
            self._give_up_waiters()
            if self._timer is not None:
                self._timer.cancel()

    async def _round(self) -> bool:
        """One commit. False: closing, and nothing waits any more."""
        if not self._closing:
            await self._asked.wait()
        self._asked.clear()
        waiters, self._waiters = self._waiters, []
        started = asyncio.get_running_loop().time()
        try:
            wrote = await self._save(everything=bool(waiters) or self._closing)
        except BaseException:
            self._waiters = waiters + self._waiters
            raise
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
        if wrote:
            await self._after_commit()
        if self._closing:
            return wrote  # something may have come in meanwhile
        rest_s = self._pace.window_s - (asyncio.get_running_loop().time() - started)
        if wrote and rest_s > 0:
            await asyncio.sleep(rest_s)
        return True

    async def _save(self, *, everything: bool) -> bool:
        batch, told, next_in_s = self._source.take(everything=everything)
        self._come_back(next_in_s)
        if batch.is_empty:
            self._source.saved(told, None)
            return False
        retry_s = self._pace.first_retry_s
        while True:
            try:
                result = await self._commit(batch)
            except Unavailable as error:
                self._source.not_saved(error)
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, self._pace.last_retry_s)
            else:
                self._source.saved(told, result)
                return True

    def _come_back(self, in_s: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if in_s is not None:
            self._timer = asyncio.get_running_loop().call_later(in_s, self._asked.set)

    def _give_up_waiters(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(_closed())


def _closed() -> Unavailable:
    return Unavailable("The notebook was closed before this could be saved.")
