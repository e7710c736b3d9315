"""How our hub carries many people who type: loopback only, one hub process, a fresh one for each point.

Three series: more people in notebooks of five; more cells in the notebooks of 25 people; 30 people in more and more
notebooks. For each point: time until another person of the notebook has a key, processor of the hub, memory per open
notebook. Writes one SVG of how that grows, with the processors and load of the machine at that moment in it.

Usage: python scripts/bench.py load [--seconds 8] [--people 10 25 50 100] [--svg docs/images/load.svg]
"""

import argparse
import asyncio
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from collaboration import KEYS_PER_S, Client, cpu_s, join_frame, memory_mb, noting, sources

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from servers import Hub, free_port
from stage import notebook

TOGETHER = 5


@dataclass(frozen=True)
class Size:
    """So many people, `together` in each notebook, which has so many cells."""

    people: int
    together: int = TOGETHER
    cells: int = 50

    @property
    def notebooks(self) -> int:
        """How many are open."""
        return self.people // self.together


@dataclass(frozen=True)
class Series:
    """Points along one axis."""

    axis: str
    along: Callable[[Size], int]
    sizes: tuple[Size, ...]


@dataclass(frozen=True)
class Point:
    """One size. Times in ms, processor in per cent of one core, memory in MB per open notebook."""

    size: Size
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


async def measure(size: Size, seconds: float) -> Point:
    """One size, on a fresh hub."""
    count = size.notebooks
    with tempfile.TemporaryDirectory(prefix="runhere-load-") as place:
        team = Team(Path(place), size.cells, count)
        await team.start()
        try:
            idle = memory_mb(team.pid)
            groups = [[await team.seat(number) for _ in range(size.together)] for number in range(count)]
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
                for who in range(1, size.together)
            ]
            waits = [wait for found in await asyncio.gather(*jobs) for wait in found]
            cpu = (cpu_s(team.pid) - began_cpu) / (time.perf_counter() - began) * 100
            for client in (one for group in groups for one in group):
                await client.close()
        finally:
            team.hub.stop()
    known = sorted(wait for wait in waits if wait is not None)
    p99 = known[max(0, int(len(known) * 0.99) - 1)]
    return Point(size, statistics.median(known), p99, cpu, memory, len(waits) - len(known))


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


def picture(measured: list[tuple[Series, list[Point]]]) -> str:
    """One row of three small charts for each series, each from zero, in one SVG."""
    rows = "".join(_row(180 * n, series, points) for n, (series, points) in enumerate(measured))
    height = 180 * len(measured) + 20
    note = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.0f} at the end"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 {height}"><rect width="680" height="{height}" fill="#fff"/>'
    return f'{head}{rows}<text x="20" y="{height - 8}" style="{_STYLE}">{note}</text></svg>\n'


_STYLE = "font-family:sans-serif;font-size:11px;fill:#555"


def _row(top: int, series: Series, points: list[Point]) -> str:
    charts = [
        ("propagation p99, ms", [point.p99 for point in points]),
        ("processor, % of a core", [point.cpu for point in points]),
        ("memory, MB per notebook", [point.memory for point in points]),
    ]
    at = [series.along(point.size) for point in points]
    drawn = "".join(_chart(20 + 220 * n, title, at, values) for n, (title, values) in enumerate(charts))
    return f'<g transform="translate(0 {top})">{drawn}<text x="20" y="174" style="{_STYLE}">{series.axis}</text></g>'


def _chart(left: int, title: str, at: list[int], values: list[float]) -> str:
    top, most = max([*values, 0.001]), at[-1]
    places = [(left + 190 * x / most, 140 - 100 * value / top) for x, value in zip(at, values, strict=True)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    labels = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#2b59c3"/>'
        f'<text x="{x:.1f}" y="{y - 7:.1f}" text-anchor="middle" style="{_STYLE}">{value:.1f}</text>'
        f'<text x="{x:.1f}" y="156" text-anchor="middle" style="{_STYLE}">{number}</text>'
        for (x, y), number, value in zip(places, at, values, strict=True)
    )
    return (
        f'<text x="{left}" y="18" style="{_STYLE};font-weight:600">{title}</text>'
        f'<path d="M{left} 140h195" stroke="#ccc"/><polyline points="{line}" fill="none" stroke="#2b59c3"/>{labels}'
    )


def every_series(people: list[int]) -> tuple[Series, ...]:
    """What is measured: three times one thing grows, and the others stay."""
    return (
        Series("people, five in each notebook of 50 cells", lambda one: one.people, tuple(map(Size, sorted(people)))),
        Series(
            "cells of each notebook, 25 people in five of them",
            lambda one: one.cells,
            tuple(Size(25, cells=cells) for cells in (20, 200, 500)),
        ),
        Series(
            "open notebooks of 50 cells, 30 people in all",
            lambda one: one.notebooks,
            tuple(Size(30, together=together) for together in (10, 5, 2)),
        ),
    )


def main() -> int:
    """Measure each size once, print, draw."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=float, default=8)
    words.add_argument("--people", type=int, nargs="+", default=[10, 25, 50, 100])
    words.add_argument("--svg", type=Path)
    chosen = words.parse_args()
    measured = []
    for series in every_series(chosen.people):
        points = []
        for size in series.sizes:
            points.append(asyncio.run(measure(size, chosen.seconds)))
            print(points[-1], flush=True)
        measured.append((series, points))
    if chosen.svg is not None:
        chosen.svg.write_text(picture(measured), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
