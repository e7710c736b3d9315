"""A hub that dies or runs out of disk loses nothing that it acknowledged. Real processes, real sockets, real files."""

import asyncio
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from runhere_hub.testing.pages import Page
from runhere_hub.testing.room_clients import Line, RoomServerProcess

KILLS = int(os.environ.get("RUNHERE_TEST_KILLS", "6"))
FIRST_CHARACTER = 0x4E00


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RoomServerProcess]:
    """A running room server."""
    running = RoomServerProcess(tmp_path)
    running.start()
    yield running
    running.stop()


class Typist:
    """Somebody who types without end; every character is another one."""

    def __init__(self, page: Page, first: int, random: Random) -> None:
        self.page, self.next, self.random = page, first, random

    async def type(self, line: Line) -> None:
        """Go on until the line is dead."""
        await line.until(lambda: self.page.synced and "c" in self.page.cells)
        while self.page.send is not None:
            text = "".join(chr(self.next + n) for n in range(self.random.randint(1, 3)))
            self.next += len(text)
            at = self.random.randint(0, len(self.page.text("c"))) * 3
            self.page.type("c", at, text, note=text)
            await asyncio.sleep(self.random.random() * 0.004)


@pytest.mark.slow
@pytest.mark.timeout(170)
async def test_2_4_what_was_acknowledged_survives_kill_9(server: RoomServerProcess) -> None:
    seed = Random().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201  # shown when the test fails
    random = Random(seed)
    notebook_id = server.create_notebook()
    pages = [Page(browser_id=f"b{n}", tab_id=f"t{n}") for n in range(3)]
    pages[0].insert("c", "")
    typists = [Typist(page, FIRST_CHARACTER + n * 5_000, random) for n, page in enumerate(pages)]
    acknowledged_in_all = 0
    for _ in range(KILLS):
        lines = [await Line.open(page, server.room_url(notebook_id)) for page in pages]
        typing = [asyncio.create_task(typist.type(line)) for typist, line in zip(typists, lines, strict=True)]
        await lines[0].until(lambda: pages[0].synced and pages[0].saved > 0)
        await asyncio.sleep(random.random() * 0.3)  # the point of the test: any moment
        server.kill()
        for task in typing:
            task.cancel()
        await asyncio.gather(*typing, *(line.close() for line in lines), return_exceptions=True)

        server.start()
        acknowledged = {c for page in pages for text in page.acknowledged if text for c in text}
        witness = Page(browser_id="witness", tab_id="witness")
        line = await Line.open(witness, server.room_url(notebook_id))
        await line.until(lambda cells=witness.cells: "c" in cells)  # type: ignore[misc]
        assert acknowledged <= set(witness.text("c"))
        acknowledged_in_all = len(acknowledged)
        await line.close()
    assert acknowledged_in_all > KILLS * 5

    lines = [await Line.open(page, server.room_url(notebook_id)) for page in pages]
    for line in lines:
        await line.until(lambda line=line: line.page.all_saved)  # type: ignore[misc]
    texts = {pages[0].text("c")}
    for line in lines:
        await line.until(lambda line=line: line.page.text("c") == pages[0].text("c"))  # type: ignore[misc]
    typed = {chr(c) for n, one in enumerate(typists) for c in range(FIRST_CHARACTER + n * 5_000, one.next)}
    assert typed == set(texts.pop())  # in the end nothing at all is missing: pages had kept the rest
    await asyncio.gather(*(line.close() for line in lines))


async def test_2_5_a_full_disk_is_told_and_everything_is_saved_once_there_is_space(server: RoomServerProcess) -> None:
    notebook_id = server.create_notebook()
    page, other = Page(), Page(tab_id="2")
    line = await Line.open(page, server.room_url(notebook_id))
    watching = await Line.open(other, server.room_url(notebook_id))
    page.insert("c", "before")
    await line.until(lambda: page.all_saved)

    unlimited = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    page.type("c", 0, "x" * 500_000)
    await line.until(lambda: any(frame["type"] == "not_saved" for frame in page.frames))
    [told] = page.take("not_saved")
    assert told["code"] == "disk_full"
    assert not page.all_saved
    await watching.until(lambda: len(other.text("c")) == 500_006)  # relaying goes on

    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)
    page.type("c", 0, "y")
    await line.until(lambda: page.all_saved)
    await asyncio.gather(line.close(), watching.close())
    server.kill()
    server.start()
    witness = Page(tab_id="3")
    line = await Line.open(witness, server.room_url(notebook_id))
    await line.until(lambda: "c" in witness.cells)
    assert witness.text("c") == "y" + "x" * 500_000 + "before"
    await line.close()


async def test_a_hub_that_stops_in_order_writes_everything(server: RoomServerProcess) -> None:
    notebook_id = server.create_notebook()
    page = Page()
    line = await Line.open(page, server.room_url(notebook_id))
    await line.until(lambda: page.synced)
    page.insert("c", "last words")
    await line.until(lambda: page.saved > 0)
    server.stop()
    await line.close()
    server.start()
    witness = Page(tab_id="2")
    line = await Line.open(witness, server.room_url(notebook_id))
    await line.until(lambda: "c" in witness.cells)
    assert witness.text("c") == "last words"
    await line.close()


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(120)
async def test_two_hub_processes_on_one_postgres_converge(tmp_path: Path, empty_postgres: str) -> None:
    servers = [RoomServerProcess(tmp_path / name, "--database", empty_postgres) for name in ("a", "b")]
    try:
        for server in servers:
            server.start()
        notebook_id = servers[0].create_notebook()
        pages = [Page(browser_id=f"b{n}", tab_id=f"t{n}") for n in range(2)]
        lines = [
            await Line.open(page, server.room_url(notebook_id, f"p{n}"))
            for n, (page, server) in enumerate(zip(pages, servers, strict=True))
        ]
        pages[0].insert("c", "")
        await lines[1].until(lambda: "c" in pages[1].cells)
        for _ in range(50):
            for page, character in zip(pages, "ab", strict=True):
                page.type("c", 0, character)
        for line in lines:
            await line.until(lambda line=line: line.page.all_saved)  # type: ignore[misc]
            await line.until(lambda line=line: len(line.page.text("c")) == 100)  # type: ignore[misc]
            assert sorted(line.page.text("c")) == ["a"] * 50 + ["b"] * 50
        assert pages[0].text("c") == pages[1].text("c")
        await asyncio.gather(*(line.close() for line in lines))
    finally:
        for server in servers:
            server.stop()
