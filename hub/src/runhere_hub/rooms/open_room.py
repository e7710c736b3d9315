"""A room with its writing side and its blobs: what the registry hands out, and what a bound file works with."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from pycrdt import Doc

from runhere_hub.core import private_outputs
from runhere_hub.core.access import Role
from runhere_hub.core.blobs import BlobStore
from runhere_hub.core.bus import Bus, Committed
from runhere_hub.core.errors import Unavailable
from runhere_hub.core.identity import Person
from runhere_hub.core.merge import MergeResult, merge
from runhere_hub.core.notebook import CellId, Notebook
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.core.runs import Imported
from runhere_hub.doc import notebook_doc
from runhere_hub.doc.log import replay
from runhere_hub.rooms.autosave import Autosave, Pace
from runhere_hub.rooms.channel import Channel
from runhere_hub.rooms.commits import Commits
from runhere_hub.rooms.member import Member
from runhere_hub.rooms.output_blobs import OutputBlobs
from runhere_hub.rooms.room import Change, FileState, Room
from runhere_hub.rooms.showing import Showing, Shown, ShownOutputs
from runhere_hub.services import private_outputs as outputs_service
from runhere_hub.services import revisions as revision_service
from runhere_hub.services import rooms as room_service
from runhere_hub.services.rooms import Batch, CommitResult
from runhere_hub.store.file_bases import FileBase
from runhere_hub.store.revisions import RevisionInfo, RevisionKind
from runhere_hub.store.session import Database
from runhere_protocol import CloseCode

_log = logging.getLogger(__name__)

COMPACT_AFTER_UPDATES = 1_000
COMPACT_AFTER_BYTES = 1024 * 1024
BYTES_WORTH_AN_UPDATE = 200
"""Joining costs time by the document's size, and nobody's keys pass meanwhile: a large one gathers more updates first.
Replaying them when the room is opened takes about as long as reading so many bytes of the document for each."""
REVISE_AFTER_IDLE_MS = 5 * 60_000
REVISE_AFTER_EDITING_MS = 10 * 60_000


@dataclass(frozen=True)
class Restored:
    """A revision that was restored: what was there before, and what is there now, both kept as revisions."""

    before: RevisionInfo
    after: RevisionInfo


@dataclass(frozen=True)
class Surroundings:
    """What every room of a hub process shares.

    Attributes:
        clock: Milliseconds since 1970 (UTC).
        new_id: 32 hex digits, never the same twice.
        process: Id of this hub process.
        random: For positions of cells.
    """

    db: Database
    blobs: BlobStore
    clock: Callable[[], int]
    new_id: Callable[[], str]
    process: str
    random: Random
    bus: Bus
    pace: Pace
    commits: Commits


class OpenRoom:
    """One notebook that is open. Made, driven and closed by the registry; used from the hub's loop."""

    def __init__(
        self, room: Room, around: Surroundings, *, document_bytes: int, log_count: int, log_bytes: int
    ) -> None:
        self.room = room
        self._around = around
        self._document_bytes = document_bytes  # of the snapshot, or what will be one
        self._log_count = log_count
        self._log_bytes = log_bytes
        self._seen = room.about.seq
        self.made_from: FileBase | None = None
        """While the room is opened: the file that its document was made from just now."""
        self.looked_at = around.clock()
        self.handed_out: deque[str] = deque(maxlen=64)
        """SHA-256 of texts that pages were given to write into files elsewhere, oldest first (`distant_file`)."""
        self._blobs = OutputBlobs(around.db, around.blobs, around.clock, room.notebook_id)
        self._showing = Showing(self._blobs)
        self.autosave = Autosave(
            room,
            commit=self._commit,
            after_commit=self._after_commit,
            pace=around.pace,
        )

    @property
    def notebook_id(self) -> str:
        """Whose room this is."""
        return self.room.notebook_id

    @property
    def doc(self) -> Doc[Any]:
        """The document, to be read only: changes go through `edit`."""
        return self.room.document.doc

    def join(self, channel: Channel, person: Person, role: Role) -> Member:
        """See `Room.join`."""
        return self.room.join(channel, person, role)

    # --- what a bound file, a revision and an export ask for -------------------------------------------------------

    async def notebook(self) -> Notebook:
        """Document and heads' outputs as they are now, blobs put back in, display ids dropped.

        A blob that is missing leaves a text that says so in its place.
        """
        return (await self.shown()).notebook

    async def shown(self) -> Shown:
        """The same, and where a blob is missing."""
        state = self.room.runs.state  # of the moment in which the document is taken
        document = await self.room.document.read()
        shown = await self._showing.shown(document, state)
        return replace(shown, notebook=private_outputs.marked(shown.notebook, self.room.about.at_home))

    async def edit(self, work: Callable[[Doc[Any]], object], person: Person | None = None) -> None:
        """Let `work(doc)` change the document, at once and in one transaction. Returns when it is durable.

        Raises:
            Unavailable: The room closed before it could be saved. The edit may be lost.
        """
        if self.autosave.is_done:
            raise Unavailable("The notebook was closed; open it again.", notebook_id=self.notebook_id)
        if self.room.edit(work, person.id if person is not None else None):
            await self.autosave.flushed()

    async def set_outputs(self, found: Mapping[CellId, ShownOutputs]) -> None:
        """Let these cells show what a file shows; nothing and no count clears them. Returns when it is durable.

        Outputs that stay at home are left out.

        Raises:
            Unavailable: Some part could not be saved.
        """
        at_home = self.room.about.at_home
        imported = {
            cell_id: Imported(
                self._around.new_id(), count, tuple([await self._blobs.stored(output) for output in shown])
            )
            for cell_id, (count, shown) in found.items()
            if not at_home.keeps(cell_id)
        }
        self.room.import_runs(imported)
        await self.autosave.flushed()

    async def take_merge(self, result: MergeResult) -> None:
        """Make document and outputs what a merge with a file gave, as the hub's own edit. Returns when it is durable.

        Raises:
            Unavailable: Some part could not be saved.
        """
        if result.changes_document:
            now, random = self._around.clock(), self._around.random
            await self.edit(lambda doc: notebook_doc.apply_merge(doc, result, random=random, now=now))
        if result.outputs_changed:
            after = {cell.id: (cell.execution_count, cell.outputs) for cell in result.notebook.cells}
            await self.set_outputs({cell_id: after[cell_id] for cell_id in result.outputs_changed})

    def subscribe(self, on_change: Callable[[Change], None]) -> Callable[[], None]:
        """See `Room.subscribe`."""
        return self.room.subscribe(on_change)

    def announce_file(self, file: FileState) -> None:
        """See `Room.announce_file`."""
        self.room.announce_file(file)

    def rename(self, title: str, folder_path: str | None) -> None:
        """What the notebook is called and where it lies from now on; pages that join later are told."""
        self.room.about.title, self.room.about.folder_path = title, folder_path

    async def keep_outputs_home(self, which: AtHome) -> None:
        """Refuse these outputs from now on, and purge what the hub has of them (architecture 10a). May be called again.

        Gone afterwards: outputs, counts and times of runs, what revisions showed, large values, metadata that tells of
        runs, also from the log and from revisions. The file is `BoundFile`'s to clean.

        Raises:
            Unavailable: Outputs are refused already; what is stored may not be purged yet. Calling again goes on.
        """
        await outputs_service.mark(self._around.db, self.notebook_id, which, omit=True)
        self.room.keep_outputs_home(self.room.about.at_home | which)
        self.room.edit(lambda doc: notebook_doc.keep_outputs_home(doc, self.room.about.at_home))
        await self.autosave.flushed()
        while True:
            if self._around.bus.is_shared:
                await self.look()
            purged = await outputs_service.purge(
                self._around.db,
                self.notebook_id,
                self.room.about.at_home,
                document=self.room.document.missing(b"\x00"),
                seq=self.room.about.seq,
                runs=tuple(self.room.runs.state.runs.values()),
            )
            if purged is not None:
                break
            await self.autosave.flushed()
        self.room.about.seq = self._seen = purged.seq
        self._log_count = self._log_bytes = 0
        for sha256 in purged.orphans:
            await self._around.blobs.delete(sha256)
        await self._around.db.scrub()
        self._around.bus.tell(Committed(self.notebook_id))

    async def store_outputs(self, which: AtHome) -> None:
        """Take these outputs again from now on. What is there in pages' views stays there.

        Raises:
            Unavailable: Nothing changed.
        """
        await outputs_service.mark(self._around.db, self.notebook_id, which, omit=False)
        self.room.keep_outputs_home(self.room.about.at_home.without(which))
        self._around.bus.tell(Committed(self.notebook_id))
        await self.edit(lambda doc: notebook_doc.project(doc, self.room.about.at_home))

    async def flushed(self) -> None:
        """Wait until everything that waits now is durable."""
        await self.autosave.flushed()

    # --- saving, compaction, revisions -----------------------------------------------------------------------------

    async def _commit(self, batch: Batch) -> CommitResult:
        result = await self._around.commits.commit(self.notebook_id, batch)
        self._around.bus.tell(Committed(self.notebook_id))
        if result.after <= self._seen:
            self._seen = max(self._seen, result.seq)
        self._log_count += len(batch.updates)
        self._log_bytes += sum(len(update) for _, update in batch.updates)
        return result

    async def look(self) -> None:
        """Take over what other hub processes committed.

        Raises:
            NotFound: The notebook is gone.
            Unavailable: It cannot be read now; the next look finds it.
        """
        self.looked_at = self._around.clock()
        elsewhere = await room_service.look(self._around.db, self.notebook_id, self._seen, process=self._around.process)
        self.room.adopt(elsewhere)
        self._seen = max(self._seen, elsewhere.seq)

    async def _after_commit(self) -> None:
        enough = max(COMPACT_AFTER_UPDATES, self._document_bytes // BYTES_WORTH_AN_UPDATE)
        if self._log_count >= enough or self._log_bytes >= max(COMPACT_AFTER_BYTES, self._document_bytes):
            await self._in_spite_of_trouble(self.compact)

    async def compact(self) -> None:
        """Join the log into a snapshot and forget runs that nobody can reach any more."""
        self._log_count = self._log_bytes = 0
        async with self._around.bus.lock(f"compact {self.notebook_id}") as alone:
            if alone:
                made = await room_service.compact(self._around.db, self.notebook_id)
                self._document_bytes = made or self._document_bytes
        if self._around.bus.is_shared:
            return  # another process may show runs that nobody reaches here
        candidates = self.room.runs.forgettable()
        if candidates:
            self.room.runs.forget(await room_service.forget_runs(self._around.db, self.notebook_id, candidates))

    def wants_revision(self) -> bool:
        """True when an automatic revision is due: nobody typed for five minutes, or somebody did for ten."""
        if self.room.edits.at is None:
            return False
        first, last = self.room.edits.at
        now = self._around.clock()
        return now - last >= REVISE_AFTER_IDLE_MS or now - first >= REVISE_AFTER_EDITING_MS

    async def revise(self, *, name: str | None = None, person: Person | None = None) -> RevisionInfo:
        """Keep a revision of the document and heads as they are now; one without a name is an automatic one.

        Raises:
            Unavailable: None was kept.
        """
        return await self._keep(kind="auto" if name is None else "named", name=name, person=person)

    async def _keep(
        self, *, kind: RevisionKind, person: Person | None, name: str | None = None, restored_from: str | None = None
    ) -> RevisionInfo:
        document, heads = self.room.document.missing(b"\x00"), dict(self.room.runs.state.heads)
        edits = self.room.take_edits()
        try:
            await self.autosave.flushed()  # a revision's sequence number covers what it holds
            info = RevisionInfo(
                id=self._around.new_id(),
                notebook_id=self.notebook_id,
                seq=self.room.about.seq,
                kind=kind,
                name=name,
                person_id=person.id if person is not None else None,
                created_at=self._around.clock(),
                editors=tuple(sorted(edits.editors)),
                restored_from=restored_from,
            )
            return await revision_service.keep(self._around.db, info, document, heads)
        except Unavailable:
            self.room.put_back(edits)
            raise

    async def restore(self, revision_id: str, person: Person) -> Restored:
        """Make document and heads what a revision holds, as this person's edit. Returns when it is durable.

        What is there now is kept as a revision first, what comes of it as another; cells that the revision lacks become
        tombstones. Restoring `before` takes it all back.

        Raises:
            NotFound: There is no such revision.
            Unavailable: It could not be saved.
        """
        revision = await revision_service.get(self._around.db, revision_id)
        before = await self.revise()
        wanted = private_outputs.stored(notebook_doc.read(replay([revision.document])), self.room.about.at_home)
        ours = notebook_doc.read(self.doc)
        change, now = merge(ours, ours, wanted), self._around.clock()
        self.room.edit(
            lambda doc: notebook_doc.apply_merge(doc, change, random=self._around.random, now=now), person.id
        )
        shown = self.room.runs.state.heads
        heads = {cell.id: revision.heads.get(cell.id) for cell in wanted.cells}
        self.room.set_heads({cell: run for cell, run in heads.items() if shown.get(cell) != run})
        return Restored(before, await self._keep(kind="restored", person=person, restored_from=revision_id))

    async def revise_automatically(self) -> None:
        """Keep an automatic revision; trouble is logged and it is tried again after the next edit."""
        await self._in_spite_of_trouble(self.revise)

    async def close(self, code: CloseCode, reason: str, *, give_up_after_s: float) -> None:
        """Send the pages away, write what waits, compact. May be called again."""
        self.room.send_all_away(code, reason)
        if self.room.edits.at is not None and not self.autosave.is_done:
            with suppress(TimeoutError):
                async with asyncio.timeout(give_up_after_s):
                    await self._in_spite_of_trouble(self.revise)
        await self.autosave.close(give_up_after_s=give_up_after_s)
        if self._log_count:
            await self._in_spite_of_trouble(self.compact)
        self.room.document.close()

    async def _in_spite_of_trouble(self, work: Callable[[], Awaitable[object]]) -> None:
        """The document is durable without it, so a full disk is a line in the log; the next commit tells the pages."""
        try:
            await work()
        except Unavailable as error:
            _log.warning("Notebook %s: %s", self.notebook_id, error.message)
