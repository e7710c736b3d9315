"""Rooms and the files they are bound to: one `BoundFile` for each open room, one watcher for each bound folder.

Where several hub processes serve one database, one of them keeps each folder (`Bus.keep`): only its rooms have
`BoundFile`s. It opens the rooms of notebooks that somebody edits at another process, so that their files follow; when
it dies another one takes the folder over, files that were not written yet included. Two that think for some seconds
that the folder is theirs do no harm: nobody writes over a text that they have not read.

Made by the composition root; the registry calls `seed` and `attach`, the services call `flush`, `relocate` and `close`
(the port `services.drive.OpenRooms`). Everything runs on the hub's loop.

    watcher of a folder ── these paths changed ──▶ the BoundFile of each open one looks at its file
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from runhere_hub.bus.local import LocalBus
from runhere_hub.core import ipynb, paths
from runhere_hub.core.bus import Bus, Commented
from runhere_hub.core.drive import Folder
from runhere_hub.core.errors import RunhereError, Unavailable
from runhere_hub.core.ids import FolderId, NotebookId
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.folders.watch import watch
from runhere_hub.folders.write import read_text
from runhere_hub.rooms.bound_file import BoundFile
from runhere_hub.rooms.loading import Seeded
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.services.accepted_files import AcceptedFiles
from runhere_hub.services.drive import place
from runhere_hub.store import file_bases, folders, notebooks, updates
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.session import Connection, Database

_log = logging.getLogger(__name__)

_WATCH_AGAIN_S = 5.0
_WRITTEN_WITHIN_S = 8.0
_LOOK_AGAIN_S = 0.3


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
    """The bound files of every open room. `use` and `start` come before the first room.

    Args:
        accepted: Files that were read to be opened.
    """

    def __init__(
        self,
        *,
        db: Database,
        now_ms: Callable[[], int],
        bus: Bus | None = None,
        accepted: AcceptedFiles | None = None,
    ) -> None:
        self._db = db
        self._accepted = accepted or AcceptedFiles()
        self._bus = bus or LocalBus()
        self._now_ms = now_ms
        self._registry: Rooms | None = None
        self._attached: dict[str, Attached] = {}
        self._moving: dict[str, asyncio.Lock] = {}
        self._folders: dict[FolderId, _KeptFolder] = {}
        self._following: dict[str, asyncio.Task[None]] = {}

    def use(self, registry: Rooms) -> None:
        """Join the registry, which was made with `seed` and `attach` of this object."""
        self._registry = registry

    async def start(self) -> None:
        """Keep every bound folder that no other process keeps."""
        for folder in await self._db.read(folders.all_of):
            self._keep(folder.id, Path(folder.path))

    async def folder_bound(self, folder_id: FolderId) -> None:
        """Keep a folder that was bound just now."""
        folder = await self._db.read(lambda conn: folders.get(conn, folder_id))
        if isinstance(folder, Folder):
            self._keep(folder.id, Path(folder.path))

    async def stop(self) -> None:
        """Let go of the folders. The registry closes the files, before this. May be called again."""
        kept, self._folders = self._folders, {}
        tasks = [task for folder in kept.values() for task in folder.tasks] + list(self._following.values())
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
        parsed = self._accepted.take(found.sha256)
        if parsed is None:
            parsed = await asyncio.to_thread(ipynb.parse, found.text)
        return Seeded(parsed.notebook, FileBase(found.text, found.sha256, found.mtime_ns))

    async def attach(self, room: OpenRoom) -> "Attached | None":
        """The bound file of a room that was opened; None when the notebook has no file."""
        async with self._lock(room.notebook_id):
            found = await self._file_and_folder(room.notebook_id)
            if found is None:
                return None
            file, folder = found
            attached = Attached(room, folder.id, forget=lambda: self._attached.pop(room.notebook_id, None))
            if self._is_ours(folder.id):
                await attached.bind(self._bound_file(room, file, Path(folder.path)))
            self._attached[room.notebook_id] = attached
            return attached

    def _bound_file(self, room: OpenRoom, file: Path, folder: Path) -> BoundFile:
        return BoundFile(
            room,
            file,
            folder=folder,
            db=self._db,
            now_ms=self._now_ms,
            on_renamed=lambda renamed: self._renamed(room, renamed),
        )

    async def _waiting_text(self, notebook_id: str) -> Seeded | None:
        """What a notebook without a file was made from: see `services/hub_notebooks.py`."""
        base = await self._db.read(lambda conn: file_bases.load(conn, notebook_id))
        if base is None:
            return None
        return Seeded((await asyncio.to_thread(ipynb.parse, base.text)).notebook)

    async def _file_of(self, notebook_id: str) -> Path | None:
        found = await self._file_and_folder(notebook_id)
        return found[0] if found is not None else None

    async def _file_and_folder(self, notebook_id: str) -> tuple[Path, Folder] | None:
        """A notebook's file and the bound folder that it is in."""

        def work(conn: Connection) -> tuple[Path, Folder] | None:
            row = notebooks.get(conn, NotebookId(notebook_id))
            folder = folders.get(conn, row.folder_id) if row and row.folder_id else None
            if row is None or not isinstance(folder, Folder) or row.path is None or row.trashed_at is not None:
                return None
            return Path(folder.path, *paths.parse_notebook(row.path)), folder

        return await self._db.read(work)

    async def _renamed(self, room: OpenRoom, file: Path) -> bool:
        """Another program renamed the file of an open room: the notebook is there from now on.

        False when another notebook has that place already.
        """
        now = self._now_ms()

        def work(conn: Connection) -> bool:
            roots = {os.path.realpath(folder.path): folder for folder in folders.all_of(conn)}
            around = [root for root in roots if file.is_relative_to(root)]
            if not around:
                return False
            root = max(around, key=len)
            folder, path = roots[root], file.relative_to(root).as_posix()
            there = notebooks.at(conn, folder.id, path)
            if there is not None:
                return there.id == room.notebook_id  # another process of this hub moved it
            row = notebooks.get(conn, NotebookId(room.notebook_id))
            if row is not None:
                place(conn, row, folder.id, path, by=None, now=now)
            return row is not None

        is_ours = await self._db.write(work)
        if is_ours:
            room.rename(file.name[: -len(paths.NOTEBOOK_SUFFIX)], str(file.parent))
        return is_ours

    # --- what services ask (services.drive.OpenRooms) -----------------------------------------------------------------

    async def flush(self, notebook_id: NotebookId) -> None:
        """Return once the file on disk holds what the room holds, as far as it can be written."""
        open_now = self._attached.get(notebook_id)
        if open_now is not None and open_now.bound is not None:
            await open_now.bound.flush()
        elif open_now is not None:
            await self._written_elsewhere(open_now.room)

    async def _written_elsewhere(self, room: OpenRoom) -> None:
        """Wait a little until the process that keeps the folder has written the file."""
        found = await self._file_and_folder(room.notebook_id)
        if found is None:
            return
        witness = self._bound_file(room, found[0], Path(found[1].path))
        with suppress(TimeoutError):
            async with asyncio.timeout(_WRITTEN_WITHIN_S):
                while not await witness.is_written():  # noqa: ASYNC110  # it happens in another process
                    await asyncio.sleep(_LOOK_AGAIN_S)

    async def relocate(
        self, notebook_ids: Iterable[NotebookId], move: Callable[[], Awaitable[Mapping[NotebookId, Path]]]
    ) -> None:
        """See `services.drive.OpenRooms.relocate`."""
        async with AsyncExitStack() as held:
            # In one order everywhere: two moves that meet never wait for each other.
            for notebook_id in sorted(set(notebook_ids)):
                await held.enter_async_context(self._lock(notebook_id))
                await self.flush(notebook_id)
                open_now = self._attached.get(notebook_id)
                if open_now is not None and open_now.bound is not None:
                    await held.enter_async_context(open_now.bound.held())
            for notebook_id, file in (await move()).items():
                open_now = self._attached.get(notebook_id)
                if open_now is None:
                    continue
                if open_now.bound is not None:
                    open_now.bound.moved(file)
                open_now.room.rename(file.name[: -len(paths.NOTEBOOK_SUFFIX)], str(file.parent))

    async def saved(self, notebook_id: NotebookId) -> None:
        """See `services.drive.OpenRooms.saved`."""
        room = self._registry.peek(notebook_id) if self._registry is not None else None
        if room is not None:
            await room.flushed()

    async def keep_outputs_home(self, notebook_id: NotebookId, cell_id: str | None = None) -> None:
        """See `services.drive.OpenRooms.keep_outputs_home`."""
        if self._registry is None:
            return
        await (await self._registry.open(notebook_id)).keep_outputs_home(_scope(cell_id))
        open_now = self._attached.get(notebook_id)
        if open_now is not None and open_now.bound is not None:
            await open_now.bound.keep_outputs_home()
            await self._db.scrub()  # the file's last text was kept too

    async def store_outputs(self, notebook_id: NotebookId, cell_id: str | None = None) -> None:
        """See `services.drive.OpenRooms.store_outputs`."""
        if self._registry is not None:
            await (await self._registry.open(notebook_id)).store_outputs(_scope(cell_id))

    def comments_changed(self, notebook_id: NotebookId) -> None:
        """See `services.drive.OpenRooms.comments_changed`."""
        self._bus.tell(Commented(notebook_id))
        room = self._registry.peek(notebook_id) if self._registry is not None else None
        if room is not None:
            room.room.tell_comments()

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

    # --- keeping folders ---------------------------------------------------------------------------------------------

    def committed_elsewhere(self, notebook_id: str) -> None:
        """Another process committed something of a notebook that is not open here; its file may be ours to write."""
        if any(folder.is_ours for folder in self._folders.values()) and notebook_id not in self._following:
            following = asyncio.create_task(self._follow(notebook_id), name="follow")
            self._following[notebook_id] = following
            following.add_done_callback(lambda _: self._following.pop(notebook_id, None))

    async def _follow(self, notebook_id: str) -> None:
        await asyncio.sleep(_LOOK_AGAIN_S)  # one question for many commits
        try:
            found = await self._file_and_folder(notebook_id)
            if found is not None and self._is_ours(found[1].id) and self._registry is not None:
                await self._registry.open(notebook_id)
        except RunhereError as error:
            _log.warning("Notebook %s is edited elsewhere, and its file cannot follow: %s", notebook_id, error.message)

    def _is_ours(self, folder_id: FolderId) -> bool:
        kept = self._folders.get(folder_id)
        return kept is not None and kept.is_ours

    def _keep(self, folder_id: FolderId, folder: Path) -> None:
        if folder_id in self._folders:
            return
        kept = self._folders[folder_id] = _KeptFolder(folder)
        if self._bus.is_shared:
            kept.keeping = asyncio.create_task(self._keep_in_turn(folder_id, kept), name=f"keep {folder}")
        else:
            self._on_kept(folder_id, kept, is_ours=True)

    async def _keep_in_turn(self, folder_id: FolderId, kept: "_KeptFolder") -> None:
        while not await asyncio.to_thread(kept.folder.is_dir):  # noqa: ASYNC110  # the disk has no event for it
            await asyncio.sleep(_WATCH_AGAIN_S)  # not on this machine: another one's to keep
        await self._bus.keep(f"folder {folder_id}", lambda is_ours: self._on_kept(folder_id, kept, is_ours=is_ours))

    def _on_kept(self, folder_id: FolderId, kept: "_KeptFolder", *, is_ours: bool) -> None:
        kept.is_ours = is_ours
        if not is_ours:
            kept.stop_watching()
            for attached in list(self._attached.values()):
                if attached.folder_id == folder_id:
                    attached.unbind()
            return
        kept.watching = asyncio.create_task(self._keep_watching(kept.folder), name=f"watch {kept.folder}")
        if self._bus.is_shared:
            kept.taking_over = asyncio.create_task(self._take_over(folder_id, kept), name=f"take over {kept.folder}")

    async def _take_over(self, folder_id: FolderId, kept: "_KeptFolder") -> None:
        """Bind what is open here, and open what the process that died had open: it may not have written it."""
        for attached in list(self._attached.values()):
            if attached.folder_id == folder_id:
                await self._bind(attached, kept.folder)
        for notebook_id in await self._db.read(lambda conn: updates.with_log(conn, folder_id)):
            await self._follow(notebook_id)

    async def _bind(self, attached: "Attached", folder: Path) -> None:
        async with self._lock(attached.room.notebook_id):
            file = await self._file_of(attached.room.notebook_id)
            if file is not None and attached.bound is None and not attached.is_closed:
                await attached.bind(self._bound_file(attached.room, file, folder))

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
        for bound in [one.bound for one in self._attached.values() if one.bound is not None]:
            if os.path.realpath(bound.path) in real:
                bound.look()
            bound.appeared(changed)


@dataclass
class _KeptFolder:
    """A bound folder, and whether this process is the one that writes its files."""

    folder: Path
    is_ours: bool = False
    keeping: asyncio.Task[None] | None = None
    watching: asyncio.Task[None] | None = None
    taking_over: asyncio.Task[None] | None = None

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What runs for it."""
        return [task for task in (self.keeping, self.watching, self.taking_over) if task is not None]

    def stop_watching(self) -> None:
        """The folder is another process's now."""
        for task in (self.watching, self.taking_over):
            if task is not None:
                task.cancel()


class Attached:
    """A room of a bound folder as the registry holds it. `bound` is None while another process writes the file."""

    def __init__(self, room: OpenRoom, folder_id: FolderId, *, forget: Callable[[], object]) -> None:
        self.room = room
        self.folder_id = folder_id
        self.bound: BoundFile | None = None
        self.is_closed = False
        self._forget = forget

    async def bind(self, bound: BoundFile) -> None:
        """From now on the file is written here."""
        await bound.start()
        self.bound = bound

    def unbind(self) -> None:
        """Another process writes the file now: nothing more is written here."""
        if self.bound is not None:
            self.bound.abandon()
            self.bound = None

    async def close(self) -> None:
        """Write what waits and let go."""
        self.is_closed = True
        try:
            if self.bound is not None:
                await self.bound.close()
        finally:
            self._forget()


def _scope(cell_id: str | None) -> AtHome:
    return AtHome(everything=True) if cell_id is None else AtHome(cells=frozenset({cell_id}))
