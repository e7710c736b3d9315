"""Whether a cell may run on a person's own machine without a question (architecture 9).

    contributions of a cell (who, when)  +  what I decided  ──▶  own | trusted | review

A *contribution* is the hub's own record, never the document's word (ADR 9). Somebody without a name is *unknown*: an
upload, an import, a change of the file, a text under a client id that is not its sender's.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["own", "trusted", "review"]


@dataclass(frozen=True)
class Contribution:
    """What one person did to one cell.

    Attributes:
        person_id: None: unknown.
        seq: When they last did (the hub's sequence of the notebook).
        since: When the text came into the notebook; before `seq` where it was copied, split, merged or undone.
    """

    cell_id: str
    person_id: str | None
    seq: int
    since: int


@dataclass(frozen=True)
class Decisions:
    """What one person trusts, as far as it concerns one notebook.

    Attributes:
        authors: People whose code they let run on their machines.
        digests: Sources of this notebook that they accepted (hex SHA-256).
        cells: Cell id to the sequence number up to which they accepted what had been done to it.
        unknown_through: Text of unknown origin that came into the notebook up to this number is accepted; only in
            one-person mode, where everything else is one's own.
    """

    person_id: str
    authors: frozenset[str] = frozenset()
    digests: frozenset[str] = frozenset()
    cells: Mapping[str, int] = field(default_factory=dict)
    unknown_through: int = -1


@dataclass(frozen=True)
class Judged:
    """The answer for one cell, and whose contributions no decision covers (None: unknown).

    They stand in the way of every source but an accepted one: with none of them, what the person types into the cell
    needs no new answer.
    """

    cell_id: str
    state: State
    strangers: tuple[str | None, ...] = ()


def judge(
    cell_id: str, digest: str, *, is_empty: bool, is_known: bool, done: Collection[Contribution], mine: Decisions
) -> Judged:
    """Whether this source of a cell may run unasked.

    Args:
        digest: Of the bytes that would run.
        is_known: The hub has had this source in this cell; else nobody knows where it is from.
        done: Contributions to the cell.
    """
    through = mine.cells.get(cell_id, -1)
    others = [one for one in done if one.person_id != mine.person_id]
    strangers = _people(one for one in others if one.seq > through and not _is_trusted(one, mine))
    if is_empty:
        return Judged(cell_id, "own", strangers)
    if not is_known or not done:
        strangers = strangers or (None,)
    if digest in mine.digests:
        return Judged(cell_id, "trusted", strangers)
    if strangers:
        return Judged(cell_id, "review", strangers if is_known else (None,))
    return Judged(cell_id, "trusted" if others else "own")


def _is_trusted(one: Contribution, mine: Decisions) -> bool:
    if one.person_id is None:
        return one.since <= mine.unknown_through
    return one.person_id in mine.authors


def _people(contributions: Iterable[Contribution]) -> tuple[str | None, ...]:
    """The latest first, everybody once."""
    latest = sorted(contributions, key=lambda one: -one.seq)
    return tuple(dict.fromkeys(one.person_id for one in latest))
