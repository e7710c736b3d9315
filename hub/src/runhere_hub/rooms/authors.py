"""Who wrote which source of which cell of an open room, kept while it is edited; the rows go to `store.authorship`.

The client ids of the structs that an update inserted say who typed (`LiveDocument`); `core.provenance` says whose text
it was before. Used from the room's loop only.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from runhere_hub.core import provenance
from runhere_hub.core.provenance import Origins, Piece
from runhere_hub.core.trust import Contribution
from runhere_hub.store.authorship import Authored

_REMEMBERED_CHARACTERS = 2_000_000
"""Of text that was taken out of cells; a page that brings back more, or older, is not recognised by it."""

Who = dict[str | None, int | None]


@dataclass(frozen=True)
class Recorded:
    """What the database says of a notebook's authors.

    Attributes:
        digests: Sources that some cell had: (hex SHA-256, who, since), the latest last.
    """

    contributions: tuple[Contribution, ...] = ()
    digests: tuple[tuple[str, str | None, int], ...] = ()


NOTHING_RECORDED = Recorded()


@dataclass(slots=True)
class _Cell:
    text: str
    who: Who = field(default_factory=dict)


class Authors:
    """The record of one notebook.

    Args:
        sources: Cell id to source, as the document begins; deleted cells too.
    """

    def __init__(self, sources: Mapping[str, str], recorded: Recorded) -> None:
        self._cells = {cell_id: _Cell(text) for cell_id, text in sources.items()}
        self._digests: dict[str, Who] = {}
        self._removed: list[Piece] = []
        self._waiting: dict[str, Who] = {}
        self._unnumbered: list[Who] = []
        self._taken: list[Who] = []
        for one in recorded.contributions:
            if one.cell_id in self._cells:
                self._cells[one.cell_id].who[one.person_id] = one.since
        for digest, person_id, since in recorded.digests:
            provenance.join(self._digests.setdefault(digest, {}), {person_id: since})
        for cell_id, cell in self._cells.items():
            if cell.text.strip() and not cell.who:  # from a file, or from before there was a record
                self._add(cell_id, cell, {None: None})

    def changed(self, sources: Mapping[str, str], people: Iterable[str | None], *, is_restored: bool = False) -> None:
        """These cells have these sources now, by an edit of these people.

        `is_restored`: the hub put in what a version held; of what the record does not know nobody knows the author.
        """
        edits = {cell_id: provenance.changed(self._text(cell_id), new) for cell_id, new in sources.items()}
        # Split, merged, moved in one step: what one cell loses another one gets.
        losers = [cell_id for cell_id, (_, removed) in edits.items() if removed.strip()]
        lost: Who = {}
        for cell_id in losers:
            provenance.join(lost, self._who(cell_id))
        origins = Origins(self._pieces(edits))
        for cell_id, (inserted, _) in edits.items():
            cell = self._cells.setdefault(cell_id, _Cell(""))
            who: Who = dict.fromkeys(people, None)
            if inserted.strip():
                known = self._digests.get(_digest(sources[cell_id]))
                provenance.join(who, known or ({None: None} if is_restored else {}))
                provenance.join(who, origins.of(inserted))
                if losers != [cell_id]:
                    provenance.join(who, lost)
            cell.text = sources[cell_id]
            if cell.text.strip():
                self._add(cell_id, cell, who)
        self._removed = provenance.latest(self._removed, at_most_characters=_REMEMBERED_CHARACTERS)

    def absorbed(self, cell_id: str, source: str) -> None:
        """Another hub process changed it and has noted who; until this room is loaded again it counts as unknown."""
        cell = self._cells.setdefault(cell_id, _Cell(""))
        cell.text = source
        provenance.join(cell.who, {None: None})

    def take(self) -> tuple[Authored, ...]:
        """The rows that are to be stored since the last call, by the sources that cells have now."""
        waiting, self._waiting = self._waiting, {}
        self._taken += self._unnumbered
        self._unnumbered = []
        return tuple(
            Authored(cell_id, _digest(self._cells[cell_id].text), person, since)
            for cell_id, who in waiting.items()
            for person, since in sorted(who.items(), key=lambda pair: str(pair[0]))
        )

    def stored(self, seq: int) -> None:
        """What was taken is in the database under this number."""
        for who in self._taken:
            who.update({person: seq for person, since in who.items() if since is None})
        self._taken = []

    def _text(self, cell_id: str) -> str:
        cell = self._cells.get(cell_id)
        return cell.text if cell is not None else ""

    def _pieces(self, edits: Mapping[str, tuple[str, str]]) -> list[Piece]:
        """Text of others that stands somewhere, or stood; what these edits take out is remembered."""
        if not any(len(inserted.strip()) >= provenance.SHORTEST for inserted, _ in edits.values()):
            pieces: list[Piece] = []
        else:
            pieces = [Piece(cell.text, cell.who) for cell_id, cell in self._cells.items() if cell_id not in edits]
            pieces += [Piece(self._text(cell_id), self._who(cell_id)) for cell_id in edits if len(edits) > 1]
            pieces += self._removed
        for cell_id, (_, removed) in edits.items():
            if len(removed.strip()) >= provenance.SHORTEST:
                self._removed.append(Piece(removed, dict(self._who(cell_id))))
        return pieces

    def _who(self, cell_id: str) -> Who:
        cell = self._cells.get(cell_id)
        return cell.who if cell is not None else {}

    def _add(self, cell_id: str, cell: _Cell, who: Who) -> None:
        provenance.join(cell.who, who)
        provenance.join(self._waiting.setdefault(cell_id, {}), who)
        # Whoever ever wrote in the cell: undoing step by step brings back more than the last step's author wrote.
        known = self._digests.setdefault(_digest(cell.text), {})
        provenance.join(known, cell.who)
        self._unnumbered += [cell.who, known, self._waiting[cell_id]]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
