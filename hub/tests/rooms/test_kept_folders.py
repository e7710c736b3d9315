"""Several hub processes, one bound folder: one of them writes its files, and another one goes on when it dies."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runhere_hub.bus.local import LocalBus, LocalExchange
from runhere_hub.store.session import Database
from runhere_hub.testing.bound_hub import BoundHub, bound_file, prepare, sources, text_of, until
from runhere_hub.testing.small_hub import NOTEBOOK, settle


class Pair:
    """Two hubs on one database and one folder; `first` keeps the folder."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.exchange = LocalExchange()
        self.first, self.second = (BoundHub(db, folder, LocalBus(self.exchange)) for _ in range(2))
        self.second.new_id = self.first.new_id
        self.second.blobs = self.first.blobs


@pytest.fixture
async def pair(db: Database, tmp_path: Path) -> AsyncIterator[Pair]:
    folder = tmp_path.resolve() / "notebooks"
    folder.mkdir()
    db.write_now(lambda conn: prepare(conn, folder))
    made = Pair(db, folder)
    made.first.file.write_text(text_of("one = 1", "two = 2"), encoding="utf-8")
    await made.first.start()
    await until(lambda: bool(made.exchange.locked))
    await made.second.start()
    yield made
    for hub in (made.first, made.second):
        await hub.stop()


async def test_one_process_keeps_a_folder_and_the_other_does_not(pair: Pair) -> None:
    await asyncio.gather(pair.first.room(), pair.second.room())
    assert (pair.first.keeps_folder, pair.second.keeps_folder) == (True, False)
    files = [hub.bound._attached[NOTEBOOK].bound for hub in (pair.first, pair.second)]
    assert [file is not None for file in files] == [True, False]


async def test_what_is_edited_at_the_other_process_reaches_the_file(pair: Pair) -> None:
    seat = await pair.second.page()
    seat.page.type(next(iter(seat.page.cells)), 0, "# edited elsewhere\n")
    await settle(seat)
    assert pair.first.registry.peek(NOTEBOOK) is None
    await until(lambda: any("edited elsewhere" in source for source in sources(pair.first.file)))
    assert pair.first.registry.peek(NOTEBOOK) is not None  # whoever keeps the folder opened it for that


async def test_a_change_outside_reaches_whoever_is_at_the_other_process(pair: Pair) -> None:
    seat = await pair.second.page()
    await pair.first.room()
    pair.first.file.write_text(text_of("one = 'outside'", "two = 2"), encoding="utf-8")

    async def arrived() -> bool:
        await settle(seat)
        return any("outside" in seat.page.text(cell) for cell in seat.page.cells)

    async with asyncio.timeout(20):
        while not await arrived():  # noqa: ASYNC110  # a watcher and another hub give no event
            await asyncio.sleep(0.05)


async def test_when_the_keeper_dies_another_writes_what_it_had_not(pair: Pair) -> None:
    seat = await pair.first.page()
    async with bound_file(pair.first).held():  # it dies before it writes
        seat.page.type(next(iter(seat.page.cells)), 0, "# acknowledged\n")
        await settle(seat)
        await pair.first.die()
    assert not any("acknowledged" in source for source in sources(pair.first.file))
    await until(lambda: any("acknowledged" in source for source in sources(pair.second.file)))
    assert (pair.first.keeps_folder, pair.second.keeps_folder) == (False, True)


async def test_what_was_edited_before_the_keeper_died_is_written_by_whoever_made_the_document(pair: Pair) -> None:
    seat = await pair.second.page()  # its document is made from the file, and as the file says
    await pair.first.room()
    async with bound_file(pair.first).held():
        seat.page.type(next(iter(seat.page.cells)), 0, "# before\n")
        await settle(seat)
        await pair.first.die()
    await until(lambda: any("before" in source for source in sources(pair.second.file)))


async def test_a_download_at_the_other_process_waits_for_the_file(pair: Pair) -> None:
    seat = await pair.second.page()
    seat.page.type(next(iter(seat.page.cells)), 0, "# just now\n")
    await settle(seat)
    await pair.second.bound.flush(NOTEBOOK)
    assert any("just now" in source for source in sources(pair.first.file))
