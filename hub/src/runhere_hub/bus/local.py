"""The bus of a hub that is alone, and (in tests) of several hubs in one process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from runhere_hub.core.bus import News, Told

_AGAIN_AFTER_S = 0.01


class LocalExchange:
    """Joins buses of one process."""

    def __init__(self) -> None:
        self.listeners: dict[LocalBus, Callable[[News], None]] = {}
        self.locked: set[str] = set()


class LocalBus:
    """A `Bus` without a wire. Alone unless it is given an exchange."""

    def __init__(self, exchange: LocalExchange | None = None) -> None:
        self._exchange = exchange or LocalExchange()
        self._is_shared = exchange is not None

    @property
    def is_shared(self) -> bool:
        """See `Bus`."""
        return self._is_shared

    async def start(self, on_news: Callable[[News], None]) -> None:
        """See `Bus`."""
        self._exchange.listeners[self] = on_news

    def tell(self, news: Told) -> None:
        """See `Bus`."""
        for bus, listener in list(self._exchange.listeners.items()):
            if bus is not self:
                listener(news)

    @asynccontextmanager
    async def lock(self, name: str) -> AsyncIterator[bool]:
        """See `Bus`."""
        if name in self._exchange.locked:
            yield False
            return
        self._exchange.locked.add(name)
        try:
            yield True
        finally:
            self._exchange.locked.discard(name)

    async def keep(self, name: str, on_change: Callable[[bool], None]) -> None:
        """See `Bus`."""
        while True:
            async with self.lock(name) as is_mine:
                if is_mine:
                    on_change(True)
                    try:
                        await asyncio.get_running_loop().create_future()
                    finally:
                        on_change(False)
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def close(self) -> None:
        """See `Bus`."""
        self._exchange.listeners.pop(self, None)
