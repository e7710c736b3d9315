"""A copy of a document on which a page's update is tried where outputs stay at home (architecture 10a).

Only what `core.private_outputs` allows may be written. Yjs cannot take an update back, so it must not reach the live
document first; a copy costs its memory once, and about 15 µs an update.
"""

from collections.abc import Iterable
from typing import Any

from pycrdt import Map

from runhere_hub.core import private_outputs
from runhere_hub.core.errors import FrameInvalid, OutputsOmitted
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.doc.log import replay


class ScratchDocument:
    """The copy. Useless after it refused something: make another one.

    Args:
        update: The document as one Yjs v1 update.
        at_home: Whose outputs stay at home.
    """

    def __init__(self, update: bytes, at_home: AtHome) -> None:
        self.at_home = at_home
        self._doc = replay([update])
        self._is_strange = False
        self._cells, self._metadata = self._doc.get("cells", type=Map), self._doc.get("metadata", type=Map)
        self._subscriptions = [self._cells.observe_deep(self._on_cells), self._metadata.observe(self._on_metadata)]

    def apply(self, update: bytes) -> None:
        """Apply a page's update.

        Raises:
            FrameInvalid: Yjs cannot read it.
            OutputsOmitted: It writes what stays at home.
        """
        try:
            self._doc.apply_update(update)
        except ValueError as error:
            raise FrameInvalid("An update cannot be read.") from error
        has_others = self.at_home.everything and not private_outputs.ROOTS.issuperset(self._doc.keys())
        if self._is_strange or has_others:
            raise OutputsOmitted("Outputs of this notebook, or of this cell, stay at home: that was not kept.")

    def _on_cells(self, events: Iterable[Any], _txn: object) -> None:
        self._is_strange |= any(self._wrote_strange(event) for event in events)

    def _wrote_strange(self, event: Any) -> bool:
        if event.path:
            return self.at_home.keeps(event.path[0]) and _is_strange(event.path, event)
        put = [event.target.get(cell_id) for cell_id in event.keys if self.at_home.keeps(cell_id)]
        return any(_is_strange_cell(cell) for cell in put)

    def _on_metadata(self, event: Any, _txn: object) -> None:
        written = [key for key in event.keys if key in event.target]
        self._is_strange |= any(not self.at_home.allows_metadata(key) for key in written)


def _is_strange(path: list[str], event: Any) -> bool:
    """Whether this change of the cells wrote what may not stand where outputs stay at home."""
    if len(path) == 1:
        return _has_others(event.target, event.keys, private_outputs.CELL_KEYS) or _is_strange_cell(event.target)
    return path[1] == "metadata" and _has_others(event.target, event.keys, private_outputs.CELL_METADATA)


def _is_strange_cell(cell: object) -> bool:
    if not isinstance(cell, Map):
        return cell is not None
    metadata = cell.get("metadata")
    keys = set(metadata.keys()) if isinstance(metadata, Map) else set()
    return not (keys <= private_outputs.CELL_METADATA and set(cell.keys()) <= private_outputs.CELL_KEYS)


def _has_others(target: Map[Any], touched: Iterable[str], allowed: frozenset[str]) -> bool:
    """Whether an entry that was touched is there and has another name than these; taking one away is no harm."""
    return any(key not in allowed and key in target for key in touched)
