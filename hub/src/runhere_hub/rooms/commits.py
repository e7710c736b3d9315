"""Commits of every room of this process: what waits at one moment goes into one transaction.

A transaction costs the same for one room as for twenty: a thread hop, the statements around it, an fsync. With twenty
rooms in which people type, one for each room was half of the hub's processor time.

    room ── batch ──▶ waits ──▶ one transaction for all that wait ──▶ each room is told
                                        │ failed
                                        └──▶ each batch alone: only whose fault it is fails
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runhere_hub.services import rooms as room_service
from runhere_hub.services.rooms import Batch, CommitResult
from runhere_hub.store.session import Database

_MOST_TOGETHER = 100


@dataclass(frozen=True)
class _Waiting:
    notebook_id: str
    batch: Batch
    done: "asyncio.Future[CommitResult]"


class Commits:
    """Made by the registry, which closes it after its rooms. Used from the hub's loop.

    Args:
        process: Id of this hub process.
        clock: Milliseconds since 1970 (UTC).
        shared: Other processes work on the same database.
        apart_s: Transactions start at least this far apart; the first after a pause starts at once.
    """

    def __init__(self, db: Database, *, process: str, clock: Callable[[], int], shared: bool, apart_s: float) -> None:
        self._db = db
        self._process = process
        self._clock = clock
        self._shared = shared
        self._apart_s = apart_s
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def commit(self, notebook_id: str, batch: Batch) -> CommitResult:
        """Write a batch; when this returns it is on disk. Who does not wait any longer does not take it back.

        Raises:
            DiskFull, DatabaseDamaged, DatabaseUnavailable: Nothing of the batch was written; it may be tried again.
            NotFound: The notebook is gone for good.
        """
        done: asyncio.Future[CommitResult] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(notebook_id, batch, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="commits")
        return await done

    async def close(self) -> None:
        """Wait for what is being written. May be called again."""
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def _write(self) -> None:
        while self._waiting:
            started = asyncio.get_running_loop().time()
            together, self._waiting = self._waiting[:_MOST_TOGETHER], self._waiting[_MOST_TOGETHER:]
            # In one order everywhere: processes that lock several notebooks never wait for each other.
            together.sort(key=lambda one: one.notebook_id)
            if not await self._committed(together) and len(together) > 1:
                for one in together:
                    await self._committed([one])
            rest_s = self._apart_s - (asyncio.get_running_loop().time() - started)
            if rest_s > 0:
                await asyncio.sleep(rest_s)

    async def _committed(self, together: Sequence[_Waiting]) -> bool:
        """Write these in one transaction and tell who waits. False: several, and nobody was told of the failure."""
        try:
            results = await room_service.commit(
                self._db,
                [(one.notebook_id, one.batch) for one in together],
                process=self._process,
                now=self._clock(),
                shared=self._shared,
            )
        except Exception as error:  # noqa: BLE001  # it is raised where the batch came from
            if len(together) == 1 and not together[0].done.done():
                together[0].done.set_exception(error)
            return False
        for one, result in zip(together, results, strict=True):
            if not one.done.done():
                one.done.set_result(result)
        return True
