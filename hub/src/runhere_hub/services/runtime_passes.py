"""Tickets and passes to hosted runtimes, by hash, in this process's memory: whoever loses one asks for another.

A ticket is good once; a pass as long as the session behind it. Several hub processes need a reverse proxy that sends a
browser to the same one each time (docs/run/hosted.md).
"""

from dataclasses import dataclass

from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import RuntimeId

MOST_OF_ONE_PERSON = 64


@dataclass(frozen=True)
class RuntimePass:
    """What is kept of one.

    Attributes:
        session_sha256: The session that asked for it; with that, it ends.
        expires_at: ms since 1970.
    """

    person_id: PersonId
    runtime_id: RuntimeId
    session_sha256: str
    is_ticket: bool
    expires_at: int


class Passes:
    """All that are good now, oldest first."""

    def __init__(self) -> None:
        self._kept: dict[str, RuntimePass] = {}

    def add(self, token_sha256: str, one: RuntimePass, *, now: int) -> None:
        """Keep a new one; what is past its end goes, and a person's oldest beyond the limit."""
        self._kept = {key: kept for key, kept in self._kept.items() if kept.expires_at > now}
        theirs = [key for key, kept in self._kept.items() if kept.person_id == one.person_id]
        for key in theirs[: len(theirs) - MOST_OF_ONE_PERSON + 1]:
            del self._kept[key]
        self._kept[token_sha256] = one

    def use_ticket(self, token_sha256: str) -> RuntimePass | None:
        """Take a ticket away, once; None: there is none."""
        found = self._kept.get(token_sha256)
        return self._kept.pop(token_sha256) if found is not None and found.is_ticket else None

    def get(self, token_sha256: str) -> RuntimePass | None:
        """A pass; a ticket is none."""
        found = self._kept.get(token_sha256)
        return None if found is None or found.is_ticket else found
