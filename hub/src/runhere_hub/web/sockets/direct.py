"""A WebSocket protocol for uvicorn that lets a room write at once.

A key press goes to every other page: with twenty people that is two thousand messages a second, and waking a task for
each of them costs more than writing the bytes. So the protocol offers the application one extension, `write_now`, for
the moment when nothing waits and the socket takes bytes. Everything else goes the usual way, and so does everything on
a server that does not run this protocol.
"""

import struct
from collections.abc import Callable, MutableMapping
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

from runhere_hub.rooms.channel import Message

WriteNow = Callable[[Message], bool]

_EXTENSION = "runhere.write_now"
_TEXT, _BINARY = 0x81, 0x82  # final frames of RFC 6455, section 5.2; a server does not mask


class DirectWebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's own protocol and the extension."""

    def handle_connect(self, event: Request) -> None:
        """Offer the extension; the application starts in a later turn of the loop."""
        super().handle_connect(event)
        scope = cast("MutableMapping[str, Any] | None", getattr(self, "scope", None))
        if scope is not None:
            scope.setdefault("extensions", {})[_EXTENSION] = self._write_now

    def _write_now(self, message: Message) -> bool:
        """Write one message; False, and nothing written, when it has to go the usual way."""
        if not self.handshake_complete or self.close_sent or self.transport.is_closing():
            return False
        if not self.writable.is_set() or self.conn.state is not State.OPEN:
            return False
        self.transport.write(_frame_again(message))
        return True


def write_now_of(scope: MutableMapping[str, Any]) -> WriteNow:
    """The extension of a connection, or one that never writes."""
    found = scope.get("extensions", {}).get(_EXTENSION)
    return cast("WriteNow", found) if found is not None else _never


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
    kind, data = (_BINARY, message) if isinstance(message, bytes) else (_TEXT, message.encode())
    length = len(data)
    if length < 126:
        return bytes((kind, length)) + data
    if length < 65536:
        return struct.pack("!BBH", kind, 126, length) + data
    return struct.pack("!BBQ", kind, 127, length) + data
