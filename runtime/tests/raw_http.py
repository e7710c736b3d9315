"""Requests that no ordinary client would send."""

from __future__ import annotations

import base64
import socket

from live_runtime import Running

WS_KEY = base64.b64encode(b"0123456789abcdef").decode()


def send_raw(port: int, text: str, *, host: str = "127.0.0.1", timeout_s: float = 10) -> bytes:
    """Bytes in, bytes out, until the server closes or the first whole answer is there."""
    with socket.create_connection((host, port), timeout=timeout_s) as sock:
        sock.sendall(text.encode("latin1"))
        got = b""
        while b"\r\n\r\n" not in got:
            chunk = sock.recv(65536)
            if not chunk:
                break
            got += chunk
        return got


def handshake(runtime: Running, path: str, **headers: str) -> int:
    """Status of a WebSocket handshake."""
    lines = [f"GET {path} HTTP/1.1"]
    given = {"Host": f"127.0.0.1:{runtime.port}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    lines += [f"{k}: {v}" for k, v in given.items()]
    lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {WS_KEY}"]
    answer = send_raw(runtime.port, "\r\n".join(lines) + "\r\n\r\n")
    return int(answer.split(b" ", 2)[1])


def is_served(runtime: Running) -> bool:
    """Whether a new connection is."""
    try:
        return runtime.ask("GET", "/api").status == 200
    except OSError:
        return False
