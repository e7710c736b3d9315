"""Architecture §3, as a property: whatever people do, whenever the line breaks, all end up with the same notebook.

No id stands twice, and every acknowledged character is in a cell or a tombstone unless its own range was deleted. Every
character typed here is another one, so that each can be followed.
"""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from pycrdt import Map

from runhere_hub.doc.log import replay
from runhere_hub.store import tables, updates
from runhere_hub.store.session import Connection, Database
from runhere_hub.testing.fakes import FakeClock
from runhere_hub.testing.pages import LOCAL, Page
from runhere_hub.testing.small_hub import ADA, BOB, NOTEBOOK, Hub, Seat, add_notebook, pump

PAGES = 3
FIRST_CHARACTER = 0x4E00  # one UTF-16 unit, three UTF-8 bytes
NOW = 1_700_000_000_000.0  # that of the hub's clock: a tombstone of today is not purged
who = st.integers(0, PAGES - 1)
part = st.floats(0, 1)


class Notebook(RuleBasedStateMachine):
    """Three pages, a hub, and a line between them that a test can cut and restart."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.pages = [Page(browser_id=f"b{n}", tab_id=f"t{n}") for n in range(PAGES)]
        self.seats: list[Seat | None] = [None] * PAGES
        self.next_character = FIRST_CHARACTER
        self.next_cell = 0
        self.deleted: set[str] = set()
        self.ever_deleted: set[str] = set()

    def do(self, work: Any) -> Any:
        """Run something of the hub to its end."""
        return self.loop.run_until_complete(asyncio.wait_for(work, 20))

    @initialize()
    def begin(self) -> None:
        """Three pages online, one cell, SQLite in memory."""
        self.db = Database.open("sqlite://")
        self.db.write_now(_add_ada)
        self.db.write_now(lambda conn: add_notebook(conn, NOTEBOOK))
        self.hub = Hub(self.db, FakeClock())
        for n in range(PAGES):
            self.connect(n)
        self.insert_cell(0, "N")
        pump(*(seat for seat in self.seats if seat is not None))

    # --- what people do ----------------------------------------------------------------------------------------------

    @rule(n=who, position=st.sampled_from("MNVWa"))
    def insert_cell(self, n: int, position: str) -> None:
        """A new cell with three characters."""
        text, cell_id = self._characters(3), f"c{self.next_cell}"
        self.next_cell += 1
        self.pages[n].insert(cell_id, text, position=position, note=text)

    @rule(n=who, cell=part, at=part, length=st.integers(1, 4))
    def type_text(self, n: int, cell: float, at: float, length: int) -> None:
        """Some characters somewhere, in a tombstone too."""
        cell_id = self._cell(n, cell)
        if cell_id is not None:
            text = self._characters(length)
            place = round(at * len(self.pages[n].text(cell_id))) * 3
            self.pages[n].type(cell_id, place, text, note=text)

    @rule(n=who, cell=part, at=part, length=st.integers(1, 3))
    def delete_text(self, n: int, cell: float, at: float, length: int) -> None:
        """A range goes, for good."""
        cell_id = self._cell(n, cell)
        if cell_id is not None:
            first = round(at * len(self.pages[n].text(cell_id)))
            source = self.pages[n].source(cell_id)
            last = min(first + length, len(str(source)))
            if first < last:
                self._watching(n, lambda: source.__delitem__(slice(first * 3, last * 3)))

    @rule(n=who, cell=part, at=st.sampled_from([0.0, NOW]))
    def delete_or_revive_cell(self, n: int, cell: float, at: float) -> None:
        """A tombstone, or the end of one: no character goes."""
        cell_id = self._cell(n, cell)
        if cell_id is not None:
            self.pages[n].edit(lambda: self.pages[n].cells[cell_id].__setitem__("deleted", at))

    @rule(n=who, cell=part, position=st.sampled_from("MNVWa"))
    def move_cell(self, n: int, cell: float, position: str) -> None:
        """One string changes."""
        cell_id = self._cell(n, cell)
        if cell_id is not None:
            self.pages[n].edit(lambda: self.pages[n].cells[cell_id].__setitem__("position", position))

    @rule(n=who, cell=part, at=part)
    def split_cell(self, n: int, cell: float, at: float) -> None:
        """The second half goes into a new cell, as new characters."""
        cell_id = self._cell(n, cell)
        if cell_id is None:
            return
        page, text = self.pages[n], self.pages[n].text(cell_id)
        first = round(at * len(text))
        if text[first:]:
            self._watching(n, lambda: page.source(cell_id).__delitem__(slice(first * 3, len(text) * 3)))
            self.insert_cell(n, "W")

    @rule(n=who)
    def undo(self, n: int) -> None:
        """One's own last step; what it takes away, its author took away."""
        page = self.pages[n]
        if page.undo.can_undo():
            self._watching(n, page.undo.undo, transaction=False)

    @rule(n=who)
    def redo(self, n: int) -> None:
        """And back."""
        page = self.pages[n]
        if page.undo.can_redo():
            self._watching(n, page.undo.redo, transaction=False)

    # --- what happens to them ----------------------------------------------------------------------------------------

    @rule(n=who)
    def connect(self, n: int) -> None:
        """A page opens its socket."""
        if self.seats[n] is None:
            self.seats[n] = Seat(self.do(self.hub.open()), self.pages[n], ADA if n == 0 else BOB, "owner")

    @rule()
    def read_all(self) -> None:
        """Everybody reads, until nobody has anything to say."""
        pump(*(seat for seat in self.seats if seat is not None))

    @rule(n=who)
    def read(self, n: int) -> None:
        """A page reads what waits for it, and answers."""
        seat = self.seats[n]
        if seat is not None:
            seat.pump()

    @rule(n=who)
    def lose_the_line(self, n: int) -> None:
        """The socket breaks, with whatever was under way to the page."""
        seat = self.seats[n]
        if seat is not None:
            seat.leave()
            self.seats[n] = None

    @rule()
    def commit(self) -> None:
        """The hub finds time to write."""
        room = self.hub.registry.peek(NOTEBOOK)
        if room is not None:
            self.do(room.flushed())

    @rule()
    def compact(self) -> None:
        """The log is joined."""
        room = self.hub.registry.peek(NOTEBOOK)
        if room is not None:
            self.do(room.compact())

    @rule()
    def restart_the_hub(self) -> None:
        """It stops in order; pages come back later."""
        self.do(self.hub.registry.close())
        self._after_the_end()

    @rule()
    def kill_the_hub(self) -> None:
        """It dies: what was not committed is gone there."""
        room = self.hub.registry.peek(NOTEBOOK)
        if room is not None:
            room.room._waiting.updates.clear()  # nothing of it gets to the disk while the corpse is put away
            self.do(room.autosave.close(give_up_after_s=0))
        self._after_the_end()

    def _after_the_end(self) -> None:
        for page in self.pages:
            page.disconnect()
        self.seats = [None] * PAGES
        self.hub.start()

    # --- what holds --------------------------------------------------------------------------------------------------

    @invariant()
    def acknowledged_characters_are_on_disk(self) -> None:
        """Whatever a page was told is saved would be there if the hub died now."""
        if not hasattr(self, "hub"):
            return
        acknowledged = {c for page in self.pages for text in page.acknowledged if text for c in text}
        if acknowledged:
            # Read beside the loop: were it to turn, the hub would write what it had not written yet.
            on_disk = _characters_of(replay(self.db.write_now(_stored)).get("cells", type=Map))
            assert acknowledged - self.ever_deleted <= on_disk

    def teardown(self) -> None:
        """In the end everybody is online and everything is saved: then all are the same."""
        if not hasattr(self, "hub"):
            return
        try:
            self._everybody_agrees()
        finally:
            self.do(self.hub.registry.close())
            self.db.close()
            self.loop.close()

    def _everybody_agrees(self) -> None:
        for n in range(PAGES):
            self.connect(n)
        seats = [seat for seat in self.seats if seat is not None]
        for _ in range(3):
            pump(*seats)
            self.do(seats[0].room.flushed())
        pump(*seats)
        assert [page.all_saved for page in self.pages] == [True] * PAGES
        hub_cells = seats[0].room.doc.get("cells", type=Map).to_py()
        for page in self.pages:
            assert page.cells.to_py() == hub_cells
        shown = [cell.id for cell in self.do(seats[0].room.notebook()).cells]
        assert len(shown) == len(set(shown))
        everything = {chr(c) for c in range(FIRST_CHARACTER, self.next_character)}
        note(f"cells: {hub_cells}")
        assert everything - self.deleted == _characters_of(seats[0].room.doc.get("cells", type=Map)) - self.deleted

    # --- helpers -----------------------------------------------------------------------------------------------------

    def _characters(self, count: int) -> str:
        text = "".join(chr(self.next_character + n) for n in range(count))
        self.next_character += count
        return text

    def _cell(self, n: int, which: float) -> str | None:
        ids = sorted(self.pages[n].cells.keys())
        return ids[round(which * (len(ids) - 1))] if ids else None

    def _watching(self, n: int, work: Any, *, transaction: bool = True) -> None:
        """Do something that may delete; characters that vanish from this page by it are deleted by its person."""
        page = self.pages[n]
        before = _characters_of(page.cells)
        if transaction:
            with page.doc.transaction(origin=LOCAL):
                work()
        else:
            work()
        after = _characters_of(page.cells)
        self.deleted |= before - after
        self.ever_deleted |= before - after
        self.deleted -= after - before  # an undo brought them back
        page.flush("".join(sorted(after - before)))


def _characters_of(cells: Any) -> set[str]:
    """Every character of every source, tombstones included."""
    return {c for cell in cells.values() for c in str(cell["source"])}


def _stored(conn: Connection) -> list[bytes]:
    snapshot = updates.snapshot(conn, NOTEBOOK)
    log = [one.data for one in updates.after(conn, NOTEBOOK, -1)]
    return [snapshot.data, *log] if snapshot is not None else log


def _add_ada(conn: Connection) -> None:
    conn.execute(tables.people.insert().values(id=ADA.id, name="Ada", color="#336699", created_at=0))


@pytest.mark.slow
@pytest.mark.timeout(170)
def test_any_interleaving_of_edits_and_broken_lines_converges() -> None:
    run_state_machine_as_test(
        Notebook,
        settings=settings(max_examples=150, stateful_step_count=40, suppress_health_check=list(HealthCheck)),
    )
