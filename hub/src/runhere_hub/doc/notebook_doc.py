"""A notebook as a Yjs document: make it, read it, merge into it, and look after its tombstones.

Takes and returns values; opens no socket and no database. Only the hub makes documents (SPEC 1.7).
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from pycrdt import Doc, Map

from runhere_hub.core import private_outputs
from runhere_hub.core.json_values import to_text, without_surrogates
from runhere_hub.core.merge import MergeResult
from runhere_hub.core.merge.text import merge_text
from runhere_hub.core.notebook import Cell, CellId, Json, Notebook
from runhere_hub.core.private_outputs import AtHome
from runhere_hub.doc import edits, positions, schema
from runhere_hub.doc.schema import NotebookYDoc, YMap


def create(notebook: Notebook, *, random: Random) -> NotebookYDoc:
    """A new document of this notebook, without its outputs.

    Args:
        random: Gives the document's client id. Two documents of one notebook must never be merged: everything would
            stand twice.
    """
    doc: NotebookYDoc = Doc(client_id=random.getrandbits(32))
    found, entries, form = schema.cells(doc), schema.metadata(doc), schema.format_of(doc)
    with doc.transaction():
        form["schema"] = float(schema.SCHEMA)
        form["nbformat"] = float(notebook.nbformat)
        form["nbformat_minor"] = float(notebook.nbformat_minor)
        for key, value in notebook.metadata.items():
            entries[without_surrogates(key)] = to_text(value)
        for cell, position in zip(notebook.cells, positions.spread(len(notebook.cells)), strict=True):
            found[cell.id] = edits.new_cell(cell, position)
    return doc


_Placed: TypeAlias = tuple[str, CellId, Cell]
"""A living cell behind what it is sorted by."""


@dataclass(frozen=True)
class Reading:
    """A document that was read.

    Attributes:
        placed: Its living cells by id.
    """

    notebook: Notebook
    placed: Mapping[str, _Placed]


@dataclass(frozen=True)
class Taken:
    """What a document said at one moment, as JSON texts that Yjs made: cells by id, metadata, format.

    Attributes:
        cells: All of them, or those that may be other ones than in `before`.
        before: What was read before; None: `cells` are all.
        gone: Of these, `cells` has what is left.
    """

    cells: str
    metadata: str
    form: str
    before: Reading | None = None
    gone: frozenset[str] = frozenset()


def take(doc: NotebookYDoc) -> Taken:
    """What the document says now, to be read by `read_taken`; a sixth of the time of asking it value by value."""
    return Taken(str(schema.cells(doc)), str(schema.metadata(doc)), str(schema.format_of(doc)))


def take_changed(doc: NotebookYDoc, before: Reading, changed: Collection[str]) -> Taken:
    """The same of a document in which only these cells changed since it was read: they alone are asked for."""
    cells = schema.cells(doc)
    found = {cell_id: cells.get(cell_id) for cell_id in changed}
    if not all(cell is None or isinstance(cell, Map) for cell in found.values()):
        return take(doc)  # something that no client of ours can have written
    texts = [f"{json.dumps(cell_id)}:{cell}" for cell_id, cell in found.items() if cell is not None]
    whole = "{" + ",".join(texts) + "}"
    return Taken(whole, str(schema.metadata(doc)), str(schema.format_of(doc)), before, frozenset(changed))


def read(doc: NotebookYDoc) -> Notebook:
    """What the document says: living cells in order, without outputs.

    What no client of ours can have written is left out, or read as far as it says something.
    """
    return read_taken(take(doc)).notebook


def read_taken(taken: Taken) -> Reading:
    """The same of a document that was taken; touches no document, so any thread may do it.

    Cells that did not change since it was read before are the very same objects.
    """
    form = _object(json.loads(taken.form))
    placed = {key: one for key, one in taken.before.placed.items() if key not in taken.gone} if taken.before else {}
    for key, cell in _object(json.loads(taken.cells)).items():
        if isinstance(cell, dict) and not schema.is_deleted(cell.get("deleted")):
            placed[key] = (schema.position_of(cell.get("position")), CellId(key), _taken_cell(CellId(key), cell))
    notebook = Notebook(
        nbformat=schema.whole(form.get("nbformat"), 4),
        nbformat_minor=schema.whole(form.get("nbformat_minor"), 5),
        metadata=_values(json.loads(taken.metadata)),
        cells=tuple([cell for _, _, cell in sorted(placed.values(), key=_place_of)]),
    )
    return Reading(notebook, placed)


def _place_of(placed: _Placed) -> tuple[str, CellId]:
    return placed[0], placed[1]


def _taken_cell(cell_id: CellId, cell: Mapping[str, Json]) -> Cell:
    attachments = None
    if "attachments" in cell:
        _, attachments = schema.json_value(cell["attachments"])
    return Cell(
        id=cell_id,
        type=schema.known_type(cell.get("type")),
        source=_text(cell.get("source")),
        metadata=_values(cell.get("metadata")),
        attachments=attachments if isinstance(attachments, dict) else None,
    )


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _values(entries: Json) -> dict[str, Json]:
    """Metadata: the values of JSON texts, by key."""
    if not isinstance(entries, dict) or not entries:
        return {}
    parsed = {key: schema.json_value(text) for key, text in entries.items()}
    return {key: value for key, (is_json, value) in sorted(parsed.items()) if is_json}


def sources(doc: NotebookYDoc) -> dict[str, str]:
    """The text of every cell, deleted ones too."""
    cells = _object(json.loads(str(schema.cells(doc)))).items()
    texts = {cell_id: cell.get("source") for cell_id, cell in cells if isinstance(cell, dict)}
    return {cell_id: text for cell_id, text in texts.items() if isinstance(text, str)}


def apply_merge(doc: NotebookYDoc, merge: MergeResult, *, random: Random, now: int) -> None:
    """Bring a merge into the live document, as one transaction.

    Cells that the merge does not change are not touched. Sources change by minimal edits; where the document went on
    since `merge.ours` was read, both are kept as far as they can be merged, else the document's text stands.

    Args:
        now: Milliseconds since 1970.
    """
    before = {cell.id: cell for cell in merge.ours.cells}
    wanted = {cell.id: cell for cell in merge.notebook.cells}
    with doc.transaction():
        for cell_id in merge.deleted:
            edits.delete_cell(doc, cell_id, now)
        for cell_id in merge.changed:
            known = schema.cells(doc).get(cell_id)
            if isinstance(known, Map):
                edits.set_cell(known, _on_top(known, before[cell_id], wanted[cell_id]))
        if merge.added or merge.reordered:
            _place(doc, merge, random)
        edits.set_entries(schema.metadata(doc), _rebased_metadata(doc, merge))
        if schema.format_of(doc).get("nbformat_minor") != merge.notebook.nbformat_minor:
            schema.format_of(doc)["nbformat_minor"] = float(merge.notebook.nbformat_minor)


def _on_top(known: YMap, ours: Cell, wanted: Cell) -> Cell:
    text = schema.source(known)
    current = ours.source if text is None else str(text)
    if current == ours.source:
        return wanted
    merged = merge_text(ours.source, current, wanted.source)
    return Cell(wanted.id, wanted.type, current if merged is None else merged, wanted.metadata, wanted.attachments)


def _rebased_metadata(doc: NotebookYDoc, merge: MergeResult) -> dict[str, Json]:
    """The document's metadata with the keys that the merge changes."""
    current = _values(json.loads(str(schema.metadata(doc))))
    ours, wanted = merge.ours.metadata, merge.notebook.metadata
    for key in {**ours, **wanted}:
        if key not in wanted:
            current.pop(key, None)
        elif key not in ours or ours[key] != wanted[key]:
            current[key] = wanted[key]
    return current


def _place(doc: NotebookYDoc, merge: MergeResult, random: Random) -> None:
    """Put the added cells in and all into the merge's order; cells that the merge does not know keep their place."""
    standing = {cell_id: schema.position(cell) for cell_id, cell in schema.alive(doc)}
    wanted = [cell for cell in merge.notebook.cells if cell.id in standing or cell.id in merge.added]
    order = [edits.Placed(cell.id, None if cell.id in merge.added else standing[cell.id]) for cell in wanted]
    places = edits.place(order, random)
    for cell in wanted:
        if cell.id in merge.added:
            edits.put_cell(doc, cell, places[cell.id])
        elif cell.id in places:
            edits.move_cell(doc, cell.id, places[cell.id])


def keep_outputs_home(doc: NotebookYDoc, at_home: AtHome) -> None:
    """Take out of the document what may not stand where outputs stay at home, tombstones too, and mark it so."""
    entries = schema.metadata(doc)
    with doc.transaction():
        for name in [name for name in entries.keys() if not at_home.allows_metadata(name)]:  # noqa: SIM118  # a Yjs map
            del entries[name]
        for cell_id, cell in list(schema.cells(doc).items()):
            if isinstance(cell, Map) and at_home.keeps(cell_id):
                _bare(cell)
        project(doc, at_home)


def _bare(cell: YMap) -> None:
    has_attachments = schema.cell_type(cell) == "markdown"
    _keep(cell, private_outputs.CELL_KEYS - (set() if has_attachments else {"attachments"}))
    entries = schema.cell_metadata(cell)
    if entries is not None:
        _keep(entries, private_outputs.CELL_METADATA)


def project(doc: NotebookYDoc, at_home: AtHome) -> None:
    """Let the metadata of document and cells say what the notebook's record says (architecture 10a)."""
    now = _values(json.loads(str(schema.metadata(doc))))
    edits.set_entries(schema.metadata(doc), private_outputs.projected(now, at_home.everything))
    for cell_id, cell in list(schema.cells(doc).items()):
        if isinstance(cell, Map) and is_marked(cell) != (cell_id in at_home.cells):
            entries = schema.cell_metadata(cell)
            said = {} if entries is None else _values(json.loads(str(entries)))
            wanted = private_outputs.cell_projected(said, cell_id in at_home.cells)
            if entries is None:
                cell["metadata"] = Map({key: to_text(value) for key, value in wanted.items()})
            else:
                edits.set_entries(entries, wanted)


def is_marked(cell: YMap) -> bool:
    """Whether a cell says of itself that its outputs stay at home."""
    entries = schema.cell_metadata(cell)
    text = entries.get(private_outputs.CELL_MARK) if entries is not None else None
    return private_outputs.cell_is_wished({private_outputs.CELL_MARK: schema.json_value(text)[1]})


def _keep(entries: YMap, names: Collection[str]) -> None:
    for name in set(entries.keys()) - set(names):
        del entries[name]


@dataclass(frozen=True)
class Tombstone:
    """A deleted cell that is still kept.

    Attributes:
        deleted_at: Milliseconds since 1970.
        source: Its text now, with what was typed into it after it was deleted.
    """

    id: CellId
    deleted_at: int
    source: str


def tombstones(doc: NotebookYDoc) -> tuple[Tombstone, ...]:
    """Deleted cells, latest first."""
    found = [
        Tombstone(CellId(key), schema.deleted_since(cell.get("deleted")), _text(cell.get("source")))
        for key, cell in _object(json.loads(str(schema.cells(doc)))).items()
        if isinstance(cell, dict) and schema.is_deleted(cell.get("deleted"))
    ]
    return tuple(sorted(found, key=lambda stone: (-stone.deleted_at, stone.id)))


def purge(doc: NotebookYDoc, before_ms: int) -> tuple[CellId, ...]:
    """Remove cells that were deleted before this time for good. The hub alone may, after 30 days (SPEC 1.5)."""
    gone = tuple(stone.id for stone in tombstones(doc) if stone.deleted_at < before_ms)
    with doc.transaction():
        for cell_id in gone:
            del schema.cells(doc)[cell_id]
    return gone
