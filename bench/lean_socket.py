"""A WebSocket client that costs little, so that a large message's time is the server's: nothing is copied twice.

Its masks are zero, which a server has to apply all the same. Only for the benchmark: a page's must not be guessed.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from urllib.parse import urlsplit

TEXT, BINARY, PING, PONG = 1, 2, 9, 10
MASKED = 0x80


class LeanSocket:
    """As much of a WebSocket as the benchmark uses; messages of a server come in one frame each."""

    def __init__(self, sock: socket.socket, subprotocol: str | None) -> None:
        self.subprotocol = subprotocol
        self._socket = sock
        self._loop = asyncio.get_running_loop()

    async def send(self, message: str | bytes) -> None:
        data = message.encode() if isinstance(message, str) else message
        await self._send(TEXT if isinstance(message, str) else BINARY, data)

    async def _send(self, opcode: int, data: bytes) -> None:
        await self._loop.sock_sendall(self._socket, _head(opcode, len(data)) + bytes(4))
        await self._loop.sock_sendall(self._socket, data)

    async def recv(self) -> str | memoryview:
        while True:
            first, size = await self._read(2)
            if size > 125:
                size = int.from_bytes(await self._read(2 if size == 126 else 8))
            data = await self._read(size)
            if first & 15 == TEXT:
                return bytes(data).decode()
            if first & 15 == BINARY:
                return data
            if first & 15 == PING:
                await self._send(PONG, bytes(data))

    async def _read(self, size: int) -> memoryview:
        view = memoryview(bytearray(size))
        got = 0
        while got < size:
            more = await self._loop.sock_recv_into(self._socket, view[got:])
            if more == 0:
                raise ConnectionResetError("the server closed")
            got += more
        return view

    async def close(self) -> None:
        self._socket.close()


def _head(opcode: int, size: int) -> bytes:
    """A frame's first bytes, its length in the shortest form: some servers refuse any other."""
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, MASKED | size)
    if size < 2**16:
        return struct.pack("!BBH", 0x80 | opcode, MASKED | 126, size)
    return struct.pack("!BBQ", 0x80 | opcode, MASKED | 127, size)


async def open_lean(url: str, headers: dict[str, str], protocols: list[str]) -> LeanSocket:
    """Connect; the handshake's answer is believed."""
    loop = asyncio.get_running_loop()
    parts = urlsplit(url)
    sock = socket.create_connection((parts.hostname or "", parts.port or 80))
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    asked = {"Host": parts.netloc, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
             "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==", **headers}  # fmt: skip
    if protocols:
        asked["Sec-WebSocket-Protocol"] = ", ".join(protocols)
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.items()), "", ""]
    await loop.sock_sendall(sock, "\r\n".join(lines).encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):  # byte by byte: what follows is a frame
        answer += await loop.sock_recv(sock, 1)
    status, *told = answer.decode().split("\r\n")
    if " 101 " not in status:
        raise ConnectionRefusedError(status)
    given = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in told)}
    return LeanSocket(sock, given.get("sec-websocket-protocol"))
