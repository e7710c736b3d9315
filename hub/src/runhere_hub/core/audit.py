"""The audit log's chain: each entry holds a hash over itself and the entry before, so that a changed or lost one shows.

No content, no tokens, no passwords: who, what, when, on which object, from where.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class From:
    """Where a request came from, as the audit log keeps it. Empty for the hub itself and the command line."""

    ip: str | None = None
    agent: str | None = None


NOWHERE = From()
_LONGEST_AGENT = 200


@dataclass(frozen=True)
class Entry:
    """One line of the log. `at` is milliseconds since 1970."""

    at: int
    person_id: str | None
    action: str
    object_id: str | None
    detail: str | None
    ip: str | None
    agent: str | None

    @property
    def concerns(self) -> str | None:
        """Whom or what it is about: the one who did it, where nothing else is named."""
        return self.object_id or self.person_id


def entry(
    at: int, action: str, *, person_id: str | None, object_id: str | None, came: From, detail: dict[str, object]
) -> Entry:
    """An entry; texts from outside are cut and freed of control characters."""
    agent = None if came.agent is None else _plain(came.agent)[:_LONGEST_AGENT]
    told = json.dumps(detail, sort_keys=True, ensure_ascii=True) if detail else None
    return Entry(at, person_id, action, object_id, told, came.ip, agent)


def link(before: str | None, one: Entry) -> str:
    """The chain's value at an entry behind another one's."""
    members = [before, one.at, one.person_id, one.action, one.object_id, one.detail, one.ip, one.agent]
    return hashlib.sha256(json.dumps(members, ensure_ascii=True).encode()).hexdigest()


def first_broken(entries: Iterable[tuple[Entry, str | None]]) -> int | None:
    """Index of the first entry (oldest first) that is not what its chain says; None: all are."""
    before: str | None = None
    for index, (one, chain) in enumerate(entries):
        if chain != link(before, one):
            return index
        before = chain
    return None


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
