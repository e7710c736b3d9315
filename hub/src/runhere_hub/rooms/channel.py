"""The port between a room and one page: messages go out without waiting.

A page that reads too slowly is closed, it never holds up the room: `send` puts the message into a bounded box that
somebody else empties into a socket.
"""

import asyncio
from collections import deque
from typing import Protocol, TypeAlias

Message: TypeAlias = bytes | str

MAX_WAITING_MESSAGES = 4_096
MAX_WAITING_BYTES = 64 * 1024 * 1024


class Channel(Protocol):
    """One page's way out of a room. Both methods return at once and raise nothing."""

    def send(self, message: Message) -> None:
        """Let a message follow those already sent; dropped when the channel is closed."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Let the page know and take no more messages; those already sent still go out. May be called again."""
        ...


class Outbox:
    """A bounded queue with one reader. It is full when too much waits; a message always fits into an empty one."""

    def __init__(self, *, max_messages: int = MAX_WAITING_MESSAGES, max_bytes: int = MAX_WAITING_BYTES) -> None:
        self._waiting: deque[Message] = deque()
        self._bytes = 0
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._arrived = asyncio.Event()

    @property
    def is_empty(self) -> bool:
        """True when nothing waits."""
        return not self._waiting

    def put(self, message: Message) -> bool:
        """Take a message; False, and nothing taken, when the box is full."""
        size = len(message)
        if self._waiting and (len(self._waiting) >= self._max_messages or self._bytes + size > self._max_bytes):
            return False
        self._waiting.append(message)
        self._bytes += size
        self._arrived.set()
        return True

    def wake(self) -> None:
        """Let the reader look, although nothing came."""
        self._arrived.set()

    async def arrived(self) -> None:
        """Wait until something was put in, or `wake` was called."""
        await self._arrived.wait()
        self._arrived.clear()

    def take(self) -> Message | None:
        """The oldest message, or None."""
        if not self._waiting:
            return None
        message = self._waiting.popleft()
        self._bytes -= len(message)
        return message
