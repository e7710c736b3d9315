"""The port by which hub processes that serve the same database tell each other what happened.

News may be lost or come twice: they only say "look", and everybody looks every few seconds anyway. What counts is in
the database, ordered by each notebook's sequence numbers. Presence is the exception: it is nowhere else, and losing it
does no harm.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

LOOK_EVERY_MS = 5_000
"""A room of a shared database looks for what others committed at least this often."""
MAX_PRESENCE_BYTES = 5_500
"""A longer awareness payload stays in its process: PostgreSQL's NOTIFY takes less than 8,000 bytes of base64."""


@dataclass(frozen=True)
class Committed:
    """A process committed something of a notebook."""

    notebook_id: str


@dataclass(frozen=True)
class Present:
    """An awareness payload that another process admitted."""

    notebook_id: str
    payload: bytes


@dataclass(frozen=True)
class Commented:
    """Somebody wrote, changed or deleted a comment on a notebook."""

    notebook_id: str


@dataclass(frozen=True)
class Missed:
    """News may have been lost: look at every open notebook."""


Told: TypeAlias = Committed | Present | Commented
News: TypeAlias = Told | Missed


class Bus(Protocol):
    """One process's end of the bus. Used from the hub's loop only."""

    @property
    def is_shared(self) -> bool:
        """False when there can be no other process: then nobody need look."""
        ...

    async def start(self, on_news: Callable[[News], None]) -> None:
        """Begin to listen; `on_news` returns at once and is never told what this process said itself.

        Raises:
            DatabaseUnavailable: Nobody can be reached now.
        """
        ...

    def tell(self, news: Told) -> None:
        """Let the others know; returns at once, raises nothing, may fail silently."""
        ...

    def lock(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Try to be the only one of all processes who does a thing; True inside: nobody else is."""
        ...

    async def keep(self, name: str, on_change: Callable[[bool], None]) -> None:
        """Be the only one of all processes who does a thing, as soon as none of the others is; runs until cancelled.

        `on_change(True)`: this process is the one from now on. `on_change(False)`: it is no longer, and for some
        seconds another one may have been it too, so what both do must not harm. Called on the loop; returns at once.
        """
        ...

    async def close(self) -> None:
        """Stop listening. May be called again."""
        ...
