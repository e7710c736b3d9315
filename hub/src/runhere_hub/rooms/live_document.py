"""The room's own copy of the document: kept up to date, asked for what a page lacks, and watched for who wrote what.

Applying is cheap (about 15 µs for a key press, whatever the size), so every update is applied when it comes: bytes that
Yjs cannot read are found before anybody else gets them.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pycrdt import Doc, Map, Text, TransactionEvent

from runhere_hub.core.errors import FrameInvalid, OutputsOmitted
from runhere_hub.core.notebook import Notebook
from runhere_hub.core.private_outputs import CELL_MARK, NOWHERE, AtHome
from runhere_hub.core.yjs_bytes import EMPTY_UPDATE, has_structs, inserting_clients, read_state_vector
from runhere_hub.doc import notebook_doc
from runhere_hub.doc.notebook_doc import Reading
from runhere_hub.rooms.authors import NOTHING_RECORDED, Authors, Recorded
from runhere_hub.rooms.scratch_document import ScratchDocument
from runhere_hub.store.authorship import Authored

_READ_ANEW = 0.25
"""Where more of the cells changed, all are read: Yjs gives them in one go."""


@dataclass(frozen=True)
class Applied:
    """What an update did.

    Attributes:
        changed: The document is another one now.
        must_be_kept: It belongs into the log: it changed something, or waits for updates that have not come yet.
    """

    changed: bool
    must_be_kept: bool


@dataclass
class _Watched:
    """What one transaction told its observers."""

    update: bytes | None = None
    before: bytes = b"\x00"
    after: bytes = b"\x00"
    sources: dict[str, Text | None] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)


class LiveDocument:
    """One notebook's document. Used from the room's loop only.

    Args:
        clients: Yjs client id to the person it is registered to.
        recorded: Who wrote what, as far as the database knows.
    """

    def __init__(self, doc: Doc[Any], clients: Mapping[int, str], recorded: Recorded = NOTHING_RECORDED) -> None:
        self.doc = doc
        self._clients = dict(clients)
        self._cells = doc.get("cells", type=Map)
        self._watched: _Watched | None = None
        self._authors = Authors(notebook_doc.sources(doc), recorded)
        self._whole: bytes | None = None
        self._scratch: ScratchDocument | None = None
        self._marked: set[str] = set()
        self._reading: Reading | None = None
        self._touched: dict[str, int] = {}
        self._takes = 0
        self._subscriptions = [doc.observe(self._on_transaction), self._cells.observe_deep(self._on_cells)]

    def close(self) -> None:
        """Stop watching."""
        for observed, subscription in zip((self.doc, self._cells), self._subscriptions, strict=False):
            observed.unobserve(subscription)
        self._subscriptions = []

    def register(self, client_id: int, person_id: str) -> bool:
        """Note whose client id this is. False when it is somebody's already: it is never handed on."""
        if client_id in self._clients:
            return False
        self._clients[client_id] = person_id
        return True

    def missing(self, state_vector: bytes) -> bytes:
        """One Yjs v1 update with everything that this state vector lacks.

        Raises:
            FrameInvalid: Not a state vector.
        """
        if any(read_state_vector(state_vector).values()):
            try:
                return self.doc.get_update(state_vector)
            except ValueError as error:
                raise FrameInvalid("A state vector cannot be read.") from error
        if self._whole is None:
            self._whole = self.doc.get_update()
        return self._whole

    def state(self) -> bytes:
        """The document's state vector."""
        return self.doc.get_state()

    def apply(self, update: bytes, person_id: str | None, *, at_home: AtHome = NOWHERE) -> Applied:
        """Apply a page's update.

        Raises:
            FrameInvalid: Yjs cannot read it; the document is as it was.
            OutputsOmitted: It would write what may not stand where outputs stay at home; the document is as it was.
        """
        if update == EMPTY_UPDATE:
            return Applied(changed=False, must_be_kept=False)
        if at_home:
            self._try(update, at_home)
        self._watched = _Watched()
        try:
            self.doc.apply_update(update)
        except ValueError as error:
            raise FrameInvalid("An update cannot be read.") from error
        finally:
            watched, self._watched = self._watched, None
        changed = watched.update is not None
        if changed:
            self._note(watched, person_id)
        # A page answers "what do you lack" with all its deletions, known or not: kept, they would grow the log with
        # every visit.
        return Applied(changed, must_be_kept=changed or has_structs(update))

    def _try(self, update: bytes, at_home: AtHome) -> None:
        """Raise when this update would bring in what stays at home; tried on a copy, because Yjs takes nothing back."""
        if self._scratch is None or self._scratch.at_home != at_home:
            self._scratch = ScratchDocument(self.doc.get_update(), at_home)
        try:
            self._scratch.apply(update)
        except (FrameInvalid, OutputsOmitted):
            self._scratch = None
            raise

    def absorb(self, update: bytes) -> bool:
        """Apply what another hub process stored; it has noted the authors. True when it was news."""
        self._watched = _Watched()
        try:
            self.doc.apply_update(update)
        finally:
            watched, self._watched = self._watched, None
        self._whole = self._scratch = None
        for cell_id, text in self._texts(watched).items():
            self._authors.absorbed(cell_id, text)
        return watched.update is not None

    def edit(self, work: Callable[[Doc[Any]], object], person_id: str | None) -> bytes | None:
        """Let `work` change the document, in one transaction.

        Returns:
            The Yjs v1 update that says what it did; None when it did nothing.
        """
        self._watched = _Watched()
        try:
            with self.doc.transaction():
                work(self.doc)
        finally:
            watched, self._watched = self._watched, None
        self._scratch = None
        if watched.update is not None:
            self._clients.setdefault(self.doc.client_id, person_id or "")
            self._note(watched, person_id, by_hub=True)
        return watched.update

    def take_marked(self) -> frozenset[str]:
        """Cells of which edits since the last call say that their outputs stay at home."""
        marked, self._marked = frozenset(self._marked), set()
        return marked

    async def read(self) -> Notebook:
        """What the document says now; of what was read before only cells that changed since are read again."""
        self._takes += 1
        number, before = self._takes, self._reading
        if before is None or len(self._touched) > _READ_ANEW * len(before.placed):
            taken = notebook_doc.take(self.doc)
        else:
            taken = notebook_doc.take_changed(self.doc, before, self._touched.keys())
        reading = await asyncio.to_thread(notebook_doc.read_taken, taken)
        if self._reading is before:  # else somebody else was faster
            self._reading = reading
            self._touched = {cell_id: at for cell_id, at in self._touched.items() if at >= number}
        return reading.notebook

    def take_authored(self) -> tuple[Authored, ...]:
        """Who wrote the sources that changed since the last call, by the digests that they have now."""
        return self._authors.take()

    def stored(self, seq: int) -> None:
        """What was taken last is in the database under this number."""
        self._authors.stored(seq)

    def source_digest(self, cell_id: str) -> str | None:
        """Hex SHA-256 of the source's UTF-8; None when there is no such cell."""
        source = self._source(cell_id)
        return None if source is None else hashlib.sha256(source.encode()).hexdigest()

    def _note(self, watched: _Watched, person_id: str | None, *, by_hub: bool = False) -> None:
        self._whole = None
        self._marked |= {cell_id for cell_id in watched.marks if self._is_marked(cell_id)}
        if not watched.sources:
            return
        people: set[str | None] = {person_id}
        if not by_hub:
            people |= {person_id if self._clients.get(client) == person_id else None for client in _inserting(watched)}
        self._authors.changed(self._texts(watched), people, is_restored=by_hub and person_id is not None)

    def _texts(self, watched: _Watched) -> dict[str, str]:
        """What the sources say now that a transaction wrote; asking a text that was typed into is the short way."""
        found = {
            cell_id: str(text) if text is not None else self._source(cell_id)
            for cell_id, text in watched.sources.items()
        }
        return {cell_id: text for cell_id, text in found.items() if text is not None}

    def _source(self, cell_id: str) -> str | None:
        cell = self._cells.get(cell_id)
        source = cell.get("source") if isinstance(cell, Map) else None
        return str(source) if isinstance(source, Text) else None

    def _is_marked(self, cell_id: str) -> bool:
        cell = self._cells.get(cell_id)
        return isinstance(cell, Map) and notebook_doc.is_marked(cell)

    def _on_transaction(self, event: TransactionEvent) -> None:
        if self._watched is not None:
            told: Any = event  # pycrdt's stub does not name the members that it has
            self._watched.update = told.update
            self._watched.before, self._watched.after = told.before_state, told.after_state

    def _on_cells(self, events: Iterable[Any], _txn: object) -> None:
        for event in events:
            path = event.path
            self._touched.update(dict.fromkeys(path[:1] or event.keys, self._takes))
            if self._watched is None:
                continue
            if len(path) >= 2 and path[1] == "source":
                is_text = len(path) == 2 and isinstance(event.target, Text)
                self._watched.sources.setdefault(path[0], event.target if is_text else None)
            else:
                self._watched.sources.update(dict.fromkeys(_new_members(path, event.keys, "source")))
                self._watched.marks.update(_new_members(path, event.keys, "metadata"))
                if path[1:] == ["metadata"] and CELL_MARK in event.keys:
                    self._watched.marks.add(path[0])


def _new_members(path: list[str], keys: Mapping[str, object], name: str) -> Iterable[str]:
    """Cells that were put into the map, or of which this member was put in place."""
    if not path:
        return keys
    return (path[0],) if len(path) == 1 and name in keys else ()


def _inserting(watched: _Watched) -> Iterable[int]:
    """Clients whose structs a transaction added."""
    one = inserting_clients(watched.update or EMPTY_UPDATE)
    if one is not None:
        return one
    known = read_state_vector(watched.before)
    return [client for client, clock in read_state_vector(watched.after).items() if clock > known.get(client, 0)]
