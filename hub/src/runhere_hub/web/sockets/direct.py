"""A WebSocket protocol for uvicorn that lets a room write at once, and be told at once.

A key press goes to every other page: with twenty people that is two thousand messages a second, and waking a task for
each of them costs more than writing the bytes. So the protocol offers the application one extension, `write_now`, for
the moment when nothing waits and the socket takes bytes. Everything else goes the usual way, and so does everything on
a server that does not run this protocol. The other way there is `read_with`: messages are handed to a function as they
come, instead of pausing the socket, waking a task and listening again for each.
"""

import struct
from collections.abc import Callable, MutableMapping
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

from runhere_hub.rooms.channel import Message

WriteNow = Callable[[Message], bool]
Reader = Callable[[Message], None]

_EXTENSION = "runhere.write_now"
_READING = "runhere.read_with"
_LARGE = 64 * 1024
_TEXT, _BINARY = 0x81, 0x82  # final frames of RFC 6455, section 5.2; a server does not mask


class DirectWebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's own protocol and both extensions."""

    _reader: Reader | None = None

    def handle_connect(self, event: Request) -> None:
        """Offer the extension; the application starts in a later turn of the loop."""
        super().handle_connect(event)
        scope = cast("MutableMapping[str, Any] | None", getattr(self, "scope", None))
        if scope is not None:
            scope.setdefault("extensions", {}).update({_EXTENSION: self._write_now, _READING: self._read_with})

    def _read_with(self, reader: Reader) -> None:
        """Hand every message to this function from now on, those that wait first. The line's end stays an event."""
        waiting = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        for event in waiting:
            if event["type"] == "websocket.receive":
                reader(event.get("bytes") or event.get("text") or b"")
            else:
                self.queue.put_nowait(event)
        self._reader = reader
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def send_receive_event_to_app(self) -> None:
        """A message is whole."""
        if self._reader is None or self.close_sent:
            super().send_receive_event_to_app()
            return
        data = self.frames[0] if len(self.frames) == 1 else b"".join(self.frames)
        if self.curr_msg_data_type != "text":
            self.frames = []
            self._reader(bytes(data))
            return
        try:
            text = data.decode()
        except UnicodeDecodeError:
            super().send_receive_event_to_app()  # it knows how to end such a line
            return
        self.frames = []
        self._reader(text)

    def _write_now(self, message: Message) -> bool:
        """Write one message; False, and nothing written, when it has to go the usual way."""
        if not self.handshake_complete or self.close_sent or self.transport.is_closing():
            return False
        if not self.writable.is_set() or self.conn.state is not State.OPEN:
            return False
        if len(message) > _LARGE:
            data = message if isinstance(message, bytes) else message.encode()
            self.transport.write(head_of(message, len(data)))
            self.transport.write(data)  # a document of megabytes is not copied once more for its few bytes of head
        else:
            self.transport.write(_frame_again(message))
        return True


def write_now_of(scope: MutableMapping[str, Any]) -> WriteNow:
    """The extension of a connection, or one that never writes."""
    found = scope.get("extensions", {}).get(_EXTENSION)
    return cast("WriteNow", found) if found is not None else _never


def read_with_of(scope: MutableMapping[str, Any]) -> Callable[[Reader], None] | None:
    """The other extension of a connection; None: messages are to be awaited as anywhere."""
    return cast("Callable[[Reader], None] | None", scope.get("extensions", {}).get(_READING))


def _never(_message: Message) -> bool:
    return False


_last: tuple[Message, bytes] = (b"", b"\x82\x00")
"""The message framed last, and its frame: a room sends one and the same object to page after page."""


def _frame_again(message: Message) -> bytes:
    global _last  # one entry; the loop is the only thread here
    if message is not _last[0]:
        _last = (message, frame_of(message))
    return _last[1]


def frame_of(message: Message) -> bytes:
    """A whole message as one frame (RFC 6455, section 5.2)."""
    data = message if isinstance(message, bytes) else message.encode()
    return head_of(message, len(data)) + data


def head_of(message: Message, length: int) -> bytes:
    """What stands before a message of so many bytes."""
    kind = _BINARY if isinstance(message, bytes) else _TEXT
    if length < 126:
        return bytes((kind, length))
    if length < 65536:
        return struct.pack("!BBH", kind, 126, length)
    return struct.pack("!BBQ", kind, 127, length)
