"""Single changes of a notebook document, each as small as can be, so that cursors and other people's edits survive.

All run inside a transaction of the caller's or make one of their own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from pycrdt import Map, Text

from runhere_hub.core.json_values import same, to_text, without_surrogates
from runhere_hub.core.merge import longest_rising
from runhere_hub.core.merge.diff import text_edits
from runhere_hub.core.notebook import Cell, CellId, Json
from runhere_hub.doc import positions, schema
from runhere_hub.doc.schema import NotebookYDoc, YMap


def set_text(text: Text, new: str) -> None:
    """Make `text` say `new`, touching only what differs."""
    old = str(text)
    for edit in reversed(text_edits(old, without_surrogates(new))):
        start = len(old[: edit.start].encode())
        end = start + len(old[edit.start : edit.end].encode())
        if end > start:
            del text[start:end]
        if edit.text:
            text.insert(start, edit.text)


def new_cell(cell: Cell, position: str) -> YMap:
    """A cell to put into the document; outputs are no part of it."""
    made: dict[str, object] = {
        "type": cell.type,
        "position": position,
        "source": Text(without_surrogates(cell.source)),
        "metadata": Map({without_surrogates(key): to_text(value) for key, value in cell.metadata.items()}),
    }
    if cell.attachments is not None:
        made["attachments"] = to_text(dict(cell.attachments))
    return Map(made)


def put_cell(doc: NotebookYDoc, cell: Cell, position: str) -> None:
    """Add a cell, or bring a deleted one of this id back with this content."""
    known = schema.cells(doc).get(cell.id)
    if not isinstance(known, Map):
        schema.cells(doc)[cell.id] = new_cell(cell, position)
        return
    if schema.deleted_at(known):
        known["deleted"] = 0.0
    known["position"] = position
    set_cell(known, cell)


def set_cell(known: YMap, cell: Cell) -> None:
    """Make a cell of the document say what `cell` says, position and life aside."""
    if schema.cell_type(known) != cell.type:
        known["type"] = cell.type
    text = schema.source(known)
    if text is None:
        known["source"] = Text(without_surrogates(cell.source))
    else:
        set_text(text, cell.source)
    entries = schema.cell_metadata(known)
    if entries is None:
        known["metadata"] = new_cell(cell, "1")["metadata"]
    else:
        set_entries(entries, cell.metadata)
    set_attachments(known, cell.attachments)


def set_attachments(known: YMap, attachments: Mapping[str, Json] | None) -> None:
    """Make the attachments these; None removes them."""
    is_json, before = schema.json_value(known.get("attachments"))
    if attachments is None:
        if "attachments" in known:
            del known["attachments"]
    elif not is_json or not same(before, attachments):
        known["attachments"] = to_text(dict(attachments))


def set_entries(entries: YMap, wanted: Mapping[str, Json]) -> None:
    """Make a map of JSON texts say `wanted`; entries that say the same are not touched."""
    clean = {without_surrogates(key): value for key, value in wanted.items()}
    for key in set(entries.keys()) - clean.keys():
        del entries[key]
    for key, value in clean.items():
        is_json, before = schema.json_value(entries.get(key))
        if not is_json or not same(before, json.loads(to_text(value))):
            entries[key] = to_text(value)


def delete_cell(doc: NotebookYDoc, cell_id: CellId, now: int) -> None:
    """Mark a cell deleted (SPEC 1.5). `now`: milliseconds since 1970, above 0."""
    cell = schema.cells(doc).get(cell_id)
    if isinstance(cell, Map) and not schema.deleted_at(cell):
        cell["deleted"] = float(now)


def move_cell(doc: NotebookYDoc, cell_id: CellId, position: str) -> None:
    """Give a cell another position."""
    cell = schema.cells(doc).get(cell_id)
    if isinstance(cell, Map):
        cell["position"] = position


@dataclass(frozen=True)
class Placed:
    """A cell and the position it has, or None when it is new."""

    id: CellId
    position: str | None


def place(order: Sequence[Placed], random: Random) -> dict[CellId, str]:
    """New positions for this order; the fewest cells move, and neighbours that move share a prefix."""
    standing = [index for index, cell in enumerate(order) if cell.position is not None]
    keys = sorted({(order[index].position or "", order[index].id) for index in standing})
    ranks = {key: rank for rank, key in enumerate(keys)}
    rising = longest_rising([ranks[order[index].position or "", order[index].id] for index in standing])
    kept = _without_ties(order, [standing[index] for index in rising])
    found: dict[CellId, str] = {}
    edges = [-1, *kept, len(order)]
    for left, right in pairwise(edges):
        if right - left < 2:
            continue
        low = order[left].position if left >= 0 else None
        high = order[right].position if right < len(order) else None
        fresh = positions.block(low, high, right - left - 1, random)
        found.update(zip((cell.id for cell in order[left + 1 : right]), fresh, strict=True))
    return found


def _without_ties(order: Sequence[Placed], kept: Sequence[int]) -> list[int]:
    """Of cells with one position that must let another in between, only the first stays."""
    found: list[int] = []
    for index in kept:
        tied = bool(found) and order[found[-1]].position == order[index].position
        if not (tied and index - found[-1] > 1) and positions.is_position(order[index].position):
            found.append(index)
    return found
