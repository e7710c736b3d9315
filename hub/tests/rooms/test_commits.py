"""Batches of several rooms, written together."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from runhere_hub.core.errors import DatabaseUnavailable, NotFound
from runhere_hub.core.ids import NotebookId
from runhere_hub.rooms.commits import Commits
from runhere_hub.services.rooms import Batch, CommitResult
from runhere_hub.store import notebooks, updates
from runhere_hub.store.session import Connection, Database
from runhere_hub.testing.small_hub import ADA, add_notebook

T = TypeVar("T")
ROOMS = tuple(f"{number:x}" * 32 for number in range(1, 6))
GONE = "f" * 32
NOW = 1_800_000_000_000


class Counted:
    """A database that counts its writing transactions, and holds them up or lets them fail."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.transactions = 0
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def write(self, work: Callable[[Connection], T]) -> T:
        self.transactions += 1
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return await self._db.write(work)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing be written in this block."""
        self.open.clear()
        yield
        self.open.set()


@pytest.fixture
async def counted(db: Database) -> Counted:
    for notebook_id in ROOMS:
        await db.write(lambda conn, notebook_id=notebook_id: add_notebook(conn, notebook_id))
    return Counted(db)


def commits_on(counted: Counted, apart_s: float = 0) -> Commits:
    return Commits(counted, process="p", clock=lambda: NOW, shared=False, apart_s=apart_s)  # type: ignore[arg-type]  # as much as is used


def batch(data: bytes) -> Batch:
    return Batch(updates=((ADA.id, data),))


async def stored(db: Database, notebook_id: str) -> list[bytes]:
    return [one.data for one in await db.read(lambda conn: updates.after(conn, notebook_id, -1))]


async def test_what_waits_while_others_are_written_goes_into_one_transaction(db: Database, counted: Counted) -> None:
    commits = commits_on(counted)
    with counted.held():
        first = asyncio.ensure_future(commits.commit(ROOMS[0], batch(b"0")))
        await asyncio.sleep(0)
        others = [asyncio.ensure_future(commits.commit(room, batch(room.encode()))) for room in reversed(ROOMS[1:])]
        await asyncio.sleep(0)
    assert [(await one).seq for one in (first, *others)] == [2] * 5
    assert counted.transactions == 2
    assert [await stored(db, room) for room in ROOMS] == [[b"0"], *([room.encode()] for room in ROOMS[1:])]
    await commits.close()


async def test_a_notebook_that_is_gone_keeps_no_other_from_the_disk(db: Database, counted: Counted) -> None:
    commits = commits_on(counted)
    waiting = [commits.commit(room, batch(b"x")) for room in (ROOMS[0], GONE, ROOMS[1])]
    first, gone, second = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(gone, NotFound)
    assert [isinstance(one, CommitResult) for one in (first, second)] == [True, True]
    assert [await stored(db, room) for room in (ROOMS[0], GONE, ROOMS[1])] == [[b"x"], [], [b"x"]]


async def test_trouble_is_everybodys_and_the_next_try_writes_once(db: Database, counted: Counted) -> None:
    commits = commits_on(counted)
    counted.error = DatabaseUnavailable("away")
    both = [commits.commit(room, batch(b"x")) for room in ROOMS[:2]]
    assert [type(one) for one in await asyncio.gather(*both, return_exceptions=True)] == [DatabaseUnavailable] * 2
    assert [await stored(db, room) for room in ROOMS[:2]] == [[], []]
    counted.error = None
    await asyncio.gather(*[commits.commit(room, batch(b"x")) for room in ROOMS[:2]])
    assert [await stored(db, room) for room in ROOMS[:2]] == [[b"x"], [b"x"]]


async def test_who_does_not_wait_any_longer_holds_up_nobody(db: Database, counted: Counted) -> None:
    commits = commits_on(counted)
    with counted.held():
        first = asyncio.ensure_future(commits.commit(ROOMS[0], batch(b"0")))
        await asyncio.sleep(0)
        given_up = asyncio.ensure_future(commits.commit(ROOMS[1], batch(b"1")))
        other = asyncio.ensure_future(commits.commit(ROOMS[2], batch(b"2")))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait({given_up})
    await asyncio.gather(first, other)
    assert [await stored(db, room) for room in ROOMS[:3]] == [[b"0"], [b"1"], [b"2"]]
    await commits.close()


async def test_transactions_start_apart_and_the_first_at_once(counted: Counted) -> None:
    commits = commits_on(counted, apart_s=0.3)
    now = asyncio.get_running_loop().time
    began = now()
    await commits.commit(ROOMS[0], batch(b"0"))
    await asyncio.gather(*[commits.commit(room, batch(b"1")) for room in ROOMS])
    assert (counted.transactions, now() - began >= 0.3) == (2, True)
    await commits.close()


async def test_a_notebook_was_changed_when_its_content_was_not_when_somebody_came(
    db: Database, counted: Counted
) -> None:
    commits = commits_on(counted)
    await commits.commit(ROOMS[0], Batch(clients=((7, ADA.id),)))
    await commits.commit(ROOMS[1], batch(b"1"))
    await commits.commit(ROOMS[2], Batch(heads={"cell": None}))
    await commits.commit(ROOMS[1], Batch(clients=((8, ADA.id),)))

    def changed(conn: Connection) -> list[int | None]:
        rows = [notebooks.get(conn, NotebookId(room)) for room in ROOMS[:3]]
        return [row.changed_at if row else -1 for row in rows]

    assert await db.read(changed) == [None, NOW, NOW]
    await commits.close()
