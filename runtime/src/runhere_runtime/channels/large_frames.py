"""A WebSocket that takes a large message into one buffer, in place of four copies of it.

Tornado gathers a frame in a growing buffer, copies it out, unmasks it into another copy, and the message is put
together once more. Of a large message (64 MB of a widget's, say) that is most of what it costs, and three times its
size in memory. Here one whole frame, and the last frame of a message in several (as Chromium sends it), end in the
buffer that the handler is given. Everything else stays Tornado's: other frames, control frames, limits.
"""

from __future__ import annotations

from tornado.util import _websocket_mask as mask_bytes
from tornado.websocket import WebSocketProtocol, WebSocketProtocol13

from runhere_runtime.channels.frames import BINARY
from runhere_runtime.journal.record import LARGE_BYTES

_MASK_AT_ONCE_BYTES = 64 * 1024  # what stays in the processor's cache; a multiple of the mask's four
# The first two bytes of a frame (RFC 6455, 5.2).
_WHOLE, _LAST = 0x80 | BINARY, 0x80
_MASKED = 0x80
_SIZE_BYTES = {126: 2, 127: 8}


def in_one_buffer(protocol: WebSocketProtocol | None) -> WebSocketProtocol | None:
    """The same protocol, as Tornado made it for a handler, but taking large messages as below."""
    if not isinstance(protocol, WebSocketProtocol13):
        return protocol
    return LargeFrames(protocol.handler, False, protocol.params)


class LargeFrames(WebSocketProtocol13):
    """Gives a large message to the handler's `on_message` as a read-only memoryview."""

    _read_already: list[bytes]

    async def _receive_frame(self) -> None:
        head = await super()._read_bytes(2)
        self._read_already = [head]
        gathered = self._fragmented_message_buffer
        if head == bytes((_WHOLE, _MASKED | 127)) and gathered is None:
            size = await self._read_size(head)
            if LARGE_BYTES <= size <= self.params.max_message_size:
                await self._take(await self._read_unmasked(size))
                return
        elif head[0] == _LAST and head[1] & _MASKED and gathered is not None and self._is_large(gathered):
            size = await self._read_size(head)
            if len(gathered) + size <= self.params.max_message_size:
                mask = await super()._read_bytes(4)
                gathered += mask_bytes(mask, await super()._read_bytes(size))
                self._fragmented_message_buffer = None
                await self._take(gathered)
                return
        await super()._receive_frame()

    async def _read_bytes(self, n: int) -> bytes:
        return self._read_already.pop(0) if self._read_already else await super()._read_bytes(n)

    def _is_large(self, gathered: bytearray) -> bool:
        return len(gathered) >= LARGE_BYTES and self._fragmented_message_opcode == BINARY

    async def _read_size(self, head: bytes) -> int:
        """Of the payload; kept for Tornado too, should the frame be left to it."""
        code = head[1] & 0x7F
        if code not in _SIZE_BYTES:
            return code
        found = await super()._read_bytes(_SIZE_BYTES[code])
        self._read_already.append(found)
        return int.from_bytes(found)

    async def _read_unmasked(self, size: int) -> bytearray:
        mask = await super()._read_bytes(4)
        buffer = bytearray(size)
        await self.stream.read_into(buffer)
        self._wire_bytes_in += size
        with memoryview(buffer) as view:
            for start in range(0, size, _MASK_AT_ONCE_BYTES):
                part = view[start : start + _MASK_AT_ONCE_BYTES]
                part[:] = mask_bytes(mask, bytes(part))
        return buffer

    async def _take(self, message: bytearray) -> None:
        handled = self._handle_message(BINARY, memoryview(message).toreadonly())  # type: ignore[arg-type]  # handed on to on_message as it is
        if handled is not None:
            await handled
