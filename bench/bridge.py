"""HTTP over a WebSocket against plain HTTP of the same runtime: one request at a time, the two by turns.

A call of the API by the clock, as a page feels it. A large file by the runtime's own CPU time: by the clock it would be
a figure of this client, which reads JSON and base64 more slowly than any runtime writes them. Beside it what any bridge
of this protocol would cost at least: plain HTTP, and Python's base64 of the same bytes.
"""

from __future__ import annotations

import base64
import json
import statistics
import time
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

import psutil
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

LARGE_BYTES = 8 * 2**20
LARGE_FILE = "bridge-large.bin"
FILES = 30


def measure_ratios(pid: int, url: str, token: str) -> dict[str, float]:
    """Figure by figure: the bridge's cost by plain HTTP's. The runtime's folder must hold `LARGE_FILE`."""
    host = urlsplit(url).netloc
    printed = quote(f"{url}/?token={token}", safe="")
    address = f"ws://{host}/http_over_websocket?min_version=0.0.1a3&jupyter_http_over_ws_auth_url={printed}"
    plain = HTTPConnection(host, timeout=60)
    with connect(address, origin=Origin(url), max_size=2**24, compression=None) as socket:

        def costs(path: str, count: int, clock: Callable[[], float]) -> tuple[list[float], list[float]]:
            """Seconds of each request: plain, over the bridge."""
            took: dict[str, list[float]] = {"plain": [], "bridge": []}
            for number in range(count):
                for name in took:
                    started = clock()
                    assert _ask_plain(plain, path, token) if name == "plain" else _ask_bridge(socket, path, number)
                    took[name].append(clock() - started)
            return took["plain"], took["bridge"]

        call, call_over = costs("/api/status", 300, time.perf_counter)
        file, file_over = costs(f"/files/{LARGE_FILE}", FILES, lambda: _cpu_s(pid))
    plain.close()
    return {
        "a call over WebSocket × plain": statistics.median(call_over) / statistics.median(call),
        "8 MiB over WebSocket × plain (CPU)": sum(file_over) / sum(file),
        "… and base64 alone (CPU)": 1 + FILES * _base64_s() / sum(file),
    }


def _base64_s() -> float:
    """CPU time of the base64 of `LARGE_BYTES`, in pieces as the bridge makes them, without a copy."""
    piece = bytes(64 * 1024)
    started = time.process_time()
    for _ in range(LARGE_BYTES // len(piece)):
        base64.b64encode(piece)
    return time.process_time() - started


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _ask_plain(connection: HTTPConnection, path: str, token: str) -> bytes:
    connection.request("GET", path, headers={"Authorization": f"token {token}"})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return body


def _ask_bridge(socket: ClientConnection, path: str, number: int) -> bytes:
    socket.send(json.dumps({"path": path, "method": "GET", "message_id": number}))
    pieces, done, status = [], False, 0
    while not done:
        piece = json.loads(socket.recv(60))
        status = piece.get("status", status)
        pieces.append(base64.b64decode(piece.get("data", "")))
        done = piece["done"]
    assert status == 200, pieces
    return b"".join(pieces)
