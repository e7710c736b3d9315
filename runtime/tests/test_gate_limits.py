"""What one caller may take from others: connections, headers, bodies, silence (R19)."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from kernel_client import JournalSocket
from live_runtime import HUB, Running, start_runtime
from raw_http import WS_KEY, is_served, send_raw

QUICKLY_IDLE = (
    "import sys, runhere_runtime.launcher as l; l.IDLE_S = 3.0\nfrom runhere_runtime.cli import main; sys.exit(main())"
)


def test_r19_slow_and_idle_connections_are_closed_and_harm_nobody(tmp_path: Path) -> None:
    """200 sockets that never finish their headers; a normal client is served meanwhile, the slow ones are cut."""
    runtime = start_runtime(tmp_path, "--hub", HUB, start=("-c", QUICKLY_IDLE))
    slow = [socket.create_connection(("127.0.0.1", runtime.port), timeout=30) for _ in range(200)]
    try:
        for sock in slow:
            sock.sendall(b"GET /api HTTP/1.1\r\nHo")
        assert min(seconds_of_a_request(runtime) for _ in range(5)) < 1
        for sock in slow:
            assert sock.recv(1) == b""
    finally:
        for sock in slow:
            sock.close()
        runtime.stop()


def seconds_of_a_request(runtime: Running) -> float:
    started = time.monotonic()
    assert runtime.ask("GET", "/api/status", headers=runtime.auth).status == 200
    return time.monotonic() - started


def test_r19_one_connection_too_many_is_closed_and_closed_ones_do_not_count(tmp_path: Path) -> None:
    runtime = start_runtime(tmp_path)
    try:
        for _ in range(600):  # one after the other: as many as you like
            assert runtime.ask("GET", "/api").status == 200
        held = [socket.create_connection(("127.0.0.1", runtime.port), timeout=10) for _ in range(500)]
        with socket.create_connection(("127.0.0.1", runtime.port), timeout=10) as extra:
            assert extra.recv(1) == b""
        for sock in held:
            sock.close()
        deadline = time.monotonic() + 30
        while not is_served(runtime):
            assert time.monotonic() < deadline
    finally:
        runtime.stop()


def test_r19_headers_and_bodies_are_bounded(runtime: Running) -> None:
    long = "X: " + "a" * 40_000
    answer = send_raw(runtime.port, f"GET /api HTTP/1.1\r\nHost: localhost\r\n{long}\r\n\r\n")
    assert b" 200 " not in answer
    fine = "X: " + "a" * 8_000
    assert b" 200 " in send_raw(runtime.port, f"GET /api HTTP/1.1\r\nHost: localhost\r\n{fine}\r\n\r\n")


IMPATIENT_WITH_BODIES = (
    "import sys, runhere_runtime.gate.delegate as d; d.BODY_GRACE_S = 1.0; d.SLOWEST_BODY_BYTES_PER_S = 2**20\n"
    "from runhere_runtime.cli import main; sys.exit(main())"
)


@pytest.mark.parametrize("authorised", [True, False])
@pytest.mark.parametrize("length", ["Content-Length: 50", "Transfer-Encoding: chunked"])
def test_r19_a_body_that_comes_too_slowly_is_let_go_and_nothing_happens(
    tmp_path: Path, authorised: bool, length: str
) -> None:
    """Whoever sends it: a byte now and then does not keep a connection. The same request, sent whole, is answered."""
    runtime = start_runtime(tmp_path, "--hub", HUB, start=("-c", IMPATIENT_WITH_BODIES))
    bearer = f"Authorization: Bearer {runtime.token}\r\n" if authorised else ""
    try:
        with socket.create_connection(("127.0.0.1", runtime.port), timeout=20) as slow:
            slow.sendall(f"POST /api/kernels HTTP/1.1\r\nHost: localhost\r\n{bearer}{length}\r\n\r\n".encode())
            answer = b""
            with contextlib.suppress(ConnectionError):
                slow.sendall(b"{")
                while piece := slow.recv(65536):
                    answer += piece
            assert runtime.ask("GET", "/api/status", headers=runtime.auth).status == 200
            assert b" 201 " not in answer
        assert runtime.kernel_ids() == set()
        whole = runtime.ask("POST", "/api/kernels", headers=runtime.auth if authorised else {}, body=b"{}")
        assert whole.status == (201 if authorised else 401)
    finally:
        runtime.stop()


# Each line is pinged when this process is told, not by a clock: whoever pongs has the time that it takes.
PINGS_WHEN_TOLD = """
import asyncio, signal, sys, types, runhere_runtime.handlers.channels as channels
from runhere_runtime.cli import main

due, loops = [], set()

def call_later(_, ping, *what):
    loops.add(asyncio.get_running_loop())
    due.append((ping, what))
    return types.SimpleNamespace(cancel=lambda: None)

def all_at_once(loop):
    if len(due) < 2:  # one of the two is not open yet
        loop.call_later(0.01, all_at_once, loop)
        return
    now, due[:] = due[:], []
    for ping, what in now:
        ping(*what)

def told(*_):
    for loop in loops:
        loop.call_soon_threadsafe(all_at_once, loop)

channels.asyncio = types.SimpleNamespace(get_running_loop=lambda: types.SimpleNamespace(call_later=call_later))
signal.signal(signal.SIGUSR1, told)
sys.exit(main())
"""


async def heard(client: JournalSocket) -> None:
    """The runtime has what this client answered to all that it had been sent."""
    assert client.socket is not None
    for _ in range(2):
        await (await client.socket.ping())


PING = b"\x89\x00"


async def next_ping(reader: asyncio.StreamReader) -> bool:
    """Read a ping that is not answered; False: there is none any more, the line is cut."""
    with contextlib.suppress(ConnectionError):
        seen = b""
        while piece := await reader.read(65536):
            seen += piece
            if PING in seen:
                return True
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
async def test_r19_a_websocket_that_never_pongs_is_closed_and_one_that_does_is_not(tmp_path: Path) -> None:
    runtime = start_runtime(tmp_path, "--hub", HUB, start=("-c", PINGS_WHEN_TOLD))
    try:
        kernel = runtime.start_kernel()
        path = f"/api/kernels/{kernel}/channels"
        alive = JournalSocket(f"ws://127.0.0.1:{runtime.port}{path}", {**runtime.auth, "Origin": HUB})
        await alive.attach()
        reader, writer = await asyncio.open_connection("127.0.0.1", runtime.port)
        writer.write(
            f"GET {path}?session_id=mute HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {runtime.token}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {WS_KEY}\r\n\r\n".encode()
        )
        async with asyncio.timeout(20):
            assert b" 101 " in await reader.readline()
            runtime.process.send_signal(signal.SIGUSR1)
            while await next_ping(reader):
                await heard(alive)
                runtime.process.send_signal(signal.SIGUSR1)
        writer.close()
        run = await alive.run("print('alive')")
        assert alive.text_of(run) == "alive\n"
        await alive.close()
    finally:
        runtime.stop()
