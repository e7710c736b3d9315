"""A registry on a real database without a server, and pages in its rooms. Messages are carried by hand: see `pump`."""

from functools import partial
from random import Random
from typing import Any

from runhere_hub.blobs.memory import MemoryBlobStore
from runhere_hub.core.access import Role
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.rooms.autosave import Pace
from runhere_hub.rooms.member import Member
from runhere_hub.rooms.open_room import OpenRoom
from runhere_hub.rooms.registry import RoomRegistry
from runhere_hub.store import tables
from runhere_hub.store.session import Connection, Database
from runhere_hub.testing.fakes import FakeClock, QueueChannel, counted_ids
from runhere_hub.testing.pages import Page

NOTEBOOK = "1" * 32
ADA = Person(PersonId("0" * 32), "Ada", "#336699")
BOB = Person(PersonId("b" * 32), "Bob", "#993333")
AT_ONCE = Pace(window_s=0, apart_s=0, first_retry_s=0.01, last_retry_s=0.01, presence_s=0)


class Seat:
    """A page in a room: what it sends is received at once, what the room sends waits until `pump`."""

    def __init__(self, room: OpenRoom, page: Page, person: Person = ADA, role: Role = "owner") -> None:
        self.room, self.page, self.person, self.role = room, page, person, role
        self.channel = QueueChannel()
        self.member: Member = room.join(self.channel, person, role)
        page.connect(partial(room.room.receive, self.member))

    def pump(self) -> bool:
        """Let the page read what waits. True when there was something."""
        messages = self.channel.take()
        for message in messages:
            self.page.receive(message)
        return bool(messages)

    def leave(self) -> None:
        """The socket breaks."""
        self.page.disconnect()
        self.room.room.leave(self.member)


def pump(*seats: Seat) -> None:
    """Carry messages until nobody has anything more to say."""
    while any([seat.pump() for seat in seats]):
        pass


async def settle(*seats: Seat) -> None:
    """Carry messages, commit, and carry the acknowledgements."""
    pump(*seats)
    for seat in seats:
        await seat.room.flushed()
    pump(*seats)


class Hub:
    """A registry that can be ended and started again on the same database."""

    def __init__(self, db: Database, clock: FakeClock) -> None:
        self.db, self.clock = db, clock
        self.blobs = MemoryBlobStore()
        self.new_id = counted_ids()
        self.registry = self.start()

    def start(self, **options: Any) -> RoomRegistry:
        """A new registry in place of the last, which must be closed or abandoned."""
        self.registry = RoomRegistry(
            db=self.db,
            blobs=self.blobs,
            clock=self.clock,
            new_id=self.new_id,
            random=Random(1),
            **{"pace": AT_ONCE, **options},
        )
        return self.registry

    async def open(self, notebook_id: str = NOTEBOOK) -> OpenRoom:
        """The room."""
        return await self.registry.open(notebook_id)

    async def seat(self, page: Page | None = None, person: Person = ADA, role: Role = "owner") -> Seat:
        """A page that has joined and synced."""
        seat = Seat(await self.open(), page if page is not None else Page(), person, role)
        pump(seat)
        return seat


def add_notebook(conn: Connection, notebook_id: str, **values: Any) -> None:
    """A notebook of Ada's."""
    conn.execute(
        tables.notebooks.insert().values(id=notebook_id, owner_id=ADA.id, **{"seq": 0, "created_at": 0, **values})
    )
