"""How a notebook is laid out in a Yjs document (SPEC 1.1 to 1.5): names of maps and keys, and typed ways to them.

pycrdt counts places in a text as UTF-8 bytes of it (measured, pycrdt 0.14), Yjs as UTF-16 units; both split at the same
characters.
"""

import json
from typing import TypeAlias

from pycrdt import Doc, Map, Text

from runhere_hub.core.notebook import CellId, CellType, Json

SCHEMA = 1

NotebookYDoc: TypeAlias = Doc[Map[object]]
YMap: TypeAlias = Map[object]

_CELL_TYPES: dict[object, CellType] = {"code": "code", "markdown": "markdown", "raw": "raw"}


def cells(doc: NotebookYDoc) -> YMap:
    """The root map from cell id to cell (a `YMap`, as far as clients are ours)."""
    return doc.get("cells", type=Map)


def metadata(doc: NotebookYDoc) -> YMap:
    """The root map from metadata key to JSON text."""
    return doc.get("metadata", type=Map)


def format_of(doc: NotebookYDoc) -> YMap:
    """The root map with `schema`, `nbformat`, `nbformat_minor`."""
    return doc.get("format", type=Map)


def source(cell: YMap) -> Text | None:
    """The cell's text, or None in a cell that no client of ours made."""
    found = cell.get("source")
    return found if isinstance(found, Text) else None


def cell_metadata(cell: YMap) -> YMap | None:
    """The cell's metadata: key to JSON text."""
    found = cell.get("metadata")
    return found if isinstance(found, Map) else None


def known_type(value: object) -> CellType:
    """A cell's type; what is none of nbformat's is shown raw."""
    return _CELL_TYPES.get(value, "raw") if isinstance(value, str) else "raw"


def cell_type(cell: YMap) -> CellType:
    """The cell's type."""
    return known_type(cell.get("type"))


def position(cell: YMap) -> str:
    """The cell's position; cells without one stand last."""
    return position_of(cell.get("position"))


def position_of(value: object) -> str:
    """What `position` gives for this entry."""
    return value if isinstance(value, str) and value else "~"


def deleted_at(cell: YMap) -> int:
    """When the cell was deleted, milliseconds since 1970; 0: alive."""
    return deleted_since(cell.get("deleted"))


def deleted_since(value: object) -> int:
    """What `deleted_at` gives for this entry."""
    return int(value) if isinstance(value, int | float) and is_deleted(value) else 0


def is_deleted(value: object) -> bool:
    """Whether an entry `deleted` says that the cell is."""
    return isinstance(value, int | float) and value > 0  # NaN is not


def whole(value: object, default: int) -> int:
    """An entry of the format map."""
    return int(value) if isinstance(value, int | float) and value == value else default


def alive(doc: NotebookYDoc) -> list[tuple[CellId, YMap]]:
    """Cells that are not deleted, in the order in which they are shown."""
    found = [(CellId(key), cell) for key, cell in cells(doc).items() if isinstance(cell, Map)]
    return sorted(
        ((key, cell) for key, cell in found if not deleted_at(cell)), key=lambda pair: (position(pair[1]), pair[0])
    )


def json_value(text: object) -> tuple[bool, Json]:
    """Whether this is JSON text, and its value."""
    try:
        return isinstance(text, str), json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return False, None
