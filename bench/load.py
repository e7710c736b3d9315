"""How our hub carries many people: notebooks of five people who type, loopback only, one hub process.

For each size: time until another person of the notebook has a key, processor of the hub, memory per open notebook.
Writes one SVG of how that grows, with the processors and load of the machine at that moment in it.

Usage: python scripts/bench.py load [--seconds 10] [--people 10 25 50 100] [--cells 50] [--svg docs/images/load.svg]
"""

import argparse
import asyncio
import os
import secrets
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from collaboration import KEYS_PER_S, Client, cpu_s, join_frame, memory_mb, noting, sources

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from servers import Hub, free_port
from stage import notebook

TOGETHER = 5


@dataclass(frozen=True)
class Point:
    """One size. Times in ms, processor in per cent of one core, memory in MB per open notebook."""

    people: int
    p50: float
    p99: float
    cpu: float
    memory: float
    lost: int


class Team:
    """A hub, and people in its notebooks."""

    def __init__(self, place: Path, cells: int, notebooks: int) -> None:
        folder = place / "work"
        folder.mkdir()
        for number in range(notebooks):
            text = notebook(*(f"value_{cell} = {cell}  # {'x' * 40}" for cell in range(cells)))
            (folder / f"n{number}.ipynb").write_text(text)
        self.hub = Hub(folder=folder, data=place / "data", port=free_port())

    async def start(self) -> None:
        """Start the hub and sign in."""
        code = self.hub.start().split("code=")[1].split("&")[0]
        self.http = httpx.AsyncClient(base_url=self.hub.origin, headers={"Origin": self.hub.origin}, timeout=60)
        (await self.http.post("/api/v1/session", json={"code": code})).raise_for_status()
        self.folder_id = (await self.http.get("/api/v1/home")).json()["folders"][0]["id"]
        assert self.hub.program
        self.pid = self.hub.program.process.pid

    async def seat(self, number: int) -> Client:
        """Somebody in notebook `number`, synchronised."""
        body = {"folder_id": self.folder_id, "path": f"n{number}.ipynb", "accept": "as_is"}
        opened = (await self.http.post("/api/v1/notebooks/open", json=body)).raise_for_status().json()
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        url = f"{self.hub.origin.replace('http', 'ws')}/api/v1/notebooks/{opened['id']}/room"
        client = Client(url, {"Cookie": cookies, "Origin": self.hub.origin}, join_frame, ["runhere.room.v1"])
        await client.open()
        async with asyncio.timeout(60):
            await client.synced.wait()
        return client


async def measure(people: int, cells: int, seconds: float) -> Point:
    """One size, on a fresh hub."""
    count = people // TOGETHER
    with tempfile.TemporaryDirectory(prefix="runhere-load-") as place:
        team = Team(Path(place), cells, count)
        await team.start()
        try:
            idle = memory_mb(team.pid)
            groups = [[await team.seat(number) for _ in range(TOGETHER)] for number in range(count)]
            memory = (memory_mb(team.pid) - idle) / count
            arrived: dict[tuple[str, int], float] = {}
            watching = []
            for number, group in enumerate(groups):
                for cell, text in sources(group[0].doc, ours=True).items():
                    watching.append(text.observe(noting(arrived, f"{number} {cell}", text)))
            await asyncio.sleep(2)
            began_cpu, began = cpu_s(team.pid), time.perf_counter()
            jobs = [
                _type(group[who], f"c{who + 1}", number, seconds, arrived)
                for number, group in enumerate(groups)
                for who in range(1, TOGETHER)
            ]
            waits = [wait for found in await asyncio.gather(*jobs) for wait in found]
            cpu = (cpu_s(team.pid) - began_cpu) / (time.perf_counter() - began) * 100
            for client in (one for group in groups for one in group):
                await client.close()
        finally:
            team.hub.stop()
    known = sorted(wait for wait in waits if wait is not None)
    p99 = known[max(0, int(len(known) * 0.99) - 1)]
    return Point(people, statistics.median(known), p99, cpu, memory, len(waits) - len(known))


async def _type(
    person: Client, cell: str, number: int, seconds: float, arrived: dict[tuple[str, int], float]
) -> list[float | None]:
    await asyncio.sleep(secrets.randbelow(1000) / 1000 / KEYS_PER_S)
    text = sources(person.doc, ours=True)[cell]
    sent = []
    for _ in range(int(seconds * KEYS_PER_S)):
        at = await person.type(text, "k")
        sent.append(((f"{number} {cell}", len(str(text))), at))
        await asyncio.sleep(max(0.0, 1 / KEYS_PER_S - (time.perf_counter() - at)))
    await asyncio.sleep(1)
    return [(arrived[key] - at) * 1000 if key in arrived else None for key, at in sent]


def picture(points: list[Point]) -> str:
    """Three small charts side by side, each from zero, in one SVG."""
    charts = [
        ("propagation p99, ms", [point.p99 for point in points]),
        ("processor, % of a core", [point.cpu for point in points]),
        ("memory, MB per notebook", [point.memory for point in points]),
    ]
    drawn = "".join(_chart(20 + 220 * n, title, points, values) for n, (title, values) in enumerate(charts))
    where = f"people in notebooks of {TOGETHER}; {os.cpu_count()} processors, load {os.getloadavg()[0]:.0f} at the end"
    style = "font-family:sans-serif;font-size:11px;fill:#555"
    note = f'<text x="20" y="190" style="{style}">{where}</text>'
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 200"><rect width="680" height="200" fill="#fff"/>'
    return f"{head}{drawn}{note}</svg>\n"


def _chart(left: int, title: str, points: list[Point], values: list[float]) -> str:
    top, most = max([*values, 0.001]), points[-1].people
    places = [
        (left + 190 * point.people / most, 150 - 110 * value / top) for point, value in zip(points, values, strict=True)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    style = "font-family:sans-serif;font-size:11px;fill:#555"
    labels = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#2b59c3"/>'
        f'<text x="{x:.1f}" y="{y - 7:.1f}" text-anchor="middle" style="{style}">{value:.1f}</text>'
        f'<text x="{x:.1f}" y="166" text-anchor="middle" style="{style}">{point.people}</text>'
        for (x, y), point, value in zip(places, points, values, strict=True)
    )
    return (
        f'<text x="{left}" y="18" style="{style};font-weight:600">{title}</text>'
        f'<path d="M{left} 150h195" stroke="#ccc"/><polyline points="{line}" fill="none" stroke="#2b59c3"/>{labels}'
    )


def main() -> int:
    """Measure each size once, print, draw."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=float, default=10)
    words.add_argument("--people", type=int, nargs="+", default=[10, 25, 50, 100])
    words.add_argument("--cells", type=int, default=50)
    words.add_argument("--svg", type=Path)
    chosen = words.parse_args()
    points = []
    for people in sorted(chosen.people):
        point = asyncio.run(measure(people, chosen.cells, chosen.seconds))
        print(point, flush=True)
        points.append(point)
    if chosen.svg is not None:
        chosen.svg.write_text(picture(points), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
