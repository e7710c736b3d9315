"""A page made of pycrdt, for tests: edits, goes offline, comes back, and keeps what was not acknowledged.

It does with Yjs what the real page does (`frontend/src/sync/room-socket.ts`): one socket at a time, sync on every
connection, updates sent as they happen, `saved` counted against the frames sent on this socket.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pycrdt import Doc, Map, Text, UndoManager

from runhere_hub.core import yjs_bytes
from runhere_hub.core.yjs_bytes import AwarenessMessage, SyncStep1, SyncStep2, SyncUpdate
from runhere_hub.rooms.channel import Message
from runhere_protocol import ROOM_PROTOCOL

REMOTE = "remote"
LOCAL = "local"


class Page:
    """One browser tab.

    Attributes:
        doc: Its copy of the document.
        frames: JSON frames of the hub that are not `saved` or `beat`, in order.
        presence: Awareness payloads of others, in order.
        in_flight: (number of the frame on this socket, what it holds) that are not acknowledged.
        acknowledged: What `on_saved` was called with, see `edit`.
    """

    def __init__(self, *, browser_id: str = "browser", tab_id: str = "tab", doc: Doc[Any] | None = None) -> None:
        self.doc: Doc[Any] = doc if doc is not None else Doc()
        self.cells = self.doc.get("cells", type=Map)
        self.browser_id, self.tab_id = browser_id, tab_id
        self.frames: list[dict[str, Any]] = []
        self.presence: list[bytes] = []
        self.send: Callable[[Message], None] | None = None
        self.sent = 0
        self.saved = 0
        self.synced = False
        self.in_flight: list[tuple[int, Any]] = []
        self.unsent: list[Any] = []
        self.acknowledged: list[Any] = []
        self.undo = UndoManager(scopes=[self.cells], capture_timeout_millis=0)
        self.undo.include_origin(LOCAL)
        self._updates: list[bytes] = []
        self._subscription = self.doc.observe(lambda event: self._updates.append(event.update))

    # --- the socket ------------------------------------------------------------------------------------------------

    def connect(self, send: Callable[[Message], None]) -> None:
        """A socket opened: join and ask for what is missing."""
        self.send, self.sent, self.saved, self.synced = send, 0, 0, False
        join = {"type": "join", "protocol": ROOM_PROTOCOL, "client_id": self.doc.client_id}
        self.send_frame({**join, "browser_id": self.browser_id, "tab_id": self.tab_id})
        send(yjs_bytes.sync_step1(self.doc.get_state()))

    def disconnect(self) -> None:
        """The socket is gone; what was not acknowledged waits for the next one."""
        self.send = None
        self.unsent = [note for _, note in self.in_flight] + self.unsent
        self.in_flight = []

    def send_frame(self, frame: Mapping[str, Any]) -> None:
        """Send a JSON frame."""
        if self.send is not None:
            self.send(json.dumps(frame))

    def receive(self, message: Message) -> None:
        """Take one message of the hub."""
        if isinstance(message, str):
            self._receive_frame(json.loads(message))
            return
        match yjs_bytes.read_message(message):
            case SyncStep1(state_vector):
                self._send_document(yjs_bytes.sync_step2(self.doc.get_update(state_vector)))
                self.synced = True
            case SyncStep2(update) | SyncUpdate(update):
                self._apply(update)
            case AwarenessMessage(payload):
                self.presence.append(payload)

    def _receive_frame(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "saved":
            self.saved = frame["received"]
            self.acknowledged += [note for number, note in self.in_flight if number <= self.saved]
            self.in_flight = [(number, note) for number, note in self.in_flight if number > self.saved]
        elif frame["type"] != "beat":
            self.frames.append(frame)

    def _apply(self, update: bytes) -> None:
        if update == yjs_bytes.EMPTY_UPDATE:
            return
        with self.doc.transaction(origin=REMOTE):
            self.doc.apply_update(update)
        self._updates.clear()

    def _send_document(self, message: bytes) -> None:
        """Send a document frame: all that waits is in it."""
        if self.send is None:
            return
        self.sent += 1
        self.in_flight += [(self.sent, note) for note in self.unsent]
        self.unsent = []
        self.send(message)

    @property
    def all_saved(self) -> bool:
        """What the page shows as "All changes saved"."""
        return self.send is not None and self.synced and self.saved == self.sent and not self.unsent

    def take(self, kind: str) -> list[dict[str, Any]]:
        """Frames of this type that came since the last call."""
        found = [frame for frame in self.frames if frame["type"] == kind]
        self.frames = [frame for frame in self.frames if frame["type"] != kind]
        return found

    # --- editing ---------------------------------------------------------------------------------------------------

    def edit(self, work: Callable[[], object], note: Any = None) -> None:
        """Do something of one's own, and send it. `note` goes to `acknowledged` once it is durable."""
        with self.doc.transaction(origin=LOCAL):
            work()
        self.flush(note)

    def flush(self, note: Any = None) -> None:
        """Send what changed here."""
        updates, self._updates = self._updates, []
        if not updates:
            return
        self.unsent.append(note)
        # Before the hub said what it lacks, it would get pieces whose beginning it does not have.
        if self.send is not None and self.synced:
            for update in updates:
                self._send_document(yjs_bytes.sync_update(update))

    def insert(
        self, cell_id: str, source: str = "", *, position: str = "V", kind: str = "code", note: Any = None
    ) -> None:
        """A new cell. Not to be undone: undoing it in Yjs would remove its key, with what others typed (SPEC 1.5)."""
        cell: dict[str, Any] = {"type": kind, "position": position, "source": Text(source), "metadata": Map({})}
        self.cells[cell_id] = Map(cell)
        self.flush(note)

    def type(self, cell_id: str, at: int, text: str, *, note: Any = None) -> None:
        """Type into a cell; `at` counts UTF-8 bytes, as pycrdt does."""
        self.edit(lambda: self.source(cell_id).insert(at, text), note)

    def source(self, cell_id: str) -> Text:
        """A cell's source."""
        source = self.cells[cell_id]["source"]
        assert isinstance(source, Text)
        return source

    def text(self, cell_id: str) -> str:
        """A cell's source as it reads."""
        return str(self.source(cell_id))
