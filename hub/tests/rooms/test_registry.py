"""Opening and closing rooms; saving when the disk fails."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pycrdt import Map

from runhere_hub.core.errors import DiskFull, NotFound, Unavailable
from runhere_hub.core.notebook import Notebook
from runhere_hub.core.yjs_bytes import read_state_vector
from runhere_hub.rooms.loading import Seeded
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.rooms.registry import IDLE_MS
from runhere_hub.services import rooms as room_service
from runhere_hub.services.rooms import CommitResult
from runhere_hub.store import tables
from runhere_hub.store.session import Database
from runhere_hub.testing.bound_hub import until
from runhere_hub.testing.fakes import FakeClock
from runhere_hub.testing.pages import Page
from runhere_hub.testing.small_hub import BOB, NOTEBOOK, Hub, Seat, add_notebook, pump, settle


async def test_a_room_is_loaded_once_for_all_who_ask_at_once(hub: Hub) -> None:
    rooms = await asyncio.gather(*(hub.open() for _ in range(5)))
    assert len({id(room) for room in rooms}) == 1
    assert hub.registry.peek(NOTEBOOK) is rooms[0]


async def test_whoever_asked_first_may_go_away(hub: Hub) -> None:
    first = asyncio.create_task(hub.open())
    await asyncio.sleep(0)
    second = asyncio.create_task(hub.open())
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).notebook_id == NOTEBOOK


@pytest.mark.parametrize("trashed", [False, True])
async def test_a_notebook_that_is_not_there_has_no_room(hub: Hub, trashed: bool) -> None:
    if trashed:
        await hub.db.write(lambda conn: add_notebook(conn, "2" * 32, trashed_at=5))
    with pytest.raises(NotFound):
        await hub.open("2" * 32)
    assert hub.registry.peek("2" * 32) is None
    await hub.db.write(lambda conn: add_notebook(conn, "3" * 32))
    assert (await hub.open("3" * 32)).notebook_id == "3" * 32


async def test_a_seed_that_fails_leaves_nothing_behind(hub: Hub) -> None:
    answers: list[Notebook | Exception] = [Unavailable("The file is gone."), Notebook(4, 5, {}, ())]

    async def seed(_notebook_id: str) -> Seeded:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Seeded(answer)

    await hub.registry.close()
    hub.start(seed=seed)
    with pytest.raises(Unavailable, match="The file is gone"):
        await hub.open()
    assert await hub.db.read(lambda conn: conn.execute(tables.updates.select()).all()) == []
    assert (await hub.open()).notebook_id == NOTEBOOK


async def test_an_idle_room_is_closed_and_its_log_joined(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "x")
    await settle(seat)
    hub.clock.advance(ms=IDLE_MS * 3)
    await hub.registry.tick()
    assert hub.registry.peek(NOTEBOOK) is seat.room  # somebody is there
    seat.leave()
    hub.clock.advance(ms=IDLE_MS - 1)
    await hub.registry.tick()
    assert hub.registry.peek(NOTEBOOK) is seat.room
    hub.clock.advance(ms=1)
    await hub.registry.tick()
    assert hub.registry.peek(NOTEBOOK) is None
    assert await hub.db.read(lambda conn: conn.execute(tables.updates.select()).all()) == []
    again = await hub.seat()
    assert again.page.text("c1") == "x"


async def test_closing_sends_pages_away_writes_everything_and_may_be_repeated(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "last words")
    await asyncio.gather(hub.registry.close(), hub.registry.close())
    await hub.registry.close()
    assert seat.channel.closed_with == (1001, "The hub stops.")
    with pytest.raises(Unavailable):
        await hub.open()
    with pytest.raises(NotFound):
        seat.room.join(seat.channel, BOB, "owner")
    hub.start()
    again = await hub.seat()
    assert again.page.text("c1") == "last words"


async def test_whoever_asks_while_a_room_closes_gets_the_next_one(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("c1", "x")
    closing = asyncio.create_task(hub.registry.close_room(NOTEBOOK))
    await asyncio.sleep(0)
    again = await hub.seat()
    await closing
    assert again.room is not seat.room
    assert again.page.text("c1") == "x"


class Attached:
    """An attachment that notes what happened to it."""

    def __init__(self, room: OpenRoom) -> None:
        self.room = room
        self.events: list[str] = []

    async def close(self) -> None:
        """The room still takes edits, and nobody is in it."""
        assert self.room.room.members == {}
        await self.room.edit(lambda doc: doc.get("metadata", type=Map).__setitem__("closed", "1"))
        self.events.append("closed")


async def test_an_attachment_comes_before_the_first_page_and_ends_before_the_room(hub: Hub) -> None:
    made: list[Attached] = []

    async def attach(room: OpenRoom) -> Attached:
        made.append(Attached(room))
        return made[-1]

    await hub.registry.close()
    hub.start(attach=attach)
    seat = await hub.seat()
    assert [one.room for one in made] == [seat.room]
    await hub.registry.close_room(NOTEBOOK)
    assert made[0].events == ["closed"]
    again = await hub.seat(Page())
    assert again.page.doc.get("metadata", type=Map)["closed"] == "1"


# --- trouble with the disk -------------------------------------------------------------------------------------------


class Disk:
    """Lets commits fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: Exception | None = None
        self.tries = asyncio.Event()
        real = room_service.commit

        async def commit(*args: Any, **options: Any) -> CommitResult:
            self.tries.set()
            if self.error is not None:
                raise self.error
            return await real(*args, **options)

        monkeypatch.setattr(room_service, "commit", commit)

    async def tried(self) -> None:
        """Wait until a commit was tried after now."""
        self.tries.clear()
        await self.tries.wait()


@pytest.fixture
async def disk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Disk]:
    """A disk that works until told."""
    made = Disk(monkeypatch)
    yield made
    made.error = None


async def test_2_5_not_saved_is_told_once_relaying_goes_on_and_saved_follows(hub: Hub, disk: Disk) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    await settle(ada, bob)
    disk.error = DiskFull("The disk is full.")
    ada.page.insert("c1", "x")
    await disk.tried()
    await disk.tried()
    pump(ada, bob)
    told = {"type": "not_saved", "code": "disk_full", "message": "The disk is full."}
    assert (ada.page.take("not_saved"), bob.page.take("not_saved")) == ([told], [told])
    assert (ada.page.all_saved, bob.page.text("c1")) == (False, "x")
    bob.page.type("c1", 1, "y")
    pump(ada, bob)
    assert ada.page.text("c1") == "xy"

    late = await hub.seat(Page(tab_id="3"))
    assert late.page.take("not_saved") == [told]

    disk.error = None
    await settle(ada, bob, late)
    assert [seat.page.all_saved for seat in (ada, bob, late)] == [True, True, True]
    await hub.registry.close()
    hub.start()
    again = await hub.seat(Page())
    assert again.page.text("c1") == "xy"


async def test_2_5_every_page_that_was_told_is_told_when_it_is_over(hub: Hub, disk: Disk) -> None:
    ada, bob = await hub.seat(), await hub.seat(Page(tab_id="2"), BOB)
    await settle(ada, bob)
    disk.error = DiskFull("The disk is full.")
    ada.page.insert("c1", "x")
    await disk.tried()
    pump(ada, bob)
    disk.error = None
    await ada.room.flushed()
    saved = [message for message in bob.channel.take() if isinstance(message, str) and '"saved"' in message]
    assert len(saved) == 1


async def test_a_notebook_that_is_deleted_under_its_pages_sends_them_away(hub: Hub, disk: Disk) -> None:
    seat = await hub.seat()
    await settle(seat)
    disk.error = NotFound("This notebook is gone.")
    seat.page.insert("c1", "x")
    await until(lambda: seat.channel.closed_with is not None)
    await hub.registry.idle()
    assert seat.channel.closed_with == (4404, "This notebook is gone.")
    assert hub.registry.peek(NOTEBOOK) is None


async def test_a_hub_that_cannot_save_still_closes(hub: Hub, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runhere_hub.rooms.registry._GIVE_UP_AFTER_S", 0.05)
    seat = await hub.seat()
    await settle(seat)
    disk.error = DiskFull("The disk is full.")
    seat.page.insert("c1", "not acknowledged")
    await hub.registry.close()
    disk.error = None
    assert not seat.page.all_saved  # the page still has it
    seat.page.disconnect()
    hub.start()
    again = await hub.seat(seat.page)
    await settle(again)
    assert again.page.all_saved
    fresh = await hub.seat(Page(tab_id="2"))
    assert fresh.page.text("c1") == "not acknowledged"


async def test_a_notebook_that_cannot_be_stored_is_not_opened(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_args: object, **_options: object) -> None:
        raise DiskFull("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(room_service, "begin", fail)
        with pytest.raises(DiskFull):
            await hub.open()
    assert (await hub.open()).notebook_id == NOTEBOOK


async def test_two_notebooks_do_not_know_of_each_other(db: Database, clock: FakeClock) -> None:
    await db.write(lambda conn: add_notebook(conn, NOTEBOOK))
    await db.write(lambda conn: add_notebook(conn, "2" * 32))
    hub = Hub(db, clock)
    first = await hub.seat()
    second = Seat(await hub.open("2" * 32), Page())
    first.page.insert("c1", "x")
    await settle(first, second)
    assert list(second.page.cells.keys()) == []
    await hub.registry.close()


def _lose(page: Page, cell_id: str, key: str) -> None:
    """What an old undo did."""
    cell = page.cells[cell_id]
    assert isinstance(cell, Map)
    page.edit(lambda: cell.pop(key))


async def _reopened(hub: Hub) -> Seat:
    await hub.registry.close()
    hub.start()
    return await hub.seat()


def _stands(page: Page) -> list[tuple[object, object]]:
    cells = page.cells.to_py() or {}
    return [(cells[key].get("position"), cells[key].get("type")) for key in sorted(cells)]


async def test_cells_that_nothing_shows_are_put_back_when_the_room_opens(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    seat = await hub.seat()
    for cell_id, position in (("a", "B"), ("b", "K"), ("c", "V")):
        seat.page.insert(cell_id, f"secret {cell_id}", position=position)
    await seat.room.revise()
    _lose(seat.page, "a", "position")
    _lose(seat.page, "b", "type")
    await settle(seat)
    assert _stands(seat.page) == [(None, "code"), ("K", None), ("V", "code")]
    again = await _reopened(hub)
    assert _stands(again.page) == [("B", "code"), ("K", "code"), ("V", "code")]
    assert [again.page.text(key) for key in "abc"] == ["secret a", "secret b", "secret c"]
    told = [record.message for record in caplog.records]
    assert told == [f"Notebook {NOTEBOOK}: 2 cells that nothing showed were put back"]
    # Once: the next to open it finds nothing to do.
    await settle(again)
    caplog.clear()
    last = await _reopened(hub)
    assert _stands(last.page) == _stands(again.page)
    assert caplog.records == []


async def test_a_lost_cell_of_which_no_revision_knows_comes_last(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("a", "text", position="B")
    seat.page.insert("b", position="K")
    _lose(seat.page, "a", "position")
    _lose(seat.page, "a", "type")
    await settle(seat)
    again = await _reopened(hub)
    [(position, kind), b] = _stands(again.page)
    assert (kind, b) == ("raw", ("K", "code"))
    assert str(position) > "K"
    assert again.page.text("a") == "text"


async def test_a_notebook_whose_cells_all_stand_somewhere_is_not_written_to_when_it_opens(hub: Hub) -> None:
    seat = await hub.seat()
    seat.page.insert("a", "x")
    await settle(seat)
    again = await _reopened(hub)
    assert read_state_vector(again.page.doc.get_state()) == read_state_vector(seat.page.doc.get_state())
