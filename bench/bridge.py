"""HTTP over a WebSocket against plain HTTP of the same runtime: one request at a time, the two by turns."""

from __future__ import annotations

import base64
import json
import statistics
import time
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

from websockets.sync.client import ClientConnection, connect

LARGE_BYTES = 8 * 2**20
LARGE_FILE = "bridge-large.bin"


def measure_ratios(url: str, token: str) -> dict[str, float]:
    """Seconds over the bridge by seconds of plain HTTP, medians, for a small answer and for a file of 8 MiB.

    The runtime's folder must hold `LARGE_FILE`.
    """
    host = urlsplit(url).netloc
    printed = quote(f"{url}/?token={token}", safe="")
    address = f"ws://{host}/http_over_websocket?min_version=0.0.1a3&jupyter_http_over_ws_auth_url={printed}"
    plain = HTTPConnection(host, timeout=60)
    with connect(address, origin=url, max_size=2**24, compression=None) as socket:  # type: ignore[arg-type]  # a NewType of str
        found = {}
        for name, path, count in (("small", "/api/status", 200), ("8 MiB", f"/files/{LARGE_FILE}", 15)):
            took: dict[str, list[float]] = {"bridge": [], "plain": []}
            for number in range(count):
                took["plain"].append(_seconds(lambda path=path: _ask_plain(plain, path, token)))  # type: ignore[misc]  # its default is its type
                took["bridge"].append(_seconds(lambda path=path, n=number: _ask_bridge(socket, path, n)))  # type: ignore[misc]
            found[name] = statistics.median(took["bridge"]) / statistics.median(took["plain"])
    plain.close()
    return found


def _seconds(ask: Callable[[], bytes]) -> float:
    started = time.perf_counter()
    assert ask()
    return time.perf_counter() - started


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
