"""Both buses keep their contract; PostgreSQL's survives a cut."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from runhere_hub.bus.local import LocalBus, LocalExchange
from runhere_hub.bus.postgres import PostgresBus
from runhere_hub.core.bus import MAX_PRESENCE_BYTES, Bus, Committed, Missed, Present
from runhere_hub.core.errors import DatabaseUnavailable
from runhere_hub.testing.contracts.bus import NOTEBOOK, BusContract, Ear


class TestLocal(BusContract):
    @pytest.fixture
    def buses(self) -> tuple[Bus, Bus]:
        exchange = LocalExchange()
        return LocalBus(exchange), LocalBus(exchange)


@pytest.mark.postgres
class TestPostgres(BusContract):
    @pytest.fixture
    async def buses(self, postgres_url: str) -> AsyncIterator[tuple[Bus, Bus]]:
        made = PostgresBus(postgres_url, process="p1"), PostgresBus(postgres_url, process="p2")
        yield made
        for bus in made:
            await bus.close()

    async def test_a_keeper_whose_connection_is_cut_is_told(self, buses: tuple[Bus, Bus], postgres_url: str) -> None:
        heard: asyncio.Queue[bool] = asyncio.Queue()
        keeping = asyncio.create_task(buses[0].keep("thing", heard.put_nowait))
        async with asyncio.timeout(30):
            assert await heard.get()
            async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as admin:
                await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
            assert [await heard.get(), await heard.get()] == [False, True]  # nobody else wanted it
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    async def test_after_a_cut_it_says_that_news_were_missed_and_goes_on(
        self, buses: tuple[Bus, Bus], ears: tuple[Ear, Ear], postgres_url: str
    ) -> None:
        async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as admin:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            await admin.execute(f"{others} AND backend_type = 'client backend'")
        assert await ears[0].until(1) == await ears[1].until(1) == [Missed()]
        # Whoever speaks first finds the broken connection; what it says then is lost, as the contract allows.
        for _ in range(100):
            buses[0].tell(Committed(NOTEBOOK))
            if len(ears[1].heard) > 1:
                break
            await asyncio.sleep(0.1)  # the speaker tries again once a second
        assert set(ears[1].heard[1:]) == {Committed(NOTEBOOK)}

    async def test_presence_that_is_too_long_for_a_notice_is_not_told(
        self, buses: tuple[Bus, Bus], ears: tuple[Ear, Ear]
    ) -> None:
        buses[0].tell(Present(NOTEBOOK, b"x" * (MAX_PRESENCE_BYTES + 1)))
        buses[0].tell(Present(NOTEBOOK, b"x" * MAX_PRESENCE_BYTES))
        assert await ears[1].until(1) == [Present(NOTEBOOK, b"x" * MAX_PRESENCE_BYTES)]

    async def test_what_somebody_else_says_there_is_ignored(
        self, buses: tuple[Bus, Bus], ears: tuple[Ear, Ear], postgres_url: str
    ) -> None:
        async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as stranger:
            for text in ("hello", "[]", "{}", '{"process":"p9"}'):
                await stranger.execute("SELECT pg_notify('runhere', %s)", (text,))
        buses[0].tell(Committed(NOTEBOOK))
        assert await ears[1].until(1) == [Committed(NOTEBOOK)]


async def test_a_database_that_is_not_there_is_told(tmp_path: object) -> None:
    bus = PostgresBus(f"postgresql://hub@/nothing?host={tmp_path}", process="p1")
    with pytest.raises(DatabaseUnavailable):
        await bus.start(Ear())
    await bus.close()


async def test_a_bus_of_one_s_own_is_alone() -> None:
    first, second = LocalBus(), LocalBus()
    ear = Ear()
    await first.start(ear)
    second.tell(Committed(NOTEBOOK))
    assert (ear.heard, first.is_shared) == ([], False)
    async with first.lock("a") as mine, second.lock("a") as too:
        assert (mine, too) == (True, True)
