"""Bytes in and out: WebSocket frames, and the two subprotocols that stock clients speak. Pure."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from runhere_runtime.errors import JournalFrameInvalid
from runhere_runtime.journal.fold import Message
from runhere_runtime.journal.record import LARGE_BYTES, Part, cut, message_pieces, unpack_message

DELIMITER = b"<IDS|MSG>"
V1 = "v1.kernel.websocket.jupyter.org"
JOURNAL = "runhere.journal.v1"
TEXT, BINARY = 0x1, 0x2
CHANNELS = ("shell", "control", "stdin", "iopub")


def text_frame(value: object) -> bytes:
    """A JSON value as one whole text frame of a server."""
    return websocket_frame(TEXT, (json.dumps(value).encode(),))


def websocket_frame(opcode: int, pieces: Sequence[Part]) -> bytes:
    """One frame, whose payload the pieces make."""
    return b"".join(frame_pieces(opcode, pieces))


def frame_pieces(opcode: int, pieces: Sequence[Part]) -> tuple[Part, ...]:
    """The same, not put together."""
    return (frame_head(opcode, sum(map(len, pieces))), *pieces)


def frame_head(opcode: int, size: int) -> bytes:
    """What goes before the payload of one unmasked, final frame (RFC 6455, 5.2)."""
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, size)
    if size < 65_536:
        return struct.pack("!BBH", 0x80 | opcode, 126, size)
    return struct.pack("!BBQ", 0x80 | opcode, 127, size)


class KernelReader:
    """Makes messages of what one socket of a kernel receives. Remembers the last parent: a run's messages share it."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._parent = b""
        self._run = self._asked_by = ""

    def read(self, parts: Sequence[Part]) -> Message | None:
        """A multipart message; None when it is none of Jupyter's."""
        try:
            at = parts.index(DELIMITER)
            frames = tuple(parts[at + 2 :])
            if frames[1] != self._parent:
                self._parent = bytes(frames[1])
                parent = _read_header(self._parent)
                self._run, self._asked_by = str(parent.get("msg_id", "")), str(parent.get("msg_type", ""))
            kind = str(_read_header(bytes(frames[0]))["msg_type"])
            _ = frames[3]  # a message has four parts at least
        except (ValueError, IndexError, KeyError, AttributeError, TypeError):
            return None
        return Message(self._channel, kind, self._run, frames, self._asked_by)


_DECODER = json.JSONDecoder()


def _read_header(data: bytes) -> dict[str, Any]:
    """As `json.loads`, in a third of its time: this is the dearest step of a flood."""
    text = data.decode()
    found, end = _DECODER.raw_decode(text)
    if end != len(text):
        found = json.loads(text)  # white space may follow, anything else may not
    return found  # type: ignore[no-any-return]  # whoever asks it for a key finds out whether it is an object


def encode_v1(message: Message) -> tuple[Part, ...]:
    """A frame of the subprotocol v1.kernel.websocket.jupyter.org, in pieces."""
    return frame_pieces(BINARY, message_pieces(message.channel, message.frames))


def encode_default(message: Message) -> tuple[Part, ...]:
    """A frame of the default subprotocol, in pieces: JSON text, or binary when there are buffers.

    The parts of a message are JSON already, so they are put together as bytes.
    """
    header, parent, metadata, content, *buffers = message.frames
    ids = json.loads(bytes(header))
    tail = json.dumps({"msg_id": ids.get("msg_id"), "msg_type": message.type, "channel": message.channel}).encode()
    body = b"".join(
        (
            b'{"header":', header, b',"parent_header":', parent, b',"metadata":', metadata, b',"content":', content,
            b"," if buffers else b',"buffers":[],', tail[1:],
        )
    )  # fmt: skip
    if not buffers:
        return frame_pieces(TEXT, (body,))
    count = len(buffers) + 1
    offset = 4 * (count + 1)
    offsets = []
    for part in (body, *buffers):
        offsets.append(offset)
        offset += len(part)
    return frame_pieces(BINARY, (struct.pack(f"!{count + 1}I", count, *offsets), body, *buffers))


def gathered(pieces: Iterable[Part]) -> list[Part]:
    """The same bytes in as few pieces as can be had without copying a large one."""
    found: list[Part] = []
    small: list[Part] = []
    for piece in pieces:
        if len(piece) < LARGE_BYTES:
            small.append(piece)
        else:
            found += [b"".join(small), piece] if small else [piece]
            small = []
    return [*found, b"".join(small)] if small else found


def decode_v1(data: Part | str) -> tuple[str, list[Part]]:
    """(channel, frames) that a client sends.

    Raises:
        JournalFrameInvalid: It is no such message.
    """
    if isinstance(data, str):
        raise JournalFrameInvalid("This subprotocol carries binary messages.")
    return unpack_message(data)


def decode_default(data: Part | str) -> tuple[str, list[Part]]:
    """As `decode_v1`, for the default subprotocol."""
    buffers: list[Part] = []
    if isinstance(data, str):
        text = data.encode()
    else:
        text, buffers = _split_buffers(data)
    try:
        message: dict[str, Any] = json.loads(text)
        parts = [message["header"], message.get("parent_header") or {}, message.get("metadata") or {}]
        frames: list[Part] = [json.dumps(part).encode() for part in (*parts, message.get("content") or {})]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JournalFrameInvalid("A message is not JSON with a header.") from error
    return str(message.get("channel") or "shell"), frames + buffers


def _split_buffers(data: Part) -> tuple[bytes, list[Part]]:
    try:
        (count,) = struct.unpack_from("!I", data)
        if not 1 <= count <= 4096:
            raise JournalFrameInvalid("A message has an impossible number of parts.")
        offsets = [*struct.unpack_from(f"!{count}I", data, 4), len(data)]
    except struct.error as error:
        raise JournalFrameInvalid("A message is too short.") from error
    if any(a > b for a, b in pairwise(offsets)):
        raise JournalFrameInvalid("The parts of a message overlap.")
    (start, end), *ranges = pairwise(offsets)
    return bytes(data[start:end]), [cut(data, a, b) for a, b in ranges]
