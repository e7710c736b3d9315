"""HTTP over a WebSocket against plain HTTP of the same runtime: one request at a time, the two by turns.

By the clock, as whoever waits feels it, and by the runtime's own CPU time. The client only takes what comes: to read JSON
and base64 costs it more than any runtime takes to write them, and would hide what is measured.
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

LARGE_BYTES = 8 * 2**20
LARGE_FILE = "bridge-large.bin"
FILES = 30
CALLS = 300


def measure_ratios(pid: int, url: str, token: str) -> dict[str, float]:
    """Figure by figure: the bridge's cost by plain HTTP's. The runtime's folder must hold `LARGE_FILE`."""
    plain, bridge = _Plain(url, token), _Bridge(url, token)
    took: dict[tuple[str, str], list[float]] = {}
    call, file = "/api/status", f"/files/{LARGE_FILE}"
    assert plain.ask(file) == LARGE_BYTES
    assert bridge.ask(file) > LARGE_BYTES * 4 // 3
    for path, count in ((call, CALLS), (file, FILES)):
        for _ in range(count):
            for way, ask in (("plain", plain.ask), ("bridge", bridge.ask)):
                cpu, started = _cpu_s(pid), time.perf_counter()
                ask(path)
                took.setdefault((way, path), []).append(time.perf_counter() - started)
                took.setdefault((way, path + " CPU"), []).append(_cpu_s(pid) - cpu)
    plain.close()
    bridge.close()

    def ratio(path: str, of: Callable[[list[float]], float]) -> float:
        return of(took["bridge", path]) / of(took["plain", path])

    return {
        "a call over WebSocket × plain": ratio(call, statistics.median),
        "8 MiB over WebSocket × plain": ratio(file, statistics.median),
        "8 MiB over WebSocket × plain (CPU)": ratio(file + " CPU", sum),
    }


def _cpu_s(pid: int) -> float:
    """CPU time of all threads, to the nanosecond: `/proc/PID/stat` counts in hundredths of a second."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


class _Plain:
    """HTTP on one connection."""

    def __init__(self, url: str, token: str) -> None:
        address = urlsplit(url)
        self._lines = f"Host: {address.netloc}\r\nAuthorization: token {token}\r\n\r\n"
        self._socket = socket.create_connection((address.hostname, address.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._room = memoryview(bytearray(2**20))

    def ask(self, path: str) -> int:
        """Bytes of the body."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{self._lines}".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._socket.recv(4096)
        lines, _, begun = head.partition(b"\r\n\r\n")
        assert b" 200 " in lines.splitlines()[0] + b" ", lines
        size = next(int(line[15:]) for line in lines.splitlines() if line.lower().startswith(b"content-length:"))
        left = size - len(begun)
        while left > 0:
            left -= _some(self._socket, self._room[:left])
        return size

    def close(self) -> None:
        self._socket.close()


class _Bridge:
    """The same over the bridge. What a client sends is masked with zeros, which a server has to apply all the same."""

    def __init__(self, url: str, token: str) -> None:
        address = urlsplit(url)
        printed = quote(f"{url}/?token={token}", safe="")
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._socket = socket.create_connection((address.hostname, address.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(
            f"GET /http_over_websocket?min_version=0.0.1a3&jupyter_http_over_ws_auth_url={printed} HTTP/1.1\r\n"
            f"Host: {address.netloc}\r\nOrigin: {url}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._socket.recv(1)
        assert b" 101 " in head.splitlines()[0], head
        self._room = memoryview(bytearray(2**20))
        self._asked = 0

    def ask(self, path: str) -> int:
        """Bytes of all messages of the answer."""
        self._asked += 1
        message = json.dumps({"path": path, "method": "GET", "message_id": self._asked}).encode()
        assert len(message) < 126
        self._socket.sendall(bytes([0x81, 0x80 | len(message)]) + bytes(4) + message)
        total, end = 0, b""
        while b'"done": true' not in end:
            size = self._exactly(2)[1]
            if size > 125:
                size = int.from_bytes(self._exactly(2 if size == 126 else 8))
            payload = self._exactly(size)
            assert total or b'"status": 200' in bytes(payload[-2000:]) + bytes(payload[:2000])
            total, end = total + size, bytes(payload[-100:])
        return total

    def _exactly(self, size: int) -> memoryview:
        got = 0
        while got < size:
            got += _some(self._socket, self._room[got:size])
        return self._room[:size]

    def close(self) -> None:
        self._socket.close()


def _some(taking: socket.socket, room: memoryview) -> int:
    count = taking.recv_into(room)
    if count == 0:
        raise ConnectionResetError("the runtime closed")
    return count
