"""Cables are cut at random while a kernel prints: no line is lost, none comes twice, no request runs twice."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Callable

import pytest
from bad_cable import CUTS, BadCable
from kernel_client import JournalSocket, execute_content, make_request
from live_runtime import HUB, Running
from websockets.exceptions import ConnectionClosed

COUNT = int(os.environ.get("RUNHERE_CUTS", "200"))
STOP = "stop-printing"


async def read_for(client: JournalSocket, seconds: float) -> None:
    """Read what comes; a dead connection is the reason for this test."""
    with contextlib.suppress(TimeoutError, ConnectionClosed, OSError):
        async with asyncio.timeout(seconds):
            while True:
                await client.step()


async def drop(client: JournalSocket) -> None:
    """Leave without a word, as a tab that is killed."""
    if client.socket is not None:
        client.socket.transport.abort()
        client.socket = None


@pytest.mark.slow
@pytest.mark.timeout(max(170, 2 * COUNT))
async def test_7_4_random_cuts_lose_and_double_nothing(
    runtime: Running, record_property: Callable[[str, object], None]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    record_property("seed", seed)
    rng = random.Random(seed)
    kernel = runtime.start_kernel()
    flag = runtime.root / STOP
    code = (
        "import os, time\nn = 0\nticks = 0\n"
        f"while not os.path.exists({str(flag)!r}):\n"
        "    print(n, flush=True); n += 1\n"
        "    if n % 50 == 0: time.sleep(0.01)\n"
        "print('end', n)"
    )
    async with BadCable(runtime.port) as cable:
        url = f"ws://127.0.0.1:{cable.port}/api/kernels/{kernel}/channels"
        client = JournalSocket(url, {**runtime.auth, "Origin": HUB})
        await client.attach()
        run = await client.execute(code)
        await client.until(lambda: client.text_of(run))
        ticks = [make_request("execute_request", execute_content("ticks += 1")) for _ in range(COUNT // 10)]
        unsent = dict(ticks)
        for i in range(COUNT):
            await read_for(client, rng.uniform(0.002, 0.05))
            if i % 10 == 0 and unsent:
                await send_all(client, unsent)  # again and again, as a page that got no `sent`
            await cable.cut(rng.choice(CUTS))
            if rng.random() < 0.5:
                await read_for(client, 0.005)
            await drop(client)
            cable.forget()
            await client.attach()
            for frame in client.frames:
                if frame["type"] == "sent":
                    unsent.pop(frame["msg_id"], None)
            client.frames.clear()
        flag.touch()
        await client.until(lambda: client.is_done(run), 60)
        await send_all(client, unsent)
        last, parts = make_request("execute_request", execute_content("print('ticks', ticks)"))
        await client.send("shell", parts)
        await client.until(lambda: client.is_done(last), 60)
        await drop(client)
    flag.unlink()
    lines = client.text_of(run).split("\n")
    printed = int(lines[-2].removeprefix("end "))
    assert printed > COUNT
    assert lines == [*map(str, range(printed)), f"end {printed}", ""]
    assert [m.seq for m in client.heard] == list(range(1, len(client.heard) + 1))
    assert client.text_of(last) == f"ticks {len(ticks)}\n"


async def send_all(client: JournalSocket, requests: dict[str, list[bytes]]) -> None:
    with contextlib.suppress(ConnectionClosed, OSError):
        for parts in requests.values():
            await client.send("shell", parts)
