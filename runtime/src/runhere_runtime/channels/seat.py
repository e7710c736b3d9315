"""One conversation with a kernel: its own shell, control and stdin sockets, whatever becomes of browsers.

A seat outlives the WebSocket it was made for, so that answers which arrive meanwhile are heard and kept.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import zmq

from runhere_runtime.channels.frames import DELIMITER, KernelReader
from runhere_runtime.journal.fold import Message
from runhere_runtime.journal.record import LARGE_BYTES, Part

REMEMBERED_REQUESTS = 10_000
# A kernel listens some time after its start. Each socket tries anew at its own beat, and all must be through before the
# first request is: what a kernel asks on a stdin socket that is not there yet is lost.
RECONNECT_MS = 20
_BATCH = 500
_EVERYTHING = 100_000
_HEAD_PARTS = 7  # of a message on iopub before its buffers: topic, delimiter, signature, four parts of JSON
_NOBLOCK = int(zmq.NOBLOCK)  # an enum is turned into a number anew for every part

Connect = Callable[[str, bytes], "zmq.Socket[bytes]"]
Sign = Callable[[list[bytes]], bytes]
Heard = Callable[["Seat", list[Message]], None]


def receive_parts(sock: zmq.Socket[bytes]) -> list[Part]:
    """As `recv_multipart`, but without asking the socket after every part for more, which costs more than the part.
    Large buffers stay in ZMQ's memory.

    Raises:
        zmq.Again: Nothing waits.
    """
    receive = sock.recv
    frame = receive(_NOBLOCK, False)
    parts: list[Part] = [frame.bytes]
    while frame.more and len(parts) < _HEAD_PARTS:
        frame = receive(_NOBLOCK, False)
        parts.append(frame.bytes)
    while frame.more:
        frame = receive(_NOBLOCK, False)
        parts.append(frame.bytes if len(frame) < LARGE_BYTES else frame.buffer)
    return parts


class Drain:
    """Calls `heard` with everything that a ZMQ socket has, once for each wake-up of the loop.

    ZMQ's descriptor only signals edges: after reading *and after sending* one must look again. While it rests, nothing
    wakes the loop, nor ZMQ's own thread the other one: what comes meanwhile is read together, at a part of the cost.
    """

    def __init__(self, channel: str, socket: zmq.Socket[bytes], heard: Callable[[list[Message]], None]) -> None:
        self.channel = channel
        self.socket = socket
        self._heard = heard
        self._reader = KernelReader(channel)
        self._loop = asyncio.get_running_loop()
        self._again: asyncio.Handle | None = None
        self._rests = False
        self._fd = int(socket.getsockopt(zmq.FD))
        self._loop.add_reader(self._fd, self.read)
        self.look_again()

    def look_again(self) -> None:
        """Read in the loop's next turn."""
        if self._again is None and not self.socket.closed:
            self._again = self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._again = None
        self.read()

    def rest(self) -> None:
        """Do not read of its own accord until `wake`."""
        if not self._rests and not self.socket.closed:
            self._rests = True
            self._loop.remove_reader(self._fd)

    def wake(self) -> None:
        """End a rest; what came meanwhile is read in the loop's next turn."""
        if self._rests and not self.socket.closed:
            self._rests = False
            self._loop.add_reader(self._fd, self.read)
            self.look_again()

    def read_everything(self) -> None:
        """Read now all that is there (within reason: a kernel may say more while we read)."""
        self.read(_EVERYTHING)

    def read(self, at_most: int = _BATCH) -> None:
        """Read now: at most one batch, the rest in the next turn, so that others get theirs."""
        if self.socket.closed:
            return
        found: list[Message] = []
        for _ in range(at_most):
            try:
                parts = receive_parts(self.socket)
            except zmq.Again:
                break
            message = self._reader.read(parts)
            if message is not None:
                found.append(message)
        else:
            self.look_again()
        if found:
            self._heard(found)

    def close(self) -> None:
        """Idempotent."""
        if self.socket.closed:
            return
        if self._again:
            self._again.cancel()
        self._loop.remove_reader(self._fd)
        self.socket.close(linger=0)


class Seat:
    """Shell, control and stdin of one identity."""

    def __init__(self, identity: str, *, connect: Connect, sign: Sign, heard: Heard) -> None:
        self.identity = identity
        self._sign = sign
        self._drains = {
            channel: Drain(channel, connect(channel, identity.encode()), lambda found: heard(self, found))
            for channel in ("shell", "control", "stdin")
        }
        self._sent: OrderedDict[str, None] = OrderedDict()

    def send(self, channel: str, frames: Sequence[Part], msg_id: str) -> None:
        """Sign the parts and hand them to the kernel's socket; never blocks."""
        self._sent[msg_id] = None
        if len(self._sent) > REMEMBERED_REQUESTS:
            self._sent.popitem(last=False)
        drain = self._drains[channel]
        drain.socket.send_multipart([DELIMITER, self._sign(list(map(bytes, frames[:4]))), *frames], copy=False)
        drain.look_again()

    def asked(self, msg_id: str) -> bool:
        """Whether this seat sent that request."""
        return msg_id in self._sent

    def close(self) -> None:
        for drain in self._drains.values():
            drain.close()


def make_connect(kernel: Any) -> Connect:
    """Sockets of a jupyter_client kernel manager, without limits on either side."""

    def connect(channel: str, identity: bytes) -> zmq.Socket[bytes]:
        kind = {"iopub": zmq.SUB}.get(channel, zmq.DEALER)
        sock: zmq.Socket[bytes] = zmq.Socket(zmq.Context.instance(), kind)
        sock.linger = 1000
        sock.rcvhwm = sock.sndhwm = 0
        sock.reconnect_ivl = RECONNECT_MS
        if channel == "iopub":
            sock.setsockopt(zmq.SUBSCRIBE, b"")
        elif identity:
            sock.identity = identity
        if getattr(kernel, "curve_publickey", None) is not None:
            sock.curve_secretkey = kernel.curve_secretkey
            sock.curve_publickey = sock.curve_serverkey = kernel.curve_publickey
        sock.connect(kernel._make_url(channel))
        return sock

    return connect
