"""What every bus must do. Subclass it in a test module and give it a `buses` fixture: two ends of one bus."""

import asyncio

import pytest

from runhere_hub.core.bus import Bus, Commented, Committed, News, Present, Told

NOTEBOOK = "1" * 32


class Ear:
    """Hears news, and lets a test wait for some."""

    def __init__(self) -> None:
        self.heard: list[News] = []
        self._changed = asyncio.Event()

    def __call__(self, news: News) -> None:
        """Take news."""
        self.heard.append(news)
        self._changed.set()

    async def until(self, count: int) -> list[News]:
        """The news, once there are so many."""
        async with asyncio.timeout(30):
            while len(self.heard) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.heard


class BusContract:
    """The tests; pytest finds them in subclasses whose names begin with `Test`."""

    @pytest.fixture
    async def ears(self, buses: tuple[Bus, Bus]) -> tuple[Ear, Ear]:
        """Both ends, listening."""
        ears = Ear(), Ear()
        for bus, ear in zip(buses, ears, strict=True):
            await bus.start(ear)
        return ears

    async def test_the_others_hear_it_in_order_and_oneself_does_not(
        self, buses: tuple[Bus, Bus], ears: tuple[Ear, Ear]
    ) -> None:
        """Commits, presence and comments alike."""
        said: list[Told] = [
            Committed(NOTEBOOK),
            Present(NOTEBOOK, b"\x00\xff" * 2_000),
            Committed("2" * 32),
            Commented(NOTEBOOK),
        ]
        for news in said:
            buses[0].tell(news)
        assert await ears[1].until(4) == said
        buses[1].tell(Committed(NOTEBOOK))
        assert await ears[0].until(1) == [Committed(NOTEBOOK)]

    async def test_one_at_a_time_holds_a_lock(self, buses: tuple[Bus, Bus]) -> None:
        """Others are told at once that they do not."""
        async with buses[0].lock("a") as first:
            async with buses[1].lock("a") as second, buses[1].lock("b") as other:
                assert (first, second, other) == (True, False, True)
            async with buses[1].lock("a") as still:
                assert not still
        async with buses[1].lock("a") as now:
            assert now

    async def test_a_lock_ends_with_whatever_went_wrong(self, buses: tuple[Bus, Bus]) -> None:
        """An error inside frees it."""
        with pytest.raises(ZeroDivisionError):
            async with buses[0].lock("a"):
                raise ZeroDivisionError
        async with buses[1].lock("a") as mine:
            assert mine

    async def test_one_at_a_time_keeps_a_thing_and_another_one_goes_on(self, buses: tuple[Bus, Bus]) -> None:
        """Whoever ends tells itself first; then another one has it."""
        heard: asyncio.Queue[tuple[int, bool]] = asyncio.Queue()
        keeping = [
            asyncio.create_task(bus.keep("thing", lambda is_mine, n=n: heard.put_nowait((n, is_mine))))  # type: ignore[misc]
            for n, bus in enumerate(buses)
        ]
        async with asyncio.timeout(20):
            first, got = await heard.get()
            assert got
            assert heard.empty()
            keeping[first].cancel()
            assert [await heard.get(), await heard.get()] == [(first, False), (1 - first, True)]
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)

    async def test_closing_may_be_repeated_and_ends_the_news(
        self, buses: tuple[Bus, Bus], ears: tuple[Ear, Ear]
    ) -> None:
        """And telling afterwards harms nobody."""
        await buses[1].close()
        await buses[1].close()
        buses[0].tell(Committed(NOTEBOOK))
        buses[1].tell(Committed(NOTEBOOK))
        assert ears[1].heard == []
