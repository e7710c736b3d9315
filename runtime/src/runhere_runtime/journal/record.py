"""One record of a journal, on disk and on the wire alike, so that a reader's bytes can be sent as they are.

    u32  length of what follows
    u32  CRC-32 of what follows this field
    u64  seq          1, 2, 3 … within one journal; 0: not kept (an answer to a control request)
    u64  time         milliseconds since 1970, when the runtime got it
    …    message      as in the subprotocol v1.kernel.websocket.jupyter.org: little-endian u64 count and offsets,
                      then channel, header, parent_header, metadata, content, buffers

All but the message's own offsets is big-endian. SPEC.md 7.3.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from runhere_runtime.errors import JournalFrameInvalid

HEAD = struct.Struct(">IIQQ")
_AFTER_LENGTH = HEAD.size - 4
_AFTER_CRC = HEAD.size - 8
_BEFORE_BODY = struct.Struct(">II")
_BODY = struct.Struct(">QQ")
_SMALL_BYTES = 16 * 1024
_HEAD_PARTS = 5  # channel and four parts of JSON; buffers follow
_OFFSETS = tuple(struct.Struct(f"<{count + 1}Q") for count in range(16))


# What a message is made of. Its first four parts are JSON, and bytes; a large buffer is looked at where it lies.
Part = bytes | memoryview
LARGE_BYTES = 2**20


@dataclass(frozen=True)
class Record:
    seq: int
    time_ms: int
    message: bytes


def message_pieces(channel: str, frames: Sequence[Part]) -> tuple[Part, ...]:
    """What makes one v1 message of header, parent_header, metadata, content and buffers, one after the other.

    In pieces, because a buffer may be large: whoever needs the whole joins them once, with what comes before.
    """
    name = channel.encode()
    count = len(frames) + 2
    table = _OFFSETS[count] if count < len(_OFFSETS) else struct.Struct(f"<{count + 1}Q")
    offset = 8 * (1 + count)
    offsets = [count, offset]
    offset += len(name)
    offsets.append(offset)
    for frame in frames:
        offset += len(frame)
        offsets.append(offset)
    return (table.pack(*offsets), name, *frames)


def pack_message(channel: str, frames: Sequence[Part]) -> bytes:
    """The pieces as one."""
    return b"".join(message_pieces(channel, frames))


def unpack_message(data: Part) -> tuple[str, list[Part]]:
    """(channel, frames) of a v1 message. Large buffers stay in `data`.

    Raises:
        JournalFrameInvalid: Too short, offsets out of order, or fewer than the four parts of a message.
    """
    if len(data) < 8:
        raise JournalFrameInvalid("A message is too short.")
    (count,) = struct.unpack_from("<Q", data)
    if not 6 <= count <= 4096 or len(data) < 8 * (1 + count):
        raise JournalFrameInvalid("A message has an impossible number of parts.")
    offsets = struct.unpack_from(f"<{count}Q", data, 8)
    if offsets[0] != 8 * (1 + count) or offsets[-1] != len(data) or any(a > b for a, b in pairwise(offsets)):
        raise JournalFrameInvalid("The parts of a message overlap.")
    ranges = list(pairwise(offsets))
    head = [bytes(data[a:b]) for a, b in ranges[:_HEAD_PARTS]]
    buffers = [cut(data, a, b) for a, b in ranges[_HEAD_PARTS:]]
    try:
        return head[0].decode("ascii"), [*head[1:], *buffers]
    except UnicodeDecodeError as error:
        raise JournalFrameInvalid("A message names no channel.") from error


def cut(data: Part, start: int, end: int) -> Part:
    """A piece of `data`; a large one stays where it is."""
    return memoryview(data)[start:end] if end - start >= LARGE_BYTES else bytes(data[start:end])


def pack_record(seq: int, time_ms: int, pieces: Sequence[Part]) -> bytes:
    """The record of the message that the pieces make."""
    size = sum(map(len, pieces))
    if size < _SMALL_BYTES:  # cheaper to copy once more than to count piece by piece
        body = b"".join((_BODY.pack(seq, time_ms), *pieces))
        return _BEFORE_BODY.pack(_AFTER_LENGTH + size, zlib.crc32(body)) + body
    return b"".join(record_pieces(seq, time_ms, pieces))


def record_pieces(seq: int, time_ms: int, pieces: Sequence[Part]) -> tuple[Part, ...]:
    """The same, not put together: the pieces of the message are not copied."""
    crc = zlib.crc32(_BODY.pack(seq, time_ms))
    for piece in pieces:
        crc = zlib.crc32(piece, crc)
    return (HEAD.pack(_AFTER_LENGTH + sum(map(len, pieces)), crc, seq, time_ms), *pieces)


def is_large(pieces: Sequence[Part]) -> bool:
    """Whether there is a piece that should not be copied."""
    return len(pieces) > _HEAD_PARTS + 1 and any(len(piece) >= LARGE_BYTES for piece in pieces)


def unpack_records(data: bytes | memoryview) -> Iterator[Record]:
    """The records in a batch.

    Raises:
        JournalFrameInvalid: At the first record that is cut short or damaged; those before it were given.
    """
    view = memoryview(data)
    while view:
        if len(view) < HEAD.size:
            raise JournalFrameInvalid("A record is cut short.")
        length, crc, seq, time_ms = HEAD.unpack_from(view)
        end = 4 + length
        if length < _AFTER_LENGTH or end > len(view):
            raise JournalFrameInvalid("A record is cut short.")
        if zlib.crc32(view[8:end]) != crc:
            raise JournalFrameInvalid(f"Record {seq} is damaged.")
        yield Record(seq, time_ms, bytes(view[HEAD.size : end]))
        view = view[end:]
