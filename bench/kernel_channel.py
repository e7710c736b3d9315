"""Kernel channel: raw ZMQ, jupyter_server, jupyverse and our runtime in one run, as a table of ratios and JSON lines.

    python bench/kernel_channel.py [--rounds 3] [--messages 20000] [--cuts 0]

Only ratios of one run count. All use the same ipykernel; the peers (bench/peers.py) run with their default settings.
`--without jupyverse` leaves it out: its first run installs it.
`--cuts 1000` runs the test of random cuts with that many.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bridge
import psutil
from four_frames import measure_ms
from jupyter_client.manager import KernelManager
from kernel_servers import (
    Server,
    Start,
    forget_peak,
    memory_mb,
    peak_mb,
    start_jupyverse,
    start_kernel,
    start_ours,
    start_stock,
    stop,
)
from lean_socket import open_lean

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "runtime" / "tests"))

from kernel_client import JournalSocket, StockSocket, make_request  # noqa: E402

BLOB = bytes(range(256)) * (64 * 2**20 // 256)
ECHO = (
    "def opened(comm, msg):\n"
    "    @comm.on_msg\n"
    "    def _(msg): comm.send({}, buffers=[bytes(msg['buffers'][0])])\n"
    "get_ipython().kernel.comm_manager.register_target('echo', opened)"
)
BURST = (
    "k = get_ipython().kernel\n"
    "for i in range({n}): k.session.send(k.iopub_socket, 'display_data', "
    "{{'data': {{'text/plain': str(i)}}, 'metadata': {{}}}}, parent=k.get_parent('shell'))"
)
TEXT_BYTES = 50_000_000
PRINT = f"print('x' * {TEXT_BYTES}, end='')"
QUIET_S = 3.0


@dataclass
class Contender:
    """One way to the kernel. `pid`: the server whose CPU and memory count; None: there is no server."""

    name: str
    connect: Callable[[], Awaitable[Any]]
    pid: int | None
    figures: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, value: float) -> None:
        self.figures.setdefault(name, []).append(value)

    def cpu_s(self) -> float:
        if self.pid is None:
            return 0.0
        times = psutil.Process(self.pid).cpu_times()
        return times.user + times.system


class ZmqClient:
    """The same figures without any server: the limit."""

    def __init__(self, manager: KernelManager) -> None:
        self._client = manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        for channel in (self._client.shell_channel, self._client.iopub_channel):
            channel.socket.rcvhwm = 0

    async def run(self, code: str, timeout_s: float = 60) -> list[dict[str, Any]]:
        """What the run says; without its end, where the kernel's queue was full and dropped that."""
        msg_id = self._client.execute(code)
        self._client.get_shell_msg(timeout=timeout_s)
        found: list[dict[str, Any]] = []
        with contextlib.suppress(queue.Empty):
            while not (found and found[-1]["content"].get("execution_state") == "idle"):
                message = self._client.get_iopub_msg(timeout=QUIET_S)
                if message["parent_header"].get("msg_id") == msg_id:
                    found.append(message)
        return found

    def there_and_back(self, comm: str) -> bytes:
        """What the kernel's echo makes of the 64 MB."""
        session = self._client.session
        self._client.shell_channel.send(session.msg("comm_open", {"comm_id": comm, "target_name": "echo", "data": {}}))
        message = session.msg("comm_msg", {"comm_id": comm, "data": {}})
        message["buffers"] = [BLOB]
        self._client.shell_channel.send(message)
        while True:
            answer = self._client.get_iopub_msg(timeout=60)
            if answer["msg_type"] == "comm_msg":
                return bytes(answer["buffers"][0])


def socket_maker(kind: str, url: str, token: str, kernel: str) -> Callable[[], Awaitable[Any]]:
    address = f"{url.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels"
    headers = {"Authorization": f"token {token}"}

    async def connect() -> Any:
        if kind == "journal":
            client: Any = JournalSocket(address, headers, last=None)
            await client.attach()
            return client
        # jupyverse answers a session's own requests only, by the name in their headers; others keep what such a one missed
        session = "s" if kind == "v1 of session" else uuid.uuid4().hex
        client = StockSocket(f"{address}?session_id={session}", headers, v1=kind != "default")
        await client.open()
        return client

    return connect


async def measure_round_trips(contender: Contender, client: Any, count: int = 150) -> None:
    await wake(client)
    for _ in range(10):
        await client.run("pass")
    took = []
    for _ in range(count):
        started = time.perf_counter()
        await client.run("pass")
        took.append((time.perf_counter() - started) * 1000)
        forget(client)
    took.sort()
    contender.note("pass p50 ms", statistics.median(took))
    contender.note("pass p99 ms", took[int(len(took) * 0.99)])


async def wake(client: Any) -> None:
    """Run something until it is answered: not every server hears a kernel from its first word on."""
    for _ in range(20):
        with contextlib.suppress(TimeoutError, queue.Empty):
            await client.run("pass", 5)
            return
    raise TimeoutError("the kernel does not answer")


def forget(client: Any) -> None:
    if hasattr(client, "heard"):
        client.heard.clear()


async def collect(client: Any, code: str, kind: str) -> tuple[list[Any], float]:
    """Messages of one type that a run sends, and the seconds until it was over (or nothing came any more)."""
    started = time.perf_counter()
    if isinstance(client, ZmqClient):
        found = [m for m in await client.run(code) if m["msg_type"] == kind]
        return [m["content"] for m in found], time.perf_counter() - started
    msg_id = await client.execute(code)
    contents: list[Any] = []
    idle = reply = False
    ended = started
    while not (idle and reply):
        try:
            await client.step(QUIET_S if contents else 60)
        except TimeoutError:
            break  # a server that lost the end of it
        for message in client.heard:
            if message.parent.get("msg_id") == msg_id:
                ended = time.perf_counter()
                if message.type == kind:
                    contents.append(message.content)
                idle = idle or (message.type == "status" and message.content["execution_state"] == "idle")
                reply = reply or message.type == "execute_reply"
        client.heard.clear()
    return contents, ended - started


async def measure_prints(contender: Contender, client: Any, count: int) -> None:
    cpu = contender.cpu_s()
    contents, took = await collect(client, f"for i in range({count}): print(i, flush=True)", "stream")
    text = "".join(c["text"] for c in contents if c.get("name") == "stdout")
    lines = text.split()
    if len(lines) == count:
        assert lines == [str(i) for i in range(count)]
    contender.note("flushed lines arrived %", 100 * len(lines) / count)
    contender.note("flushed lines/s", len(lines) / took)
    if contender.pid is not None:
        contender.note("CPU s per 100k flushed", (contender.cpu_s() - cpu) * 100_000 / count)


async def measure_burst(contender: Contender, client: Any, count: int) -> None:
    cpu = contender.cpu_s()
    contents, took = await collect(client, BURST.format(n=count), "display_data")
    contender.note("burst arrived %", 100 * len(contents) / count)
    contender.note("burst messages/s", len(contents) / took)
    if contender.pid is not None:
        contender.note("CPU s per 100k burst", (contender.cpu_s() - cpu) * 100_000 / count)


async def measure_text(contender: Contender, client: Any) -> None:
    """One print of 50 MB, and by how much the server grew at most."""
    before = memory_mb(contender.pid) if contender.pid is not None else 0.0
    contents, took = await collect(client, PRINT, "stream")
    if sum(len(c["text"]) for c in contents) != TEXT_BYTES:
        print(f"# {contender.name}: 50 MB printed did not arrive", file=sys.stderr)
        return
    contender.note("50 MB printed ms", took * 1000)
    if contender.pid is not None:
        contender.note("50 MB printed, peak +MB", peak_mb(contender.pid) - before)


async def measure_blob(contender: Contender, client: Any, comm: str) -> bool:
    """Whether it came back."""
    if isinstance(client, ZmqClient):
        await client.run(ECHO)
        started = time.perf_counter()
        assert client.there_and_back(comm) == BLOB
        contender.note("64 MB there and back ms", (time.perf_counter() - started) * 1000)
        return True
    _, opening = make_request("comm_open", {"comm_id": comm, "target_name": "echo", "data": {}})
    msg_id, parts = make_request("comm_msg", {"comm_id": comm, "data": {}})
    try:
        await client.run(ECHO)
        await client.send("shell", opening)
        started = time.perf_counter()
        await client.send("shell", [*parts, BLOB])
        await client.until(lambda: client.of(msg_id, "comm_msg"), 30)
    except Exception as error:  # noqa: BLE001 -- whatever way a peer has to fail
        print(f"# {contender.name}: 64 MB buffer: {type(error).__name__}", file=sys.stderr)
        return False
    assert client.of(msg_id, "comm_msg")[0].buffers == [BLOB]
    contender.note("64 MB there and back ms", (time.perf_counter() - started) * 1000)
    forget(client)
    return True


def measure_bridge(contender: Contender, folder: Path, url: str, token: str) -> None:
    (folder / bridge.LARGE_FILE).write_bytes(BLOB[: bridge.LARGE_BYTES])
    assert contender.pid is not None
    for name, ratio in bridge.measure_ratios(contender.pid, url, token).items():
        contender.note(name, ratio)


async def measure_first_reply(contender: Contender, kind: str, url: str, token: str) -> None:
    """From asking for a kernel to the reply of its first cell."""
    started = time.perf_counter()
    kernel = await asyncio.to_thread(start_kernel, url, token)
    client = await socket_maker(kind, url, token, kernel)()
    await client.run("1+1")
    contender.note("kernel start to first reply ms", (time.perf_counter() - started) * 1000)
    await client.close()


async def measure_waiting_kernel(contender: Contender, rounds: int, folder: Path) -> None:
    """The same where one kernel waits: started long enough ago that it is idle."""
    process, url, token, _ = start_ours(folder, "--waiting-kernel")
    try:
        for _ in range(rounds):
            await asyncio.sleep(10)
            await measure_first_reply(contender, "journal", url, token)
    finally:
        stop(process)


def measure_starts(rounds: int, folder: Path, starts: dict[str, Start]) -> dict[str, Contender]:
    """Cold start and idle memory, interleaved."""
    found = {name: Contender(name, _nothing, None) for name in starts}
    for _ in range(rounds):
        for name, start in starts.items():
            process, _, _, took = start(folder)
            found[name].note("cold start s", took)
            found[name].note("idle MB", memory_mb(process.pid))
            stop(process)
    return found


async def _nothing() -> None:
    return None


async def run_all(rounds: int, messages: int, folder: Path, *, without: str) -> list[Contender]:
    servers: dict[str, Start] = {"jupyter_server": start_stock, "jupyverse": start_jupyverse, "ours": start_ours}
    servers.pop(without, None)
    starts = measure_starts(rounds, folder, servers)
    running = {name: start(folder) for name, start in servers.items()}
    private = {"transport": "ipc", "ip": str(folder / "zmq")} if os.name == "posix" else {}  # else in this folder
    manager = KernelManager(**private)
    manager.start_kernel()
    try:
        zmq = ZmqClient(manager)

        async def connect_zmq() -> ZmqClient:
            return zmq

        contenders = [Contender("zmq", connect_zmq, None), *contenders_of(running)]
        for contender in contenders[1:]:
            await measure_memory(contender)
        for _ in range(rounds):
            for contender in contenders:
                await measure_channel(contender, messages)
        for contender in contenders:
            await measure_large(contender)
        await asyncio.to_thread(measure_bridge, contenders[-1], folder, *running["ours"][1:3])
        for contender in contenders:
            name = contender.name.partition(" ")[0]
            if contender.name in running or contender.name == "ours journal":
                contender.figures.update(starts[name].figures)
                for _ in range(rounds):
                    await measure_first_reply(contender, KINDS[name][-1], *running[name][1:3])
    finally:
        for process, *_ in running.values():
            stop(process)
        manager.shutdown_kernel(now=True)
    contenders.append(Contender("one waiting", _nothing, None))
    await measure_waiting_kernel(contenders[-1], rounds, folder)
    return contenders


KINDS = {"jupyter_server": ("v1",), "jupyverse": ("v1 of session",), "ours": ("v1", "default", "journal")}


def contenders_of(running: dict[str, Server]) -> list[Contender]:
    """Each server's subprotocols, all on one kernel of it."""
    found = []
    for name, (process, url, token, _) in running.items():
        kernel = start_kernel(url, token)
        for kind in KINDS[name]:
            shown = f"ours {kind}" if name == "ours" else name
            found.append(Contender(shown, socket_maker(kind, url, token, kernel), process.pid))
    return found


async def measure_channel(contender: Contender, messages: int) -> None:
    for measure in (measure_round_trips, measure_prints, measure_burst):
        print(f"# {contender.name}: {measure.__name__}", file=sys.stderr)
        client = await contender.connect()
        if measure is measure_round_trips:
            await measure(contender, client)
        else:
            await measure(contender, client, messages)  # type: ignore[call-arg,arg-type]
        await close(client)


async def measure_memory(contender: Contender) -> None:
    """With one kernel that has run something, and a page: before any flood."""
    assert contender.pid is not None
    client = await contender.connect()
    await wake(client)
    contender.note("with kernel MB", memory_mb(contender.pid))
    await close(client)


async def measure_large(contender: Contender) -> None:
    client = await contender.connect()
    if not isinstance(client, ZmqClient):
        await client.close()
        client.opener = open_lean
        await (client.attach() if isinstance(client, JournalSocket) else client.open())
    if contender.pid is not None:
        forget_peak(contender.pid)
    await measure_text(contender, client)
    for number in range(3):
        if not await measure_blob(contender, client, f"{contender.name} {number}"):
            break
    await close(client)
    if contender.pid is not None:
        contender.note("peak MB", peak_mb(contender.pid))


async def close(client: Any) -> None:
    if not isinstance(client, ZmqClient):
        await client.close()


def report(contenders: list[Contender]) -> None:
    names = list(dict.fromkeys(name for c in contenders for name in c.figures))
    base = next(c for c in contenders if c.name == "jupyter_server")
    print(f"{'':34}" + "".join(f"{c.name:>18}" for c in contenders))
    for name in names:
        cells = []
        for contender in contenders:
            values = contender.figures.get(name)
            if not values:
                cells.append(f"{'–':>18}")
                continue
            value = statistics.median(values)
            reference = base.figures.get(name)
            ratio = (
                f" ({value / statistics.median(reference):.2f})" if reference and statistics.median(reference) else ""
            )
            cells.append(f"{value:>10.2f}{ratio:>8}")
        print(f"{name:34}" + "".join(cells))
    print("in brackets: times jupyter_server's figure of the same run\n")
    for contender in contenders:
        medians = {name: round(statistics.median(v), 3) for name, v in contender.figures.items()}
        print(json.dumps({"bench": "kernel_channel", "contender": contender.name, **medians}))


def run_cuts(count: int) -> int:
    """The test of random cuts, `count` times."""
    command = [sys.executable, "-m", "pytest", "-q", "runtime/tests/test_cuts.py"]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "RUNHERE_CUTS": str(count)}, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--cuts", type=int, default=0)
    parser.add_argument("--without", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run_all(arguments.rounds, arguments.messages, Path(folder), without=arguments.without))
        report(found)
    with_nagle, without_nagle = measure_ms(nodelay=False), measure_ms(nodelay=True)
    print(f"four frames in answer to one: {with_nagle:.1f} ms with Nagle's algorithm, {without_nagle:.2f} ms without")
    return run_cuts(arguments.cuts) if arguments.cuts else 0


if __name__ == "__main__":
    sys.exit(main())
