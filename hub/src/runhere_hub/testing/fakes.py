"""Stand-ins for what a test wants to hold in its hand: time, ids, a page's channel."""

import itertools
from collections.abc import Callable

from runhere_hub.rooms.channel import Message


class FakeClock:
    """A clock that moves only when told: milliseconds since 1970."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        """The time."""
        return self.now_ms

    def advance(self, *, s: float = 0, ms: int = 0) -> None:
        """Let time pass."""
        self.now_ms += int(s * 1000) + ms


def counted_ids() -> Callable[[], str]:
    """Ids 000…1, 000…2 and so on."""
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):032x}"


class QueueChannel:
    """A channel whose messages wait in a list until the test takes them."""

    def __init__(self) -> None:
        self.waiting: list[Message] = []
        self.closed_with: tuple[int, str] | None = None

    def send(self, message: Message) -> None:
        """See `Channel`."""
        if self.closed_with is None:
            self.waiting.append(message)

    def close(self, code: int, reason: str) -> None:
        """See `Channel`."""
        if self.closed_with is None:
            self.closed_with = (int(code), reason)

    def take(self) -> list[Message]:
        """What waits, oldest first; it does not wait any more."""
        taken, self.waiting = self.waiting, []
        return taken
