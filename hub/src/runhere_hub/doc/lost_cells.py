"""Cells that no page shows although their text is there: those that lost their position, or their type.

Until November 2026 an undo could take either from a cell that two people moved, or turned, at the same time (the page's
`doc/undo.ts`). A page repairs nothing, so the loader does. What is put back follows from the document and its log
alone: two hub processes that open one document at once write the same.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import cast

from pycrdt import Doc, Map

from runhere_hub.core.notebook import CellId, Json
from runhere_hub.doc import positions, schema
from runhere_hub.doc.schema import NotebookYDoc, YMap


@dataclass(frozen=True)
class Stood:
    """Where a cell stands, or last stood, and as what; None: nothing tells."""

    position: str | None = None
    type: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether a page shows such a cell."""
        return self.position is not None and self.type is not None

    def or_else(self, other: "Stood") -> "Stood":
        """What is missing here from there."""
        return Stood(self.position or other.position, self.type or other.type)


def lost_cells(doc: NotebookYDoc) -> tuple[CellId, ...]:
    """The cells that lack either, tombstones too: one that is brought back would not be seen."""
    # As JSON: every notebook that is opened is looked at, and asking value by value takes ten times as long.
    cells = json.loads(str(schema.cells(doc))).items()
    return tuple(sorted(CellId(key) for key, cell in cells if isinstance(cell, dict) and not _stands(cell).is_whole))


def last_stood(updates: Iterable[bytes], wanted: Collection[CellId]) -> Mapping[CellId, Stood]:
    """What a log says of these cells. One that was joined says nothing of what had been taken out.

    Args:
        updates: The Yjs v1 updates that make a document, in their order.
    """
    doc: NotebookYDoc = Doc()
    cells = schema.cells(doc)
    found = dict.fromkeys(wanted, Stood())
    # One by one: the document itself keeps nothing of what was taken out.
    for update in updates:
        doc.apply_update(update)
        for cell_id in wanted:
            cell = cells.get(cell_id)
            if isinstance(cell, Map):
                found[cell_id] = _stands(cell).or_else(found[cell_id])
    return found


def put_back(doc: NotebookYDoc, stood: Mapping[CellId, Stood]) -> None:
    """Give these cells what they lack: what they had, else what the hub has read them as.

    That is raw, at the end, in the order of their ids: a file that was written meanwhile stays as it is, and text of
    which nobody knows whether it is code is not run by *Run all*.
    """
    cells = _cells(doc)
    whole = {cell_id: _stands(cells[cell_id]).or_else(stood[cell_id]) for cell_id in sorted(stood) if cell_id in cells}
    homeless = [cell_id for cell_id, place in whole.items() if place.position is None]
    ends = dict(zip(homeless, _behind_all(cells.values(), whole.values(), len(homeless)), strict=True))
    for cell_id, place in whole.items():
        now, cell = _stands(cells[cell_id]), cells[cell_id]
        if now.type is None:
            cell["type"] = place.type or "raw"
        if now.position is None:
            cell["position"] = place.position or ends[cell_id]


def _behind_all(cells: Iterable[YMap], others: Iterable[Stood], count: int) -> list[str]:
    if count == 0:
        return []
    taken = [place.position for place in [*map(_stands, cells), *others] if place.position is not None]
    # Always the same digits: another hub process that does this at this moment comes to the same.
    return positions.block(max(taken, default=None), None, count, Random(0))


def _cells(doc: NotebookYDoc) -> dict[CellId, YMap]:
    return {CellId(key): cell for key, cell in schema.cells(doc).items() if isinstance(cell, Map)}


def _stands(cell: YMap | Mapping[str, Json]) -> Stood:
    position, named = cell.get("position"), cell.get("type")
    return Stood(
        cast("str", position) if positions.is_position(position) else None,
        named if isinstance(named, str) and schema.known_type(named) == named else None,
    )
