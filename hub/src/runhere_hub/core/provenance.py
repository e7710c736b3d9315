"""Where inserted text is from: whose code it is, whoever pressed the key (architecture 9).

Somebody who copies, splits, merges or undoes inserts text that others wrote. What is inserted in one piece and stood in
the notebook before, anywhere, keeps its authors. Single typed characters are the typist's.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

SHORTEST = 4
"""Characters of a piece that is looked for; shorter ones are typed (a closing bracket, an indent)."""

_BETWEEN = "\0"

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


class Origins:
    """Pieces of text, to be asked where others are from.

    Thousands of cells may be pasted, or brought back by an undo, in one edit: to compare each one with each piece would
    hold up the hub for minutes.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._of_line: dict[str, dict[str | None, int | None]] = {}
        for piece in pieces:
            for line in _lines(piece.text):
                join(self._of_line.setdefault(line, {}), piece.authors)
        self._all = _BETWEEN.join(piece.text for piece in pieces)
        self._starts = list(accumulate((len(piece.text) + len(_BETWEEN) for piece in pieces), initial=0))
        self._found: dict[str, dict[str | None, int | None]] = {}

    def of(self, inserted: str) -> Authors:
        """Everybody whose text the inserted one holds, or is a part of."""
        wanted = inserted.strip()
        if len(wanted) < SHORTEST:
            return {}
        found = self._found.get(wanted)
        if found is None:
            found = self._found[wanted] = {}
            for line in _lines(wanted):
                join(found, self._of_line.get(line, {}))
            # Whoever holds all of it holds the lines in its middle as lines.
            if not _lines("\n".join(wanted.splitlines()[1:-1])):
                for piece in self._holding(wanted):
                    join(found, piece.authors)
        return found

    def _holding(self, wanted: str) -> Iterator[Piece]:
        at = self._all.find(wanted)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            if wanted in self._pieces[number].text:  # else it reaches into the next one
                yield self._pieces[number]
            at = self._all.find(wanted, self._starts[number + 1])


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
