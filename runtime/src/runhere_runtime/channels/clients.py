"""One attached browser each: what it has heard, what it is sent, and what it may say."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tornado.iostream import IOStream, StreamClosedError

from runhere_runtime.channels.feed import Feed, disk_notice
from runhere_runtime.channels.frames import (
    BINARY,
    CHANNELS,
    decode_default,
    decode_v1,
    encode_default,
    encode_v1,
    frame_pieces,
    gathered,
    text_frame,
)
from runhere_runtime.channels.seat import Seat
from runhere_runtime.errors import JournalFrameInvalid
from runhere_runtime.journal.fold import Message
from runhere_runtime.journal.record import Part, unpack_message, unpack_records

CHUNK_BYTES = 256 * 1024
ATTACH_WITHIN_S = 10.0
WAITING_BYTES = 4 * 2**20
PROTOCOL = 1


class Closer(Protocol):
    """Closes the WebSocket."""

    def __call__(self, code: int, reason: str) -> None: ...


class Outlet:
    """Writes whole frames to a WebSocket's stream, and knows how much the other side has not taken yet.

    `taken` grows whenever a write that had to wait is through: the other side lives, though it may be slow.
    """

    def __init__(self, stream: IOStream, drained: Callable[[], None]) -> None:
        self._stream = stream
        self._drained = drained
        self.waiting_bytes = 0
        self.taken = 0

    @property
    def is_full(self) -> bool:
        return self.waiting_bytes >= WAITING_BYTES

    def write_binary(self, pieces: Sequence[Part]) -> None:
        """One binary frame, whose payload the pieces make; a large one is not copied."""
        self.write_all(gathered(frame_pieces(BINARY, pieces)))

    def write_all(self, pieces: Sequence[Part]) -> None:
        """The pieces, one after the other."""
        for piece in pieces:
            self.write(piece)

    def write(self, data: Part) -> None:
        """Never blocks; a closed stream is noticed elsewhere."""
        try:
            future = self._stream.write(data)
        except StreamClosedError:
            return
        if not self._stream.writing():
            return
        size = len(data)
        self.waiting_bytes += size
        future.add_done_callback(lambda _: self._wrote(size))

    def _wrote(self, size: int) -> None:
        self.waiting_bytes -= size
        self.taken += 1
        if self.waiting_bytes == 0 and not self._stream.closed():
            self._drained()


class StockChannel:
    """A client of one of Jupyter's own subprotocols; every message as the kernel sent it.

    Coming back with the same session id continues where the last socket of that session ended. What was written into
    a cable that was already dead is lost to it: only the journal's subprotocol can ask again.
    """

    def __init__(self, feed: Feed, *, session_id: str, default_protocol: bool, stream: IOStream, close: Closer) -> None:
        self.seat: Seat
        self.close: Closer = close
        for other in list(feed.stock):
            if isinstance(other, StockChannel) and other.seat.identity == session_id:
                other.detach()
                other.close(1001, "replaced by a newer connection of the same session")
        self.default_protocol = default_protocol
        self._feed = feed
        self.outlet = Outlet(stream, self._replay)
        self.seat, after = feed.take_seat(session_id)
        feed.stock.add(self)
        self._behind_at = after
        if after is not None:
            self._replay()

    def deliver(self, frames: Sequence[Part]) -> None:
        if self._behind_at is not None:
            return
        if self.outlet.is_full:
            # What comes now is not in the journal yet: flushing what came before makes its end the place to go on from.
            self._feed.flush()
            self._behind_at = self._feed.journal.last_seq
            return
        self.outlet.write_all(frames)

    def _replay(self) -> None:
        encode = encode_default if self.default_protocol else encode_v1
        while self._behind_at is not None and not self.outlet.is_full:
            self._feed.flush()
            chunk = self._feed.journal.read(self._behind_at, CHUNK_BYTES)
            found = [as_message(record.message) for record in unpack_records(chunk.data)]
            self.outlet.write_all(gathered(itertools.chain(*map(encode, filter(self._is_mine, found)))))
            caught_up = not chunk.data and chunk.gap is None
            self._behind_at = None if caught_up else chunk.last

    def _is_mine(self, message: Message) -> bool:
        return message.channel == "iopub" or self.seat.asked(message.run)

    def receive(self, data: Part | str) -> None:
        """Pass a message of the client on to the kernel.

        Raises:
            JournalFrameInvalid: Nothing was sent.
        """
        channel, frames = decode_default(data) if self.default_protocol else decode_v1(data)
        self._feed.send(self.seat, checked_channel(channel), frames, read_msg_id(frames))

    def detach(self) -> None:
        """The socket is gone. Idempotent."""
        if self in self._feed.stock:
            self._feed.stock.discard(self)
            self._feed.leave_seat(self.seat, self._behind_at)

    def kernel_ended(self) -> None:
        """Stock servers leave the socket open, and so do we."""


class JournalChannel:
    """A client of runhere.journal.v1 (SPEC.md, section 7)."""

    def __init__(self, feed: Feed, *, stream: IOStream, close: Closer) -> None:
        self.client_id = ""
        self._feed = feed
        self._close = close
        self.outlet = Outlet(stream, self._pump)
        self._cursor = 0
        self._live = False
        self._told_live = False
        self._too_late = asyncio.get_running_loop().call_later(ATTACH_WITHIN_S, close, 4400, "no attach in time")

    @property
    def is_attached(self) -> bool:
        return self in self._feed.clients

    def deliver(self, records: Sequence[Part], last_seq: int) -> None:
        if last_seq < 0:
            self.outlet.write_binary(records)
        elif self._live and not self.outlet.is_full:
            self.outlet.write_binary(records)
            self._cursor = last_seq
        else:
            self._live = False

    def tell(self, frame: bytes) -> None:
        self.outlet.write(frame)

    def receive(self, data: Part | str) -> None:
        """A frame of the client.

        Raises:
            JournalFrameInvalid: It cannot be understood; nothing happened.
        """
        if not isinstance(data, str):
            self._receive_message(data)
            return
        try:
            frame = json.loads(data)
        except ValueError as error:
            raise JournalFrameInvalid("A frame is no JSON.") from error
        kind = frame.get("type") if isinstance(frame, dict) else None
        if kind == "attach" and not self.is_attached:
            self._attach(frame)
        elif not self.is_attached:
            raise JournalFrameInvalid("The first frame must be attach.")
        elif kind == "ping":
            self.tell(text_frame({"type": "pong"}))
        elif kind == "take_stdin":
            if not self._feed.take_stdin(self, force=frame.get("force") is True):
                self._refuse("stdin_held", "Another page that is connected was asked.", of="take_stdin")
        elif kind == "withdraw":
            self._withdraw(str(frame.get("msg_id", "")))
        else:
            self._refuse("unknown_type", "This frame is not known.", of=str(kind))

    def _attach(self, frame: dict[str, Any]) -> None:
        client_id, after = frame.get("client_id"), frame.get("after")
        if frame.get("protocol") != PROTOCOL:
            self._close(4426, "protocol version not spoken")
            return
        if not isinstance(client_id, str) or not 1 <= len(client_id) <= 128:
            raise JournalFrameInvalid("attach needs a client_id of 1 to 128 characters.")
        if after is not None and (not isinstance(after, int) or isinstance(after, bool) or after < 0):
            raise JournalFrameInvalid("after is a seq or null.")
        for other in list(self._feed.clients):
            if other.client_id == client_id and isinstance(other, JournalChannel):
                other.detach()
                other._close(4409, "replaced by a newer connection of the same client")
        self._too_late.cancel()
        self.client_id = client_id
        self._feed.flush()
        journal = self._feed.journal
        self._cursor = journal.last_seq if after is None else min(after, journal.last_seq)
        self._feed.clients.add(self)
        self.tell(
            text_frame(
                {
                    "type": "attached",
                    "protocol": PROTOCOL,
                    "journal": journal.id,
                    "first": journal.first_seq,
                    "last": journal.last_seq,
                    "after": self._cursor,
                    "state": self._feed.state,
                    "limit_bytes": journal.limit_bytes,
                    "clients": len(self._feed.clients),
                }
            )
        )
        if journal.disk_full:
            self.tell(text_frame(disk_notice(True)))
        self._pump()

    def _pump(self) -> None:
        """Send what is missing, as fast as the client takes it; then it is live."""
        while self.is_attached and not self._live and not self.outlet.is_full:
            self._feed.flush()
            chunk = self._feed.journal.read(self._cursor, CHUNK_BYTES)
            if chunk.gap is not None:
                gap = {"type": "gap", "from": chunk.gap.first, "to": chunk.gap.last, "reason": chunk.gap.reason}
                self.tell(text_frame(gap))
            if chunk.data:
                self.outlet.write_binary((chunk.data,))
            self._cursor = chunk.last
            self._live = not chunk.data and chunk.gap is None
        if self._live and not self._told_live:
            self._told_live = True
            self.tell(text_frame({"type": "live", "seq": self._cursor}))
            self.tell(text_frame(self._feed.stdin.describe(self.client_id)))

    def _receive_message(self, data: Part) -> None:
        if not self.is_attached:
            raise JournalFrameInvalid("The first frame must be attach.")
        channel, frames = unpack_message(data)
        msg_id = read_msg_id(frames)
        if checked_channel(channel) == "stdin" and not self._feed.stdin.may_answer(self.client_id):
            self._refuse("stdin_held", "Another page was asked; take the prompt over first.", of="stdin", msg_id=msg_id)
            return
        fresh = self._feed.accept(self, channel, frames, msg_id)
        self.tell(text_frame({"type": "sent", "channel": channel, "msg_id": msg_id, "repeated": not fresh}))

    def _withdraw(self, msg_id: str) -> None:
        if self._feed.withdraw(msg_id):
            self.tell(text_frame({"type": "withdrawn", "msg_id": msg_id}))
        else:
            message = "The kernel has this run already: only an interrupt ends it."
            self._refuse("already_begun", message, of="withdraw", msg_id=msg_id)

    def _refuse(self, code: str, message: str, *, of: str, msg_id: str | None = None) -> None:
        self.tell(text_frame({"type": "refused", "code": code, "message": message, "of": of, "msg_id": msg_id}))

    def detach(self) -> None:
        """The socket is gone. Idempotent."""
        self._too_late.cancel()
        self._feed.clients.discard(self)

    def kernel_ended(self) -> None:
        self.tell(text_frame({"type": "ended", "last": self._feed.journal.last_seq}))
        self._close(4410, "the kernel has ended")


def as_message(data: bytes) -> Message:
    """A journal record's message, with type and run read from its headers."""
    channel, frames = unpack_message(data)
    header, parent = json.loads(bytes(frames[0])), json.loads(bytes(frames[1]))
    return Message(channel, str(header.get("msg_type", "")), str(parent.get("msg_id", "")), tuple(frames))


def checked_channel(channel: str) -> str:
    if channel not in CHANNELS or channel == "iopub":
        raise JournalFrameInvalid("Requests go to shell, control or stdin.")
    return channel


def read_msg_id(frames: Sequence[Part]) -> str:
    """Of the header; the other parts must be there."""
    try:
        msg_id = json.loads(bytes(frames[0]))["msg_id"]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise JournalFrameInvalid("A message has no header with a msg_id.") from error
    if len(frames) < 4 or not isinstance(msg_id, str) or len(msg_id) > 256:
        raise JournalFrameInvalid("A message has no header with a msg_id.")
    return msg_id
