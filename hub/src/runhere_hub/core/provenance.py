"""Where inserted text is from: whose code it is, whoever pressed the key (architecture 9).

Somebody who copies, splits, merges or undoes inserts text that others wrote. What is inserted in one piece and stood in
the notebook before, anywhere, keeps its authors. Single typed characters are the typist's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SHORTEST = 4
"""Characters of a piece that is looked for; shorter ones are typed (a closing bracket, an indent)."""

Authors = Mapping[str | None, int | None]
"""Person (None: unknown) to when their text came into the notebook (the hub's sequence; None: it is not stored yet)."""


@dataclass(frozen=True)
class Piece:
    """Text that stands, or stood, in the notebook."""

    text: str
    authors: Authors


def changed(old: str, new: str) -> tuple[str, str]:
    """What an edit put in and what it took out: the middle between common beginning and end."""
    start = _common(old, new)
    rest = min(len(old), len(new)) - start
    end = _common(old[len(old) - rest :][::-1], new[len(new) - rest :][::-1]) if rest else 0
    return new[start : len(new) - end], old[start : len(old) - end]


def _common(one: str, other: str) -> int:
    """Length of the common beginning; halving finds it in a few comparisons of whole slices."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def authors_of(inserted: str, pieces: Iterable[Piece]) -> dict[str | None, int | None]:
    """Everybody whose text the inserted one holds, or is a part of."""
    wanted = inserted.strip()
    found: dict[str | None, int | None] = {}
    if len(wanted) < SHORTEST:
        return found
    lines = _lines(wanted)
    for piece in pieces:
        if wanted in piece.text or not lines.isdisjoint(_lines(piece.text)):
            join(found, piece.authors)
    return found


def _lines(text: str) -> set[str]:
    return {line for raw in text.splitlines() if len(line := raw.strip()) >= SHORTEST}


def join(into: dict[str | None, int | None], more: Authors) -> None:
    """Add authors; of two times of one person the later counts, and one that is not stored yet is the latest."""
    for person, since in more.items():
        if person not in into:
            into[person] = since
            continue
        known = into[person]
        into[person] = None if known is None or since is None else max(known, since)


def latest(pieces: Sequence[Piece], *, at_most_characters: int) -> list[Piece]:
    """The last of these pieces that together are not longer."""
    kept: list[Piece] = []
    for piece in reversed(pieces):
        at_most_characters -= len(piece.text)
        if at_most_characters < 0:
            break
        kept.append(piece)
    return kept[::-1]
