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

REMEMBERED_REQUESTS = 10_000
_BATCH = 500

Connect = Callable[[str, bytes], "zmq.Socket[bytes]"]
Sign = Callable[[list[bytes]], bytes]
Heard = Callable[["Seat", list[Message]], None]


def receive_parts(sock: zmq.Socket[bytes]) -> list[bytes]:
    """As `recv_multipart`, but without asking the socket after every part for more, which costs more than the part.

    Raises:
        zmq.Again: Nothing waits.
    """
    receive = sock.recv
    frame = receive(zmq.NOBLOCK, copy=False)
    parts = [frame.bytes]
    while frame.more:
        frame = receive(zmq.NOBLOCK, copy=False)
        parts.append(frame.bytes)
    return parts


class Drain:
    """Calls `heard` with everything that a ZMQ socket has, once for each wake-up of the loop.

    ZMQ's descriptor only signals edges: after reading *and after sending* one must look again.
    """

    def __init__(self, channel: str, socket: zmq.Socket[bytes], heard: Callable[[list[Message]], None]) -> None:
        self.channel = channel
        self.socket = socket
        self._heard = heard
        self._reader = KernelReader(channel)
        self._loop = asyncio.get_running_loop()
        self._again: asyncio.Handle | None = None
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

    def read(self) -> None:
        """Read now: at most one batch, the rest in the next turn, so that others get theirs."""
        if self.socket.closed:
            return
        found: list[Message] = []
        for _ in range(_BATCH):
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

    def send(self, channel: str, frames: Sequence[bytes], msg_id: str) -> None:
        """Sign the parts and hand them to the kernel's socket; never blocks."""
        self._sent[msg_id] = None
        if len(self._sent) > REMEMBERED_REQUESTS:
            self._sent.popitem(last=False)
        drain = self._drains[channel]
        drain.socket.send_multipart([DELIMITER, self._sign(list(frames[:4])), *frames], copy=False)
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
