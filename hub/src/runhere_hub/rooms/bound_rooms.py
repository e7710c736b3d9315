"""Rooms and the files they are bound to: one `BoundFile` for each open room, one watcher for each bound folder.

Made by the composition root; the registry calls `seed` and `attach`, the services call `flush`, `relocate` and `close`
(the port `services.drive.OpenRooms`). Everything runs on the hub's loop.

    watcher of a folder ── these paths changed ──▶ the BoundFile of each open one looks at its file
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Protocol

from runhere_hub.core import ipynb, paths
from runhere_hub.core.drive import Folder
from runhere_hub.core.errors import RunhereError, Unavailable
from runhere_hub.core.ids import FolderId, NotebookId
from runhere_hub.folders.watch import watch
from runhere_hub.folders.write import read_text
from runhere_hub.rooms.bound_file import BoundFile
from runhere_hub.rooms.loading import Seeded
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.store import file_bases, folders, notebooks
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.session import Connection, Database

_log = logging.getLogger(__name__)

_WATCH_AGAIN_S = 5.0


class Rooms(Protocol):
    """As much of the registry as is needed here."""

    async def open(self, notebook_id: str) -> OpenRoom:
        """The room of a notebook, opened when it is not."""
        ...

    def peek(self, notebook_id: str) -> OpenRoom | None:
        """The room, if it is open."""
        ...

    async def close_room(self, notebook_id: str) -> None:
        """Send everybody away and close the room, everything written."""
        ...


class BoundRooms:
    """The bound files of every open room. `use` and `start` come before the first room."""

    def __init__(self, *, db: Database, now_ms: Callable[[], int], random: Random) -> None:
        self._db = db
        self._now_ms = now_ms
        self._random = random
        self._registry: Rooms | None = None
        self._bound: dict[str, tuple[OpenRoom, BoundFile]] = {}
        self._moving: dict[str, asyncio.Lock] = {}
        self._watchers: dict[FolderId, asyncio.Task[None]] = {}

    def use(self, registry: Rooms) -> None:
        """Join the registry, which was made with `seed` and `attach` of this object."""
        self._registry = registry

    async def start(self) -> None:
        """Watch every bound folder."""
        for folder in await self._db.read(folders.all_of):
            self._watch(folder.id, Path(folder.path))

    async def folder_bound(self, folder_id: FolderId) -> None:
        """Watch a folder that was bound just now."""
        folder = await self._db.read(lambda conn: folders.get(conn, folder_id))
        if isinstance(folder, Folder):
            self._watch(folder.id, Path(folder.path))

    async def stop(self) -> None:
        """Stop watching. The registry closes the files. May be called again."""
        tasks = list(self._watchers.values())
        self._watchers.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- what the registry asks ------------------------------------------------------------------------------------

    async def seed(self, notebook_id: str) -> Seeded | None:
        """The notebook's file as the beginning of its document, and as the base of merges. Stores nothing.

        Raises:
            NotebookInvalid, NotebookNeedsUpgrade, FileMissing, FileUnreadable: The room cannot be opened.
        """
        file = await self._file_of(notebook_id)
        if file is None:
            return await self._waiting_text(notebook_id)
        found = await asyncio.to_thread(read_text, file)
        parsed = await asyncio.to_thread(ipynb.parse, found.text)
        return Seeded(parsed.notebook, FileBase(found.text, found.sha256, found.mtime_ns))

    async def attach(self, room: OpenRoom) -> "Attached | None":
        """The bound file of a room that was opened; None when the notebook has no file."""
        async with self._lock(room.notebook_id):
            found = await self._file_and_folder(room.notebook_id)
            if found is None:
                return None
            file, folder = found
            bound = BoundFile(
                room,
                file,
                folder=folder,
                db=self._db,
                now_ms=self._now_ms,
                random=self._random,
                on_renamed=lambda renamed: self._renamed(room, renamed),
            )
            await bound.start()
            self._bound[room.notebook_id] = (room, bound)
            return Attached(bound, forget=lambda: self._bound.pop(room.notebook_id, None))

    async def _waiting_text(self, notebook_id: str) -> Seeded | None:
        """What a notebook without a file was made from: see `services/hub_notebooks.py`."""
        base = await self._db.read(lambda conn: file_bases.load(conn, notebook_id))
        if base is None:
            return None
        return Seeded((await asyncio.to_thread(ipynb.parse, base.text)).notebook)

    async def _file_of(self, notebook_id: str) -> Path | None:
        found = await self._file_and_folder(notebook_id)
        return found[0] if found is not None else None

    async def _file_and_folder(self, notebook_id: str) -> tuple[Path, Path] | None:
        """A notebook's file and the bound folder that it is in."""

        def work(conn: Connection) -> tuple[Path, Path] | None:
            row = notebooks.get(conn, NotebookId(notebook_id))
            folder = folders.get(conn, row.folder_id) if row and row.folder_id else None
            if row is None or not isinstance(folder, Folder) or row.path is None or row.trashed_at is not None:
                return None
            return Path(folder.path, *paths.parse_notebook(row.path)), Path(folder.path)

        return await self._db.read(work)

    async def _renamed(self, room: OpenRoom, file: Path) -> bool:
        """Another program renamed the file of an open room: the notebook is there from now on.

        False when another notebook has that place already.
        """

        def work(conn: Connection) -> bool:
            roots = {os.path.realpath(folder.path): folder for folder in folders.all_of(conn)}
            around = [root for root in roots if file.is_relative_to(root)]
            if not around:
                return False
            root = max(around, key=len)
            folder, path = roots[root], file.relative_to(root).as_posix()
            if notebooks.at(conn, folder.id, path) is not None:
                return False
            notebooks.place(conn, NotebookId(room.notebook_id), folder.id, path)
            return True

        is_ours = await self._db.write(work)
        if is_ours:
            room.rename(file.name[: -len(paths.NOTEBOOK_SUFFIX)], str(file.parent))
        return is_ours

    # --- what services ask (services.drive.OpenRooms) -----------------------------------------------------------------

    async def flush(self, notebook_id: NotebookId) -> None:
        """Return once the file on disk holds what the room holds, as far as it can be written."""
        open_now = self._bound.get(notebook_id)
        if open_now is not None:
            await open_now[1].flush()

    async def relocate(self, notebook_id: NotebookId, move: Callable[[], Awaitable[Path]]) -> None:
        """See `services.drive.OpenRooms.relocate`."""
        async with self._lock(notebook_id):
            open_now = self._bound.get(notebook_id)
            if open_now is None:
                await move()
                return
            room, bound = open_now
            await bound.flush()
            async with bound.held():
                file = await move()
                bound.moved(file)
            room.rename(file.name[: -len(paths.NOTEBOOK_SUFFIX)], str(file.parent))

    async def close(self, notebook_id: NotebookId) -> None:
        """Write what is pending, then send everybody out."""
        if self._registry is not None:
            await self._registry.close_room(notebook_id)

    async def text(self, notebook_id: NotebookId) -> str:
        """See `services.drive.OpenRooms.text`."""
        if self._registry is None:
            raise Unavailable("The hub is not ready yet.")
        notebook = await (await self._registry.open(notebook_id)).notebook()
        return await asyncio.to_thread(lambda: ipynb.render(notebook, previous_text=None))

    async def rename(self, notebook_id: NotebookId, title: str) -> None:
        """See `services.drive.OpenRooms.rename`."""
        room = self._registry.peek(notebook_id) if self._registry is not None else None
        if room is not None:
            room.rename(title, None)

    def _lock(self, notebook_id: str) -> asyncio.Lock:
        # Never removed: a lock is small, and removing one that somebody waits for would make two.
        return self._moving.setdefault(notebook_id, asyncio.Lock())

    # --- watching ----------------------------------------------------------------------------------------------------

    def _watch(self, folder_id: FolderId, folder: Path) -> None:
        if folder_id not in self._watchers:
            self._watchers[folder_id] = asyncio.create_task(self._keep_watching(folder), name=f"watch {folder}")

    async def _keep_watching(self, folder: Path) -> None:
        """Watch until cancelled; a folder that is gone, or cannot be watched, is tried again."""
        while True:
            try:
                async for changed in watch(folder):
                    self._look(changed)
            except (RunhereError, OSError) as error:
                _log.warning("The folder %s cannot be watched now: %s", folder, error)
            await asyncio.sleep(_WATCH_AGAIN_S)

    def _look(self, changed: frozenset[Path]) -> None:
        real = {os.path.realpath(path) for path in changed}
        for _, bound in list(self._bound.values()):
            if os.path.realpath(bound.path) in real:
                bound.look()
            bound.appeared(changed)


class Attached:
    """A bound file as the registry holds it: closed with its room, and then forgotten here."""

    def __init__(self, bound: BoundFile, *, forget: Callable[[], object]) -> None:
        self._bound = bound
        self._forget = forget

    async def close(self) -> None:
        """Write what waits and let go."""
        try:
            await self._bound.close()
        finally:
            self._forget()
