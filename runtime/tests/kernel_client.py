"""Clients of a kernel's WebSocket as other programs would write them from SPEC.md: for the tests and the benchmark."""

from __future__ import annotations

import asyncio
import json
import struct
import time
import uuid
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

MAX_MESSAGE = 2**28
V1 = "v1.kernel.websocket.jupyter.org"
JOURNAL = "runhere.journal.v1"


def make_request(kind: str, content: dict[str, Any], session: str = "s", **header: Any) -> tuple[str, list[bytes]]:
    """(msg_id, the four parts) of a request."""
    msg_id = uuid.uuid4().hex
    head = {
        "msg_id": msg_id,
        "msg_type": kind,
        "session": session,
        "username": "u",
        "version": "5.3",
        "date": "",
        **header,
    }
    return msg_id, [json.dumps(part).encode() for part in (head, {}, {}, content)]


def execute_content(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True,
            "stop_on_error": True, **more}  # fmt: skip


def pack_v1(channel: str, parts: list[bytes]) -> bytes:
    pieces = [channel.encode(), *parts]
    count = len(pieces) + 1
    offsets = [8 * (count + 1)]
    for piece in pieces:
        offsets.append(offsets[-1] + len(piece))
    return struct.pack(f"<{count + 1}Q", count, *offsets) + b"".join(pieces)


def unpack_v1(data: bytes | memoryview) -> tuple[str, list[bytes]]:
    (count,) = struct.unpack_from("<Q", data)
    offsets = struct.unpack_from(f"<{count}Q", data, 8)
    pieces = [bytes(data[a:b]) for a, b in pairwise(offsets)]
    return pieces[0].decode(), pieces[1:]


async def open_socket(url: str, headers: dict[str, str], protocols: list[str]) -> ClientConnection:
    """A WebSocket without compression, without pings of ours and with room for large messages."""
    return await connect(
        url,
        additional_headers=headers,
        subprotocols=[Subprotocol(name) for name in protocols] or None,
        max_size=MAX_MESSAGE,
        compression=None,
        ping_interval=None,
        proxy=None,
        open_timeout=30,
        close_timeout=1,
    )


@dataclass
class Heard:
    """One message of the kernel."""

    seq: int
    channel: str
    header: dict[str, Any]
    parent: dict[str, Any]
    content: dict[str, Any]
    buffers: list[bytes]
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return str(self.header["msg_type"])


def as_heard(seq: int, channel: str, parts: list[bytes]) -> Heard:
    header, parent, metadata, content = (json.loads(p) for p in parts[:4])
    return Heard(seq, channel, header, parent, content, parts[4:], metadata)


@dataclass
class JournalSocket:
    """A client of runhere.journal.v1. `last` is all that it needs to go on after a cut."""

    url: str
    headers: dict[str, str]
    client_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    last: int | None = 0
    heard: list[Heard] = field(default_factory=list)
    control: list[Heard] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    socket: Any = None
    opener: Any = open_socket  # or another client's

    async def attach(self) -> dict[str, Any]:
        """Connect, and go on after the last seq that was heard."""
        self.socket = await self.opener(self.url, self.headers, [JOURNAL, V1])
        assert self.socket.subprotocol == JOURNAL
        await self.tell({"type": "attach", "protocol": 1, "client_id": self.client_id, "after": self.last})
        while not self.frames or self.frames[-1]["type"] != "attached":
            await self.step()
        attached = self.frames[-1]
        self.last = attached["after"]
        return attached

    async def tell(self, frame: dict[str, Any]) -> None:
        assert self.socket is not None
        await self.socket.send(json.dumps(frame))

    async def send(self, channel: str, parts: list[bytes]) -> None:
        assert self.socket is not None
        await self.socket.send(pack_v1(channel, parts))

    async def execute(self, code: str, **more: Any) -> str:
        msg_id, parts = make_request("execute_request", execute_content(code, **more))
        await self.send("shell", parts)
        return msg_id

    async def step(self, timeout_s: float = 30) -> None:
        """Take one frame in; a seq that does not continue is an error, as SPEC 7.4 promises."""
        assert self.socket is not None
        async with asyncio.timeout(timeout_s):  # not wait_for, which on 3.11 can swallow a cancellation
            data = await self.socket.recv()
        if isinstance(data, str):
            frame = json.loads(data)
            self.frames.append(frame)
            if frame["type"] == "gap":
                assert frame["from"] == (self.last or 0) + 1
                self.last = frame["to"]
            return
        rest = memoryview(data)
        while rest:
            length, _, seq, _ = struct.unpack_from(">IIQQ", rest)
            channel, parts = unpack_v1(rest[24 : 4 + length])
            rest = rest[4 + length :]
            message = as_heard(seq, channel, parts)
            if seq == 0:
                self.control.append(message)
                continue
            assert self.last is None or seq == self.last + 1, f"seq {seq} after {self.last}"
            self.last = seq
            self.heard.append(message)

    async def until(self, found: Any, timeout_s: float = 30) -> Any:
        """Take frames in until `found()` gives something."""
        deadline = time.monotonic() + timeout_s
        while not (value := found()):
            await self.step(max(0.1, deadline - time.monotonic()))
        return value

    def of(self, msg_id: str, kind: str | None = None) -> list[Heard]:
        return [m for m in self.heard if m.parent.get("msg_id") == msg_id and kind in (None, m.type)]

    def text_of(self, msg_id: str) -> str:
        return "".join(m.content["text"] for m in self.of(msg_id, "stream"))

    def is_done(self, msg_id: str) -> bool:
        """Reply and idle have come."""
        idle = [m for m in self.of(msg_id, "status") if m.content["execution_state"] == "idle"]
        return bool(self.of(msg_id, "execute_reply") and idle)

    async def run(self, code: str, timeout_s: float = 30, **more: Any) -> str:
        msg_id = await self.execute(code, **more)
        await self.until(lambda: self.is_done(msg_id), timeout_s)
        return msg_id

    def last_frame(self, kind: str) -> dict[str, Any] | None:
        return next((f for f in reversed(self.frames) if f["type"] == kind), None)

    async def close(self) -> None:
        if self.socket is not None:
            await self.socket.close()


@dataclass
class StockSocket:
    """A client of one of Jupyter's own subprotocols."""

    url: str
    headers: dict[str, str]
    v1: bool = True
    heard: list[Heard] = field(default_factory=list)
    socket: Any = None
    opener: Any = open_socket  # or another client's

    async def open(self) -> None:
        protocols = [V1] if self.v1 else []
        self.socket = await self.opener(self.url, self.headers, protocols)
        assert self.socket.subprotocol == (V1 if self.v1 else None)

    async def send(self, channel: str, parts: list[bytes]) -> None:
        assert self.socket is not None
        if self.v1:
            await self.socket.send(pack_v1(channel, parts))
            return
        names = ("header", "parent_header", "metadata", "content")
        message = {"channel": channel, **{n: json.loads(p) for n, p in zip(names, parts, strict=False)}}
        text = json.dumps({**message, "buffers": []})
        if len(parts) == 4:
            await self.socket.send(text)
            return
        pieces = [text.encode(), *parts[4:]]
        offsets = [4 * (len(pieces) + 1)]
        for piece in pieces[:-1]:
            offsets.append(offsets[-1] + len(piece))
        await self.socket.send(struct.pack(f"!{len(pieces) + 1}I", len(pieces), *offsets) + b"".join(pieces))

    async def execute(self, code: str, **more: Any) -> str:
        msg_id, parts = make_request("execute_request", execute_content(code, **more))
        await self.send("shell", parts)
        return msg_id

    async def step(self, timeout_s: float = 30) -> None:
        assert self.socket is not None
        async with asyncio.timeout(timeout_s):  # not wait_for, which on 3.11 can swallow a cancellation
            data = await self.socket.recv()
        if self.v1:
            assert not isinstance(data, str)
            channel, parts = unpack_v1(data)
            self.heard.append(as_heard(0, channel, parts))
            return
        buffers: list[bytes] = []
        if not isinstance(data, str):
            (count,) = struct.unpack_from("!I", data)
            offsets = [*struct.unpack_from(f"!{count}I", data, 4), len(data)]
            pieces = [bytes(data[a:b]) for a, b in pairwise(offsets)]
            data, buffers = pieces[0].decode(), pieces[1:]
        found = json.loads(data)
        assert found["msg_type"] == found["header"]["msg_type"]
        self.heard.append(
            Heard(0, found["channel"], found["header"], found["parent_header"], found["content"], buffers)
        )

    until = JournalSocket.until
    of = JournalSocket.of
    text_of = JournalSocket.text_of
    is_done = JournalSocket.is_done
    run = JournalSocket.run

    async def close(self) -> None:
        if self.socket is not None:
            await self.socket.close()
