"""Collaboration and storage: the same work on our hub and on jupyter-collaboration, in one run, as ratios.

Work: a notebook of 1,000 cells (1.85 MB). First client: from asking for the notebook to a synchronised document.
Second client: from connecting to synchronised. Typing: 20 people, 5 keys a second each; server CPU, time until
another client has the key, time until it is acknowledged as on disk (ours alone promises that), time until the file
has it. Both servers are driven by the same Python client on pycrdt. With `--cursors` each person also says with every
key where the cursor is, as pages do.

Usage: python scripts/bench.py collaboration [--seconds 20] [--rounds 3] [--cursors] [--ours-only]
"""

import argparse
import asyncio
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from peers import collaboration_python
from pycrdt import (
    Array,
    Awareness,
    Doc,
    Map,
    Text,
    YMessageType,
    YSyncMessageType,
    create_awareness_message,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)
from report import Figure, print_table
from websockets.asyncio.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from servers import Hub, free_port, start, wait_until

CELLS = 1000
PEOPLE = 20
KEYS_PER_S = 5


def notebook_text() -> str:
    """1,000 cells, half with an output, 1.85 MB."""
    cells = []
    for index in range(CELLS):
        source = [
            f"# cell {index}\n",
            *(f"value_{line} = {index} + {line}  # {'x' * 24}\n" for line in range(12)),
            "print(value_3)",
        ]
        output = {"name": "stdout", "output_type": "stream", "text": [f"{'0123456789' * 8}\n" for _ in range(22)]}
        cells.append({"cell_type": "code", "execution_count": None, "id": f"c{index:04d}", "metadata": {}, "outputs": [output] if index % 2 else [],
                      "source": source})  # fmt: skip
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def sources(doc: Doc[Any], ours: bool) -> dict[str, Text]:
    """Cell id -> source of a synchronised document."""
    if ours:
        cells = doc.get("cells", type=Map)
        return {cell_id: cells[cell_id]["source"] for cell_id in cells}
    return {str(cell["id"]): cell["source"] for cell in doc.get("cells", type=Array)}


@dataclass
class Client:
    """One person's connection: a pycrdt document kept in step over a WebSocket."""

    url: str
    headers: dict[str, str]
    person: dict[str, str]
    join: Callable[[int], str] | None
    subprotocols: list[str] | None = None
    doc: Doc[Any] = field(default_factory=Doc)
    synced: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged: list[tuple[int, float]] = field(default_factory=list)
    sent: int = 0
    awareness: Awareness | None = None

    async def open(self) -> None:
        """Connect and start to listen; `synced` is set once the server's state is here."""
        self.socket: ClientConnection = await connect(
            self.url,
            additional_headers=self.headers,
            subprotocols=self.subprotocols,
            max_size=None,
            compression=None,  # type: ignore[arg-type]
        )
        if self.join:
            await self.socket.send(self.join(self.doc.client_id))
        await self.socket.send(create_sync_message(self.doc))
        self.listener = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self.socket:
            if isinstance(message, str):
                frame = json.loads(message)
                if frame.get("type") == "saved":
                    self.acknowledged.append((frame["received"], time.perf_counter()))
                continue
            if message[0] != YMessageType.SYNC:
                continue
            reply = handle_sync_message(message[1:], self.doc)
            if reply is not None:
                await self.socket.send(reply)
                self.sent += 1
            if message[1] == YSyncMessageType.SYNC_STEP2:
                self.synced.set()

    async def type(self, text: Text, key: str) -> float:
        """Type one key at the end of a text; returns when it was sent."""
        before = self.doc.get_state()
        text += key
        started = time.perf_counter()
        await self.socket.send(create_update_message(self.doc.get_update(before)))
        self.sent += 1
        return started

    async def point(self, cell: str, offset: int) -> None:
        """Say where the cursor is."""
        if self.awareness is None:
            self.awareness = Awareness(self.doc)
        cursor = {"cell": cell, "anchor": offset, "head": offset}
        self.awareness.set_local_state({"person": self.person, "cursor": cursor, "runtime": None})
        update = self.awareness.encode_awareness_update([self.doc.client_id])
        await self.socket.send(create_awareness_message(update))

    async def close(self) -> None:
        self.listener.cancel()
        await self.socket.close()


@dataclass
class Server:
    """A running server: how to reach one notebook's room, and which process to watch."""

    name: str
    pid: int
    file: Path
    ask: Callable[[], Awaitable[Client]]
    stop: Callable[[], None]
    ours: bool


def join_frame(client_id: int) -> str:
    """The first message of a page (SPEC 2.3)."""
    ids = {"client_id": client_id, "browser_id": secrets.token_hex(8), "tab_id": secrets.token_hex(8)}
    return json.dumps({"type": "join", "protocol": 1, **ids})


async def start_ours(place: Path) -> Server:
    """Our hub on a folder with the notebook."""
    folder = place / "ours"
    folder.mkdir()
    file = folder / "Large.ipynb"
    file.write_text(notebook_text())
    hub = Hub(folder=folder, data=place / "ours-data", port=free_port())
    link = hub.start()
    http = httpx.AsyncClient(base_url=hub.origin, headers={"Origin": hub.origin}, timeout=30)
    code = link.split("code=")[1].split("&")[0]
    (await http.post("/api/v1/session", json={"code": code})).raise_for_status()
    me = (await http.get("/api/v1/session")).json()["person"]
    person = {key: me[key] for key in ("id", "name", "color")}
    folder_id = (await http.get("/api/v1/home")).json()["folders"][0]["id"]
    cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())

    async def ask() -> Client:
        opened = await http.post(
            "/api/v1/notebooks/open", json={"folder_id": folder_id, "path": "Large.ipynb", "accept": "as_is"}
        )
        opened.raise_for_status()

        url = f"{hub.origin.replace('http', 'ws')}/api/v1/notebooks/{opened.json()['id']}/room"
        return Client(url, {"Cookie": cookies, "Origin": hub.origin}, person, join_frame, ["runhere.room.v1"])

    assert hub.program
    return Server("runhere", hub.program.process.pid, file, ask, hub.stop, ours=True)


async def start_jupyter(place: Path) -> Server:
    """jupyter_server with jupyter-collaboration on a folder with the notebook."""
    folder = place / "jupyter"
    folder.mkdir()
    file = folder / "Large.ipynb"
    file.write_text(notebook_text())
    port, token = free_port(), secrets.token_hex(8)
    words = [
        str(collaboration_python()),
        "-m",
        "jupyter",
        "server",
        "--no-browser",
        f"--port={port}",
        f"--IdentityProvider.token={token}",
    ]
    words += [
        f"--ServerApp.root_dir={folder}",
        "--allow-root",
        "--ServerApp.log_level=ERROR",
        "--ServerApp.port_retries=0",
    ]
    home = {key: str(place / key.lower()) for key in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
    program = start(words, cwd=folder, env=home)
    http = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"token {token}"}, timeout=30
    )

    async def ask() -> Client:
        answer = await http.put("/api/collaboration/session/Large.ipynb", json={"format": "json", "type": "notebook"})
        session = answer.raise_for_status().json()
        room = f"json:notebook:{session['fileId']}"
        return Client(
            f"ws://127.0.0.1:{port}/api/collaboration/room/{room}?sessionId={session['sessionId']}",
            dict(http.headers),
            {"id": "bench", "name": "bench", "color": "#336699"},
            None,
        )

    def up() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/api").status_code == 200
        except httpx.HTTPError:
            return False

    await asyncio.to_thread(wait_until, up, limit_s=60, what="jupyter_server")
    return Server("jupyter-collaboration 5", program.process.pid, file, ask, program.stop, ours=False)


def cpu_s(pid: int) -> float:
    """Processor seconds of a process and its children so far."""
    process = psutil.Process(pid)
    return sum(sum(part.cpu_times()[:2]) for part in [process, *process.children(recursive=True)])


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children."""
    process = psutil.Process(pid)
    return float(sum(part.memory_info().rss for part in [process, *process.children(recursive=True)]) / 1e6)


async def synchronised(server: Server) -> tuple[Client, float]:
    """A client whose document is here, and how many ms that took."""
    started = time.perf_counter()
    client = await server.ask()
    await client.open()
    async with asyncio.timeout(60):
        await client.synced.wait()
        while len(sources(client.doc, server.ours)) < CELLS:
            await asyncio.sleep(0.001)
    return client, (time.perf_counter() - started) * 1000


def noting(arrived: dict[tuple[str, int], float], name: str, text: Text) -> Callable[[object], None]:
    """An observer that writes down when a text first had each length."""

    def note(_event: object) -> None:
        arrived.setdefault((name, len(str(text))), time.perf_counter())

    return note


async def typing(server: Server, seconds: float, *, cursors: bool) -> dict[str, list[float]]:
    """20 people type into 20 cells; what an onlooker sees, when it is acknowledged, what the server spends."""
    onlooker, _ = await synchronised(server)
    people = [(await synchronised(server))[0] for _ in range(PEOPLE)]
    arrived: dict[tuple[str, int], float] = {}
    watched = sources(onlooker.doc, server.ours)
    names = [f"c{index * 7:04d}" for index in range(PEOPLE)]
    subscriptions = []
    for name in names:
        subscriptions.append(watched[name].observe(noting(arrived, name, watched[name])))
    await asyncio.sleep(2)  # joins and awareness have settled: not part of the measurement
    cpu_before, wall_before = cpu_s(server.pid), time.perf_counter()
    latencies: list[float] = []
    acknowledged: list[float] = []

    async def one(person: Client, name: str, delay_s: float) -> list[tuple[tuple[str, int], float]]:
        await asyncio.sleep(delay_s)
        text = sources(person.doc, server.ours)[name]
        sent = []
        for _ in range(int(seconds * KEYS_PER_S)):
            at = await person.type(text, "k")
            mine = person.sent
            if cursors:
                await person.point(name, len(str(text)))
            sent.append(((name, len(str(text))), at))
            await asyncio.sleep(max(0.0, 1 / KEYS_PER_S - (time.perf_counter() - at)))
            acknowledged.extend(
                (when - at) * 1000 for count, when in person.acknowledged if count >= mine and when >= at
            )
            person.acknowledged.clear()
        return sent

    jobs = [
        one(person, name, index / PEOPLE / KEYS_PER_S)
        for index, (person, name) in enumerate(zip(people, names, strict=True))
    ]
    sent = [pair for pairs in await asyncio.gather(*jobs) for pair in pairs]
    spent_s = cpu_s(server.pid) - cpu_before
    cpu = spent_s / (time.perf_counter() - wall_before) * 100
    await asyncio.sleep(1)
    latencies = [(arrived[key] - at) * 1000 for key, at in sent if key in arrived]
    lost = len(sent) - len(latencies)
    for client in [onlooker, *people]:
        await client.close()
    return {
        "cpu": [cpu],
        "cpu of a key": [spent_s / len(sent) * 1000],
        "latency": latencies,
        "ack": acknowledged,
        "lost": [float(lost)],
    }


async def save_ms(server: Server) -> float:
    """From a key to the file on disk that holds it."""
    client, _ = await synchronised(server)
    mark = f"saved{secrets.token_hex(4)}"
    text = sources(client.doc, server.ours)["c0500"]
    started = await client.type(text, mark)
    async with asyncio.timeout(30):
        while mark not in server.file.read_text():
            await asyncio.sleep(0.02)
    took = (time.perf_counter() - started) * 1000
    await client.close()
    return took


async def measure(
    begin: Callable[[Path], Awaitable[Server]], seconds: float, *, cursors: bool
) -> tuple[str, dict[str, float]]:
    """All figures of one server, started fresh."""
    with tempfile.TemporaryDirectory(prefix="runhere-bench-") as place:
        server = await begin(Path(place))
        try:
            await asyncio.sleep(1)
            idle = memory_mb(server.pid)
            first, first_ms = await synchronised(server)
            await asyncio.sleep(1)  # what the first is still sent (outputs) is not the second's to wait for
            second, second_ms = await synchronised(server)
            room = memory_mb(server.pid) - idle
            await first.close()
            await second.close()
            typed = await typing(server, seconds, cursors=cursors)
            saved = await save_ms(server)
        finally:
            server.stop()
    latency = sorted(typed["latency"])
    figures = {
        "first client open + sync, ms": first_ms,
        "second client sync, ms": second_ms,
        f"20 people × 5 keys/s{' with cursors' if cursors else ''}: server CPU, % of a core": typed["cpu"][0],
        "the same, processor time of a key, ms (steadier on a busy machine)": typed["cpu of a key"][0],
        "propagation p50, ms": statistics.median(latency),
        "propagation p99, ms": latency[int(len(latency) * 0.99) - 1],
        "keys that did not arrive": typed["lost"][0],
        "memory with the room open, MB above idle": room,
        "key to file on disk, ms": saved,
    }
    if typed["ack"]:
        figures["key to acknowledged as on disk p50, ms"] = statistics.median(typed["ack"])
    return server.name, figures


def fsync_ms(place: Path) -> float:
    """Median time of a 4 KiB write with fsync on this disk: what a durable acknowledgement cannot beat."""
    times = []
    with tempfile.NamedTemporaryFile(dir=place) as file:
        for _ in range(200):
            started = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def main() -> int:
    """Interleave the servers, repeat, print medians and ratios."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=float, default=20)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--ours-only", action="store_true")
    words.add_argument("--cursors", action="store_true")
    chosen = words.parse_args()
    print(
        f"disk: fsync of 4 KiB, median {fsync_ms(Path(tempfile.gettempdir())):.2f} ms; {os.cpu_count()} processors",
        flush=True,
    )
    figures: list[Figure] = []
    for round_number in range(chosen.rounds):
        for begin in [start_ours] if chosen.ours_only else [start_ours, start_jupyter]:
            name, found = asyncio.run(measure(begin, chosen.seconds, cursors=chosen.cursors))
            figures += [Figure("collaboration", figure, name, value) for figure, value in found.items()]
            print(f"round {round_number + 1}: {name} done", flush=True)
    print_table(figures, ours="runhere")
    return 0


if __name__ == "__main__":
    sys.exit(main())
