"""Joins one room to one `.ipynb`: the document goes into the file, what others do to the file comes into the document.

One task does everything to the file, one thing after the other, under a lock that `held` takes as well:

    room changes ──▶ situation ──▶ due? ──▶ render over the base ──▶ write_atomically ──▶ new base
    look() ──▶ read ──▶ the base: nothing; another notebook: merge into the room ──▶ new base; else blocked

The *base* (`file_base`) is the text last read or written: the document was made from it. Nothing is written over a text
that was not read first. The rules are in `core.bound_file` and `core.merge`.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from runhere_hub.core import bound_file as rules
from runhere_hub.core import ipynb, private_outputs
from runhere_hub.core.bound_file import FileSituation, Reason, Trouble, WantedWrite
from runhere_hub.core.errors import (
    DiskFull,
    FileChangedOutside,
    FileMissing,
    FileUnreadable,
    NotebookInvalid,
    NotebookNeedsUpgrade,
    RunhereError,
    Unavailable,
)
from runhere_hub.core.merge import MergeResult, merge, open_conflicts
from runhere_hub.core.merge.align import adopt_ids
from runhere_hub.core.notebook import CellId, Notebook
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.folders.renames import find_renamed, has_sha256
from runhere_hub.folders.write import FileText, read_text, write_atomically
from runhere_hub.rooms.file_base import KeptBase, OpenBase
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.rooms.room import Change, FileState
from runhere_hub.rooms.showing import Shown
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.session import Database

_log = logging.getLogger(__name__)

_STAT_S = 3.0  # for what no watcher tells: symbolic links that lead out of the folder, overflowing queues
_GONE_S = 0.25  # while a file may turn up again
_COMPARE_MS = 500
_SETTLE_S = 0.2  # for programs that empty a file before they fill it
_REST_MS = 30_000
_CLOSE_S = 10.0
_TRIES = 3  # of a write whose file changes under it again and again

OnRenamed = Callable[[Path], Awaitable[bool]]


class BoundFile:
    """The file of one open room. `start` before all else, `close` at the end; used from the hub's loop.

    Args:
        room: Where the document is.
        file: Absolute path of the notebook file.
        now_ms: Milliseconds since 1970.
        folder: Root of the bound folder, searched when the file is gone; None: its own directory.
        on_renamed: Called under the lock when another program has renamed the file. It answers whether the file is this
            notebook's there too (False: another notebook has that place).
    """

    def __init__(
        self,
        room: OpenRoom,
        file: Path,
        *,
        db: Database,
        now_ms: Callable[[], int],
        folder: Path | None = None,
        on_renamed: OnRenamed | None = None,
    ) -> None:
        self._room = room
        self._path = file
        self._now_ms = now_ms
        self._folder = folder
        self._on_renamed = on_renamed
        self._situation = FileSituation()
        self._base = KeptBase(db, room.notebook_id)
        self._rests_at = 0  # ms; when the base's text is let go
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._must_look = False
        self._seen: tuple[int, ...] | None = None
        self._nearby: dict[Path, int] = {}
        self._merging = False
        self._conflicts = 0  # as of the last merge or write
        self._lacking = 0
        self._metadata_note: Reason | None = None
        self._compare_at: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._path

    async def start(self) -> None:
        """Look at the file and begin to follow room and file. Writes nothing now.

        What the room knows and the file lacks, because the hub was killed, is written soon after.
        """
        self._unsubscribe = self._room.subscribe(self._on_change)
        if self._room.made_from is not None:
            self._base.begin(self._room.made_from)
        else:
            await self._base.load()
            # After a kill the room may know what the file lacks. Finding out takes a while, and pages wait to come in.
            self._compare_at = self._now_ms() + _COMPARE_MS
        async with self._lock:
            await self._check()
            if self._base.mark is not None and self._base.mark.is_bare:
                self._situation = rules.edited(self._situation, self._now_ms())
            self._announce()
        self._task = asyncio.create_task(self._run(), name=f"bound file {self._path.name}")

    async def keep_outputs_home(self) -> None:
        """Take outputs out of the file, as far as it can be written, and out of what is kept of it."""
        async with self._lock:
            await self._check()
            base = await self._base.open()
            if base is not None:
                ours = (await self._room.shown()).notebook
                await self._base.make_bare(await asyncio.to_thread(self._bare_base_text, base, ours))
            self._situation = rules.edited(self._situation, self._now_ms())
            await self._write_what_waits(at_once=True)
            self._announce()

    def look(self) -> None:
        """The file may have changed: read it soon."""
        self._must_look = True
        self._wake.set()

    def appeared(self, files: Iterable[Path]) -> None:
        """These files of the folder changed: one of them may be ours under a new name."""
        now = self._now_ms()
        self._nearby = {path: at for path, at in self._nearby.items() if now - at < rules.RENAME_MS}
        self._nearby.update({path: now for path in files if path != self._path})
        if self._situation.gone_since is not None:
            self.look()

    async def flush(self) -> None:
        """Return once the file holds what the room holds, as far as it can be written."""
        async with self._lock:
            await self._check_if_changed()
            await self._compare()
            await self._write_what_waits(at_once=True)
            self._announce()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Neither read nor write the file in this block."""
        async with self._lock:
            yield

    def moved(self, file: Path) -> None:
        """The file is here from now on; to be called inside `held`."""
        self._path = file
        self._situation = rules.seen_well(self._situation)
        self.look()

    async def close(self) -> None:
        """Write what waits, as far as it can be written, and let go. May be called again."""
        task, self._task = self._task, None
        if task is None:
            return
        self._unsubscribe()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self.flush()
        except (RunhereError, TimeoutError) as error:
            _log.warning("%s could not be written at the end: %s", self._path, error)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def abandon(self) -> None:
        """Write nothing more: another process does. May be called again."""
        task, self._task = self._task, None
        if task is not None:
            self._unsubscribe()
            task.cancel()

    async def is_written(self) -> bool:
        """Whether the file, as it was read or written last by whatever process, holds what the room holds."""
        await self._base.load()
        base = await self._base.open()
        if base is None:
            return False
        text, _ = await self._rendered(base, WantedWrite(with_outputs=True))
        return text == base.text

    # --- the task ----------------------------------------------------------------------------------------------------

    def _on_change(self, change: Change) -> None:
        if self._merging and change.by_hub:
            return  # our own merge: `_merge` finds out whether the file lacks something
        now = self._now_ms()
        if change.kind == "document":
            waits = self._situation.edited is not None
            self._situation = rules.edited(self._situation, now)
            if waits:
                return  # for the file's task; one more key press only puts the write off
        else:
            ended = change.kind == "run_finished" or change.by_hub
            self._situation = rules.outputs_came(self._situation, now, run_ended=ended)
        self._announce()
        self._wake.set()

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._wait_s()):
                    await self._wake.wait()
            self._wake.clear()
            try:
                async with self._lock:
                    self._situation = rules.none_later_than(self._situation, self._now_ms())
                    await self._check_if_changed()
                    if self._compare_at is not None and self._compare_at <= self._now_ms():
                        await self._compare()
                    await self._write_what_waits()
                    self._rest()
                    self._announce()
            except Unavailable as error:
                _log.warning("The file %s cannot be kept now: %s", self._path, error.message)
                await asyncio.sleep(1)
            except Exception:  # noqa: BLE001 - this task is the file's only writer: it goes on at its next turn
                _log.exception("The file %s could not be kept", self._path)
                self._situation = rules.landed(self._situation)
                await asyncio.sleep(1)

    def _rest(self) -> None:
        """Let go of the base's text a while after it was needed last."""
        now = self._now_ms()
        if rules.due_at(self._situation) is not None or self._compare_at is not None:
            self._rests_at = now + _REST_MS
        elif not now < self._rests_at <= now + _REST_MS:  # or the clock was set back
            self._base.rest()

    def _wait_s(self) -> float:
        if self._must_look:
            return 0
        if self._situation.gone_since is not None:
            return _GONE_S
        dues = [at for at in (rules.due_at(self._situation), self._compare_at) if at is not None]
        return min([_STAT_S, *(max(0.0, (at - self._now_ms()) / 1000) for at in dues)])

    def _announce(self) -> None:
        notes = [rules.lost_outputs_note(self._lacking)] if self._lacking else []
        notes += [self._metadata_note] if self._metadata_note is not None else []
        state, reasons = rules.shown(self._situation, conflicts=self._conflicts, notes=notes)
        self._room.announce_file(FileState(state, str(self._path), reasons))

    # --- from the file to the room -----------------------------------------------------------------------------------

    async def _check_if_changed(self) -> None:
        blocked = self._situation.blocked
        is_uncertain = self._situation.gone_since is not None or (blocked and blocked.trouble == "unreadable")
        if self._must_look or is_uncertain or self._stat() != self._seen:
            await self._check()

    def _stat(self) -> tuple[int, ...] | None:
        try:
            status = os.stat(self._path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino

    async def _check(self) -> None:
        """Read the file and act on what is there."""
        self._must_look = False
        self._seen = self._stat()
        try:
            found, parsed = await self._read()
        except FileMissing:
            await self._missing()
        except FileUnreadable as error:
            self._block("unreadable", rules.unreadable(error.message, error.details))
        except NotebookNeedsUpgrade as error:
            self._block("invalid", rules.old_format(error.message, error.nbformat))
        except NotebookInvalid as error:
            self._block("invalid", rules.no_notebook(error.message, line=error.line, column=error.column))
        except _ConflictMarkers as found_markers:
            self._block("conflict", rules.markers_message(found_markers.line))
        else:
            self._situation = rules.seen_well(self._situation)
            if parsed is not None:
                await self._merge(found, parsed)

    async def _read(self) -> tuple[FileText, ipynb.ParsedFile | None]:
        """The file, and what it says unless that is the base."""
        for is_last in (False, True):
            found = await asyncio.to_thread(read_text, self._path)
            if self._base.mark is not None and found.sha256 == self._base.mark.sha256:
                return found, None
            try:
                return found, await asyncio.to_thread(ipynb.parse, found.text)
            except NotebookInvalid as error:
                if is_last:
                    line = ipynb.conflict_markers_line(found.text)
                    raise error if line is None else _ConflictMarkers(line) from error
            await asyncio.sleep(_SETTLE_S)
        raise AssertionError("the last try returns or raises")

    async def _missing(self) -> None:
        now = self._now_ms()
        for candidate in [path for path, at in self._nearby.items() if now - at < rules.RENAME_MS]:
            mark = self._base.mark
            if mark is not None and await asyncio.to_thread(has_sha256, candidate, mark.sha256):
                if await self._renamed(candidate):
                    return
                del self._nearby[candidate]
        self._situation = rules.gone(self._situation, now)
        if rules.is_lost(self._situation, now):
            found = await self._found_elsewhere(self._situation.gone_since or now)
            if found is not None and await self._renamed(found):
                return
            told = "The file was deleted or moved away. Your notebook is kept here; put the file back to go on."
            self._block("missing", Reason("gone", told))

    async def _found_elsewhere(self, gone_since: int) -> Path | None:
        mark = self._base.mark
        if mark is None:
            return None
        return await asyncio.to_thread(
            find_renamed,
            self._folder or self._path.parent,
            sha256=mark.sha256,
            size_bytes=mark.size_bytes,
            since_ns=(gone_since - rules.RENAME_MS) * 1_000_000,
        )

    async def _renamed(self, file: Path) -> bool:
        file = Path(await asyncio.to_thread(os.path.realpath, file.parent), file.name)
        if self._on_renamed is not None and not await self._on_renamed(file):
            return False
        self._path = file
        self._nearby.clear()
        self._seen = self._stat()
        self._situation = rules.seen_well(self._situation)
        return True

    def _block(self, trouble: Trouble, reason: Reason) -> None:
        self._situation = rules.blocked(self._situation, self._now_ms(), trouble, reason)

    async def _merge(self, found: FileText, parsed: ipynb.ParsedFile) -> None:
        """Bring what others wrote into the room; afterwards it is the base."""
        base, before = FileBase(found.text, found.sha256, found.mtime_ns), await self._base.open()
        if self._at_home or private_outputs.wished(parsed.notebook):
            base = replace(base, text=await self._bare_text(before, parsed))
            parsed = await asyncio.to_thread(ipynb.parse, base.text)
        shown = await self._room.shown()
        result, text = await asyncio.to_thread(self._merged, before, shown, parsed)
        self._note_metadata(result)
        self._merging = True
        try:
            await self._room.take_merge(result)
        finally:
            self._merging = False
        await self._base.keep(base, parsed)
        if text == base.text and not (self._base.mark and self._base.mark.is_bare):
            self._base.ids = tuple(cell.id for cell in result.notebook.cells)
        else:
            self._situation = rules.edited(self._situation, self._now_ms())

    def _note_metadata(self, result: MergeResult) -> None:
        """Keep in mind, until the next merge, what of the file's metadata was not taken."""
        clashes = [conflict.cell_id for conflict in result.conflicts if conflict.kind == "metadata"]
        cells = sum(cell_id is not None for cell_id in clashes)
        self._metadata_note = rules.metadata_note(cells=cells, notebook=None in clashes) if clashes else None
        if self._metadata_note is not None:
            _log.warning("%s: %s", self._path, self._metadata_note.message)

    def _merged(self, before: OpenBase | None, shown: Shown, parsed: ipynb.ParsedFile) -> tuple[MergeResult, str]:
        """The merge, and the text that the file would have after it. Blocks for as long as it computes."""
        ours = self._as_filed(before, shown)
        base, theirs = _base_or_nothing(before, ours), _theirs(before, ours, parsed)
        result = merge(base, ours, theirs)
        self._conflicts = len(open_conflicts(result.notebook))
        return result, ipynb.render_over(result.notebook, parsed)

    async def _bare_text(self, before: OpenBase | None, parsed: ipynb.ParsedFile) -> str:
        """A file's text without what stays at home, by the record or by the file's own word."""
        ours = (await self._room.shown()).notebook
        theirs = await asyncio.to_thread(_theirs, before, ours, parsed)
        wished = private_outputs.wished(theirs)
        if wished.without(self._at_home):
            await self._room.keep_outputs_home(wished)
        kept = private_outputs.stored(theirs, self._at_home)
        return await asyncio.to_thread(ipynb.render_over, kept, parsed)

    def _bare_base_text(self, base: OpenBase, ours: Notebook) -> str:
        return ipynb.render_over(private_outputs.stored(base.notebook(ours), self._at_home), base.parsed)

    @property
    def _at_home(self) -> AtHome:
        return self._room.room.about.at_home

    # --- from the room to the file -----------------------------------------------------------------------------------

    async def _compare(self) -> None:
        """Once after the start: what the room says and the base does not is an edit that waits for the file."""
        if self._compare_at is None:
            return
        self._compare_at = None
        base = await self._base.open()
        if base is not None and await self._differs(base):
            self._situation = rules.edited(self._situation, self._now_ms())

    async def _differs(self, base: OpenBase) -> bool:
        """Whether the room says something that the base lacks, outputs aside."""
        text, _ = await self._rendered(base, WantedWrite(with_outputs=False))
        return text != base.text

    async def _write_what_waits(self, *, at_once: bool = False) -> None:
        for _ in range(_TRIES):
            wanted = rules.wanted_write(self._situation, self._now_ms(), at_once=at_once)
            base = await self._base.open() if wanted is not None else None
            if wanted is None or base is None:
                return
            try:
                await self._write(base, wanted)
                return
            except FileChangedOutside:
                self._situation = rules.landed(self._situation)
                await self._check()
            except FileMissing:
                self._situation = rules.landed(self._situation)
                await self._missing()
                return
            except DiskFull as error:
                self._block("disk_full", Reason("disk_full", f"{error.message} Your notebook is kept here."))
                return
            except Unavailable as error:
                self._block("read_only", Reason("read_only", f"{error.message} Your notebook is kept here."))
                return

    async def _write(self, base: OpenBase, wanted: WantedWrite) -> None:
        self._situation = rules.begun(self._situation, wanted)
        mark = self._base.mark
        text, ids = await self._rendered(base, wanted)
        if mark is not None and (text != base.text or mark.is_bare):
            done = await asyncio.to_thread(write_atomically, self._path, text, expected_sha256=mark.sha256)
            self._seen = self._stat()
            parsed = await asyncio.to_thread(ipynb.parse_written, text, base.parsed)
            await self._base.keep(FileBase(text, done.sha256, done.mtime_ns), parsed)
        self._base.ids = ids
        self._situation = rules.written(self._situation, self._now_ms(), wanted)

    async def _rendered(self, base: OpenBase, wanted: WantedWrite) -> tuple[str, tuple[CellId, ...]]:
        """The file's text as it should be, and the ids of its cells."""
        shown = await self._room.shown()
        with_outputs = wanted.with_outputs or self._at_home.everything
        text = await asyncio.to_thread(self._render, base, shown, with_outputs)
        return text, tuple(cell.id for cell in shown.notebook.cells)

    def _render(self, base: OpenBase, shown: Shown, with_outputs: bool) -> str:
        notebook = self._as_filed(base, shown)
        self._conflicts = len(open_conflicts(notebook))
        if not with_outputs:
            every = {cell.id for cell in notebook.cells}
            notebook = _with_outputs_of(base.notebook(notebook), notebook, every)
        return ipynb.render_over(notebook, base.parsed)

    def _as_filed(self, base: OpenBase | None, shown: Shown) -> Notebook:
        """The notebook for the file: it keeps what it has where a part of an output is missing from the store."""
        self._lacking = len(shown.lacking)
        if not shown.lacking or base is None:
            return shown.notebook
        return _with_outputs_of(base.notebook(shown.notebook), shown.notebook, shown.lacking)


def _base_or_nothing(base: OpenBase | None, ours: Notebook) -> Notebook:
    # Where nothing is known, both are kept wherever they differ.
    return replace(ours, cells=(), metadata={}) if base is None else base.notebook(ours)


def _theirs(base: OpenBase | None, ours: Notebook, parsed: ipynb.ParsedFile) -> Notebook:
    """What a file says, with the document's cell ids."""
    before, taken = _base_or_nothing(base, ours), [cell.id for cell in ours.cells]
    return adopt_ids(before if before.cells else ours, parsed.notebook, unsure=parsed.made_ids, taken=taken)


class _ConflictMarkers(Exception):
    """The file is no notebook because a merge of git's stopped half-way: `line` has the first marker."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _with_outputs_of(base: Notebook, notebook: Notebook, which: AbstractSet[CellId]) -> Notebook:
    """The notebook in which these cells have the outputs that the base has, or none."""
    before = {cell.id: cell for cell in base.cells}
    cells = []
    for cell in notebook.cells:
        old = before.get(cell.id)
        if cell.id not in which:
            cells.append(cell)
        elif cell.type != "code" or old is None or old.type != "code":
            cells.append(replace(cell, outputs=(), execution_count=None))
        else:
            cells.append(replace(cell, outputs=old.outputs, execution_count=old.execution_count))
    return replace(notebook, cells=tuple(cells))
