"""Two hub processes serve one notebook and converge; here two registries in one process, on one database and bus."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pycrdt import Map

from runhere_hub.bus.local import LocalBus, LocalExchange
from runhere_hub.core.bus import LOOK_EVERY_MS, Commented, Missed
from runhere_hub.core.notebook import Cell, CellId, Notebook
from runhere_hub.core.presence import Entry, read, write
from runhere_hub.core.yjs_bytes import awareness, read_state_vector
from runhere_hub.rooms.loading import Seeded
from runhere_hub.store import tables
from runhere_hub.store.session import Database
from runhere_hub.testing.fakes import FakeClock
from runhere_hub.testing.pages import Page
from runhere_hub.testing.small_hub import ADA, BOB, NOTEBOOK, Hub, Seat, add_notebook, pump, settle


class Pair:
    """Two hubs. `exchange.listeners` can be emptied to cut the bus."""

    def __init__(self, db: Database, clock: FakeClock) -> None:
        self.db, self.clock = db, clock
        self.exchange = LocalExchange()
        self.hubs = Hub(db, clock), Hub(db, clock)
        self.hubs[1].new_id = self.hubs[0].new_id

    async def start(self, **options: Any) -> None:
        """Open for pages, with the rooms looking as they do in the hub."""
        for hub in self.hubs:
            hub.start(bus=LocalBus(self.exchange), **options)
            await hub.registry.start()

    async def until(self, reached: Callable[[], bool], *seats: Seat) -> None:
        """Carry messages and commit until something holds."""
        async with asyncio.timeout(15):
            while not reached():
                await settle(*seats)
                await asyncio.sleep(0)


@pytest.fixture
async def pair(db: Database, clock: FakeClock) -> AsyncIterator[Pair]:
    """Two hubs and one empty notebook, on both databases."""
    await db.write(lambda conn: add_notebook(conn, NOTEBOOK))
    made = Pair(db, clock)
    await made.start()
    yield made
    for hub in made.hubs:
        await hub.registry.close()


async def two_seats(pair: Pair) -> tuple[Seat, Seat]:
    """Ada at the first hub, Bob at the second."""
    return await pair.hubs[0].seat(), await pair.hubs[1].seat(Page(browser_id="bob", tab_id="2"), BOB)


async def test_what_is_typed_at_one_is_read_at_the_other(pair: Pair) -> None:
    ada, bob = await two_seats(pair)
    ada.page.insert("c1", "ada")
    await pair.until(lambda: "c1" in bob.page.cells, ada, bob)
    bob.page.type("c1", 3, " and bob")
    ada.page.type("c1", 0, "> ")
    await pair.until(lambda: ada.page.text("c1") == bob.page.text("c1") == "> ada and bob", ada, bob)


async def test_comments_that_are_made_at_one_are_told_at_the_other(pair: Pair) -> None:
    ada, bob = await two_seats(pair)
    await settle(ada, bob)
    told = [message for seat in (ada, bob) for message in seat.channel.take()]
    assert '{"type":"comments"}' not in told
    LocalBus(pair.exchange).tell(Commented(NOTEBOOK))
    assert [seat.channel.take() for seat in (ada, bob)] == [['{"type":"comments"}']] * 2
    for end in pair.exchange.listeners.values():
        end(Missed())  # news was lost: there may have been comments
    assert '{"type":"comments"}' in ada.channel.take()


async def test_a_storm_at_both_converges_and_every_frame_is_stored_once(pair: Pair) -> None:
    ada, bob = await two_seats(pair)
    ada.page.insert("c1", "")
    await pair.until(lambda: "c1" in bob.page.cells, ada, bob)
    for number in range(30):
        ada.page.type("c1", 0, "a")
        bob.page.type("c1", 0, "b")
        if number % 3 == 0:
            await settle(ada, bob)
    await pair.until(lambda: ada.page.text("c1") == bob.page.text("c1") and len(ada.page.text("c1")) == 60, ada, bob)
    stored = await pair.db.read(lambda conn: conn.execute(tables.updates.select()).all())
    assert len({row.process for row in stored}) == 2
    assert len(stored) == 1 + 1 + 60  # the seed, the cell, the keys


@pytest.mark.parametrize("passed_s", [5, -3600])
async def test_after_a_lost_bus_everybody_looks_every_five_seconds_and_when_the_clock_jumps(
    pair: Pair, passed_s: int
) -> None:
    ada, bob = await two_seats(pair)
    pair.exchange.listeners.clear()
    ada.page.insert("c1", "ada")
    await settle(ada, bob)
    assert "c1" not in bob.page.cells
    pair.clock.advance(s=passed_s)
    await pair.hubs[1].registry.tick()
    await pair.until(lambda: "c1" in bob.page.cells, ada, bob)


async def test_missed_news_are_looked_for(pair: Pair) -> None:
    ada, bob = await two_seats(pair)
    listener = pair.exchange.listeners.copy()
    pair.exchange.listeners.clear()
    ada.page.insert("c1", "ada")
    await settle(ada, bob)
    for hear in listener.values():
        hear(Missed())
    await pair.until(lambda: "c1" in bob.page.cells, ada, bob)


async def test_joining_the_log_at_one_loses_nothing_at_the_other(pair: Pair) -> None:
    ada, bob = await two_seats(pair)
    pair.exchange.listeners.clear()
    ada.page.insert("c1", "ada")
    bob.page.insert("c2", "bob")
    await settle(ada, bob)
    await ada.room.compact()
    for hub in pair.hubs:
        await hub.registry.peek(NOTEBOOK).look()  # type: ignore[union-attr]
    pump(ada, bob)
    assert sorted(ada.page.cells.keys()) == sorted(bob.page.cells.keys()) == ["c1", "c2"]


async def test_a_notebook_opened_at_both_at_once_is_made_once(db: Database, clock: FakeClock) -> None:
    async def seed(_notebook_id: str) -> Seeded:
        return Seeded(Notebook(4, 5, {}, (Cell(CellId("a"), "code", "1", execution_count=1),)))

    await db.write(lambda conn: add_notebook(conn, NOTEBOOK))
    pair = Pair(db, clock)
    await pair.start(seed=seed)
    rooms = await asyncio.gather(*(hub.open() for hub in pair.hubs))
    assert rooms[0].doc.get_update() == rooms[1].doc.get_update()
    stored = await db.read(lambda conn: conn.execute(tables.updates.select()).all())
    assert len(stored) == 1
    assert [len(room.room.runs.state.runs) for room in rooms] == [1, 1]
    for hub in pair.hubs:
        await hub.registry.close()


def started(run_id: str = "r1") -> dict[str, Any]:
    """The first frame of a run."""
    event = {"type": "started", "cell_id": "c1", "source_digest": "0" * 64, "runtime": None, "started_at": 1}
    return {"type": "run", "run_id": run_id, "epoch": 1, "n": 0, "event": event}


def printed(n: int, text: str, epoch: int = 1) -> dict[str, Any]:
    """A frame with some output."""
    op = {"op": "output", "output": {"output_type": "stream", "name": "stdout", "text": text}}
    return {"type": "run", "run_id": "r1", "epoch": epoch, "n": n, "event": {"type": "outputs", "ops": [op]}}


async def test_runs_of_one_are_shown_at_the_other(pair: Pair) -> None:
    ada, bob = await two_seats(pair)
    for frame in (started(), printed(1, "a")):
        ada.page.send_frame(frame)
    heads: list[dict[str, Any]] = []

    def shown() -> bool:
        heads.extend(bob.page.take("head"))
        return bool(heads) and bool(heads[-1]["run"]["outputs"])

    await pair.until(shown, ada, bob)
    run = heads[-1]["run"]
    assert (heads[-1]["run_id"], run["status"], run["writer"]["session"]) == ("r1", "running", ada.member.session)
    assert ada.page.take("run_ack")[-1]["n"] == 1
    bob.page.send_frame({"type": "take_over", "run_id": "r1", "force": True})
    pump(bob)
    assert bob.page.take("refused")[0]["code"] == "held"  # it is Ada's


async def test_a_lease_given_away_at_the_other_ends_the_one_here(pair: Pair) -> None:
    ada = await pair.hubs[0].seat()
    ada.page.send_frame(started())
    await settle(ada)
    again = await pair.hubs[1].seat(Page(), ADA)  # the same tab, at the other hub: the first socket is dead
    pair.exchange.listeners.clear()
    again.page.send_frame({"type": "take_over", "run_id": "r1", "force": False})
    again.page.send_frame(printed(1, "new", epoch=2))
    await settle(again)
    assert again.page.take("run_ack")[-1]["n"] == 1
    ada.page.take("run_ack")
    ada.page.send_frame(printed(1, "old"))
    await settle(ada)
    assert ada.page.take("run_ack") == []  # nothing of it was stored
    stored = await pair.db.read(lambda conn: conn.execute(tables.runs.select()).all())
    assert [json.loads(row.outputs)[0]["text"] for row in stored] == ["new"]
    await pair.hubs[0].registry.peek(NOTEBOOK).look()  # type: ignore[union-attr]
    ada.page.send_frame(printed(2, "older"))
    pump(ada)
    assert ada.page.take("run_refused")[-1]["code"] == "old_epoch"


async def test_who_is_at_the_one_is_seen_at_the_other(pair: Pair) -> None:
    ada, bob = await two_seats(pair)
    person = {"id": ADA.id, "name": ADA.name, "color": ADA.color}
    client_id = ada.page.doc.client_id
    ada.room.room.receive(ada.member, awareness(write([Entry(client_id, 1, json.dumps({"person": person}))])))
    pump(ada, bob)
    assert [entry.client_id for payload in bob.page.presence for entry in read(payload)] == [client_id]
    late = await pair.hubs[1].seat(Page(tab_id="3"), BOB)
    assert late.page.presence == bob.page.presence
    ada.leave()
    pump(bob)
    assert read(bob.page.presence[-1]) == (Entry(client_id, 2, "null"),)


async def test_a_restored_document_is_the_same_after_both_are_gone(pair: Pair) -> None:
    ada, bob = await two_seats(pair)
    ada.page.insert("c1", "x")
    await pair.until(lambda: "c1" in bob.page.cells, ada, bob)
    bob.page.type("c1", 1, "y")
    await settle(ada, bob)
    for hub in pair.hubs:
        await hub.registry.close()
    await pair.start()
    again = await pair.hubs[0].seat(Page())
    assert str(again.room.doc.get("cells", type=Map)["c1"]["source"]) == "xy"


def _knows(page: Page) -> dict[int, int]:
    return dict(read_state_vector(page.doc.get_state()))


async def test_two_that_put_the_same_lost_cells_back_at_once_agree(pair: Pair) -> None:
    seat = await pair.hubs[0].seat()
    for cell_id, position in (("a", "B"), ("b", "K"), ("c", "V")):
        seat.page.insert(cell_id, cell_id, position=position)
    for cell_id in "ab":
        cell = seat.page.cells[cell_id]
        assert isinstance(cell, Map)
        seat.page.edit(lambda lost=cell: lost.pop("position"))  # type: ignore[misc]
    await settle(seat)
    await seat.room.compact()  # the log does not tell any more where they stood
    for hub in pair.hubs:
        await hub.registry.close()
    await pair.start()
    ada, bob = await asyncio.gather(pair.hubs[0].seat(), pair.hubs[1].seat(Page(browser_id="bob", tab_id="2"), BOB))
    pair.clock.advance(ms=LOOK_EVERY_MS)  # what one committed while the other opened is found by looking
    await pair.until(lambda: _knows(ada.page) == _knows(bob.page), ada, bob)
    cells = ada.page.cells.to_py()
    assert cells is not None
    assert cells == bob.page.cells.to_py()
    assert sorted(cells, key=lambda key: str(cells[key]["position"])) == ["c", "a", "b"]
