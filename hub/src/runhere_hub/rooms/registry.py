"""Which notebooks are open. Opens a room once, however many ask at once; closes it when nobody was in it for a while.

The registry owns every room and one task of its own, the clockwork: it lets rooms beat, keeps automatic revisions and
closes idle rooms.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random
from typing import Protocol

from runhere_hub.bus.local import LocalBus
from runhere_hub.core.blobs import BlobStore
from runhere_hub.core.bus import LOOK_EVERY_MS, Bus, Commented, Committed, Missed, News, Present
from runhere_hub.core.errors import NotFound, RunhereError, Unavailable
from runhere_hub.doc import lost_cells, notebook_doc
from runhere_hub.doc.log import replay
from runhere_hub.rooms.authors import Recorded
from runhere_hub.rooms.autosave import Pace
from runhere_hub.rooms.commits import Commits
from runhere_hub.rooms.live_document import LiveDocument
from runhere_hub.rooms.live_runs import LiveRuns
from runhere_hub.rooms.loading import Seed, last_stood, load
from runhere_hub.rooms.open_room import OpenRoom, Surroundings
from runhere_hub.rooms.room import About, Room
from runhere_hub.rooms.who_is_here import Telling
from runhere_hub.services.rooms import LoadedRoom
from runhere_hub.store.session import Database
from runhere_protocol import CloseCode

_log = logging.getLogger(__name__)

IDLE_MS = 60_000
"""A room is closed this long after the last page left."""
TOMBSTONES_STAY_MS = 30 * 24 * 3600 * 1000
_TICK_S = 1.0
_GIVE_UP_AFTER_S = 10.0
_AUTHORS_LATER_S = 1.0


class Attachment(Protocol):
    """Something that lives as long as a room: a bound file."""

    async def close(self) -> None:
        """Finish. The room still works; nobody is in it any more."""
        ...


Attach = Callable[[OpenRoom], Awaitable[Attachment | None]]


async def _no_seed(_notebook_id: str) -> None:
    return None


async def _no_attachment(_room: OpenRoom) -> None:
    return None


class _Opened:
    """A room and what goes with it."""

    def __init__(self, room: OpenRoom) -> None:
        self.room = room
        self.attachment: Attachment | None = None
        self.revising: asyncio.Task[None] | None = None
        self.looking: asyncio.Task[None] | None = None
        self.look_again = False


class RoomRegistry:
    """Every open room of this process.

    Args:
        clock: Milliseconds since 1970 (UTC).
        new_id: 32 hex digits, never the same twice.
        random: For positions of cells in new documents.
        seed: What a notebook without a document starts with (its file); None: an empty one.
        attach: Called with each room before anybody may join.
        on_elsewhere: Told the id of a notebook that is not open here and was changed at another hub process.
        bus: How hub processes of one database tell each other; None: there is only this one.
        pace: How often a room writes; tests set it to 0.
        shows_paths: See `About`.
    """

    def __init__(  # noqa: PLR0913  # what every room is given comes in here, once
        self,
        *,
        db: Database,
        blobs: BlobStore,
        clock: Callable[[], int],
        new_id: Callable[[], str],
        random: Random,
        seed: Seed = _no_seed,
        attach: Attach = _no_attachment,
        on_elsewhere: Callable[[str], None] = lambda _notebook_id: None,
        bus: Bus | None = None,
        pace: Pace | None = None,
        shows_paths: bool = True,
    ) -> None:
        process = new_id()
        bus, pace = bus or LocalBus(), pace or Pace()
        self._around = Surroundings(
            db=db,
            blobs=blobs,
            clock=clock,
            new_id=new_id,
            process=process,
            random=random,
            bus=bus,
            pace=pace,
            commits=Commits(db, process=process, clock=clock, shared=bus.is_shared, apart_s=pace.apart_s),
        )
        self._shows_paths = shows_paths
        self._seed = seed
        self._attach = attach
        self._on_elsewhere = on_elsewhere
        self._opening: dict[str, asyncio.Task[_Opened]] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._clockwork: asyncio.Task[None] | None = None
        self._closed = False

    async def start(self) -> None:
        """Start the clockwork, and listen to other hub processes."""
        await self._around.bus.start(self._on_news)
        self._clockwork = asyncio.create_task(self._run_clockwork(), name="room-clockwork")

    async def open(self, notebook_id: str) -> OpenRoom:
        """The room of a notebook; the first to ask loads it, everybody else waits for that.

        Raises:
            NotFound: There is no such notebook, or it lies in the trash.
            Unavailable: It cannot be read now; the next call tries again.
        """
        while (closing := self._closing.get(notebook_id)) is not None:
            await asyncio.wait({closing})
        if self._closed:
            raise _stopping()
        task = self._opening.get(notebook_id)
        if task is None:
            task = asyncio.create_task(self._load(notebook_id), name="room-open")
            self._opening[notebook_id] = task
            task.add_done_callback(lambda done: self._forget_failed(notebook_id, done))
        # Shielded: whoever asked first may go away, the others still want the room.
        return (await asyncio.shield(task)).room

    def peek(self, notebook_id: str) -> OpenRoom | None:
        """The room, if it is open."""
        opened = self._opened(notebook_id)
        return opened.room if opened is not None else None

    async def close_room(
        self, notebook_id: str, code: CloseCode = CloseCode.NO_SUCH_NOTEBOOK, reason: str = ""
    ) -> None:
        """Send a room's pages away and close it, everything written. Nothing happens when it is not open."""
        closing = self._closing.get(notebook_id)
        if closing is None:
            task = self._opening.get(notebook_id)
            if task is None:
                return
            closing = asyncio.create_task(self._close(notebook_id, task, code, reason), name="room-close")
            self._closing[notebook_id] = closing
        await asyncio.shield(closing)

    async def tick(self) -> None:
        """What the clockwork does about once a second."""
        for notebook_id in list(self._opening):
            opened = self._opened(notebook_id)
            if opened is None or notebook_id in self._closing:
                continue
            opened.room.room.tick()
            looked_before_ms = self._around.clock() - opened.room.looked_at
            # Below 0: the clock was set back.
            if self._around.bus.is_shared and not 0 <= looked_before_ms < LOOK_EVERY_MS:
                self._look(notebook_id)
            if opened.room.wants_revision() and (opened.revising is None or opened.revising.done()):
                opened.revising = asyncio.create_task(opened.room.revise_automatically(), name="room-revise")
            if self._is_idle(opened.room.room):
                await self.close_room(notebook_id, CloseCode.HUB_STOPS, "Nobody was here.")

    async def idle(self) -> None:
        """Wait until the rooms that are being closed are closed, and revisions that are being kept are kept."""
        revising = [one.revising for id_ in self._opening if (one := self._opened(id_)) is not None and one.revising]
        await asyncio.gather(*self._closing.values(), *revising)

    async def close(self) -> None:
        """Close every room, everything written. May be called again."""
        self._closed = True
        if self._clockwork is not None:
            self._clockwork.cancel()
            await asyncio.wait({self._clockwork})
        closing = [
            self.close_room(notebook_id, CloseCode.HUB_STOPS, "The hub stops.")
            for notebook_id in {*self._opening, *self._closing}
        ]
        await asyncio.gather(*closing)
        await self._around.commits.close()
        await self._around.bus.close()

    def _is_idle(self, room: Room) -> bool:
        return room.empty_since is not None and self._around.clock() - room.empty_since >= IDLE_MS

    def _opened(self, notebook_id: str) -> _Opened | None:
        task = self._opening.get(notebook_id)
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()

    def _forget_failed(self, notebook_id: str, task: asyncio.Task[_Opened]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._opening.pop(notebook_id, None)

    # --- opening ---------------------------------------------------------------------------------------------------

    async def _load(self, notebook_id: str) -> _Opened:
        loaded = await load(self._around, notebook_id, self._seed)
        opened = _Opened(self._make(loaded))
        room = opened.room
        room.autosave.start()
        # Whose text a file's is, where that is not written down yet; pages that wait to come in come first.
        room.autosave.ask(in_s=_AUTHORS_LATER_S)
        try:
            before_ms = self._around.clock() - TOMBSTONES_STAY_MS
            if loaded.made_from is None:  # else nothing was deleted in it yet
                room.room.edit(lambda doc: notebook_doc.purge(doc, before_ms))
                await self._put_back_lost(room.room, loaded)
            room.made_from = loaded.made_from
            opened.attachment = await self._attach(room)
            room.made_from = None  # what comes from now on is not in the file
        except BaseException:
            await room.autosave.close(give_up_after_s=0)
            raise
        room.room.take_edits()
        return opened

    async def _put_back_lost(self, room: Room, loaded: LoadedRoom) -> None:
        lost = lost_cells.lost_cells(room.document.doc)
        if lost:
            stood = await last_stood(self._around.db, loaded, lost)
            room.edit(lambda doc: lost_cells.put_back(doc, stood))
            _log.warning("Notebook %s: %d cells that nothing showed were put back", loaded.notebook_id, len(lost))

    def _make(self, loaded: LoadedRoom) -> OpenRoom:
        notebook_id = loaded.notebook_id
        room = Room(
            About(
                notebook_id=notebook_id,
                owner_id=loaded.owner_id,
                title=loaded.title,
                folder_path=loaded.folder_path,
                at_home=loaded.at_home,
                seq=loaded.seq,
                shows_paths=self._shows_paths,
            ),
            LiveDocument(replay(loaded.updates), loaded.clients, Recorded(loaded.contributions, loaded.digests)),
            LiveRuns(loaded.runs, clock=self._around.clock, new_id=self._around.new_id),
            clock=self._around.clock,
            new_id=self._around.new_id,
            ask=lambda: opened.autosave.ask(),
            on_failed=lambda: self._on_failed(notebook_id),
            telling=Telling(
                elsewhere=lambda payload: self._around.bus.tell(Present(notebook_id, payload)),
                later=lambda seconds, then: asyncio.get_running_loop().call_later(seconds, then),
                apart_ms=round(self._around.pace.presence_s * 1000),
            ),
        )
        opened = OpenRoom(
            room,
            self._around,
            document_bytes=sum(map(len, loaded.updates)) - loaded.log_bytes,
            log_count=loaded.log_count,
            log_bytes=loaded.log_bytes,
        )
        return opened

    # --- other hub processes ---------------------------------------------------------------------------------------

    def _on_news(self, news: News) -> None:
        match news:
            case Present(notebook_id, payload):
                opened = self._opened(notebook_id)
                if opened is not None:
                    opened.room.room.adopt_presence(payload)
            case Commented(notebook_id):
                self._tell_comments(notebook_id)
            case Committed(notebook_id):
                if notebook_id in self._opening:
                    self._look(notebook_id)
                else:
                    self._on_elsewhere(notebook_id)
            case Missed():
                for notebook_id in list(self._opening):
                    self._look(notebook_id)
                    self._tell_comments(notebook_id)

    def _tell_comments(self, notebook_id: str) -> None:
        opened = self._opened(notebook_id)
        if opened is not None:
            opened.room.room.tell_comments()

    def _look(self, notebook_id: str) -> None:
        """Let a room look for what others committed; asked while it looks, it looks once more."""
        opened = self._opened(notebook_id)
        if opened is None or notebook_id in self._closing:
            return
        opened.look_again = True
        if opened.looking is None or opened.looking.done():
            opened.looking = asyncio.create_task(self._keep_looking(opened), name="room-look")

    async def _keep_looking(self, opened: _Opened) -> None:
        while opened.look_again:
            opened.look_again = False
            try:
                await opened.room.look()
            except NotFound as error:
                opened.room.room.failed(error)
            except Unavailable as error:
                _log.warning("Notebook %s: %s", opened.room.notebook_id, error.message)

    # --- closing ---------------------------------------------------------------------------------------------------

    def _on_failed(self, notebook_id: str) -> None:
        task = self._opening.get(notebook_id)
        if task is not None and notebook_id not in self._closing:
            closing = asyncio.create_task(self._close(notebook_id, task, CloseCode.ROOM_FAILED, "The room failed."))
            self._closing[notebook_id] = closing

    async def _close(self, notebook_id: str, task: asyncio.Task[_Opened], code: CloseCode, reason: str) -> None:
        try:
            opened = await asyncio.shield(task)
            opened.room.room.send_all_away(code, reason)
            for task_of_it in (opened.revising, opened.looking):
                if task_of_it is not None:
                    await _in_time(task_of_it)
            if opened.attachment is not None:
                await _in_time(opened.attachment.close())
            await opened.room.close(code, reason, give_up_after_s=_GIVE_UP_AFTER_S)
        except RunhereError as error:
            _log.warning("Notebook %s could not be closed in order: %s", notebook_id, error.message)
        finally:
            self._opening.pop(notebook_id, None)
            self._closing.pop(notebook_id, None)

    async def _run_clockwork(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            try:
                await self.tick()
            except Exception:  # noqa: BLE001  # one room's trouble must not stop the others' beats
                _log.exception("The rooms' clockwork stumbled")


async def _in_time(work: Awaitable[None]) -> None:
    """Wait for it, but not for ever: on a full disk it may not end."""
    try:
        async with asyncio.timeout(_GIVE_UP_AFTER_S):
            await work
    except TimeoutError:
        _log.warning("A notebook was closed although something of it could not be finished")


def _stopping() -> RunhereError:
    return Unavailable("The hub stops.")
