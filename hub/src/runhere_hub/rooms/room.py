"""One open notebook: takes messages from pages, keeps document and runs, tells everybody. No socket, no database.

Everything here runs on the hub's loop and returns at once, so messages take effect one after the other without a lock.
The one task of a room is its autosave; the registry owns the room and closes it.

    join ─▶ Member ── "join" ─▶ hello ── sync step 1 ─▶ document, runs, sync step 1 ── updates, … ── leave ─▶ gone
              │ anything else first: 4400
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal

from runhere_hub.core import presence, run_frames
from runhere_hub.core import runs as run_rules
from runhere_hub.core.access import Role, may_send
from runhere_hub.core.bound_file import Reason
from runhere_hub.core.errors import FrameInvalid, NotFound, OutputsOmitted, RunhereError
from runhere_hub.core.identity import Person
from runhere_hub.core.notebook import CellId
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.core.run_records import Asker
from runhere_hub.core.runs import Outcome
from runhere_hub.core.yjs_bytes import (
    AwarenessMessage,
    SyncStep1,
    SyncStep2,
    SyncUpdate,
    awareness,
    has_structs,
    read_message,
    sync_step1,
    sync_step2,
    sync_update,
)
from runhere_hub.rooms.autosave import Told
from runhere_hub.rooms.channel import Channel, Message
from runhere_hub.rooms.live_document import LiveDocument
from runhere_hub.rooms.live_runs import LiveRuns
from runhere_hub.rooms.member import Member, parse_identity, parse_text, text_of
from runhere_hub.rooms.who_is_here import Telling, WhoIsHere
from runhere_hub.services.rooms import Batch, CommitResult, Elsewhere
from runhere_protocol import BEAT_S, ROOM_PROTOCOL, CloseCode, FileStateName

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileState:
    """How the file of a bound notebook stands to the document, and what is to be said of it (SPEC 2.7)."""

    state: FileStateName
    path: str
    reasons: tuple[Reason, ...] = ()

    @property
    def message(self) -> str | None:
        """All of them in English; None: there is nothing to say."""
        return " ".join(reason.message for reason in self.reasons) or None


@dataclass(frozen=True)
class Change:
    """Something is another now. `by_hub`: by the hub's own edit (a file, a restored revision), not by a page."""

    kind: Literal["document", "runs", "run_finished"]
    by_hub: bool = False


@dataclass(frozen=True)
class Edits:
    """Edits since the last revision.

    Attributes:
        at: First and last (ms); None: there were none.
        editors: Ids of the people who made them, as far as the hub knows.
    """

    at: tuple[int, int] | None = None
    editors: frozenset[str] = frozenset()

    def and_then(self, later: "Edits") -> "Edits":
        """Both in one."""
        both = (self.at[0], later.at[1]) if self.at is not None and later.at is not None else self.at or later.at
        return Edits(both, self.editors | later.editors)


@dataclass
class About:
    """What pages are told of the notebook."""

    notebook_id: str
    owner_id: str
    title: str
    folder_path: str | None
    at_home: AtHome
    seq: int
    shows_paths: bool = True
    """Pages are told where on the hub's machine the file lies; not in a team."""


@dataclass
class _Waiting:
    """What is not committed yet, besides runs."""

    updates: list[tuple[str | None, bytes]] = field(default_factory=list)
    clients: list[tuple[int, str]] = field(default_factory=list)
    received: dict[str, int] = field(default_factory=dict)
    private_cells: frozenset[str] = frozenset()


class Room:
    """The state machine of one notebook. Made by the registry.

    Args:
        ask: Called when something waits to be committed.
        on_failed: Called once, when the room cannot go on; its pages have been sent away by then.
        new_id: 32 hex digits, never the same twice.
        telling: How news of who is here go out.
    """

    def __init__(
        self,
        about: About,
        document: LiveDocument,
        runs: LiveRuns,
        *,
        clock: Callable[[], int],
        new_id: Callable[[], str],
        ask: Callable[[], None],
        on_failed: Callable[[], None],
        telling: Telling,
    ) -> None:
        self.about = about
        self.document = document
        self.runs = runs
        self.file: FileState | None = None
        self.members: dict[str, Member] = {}
        self.closed = False
        self.edits = Edits()
        self.empty_since: int | None = clock()
        self._clock = clock
        self._new_id = new_id
        self._ask = ask
        self._on_failed = on_failed
        self._listeners: list[Callable[[Change], None]] = []
        self._here = WhoIsHere(telling, clock=clock, tell=self._tell_presence)
        self._waiting = _Waiting()
        self._private_cells_on_their_way: frozenset[str] = frozenset()
        self._trouble: Mapping[str, Any] | None = None
        self._beat_at = clock()

    @property
    def notebook_id(self) -> str:
        """Whose room this is."""
        return self.about.notebook_id

    # --- pages -----------------------------------------------------------------------------------------------------

    def join(self, channel: Channel, person: Person, role: Role) -> Member:
        """Let a page in; nothing is sent before its `join` frame. The caller hands on its messages and calls `leave`.

        Raises:
            NotFound: The room is closed; ask the registry for a new one.
        """
        if self.closed:
            raise NotFound("This notebook was closed just now.", notebook_id=self.notebook_id)
        member = Member(self._new_id(), channel, person, role)
        self.members[member.session] = member
        self.empty_since = None
        return member

    def leave(self, member: Member) -> None:
        """The page's socket is gone. May be called again."""
        if self.members.pop(member.session, None) is None:
            return
        if not self.members:
            self.empty_since = self._clock()
        self._waiting.received.pop(member.session, None)
        self._here.leave(member.session, member.client_id)
        if not self.members:
            self._here.tell_now()
        self._tell(self.runs.leave(member.session), member)
        self._ask()

    def receive(self, member: Member, message: Message) -> None:
        """Take one message. A page that cannot be understood is closed; a bug here closes the room, never the hub."""
        if member.session not in self.members:
            return
        try:
            if member.asker is None:
                self._greet(member, message)
            elif isinstance(message, bytes):
                self._receive_bytes(member, message)
            else:
                self._receive_text(member, parse_text(message))
        except FrameInvalid as error:
            self._send_away(member, CloseCode.BAD_FRAME, error.message)
        except Exception as error:  # noqa: BLE001  # one page's message must not end the others' hub: the room is reopened
            _log.exception("A room failed")
            self.failed(error)

    def _greet(self, member: Member, message: Message) -> None:
        frame = parse_text(message) if isinstance(message, str) else {}
        if frame.get("type") != "join":
            raise FrameInvalid("The first message must be a join.")
        if frame.get("protocol") != ROOM_PROTOCOL:
            self._send_away(member, CloseCode.PROTOCOL_NOT_SPOKEN, f"This hub speaks version {ROOM_PROTOCOL}.")
            return
        identity, person = parse_identity(frame), member.person
        member.client_id = identity.client_id
        member.asker = Asker(member.session, person.id, person.name, identity.browser_id, identity.tab_id)
        if self.document.register(member.client_id, person.id):
            self._waiting.clients.append((member.client_id, person.id))
        member.send(self._hello(member))
        if self._trouble is not None:
            member.send(self._trouble)
        if everybody := self._here.everybody():
            member.channel.send(awareness(presence.write(everybody)))

    def _synchronise(self, member: Member, state_vector: bytes) -> None:
        """Answer a page's sync step 1. What it may have megabytes to wait for, outputs, comes behind the document."""
        member.channel.send(sync_step2(self.document.missing(state_vector)))
        if member.has_runs:
            return
        member.has_runs = True
        member.channel.send(self.runs.frame())
        if may_send(member.role, "update"):
            member.channel.send(sync_step1(self.document.state()))

    def _hello(self, member: Member) -> Mapping[str, Any]:
        return {
            "type": "hello",
            "protocol": ROOM_PROTOCOL,
            "session": member.session,
            "notebook": {
                "id": self.notebook_id,
                "title": self.about.title,
                "folder_path": self.about.folder_path if self.about.shows_paths else None,
            },
            "person": {"id": member.person.id, "name": member.person.name},
            "role": member.role,
            "omit_outputs": self.about.at_home.everything,
            "private_cells": sorted(self.about.at_home.cells),
            "seq": self.about.seq,
            "file": self._file_frame(self.file) if self.file is not None else None,
        }

    # --- the document ----------------------------------------------------------------------------------------------

    def _receive_bytes(self, member: Member, data: bytes) -> None:
        message = read_message(data)
        match message:
            case SyncStep1(state_vector):
                self._synchronise(member, state_vector)
            case SyncStep2(update):
                self._receive_update(member, update, sync_update(update))
            case SyncUpdate(update):
                self._receive_update(member, update, data)
            case AwarenessMessage(payload):
                self._here.say(payload, member.session, member.client_id, member.person)

    def _receive_update(self, member: Member, update: bytes, relayed: bytes) -> None:
        if not may_send(member.role, "update"):
            self._refuse_update(member, update)
            return
        try:
            applied = self.document.apply(update, member.person.id, at_home=self.about.at_home)
        except OutputsOmitted as error:
            self._send_away(member, CloseCode.NOT_ALLOWED, error.message)
            return
        member.received += 1
        self._waiting.received[member.session] = member.received
        if applied.must_be_kept:
            for other in self._others(member):
                other.channel.send(relayed)
            self._waiting.updates.append((member.person.id, update))
        if applied.changed:
            self._edited(member.person.id)
            self._note_marked()
        self._ask()

    def _refuse_update(self, member: Member, update: bytes) -> None:
        if has_structs(update):
            self._send_away(member, CloseCode.NOT_ALLOWED, "You may read this notebook, not change it.")

    def edit(self, work: Callable[[Any], object], person_id: str | None = None) -> bool:
        """The hub's own edit: `work(doc)` is called at once, in one transaction; pages get it at once.

        Returns:
            True when it changed something. It is durable after the next commit: see `OpenRoom.edit`.
        """
        update = self.document.edit(work, person_id)
        if update is None:
            return False
        self._waiting.updates.append((person_id, update))
        self._send_all(sync_update(update))
        self._edited(person_id, by_hub=True)
        self._note_marked()
        self._ask()
        return True

    def _note_marked(self) -> None:
        """A cell that says of itself that its outputs stay at home (a copy, a split, a file) does so from now on."""
        new = self.document.take_marked() - self.about.at_home.cells
        if new:
            self._waiting.private_cells |= new
            self.keep_outputs_home(self.about.at_home | AtHome(cells=new))

    def _edited(self, *people: str | None, by_hub: bool = False) -> None:
        now = self._clock()
        known = frozenset(person for person in people if person is not None)
        self.edits = self.edits.and_then(Edits((now, now), known))
        self._changed(Change("document", by_hub))

    def take_edits(self) -> Edits:
        """The edits since the last call: those of the revision that is made now."""
        edits, self.edits = self.edits, Edits()
        return edits

    def put_back(self, edits: Edits) -> None:
        """The revision could not be kept: the next one has these edits too."""
        self.edits = edits.and_then(self.edits)

    # --- presence --------------------------------------------------------------------------------------------------

    def _tell_presence(self, payload: bytes, said_by: frozenset[str]) -> None:
        message = awareness(payload)
        for member in self._joined():
            if said_by != {member.session}:  # one's own word among others' is no news, and does no harm
                member.channel.send(message)

    # --- runs ------------------------------------------------------------------------------------------------------

    def _receive_text(self, member: Member, frame: Mapping[str, Any]) -> None:
        kind = frame.get("type")
        asker = member.asker
        if kind not in ("run", "take_over", "release", "head") or asker is None:
            member.refuse("unknown_type", "This hub does not know such a frame.", str(kind))
            return
        if not may_send(member.role, kind):
            member.refuse("forbidden", "You may read this notebook, not run it.", str(kind))
            return
        try:
            parsed = run_frames.parse(frame)
        except FrameInvalid as error:
            member.refuse("bad_frame", error.message, str(kind))
            return
        outcome = self.runs.fold(parsed, asker, seq=self._next_seq(), at_home=self.about.at_home)
        if outcome.answer is not None:
            member.send(outcome.answer)
        self._tell(outcome, member)
        self._ask()

    def keep_outputs_home(self, at_home: AtHome) -> None:
        """From now on these outputs are refused (and runs lose theirs), others taken; pages are told (SPEC 3.12)."""
        if at_home:
            self.runs.without_outputs(at_home)
        if at_home != self.about.at_home:
            self.about.at_home = at_home
            cells = sorted(at_home.cells)
            self._send_all(text_of({"type": "omit_outputs", "omit": at_home.everything, "cells": cells}))
            self._changed(Change("runs", by_hub=True))
        self._ask()

    def import_runs(self, found: Mapping[CellId, run_rules.Imported]) -> None:
        """What a file shows takes the heads of these cells."""
        self._tell(self.runs.import_runs(found, seq=self._next_seq()), None)
        self._ask()

    def set_heads(self, heads: Mapping[str, str | None]) -> None:
        """Let cells show these runs (a restored revision)."""
        self._tell(self.runs.set_heads(heads, seq=self._next_seq()), None)
        self._ask()

    def _tell(self, outcome: Outcome, sender: Member | None) -> None:
        for broadcast in outcome.broadcasts:
            text = text_of(broadcast.frame)
            for member in self._joined() if broadcast.to_all or sender is None else self._others(sender):
                member.channel.send(text)
        if outcome.changed_runs or outcome.changed_heads:
            self._changed(Change("run_finished" if outcome.finished else "runs", by_hub=sender is None))

    def _next_seq(self) -> int:
        """The number that the next commit will probably get; pages order heads by it."""
        return self.about.seq + len(self._waiting.updates) + 1

    # --- other hub processes ---------------------------------------------------------------------------------------

    def adopt(self, elsewhere: Elsewhere) -> None:
        """What other hub processes committed: apply it and tell the pages."""
        at_home = elsewhere.at_home | AtHome(cells=self._waiting.private_cells | self._private_cells_on_their_way)
        if at_home != self.about.at_home:
            self.keep_outputs_home(at_home)
        for update in elsewhere.updates:
            if self.document.absorb(update):
                self._send_all(sync_update(update))
                self._edited(*elsewhere.editors)
        self.about.seq = max(self.about.seq, elsewhere.seq)
        runs = self.runs.state.runs.values()
        held = frozenset(run.run_id for run in runs if run.writer is not None and run.writer.session in self.members)
        self._tell(self.runs.adopt(elsewhere.runs, held=held, seq=self.about.seq), None)

    def adopt_presence(self, payload: bytes) -> None:
        """Who is in the room of another hub process."""
        news = self._here.adopt(payload)
        if news:
            self._send_all(awareness(presence.write(news)))

    def tell_comments(self) -> None:
        """Comments are others now: pages ask for them, and are answered by what they may see then (SPEC 2.11)."""
        self._send_all('{"type":"comments"}')

    # --- what pages are told besides -------------------------------------------------------------------------------

    def announce_file(self, file: FileState) -> None:
        """Tell pages how the file stands (SPEC 2.7); nothing when it is as they know it."""
        if file != self.file:
            self.file = file
            self._send_all(text_of(self._file_frame(file)))

    def _file_frame(self, file: FileState) -> Mapping[str, Any]:
        path = file.path if self.about.shows_paths else PurePath(file.path).name
        return {
            "type": "file",
            "state": file.state,
            "path": path,
            "message": file.message,
            "reasons": [{"code": reason.code, "facts": dict(reason.facts)} for reason in file.reasons],
        }

    def tick(self) -> None:
        """Called about once a second: sends the beat (SPEC 2.6)."""
        self.runs.tick()
        # A clock that was set back must not silence the room: its pages would think it dead.
        if not 0 <= self._clock() - self._beat_at < BEAT_S * 1000:
            self._beat_at = self._clock()
            self._send_all('{"type":"beat"}')

    def change_role(self, person_id: str, role: Role) -> None:
        """From now on this person may do what the role allows (SPEC 2.9)."""
        for member in list(self._joined()):
            if member.person.id == person_id and member.role != role:
                member.role = role
                member.send({"type": "role", "role": role})

    def send_away(self, member: Member, code: CloseCode, reason: str) -> None:
        """Close one page's channel: it has no business here any more."""
        if member.session in self.members:
            self._send_away(member, code, reason)

    def subscribe(self, on_change: Callable[[Change], None]) -> Callable[[], None]:
        """Have every change told, at once and on the loop; `on_change` returns at once and raises nothing.

        Returns:
            Ends it; may be called again.
        """
        self._listeners.append(on_change)

        def unsubscribe() -> None:
            if on_change in self._listeners:
                self._listeners.remove(on_change)

        return unsubscribe

    def _changed(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    # --- saving: the room as its autosave sees it ------------------------------------------------------------------

    def take(self, *, everything: bool) -> tuple[Batch, Told, float | None]:
        """What is to be committed now (see `autosave.Source`)."""
        waiting, self._waiting = self._waiting, _Waiting()
        due = self.runs.take(everything=everything)
        self._private_cells_on_their_way |= waiting.private_cells
        batch = Batch(
            updates=tuple(waiting.updates),
            runs=due.runs,
            heads=due.heads,
            authored=self.document.take_authored(),
            clients=tuple(waiting.clients),
            private_cells=waiting.private_cells,
        )
        next_in_s = None if due.next_at_ms is None else max(0.0, (due.next_at_ms - self._clock()) / 1000)
        return batch, Told(waiting.received, due.acks), next_in_s

    def saved(self, told: Told, result: CommitResult | None) -> None:
        """A batch is durable: acknowledge (SPEC 2.4, 3.4)."""
        if result is not None:
            self._private_cells_on_their_way = frozenset()
            self.about.seq = result.seq
            self.document.stored(result.seq)
        recovered, self._trouble = self._trouble is not None, None
        for session, member in self.members.items():
            received = told.received.get(session, member.told)
            if received > member.told or (recovered and member.asker is not None):
                member.told = received
                member.send({"type": "saved", "received": received, "seq": self.about.seq})
        stale = result.stale if result is not None else frozenset()
        for session, frame in told.frames:
            if session in self.members and frame["run_id"] not in stale:
                self.members[session].send(frame)

    def not_saved(self, error: RunhereError) -> None:
        """The commit failed and will be tried again (SPEC 2.5)."""
        trouble = {"type": "not_saved", "code": error.code, "message": error.message}
        if trouble != self._trouble:
            _log.warning("Notebook %s is not saved: %s", self.notebook_id, error.message)
            self._trouble = trouble
            self._send_all(text_of(trouble))

    def failed(self, error: Exception) -> None:
        """The room cannot go on: its pages are sent away and come back to a new one."""
        code = CloseCode.NO_SUCH_NOTEBOOK if isinstance(error, NotFound) else CloseCode.ROOM_FAILED
        self.send_all_away(code, error.message if isinstance(error, RunhereError) else "The room failed.")
        self._on_failed()

    def send_all_away(self, code: CloseCode, reason: str) -> None:
        """Close every page's channel; nobody joins any more. May be called again."""
        self.closed = True
        for member in list(self.members.values()):
            self._send_away(member, code, reason)

    def _send_away(self, member: Member, code: CloseCode, reason: str) -> None:
        member.channel.close(code, reason)
        self.leave(member)

    # --- sending ---------------------------------------------------------------------------------------------------

    def _joined(self) -> Iterable[Member]:
        return [member for member in self.members.values() if member.asker is not None]

    def _others(self, sender: Member) -> Iterable[Member]:
        return [member for member in self.members.values() if member is not sender and member.asker is not None]

    def _send_all(self, message: Message) -> None:
        for member in self._joined():
            member.channel.send(message)
