"""How long somebody is waited for who does next to nothing: by what gets done, not by the whole.

A limit of the whole would end honest long transfers, a limit of each piece never ends one byte a minute. So a runtime,
or a page that sends a body, has `within_s` of waiting for each `least_bytes`, and for the rest. Time in which somebody
else is waited for is not theirs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from runhere_hub.core.errors import RunhereError
from runhere_hub.core.runtimes import RuntimeSilent


class RuntimeTrickles(RuntimeSilent):
    """A runtime takes or gives too little. What it gave so far may be with the page already."""

    code = "runtime_trickles"

    def __init__(self) -> None:
        super().__init__("Your hosted runtime answers so slowly that the hub has given up. Look at Manage sessions.")


@dataclass(frozen=True)
class PaceRule:
    """The slowest that is borne.

    Attributes:
        within_s: Also how long a runtime may be silent before it answers: starting a kernel takes its time.
    """

    within_s: float = 120.0
    least_bytes: int = 2**20


class Pace:
    """One direction of one request.

    Args:
        gives_up: Makes the error of whoever is too slow.
    """

    def __init__(self, rule: PaceRule, gives_up: Callable[[], RunhereError] = RuntimeTrickles) -> None:
        self._rule = rule
        self._gives_up = gives_up
        self._left_s = rule.within_s
        self._moved_bytes = 0
        self._limit: asyncio.Timeout | None = None

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Around what they are waited for.

        Raises:
            What `gives_up` makes: it took too long; what was waited for is cancelled.
        """
        now = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(self._left_s) as self._limit:
                yield
                self._left_s = (self._limit.when() or now()) - now()
        except TimeoutError as error:
            raise self._gives_up() from error
        finally:
            self._limit = None

    def moved(self, size_bytes: int) -> None:
        """So much passed. May be called while it is waited."""
        self._moved_bytes += size_bytes
        if self._moved_bytes < self._rule.least_bytes:
            return
        self._moved_bytes = 0
        self._left_s = self._rule.within_s
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._left_s)
