"""A hub without a server on a bound folder: real files, a real database, a real watcher."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from runhere_hub.blobs.memory import MemoryBlobStore
from runhere_hub.core import ipynb
from runhere_hub.core.bus import Bus
from runhere_hub.core.ids import FolderId
from runhere_hub.rooms.bound_file import BoundFile
from runhere_hub.rooms.bound_rooms import BoundRooms
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.rooms.registry import RoomRegistry
from runhere_hub.store import tables
from runhere_hub.store.session import Connection, Database
from runhere_hub.testing.fakes import counted_ids
from runhere_hub.testing.pages import Page
from runhere_hub.testing.small_hub import ADA, AT_ONCE, NOTEBOOK, Seat, add_notebook, pump

FOLDER = FolderId("f" * 32)


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class BoundHub:
    """A hub with one bound folder and one notebook in it, that can be ended, killed and started again."""

    def __init__(self, db: Database, folder: Path, bus: Bus | None = None) -> None:
        self.db, self.folder, self.bus = db, folder, bus
        self.file = folder / "n.ipynb"
        self.new_id = counted_ids()
        self.blobs = MemoryBlobStore()

    async def start(self) -> None:
        """Open for pages."""
        self.bound = BoundRooms(db=self.db, now_ms=now_ms, bus=self.bus)
        self.registry = RoomRegistry(
            db=self.db,
            blobs=self.blobs,
            clock=now_ms,
            new_id=self.new_id,
            random=Random(1),
            pace=AT_ONCE,
            seed=self.bound.seed,
            attach=self.bound.attach,
            on_elsewhere=self.bound.committed_elsewhere,
            bus=self.bus,
        )
        self.bound.use(self.registry)
        await self.registry.start()
        await self.bound.start()

    async def room(self) -> OpenRoom:
        """The notebook's room."""
        return await self.registry.open(NOTEBOOK)

    async def page(self) -> Seat:
        """A page that has joined and synced."""
        seat = Seat(await self.room(), Page())
        pump(seat)
        return seat

    async def stop(self) -> None:
        """End in order."""
        await self.registry.close()
        await self.bound.stop()

    async def kill(self) -> None:
        """As after `kill -9`: nothing more is written; what was acknowledged is in the database."""
        for bound in [one.bound for one in self.bound._attached.values() if one.bound is not None]:
            if bound._task is not None:
                bound._task.cancel()
                await asyncio.gather(bound._task, return_exceptions=True)
                bound._task = None
        await self.stop()

    async def die(self) -> None:
        """As `kill`, and no room is closed: the log stays as it is. Somebody else goes on with the database."""
        for notebook_id, attached in list(self.bound._attached.items()):
            attached.unbind()
            room = self.registry.peek(notebook_id)
            if room is not None and room.autosave._task is not None:
                room.autosave._task.cancel()
        if self.registry._clockwork is not None:
            self.registry._clockwork.cancel()
        await self.bound.stop()
        if self.bus is not None:
            await self.bus.close()

    @property
    def keeps_folder(self) -> bool:
        """Whether this hub writes the folder's files."""
        return any(folder.is_ours for folder in self.bound._folders.values())


def prepare(conn: Connection, folder: Path) -> None:
    """One bound folder of Ada's with one notebook."""
    bound = {"id": FOLDER, "path": str(folder), "owner_id": ADA.id, "bound_at": 0}
    conn.execute(tables.folders.insert().values(**bound))
    add_notebook(conn, NOTEBOOK, folder_id=FOLDER, path="n.ipynb")


def bound_file(hub: BoundHub) -> BoundFile:
    """The notebook's file, which this hub writes."""
    bound = hub.bound._attached[NOTEBOOK].bound
    assert bound is not None
    return bound


def text_of(*sources: str, minor: int = 5, **outputs: str) -> str:
    """A notebook file; `o0` … give cells an output."""
    cells: list[Any] = []
    for index, source in enumerate(sources):
        shown = (
            [{"output_type": "stream", "name": "stdout", "text": [outputs[f"o{index}"]]}]
            if f"o{index}" in outputs
            else []
        )
        cell: dict[str, Any] = {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": shown,
            "source": source.splitlines(True),
        }
        cells.append(cell | ({"id": f"c{index}"} if minor >= 5 else {}))
    whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": minor}
    return json.dumps(whole, indent=1, sort_keys=True) + "\n"


async def until(condition: Callable[[], object], limit_s: float = 30) -> None:
    """Let the loop run until this holds; fails after the limit."""
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110 - files and other tasks give no event
            await asyncio.sleep(0.01)


def sources(path: Path) -> list[str]:
    """What a file's cells say."""
    return [cell.source for cell in ipynb.parse(path.read_text(encoding="utf-8")).notebook.cells]
