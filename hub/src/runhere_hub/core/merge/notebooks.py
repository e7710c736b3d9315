"""Three-way merge of notebooks: what a file and the open document became since they were the same.

*Ours* is the live document, *theirs* the file. Nobody's text is lost: what cannot be merged is kept twice, the file's
version as a cell of its own behind ours, marked in its metadata (`runhere.conflict`). Cells keep our ids. Outputs of
theirs win where theirs changed them. Pure; made for the hub's own use in `rooms/bound_file.py`.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from runhere_hub.core.json_values import same
from runhere_hub.core.merge.align import MadeIds, align
from runhere_hub.core.merge.text import merge_text
from runhere_hub.core.notebook import Cell, CellId, Json, Notebook

RUNHERE_KEY = "runhere"
CONFLICT_KEY = "conflict"

ConflictKind = Literal["source", "deleted_outside", "deleted_here", "metadata"]


@dataclass(frozen=True)
class Conflict:
    """Both sides changed one thing in different ways, and what came of it.

    Attributes:
        kind: `source`: both texts kept, theirs in the cell `other`. `deleted_outside`, `deleted_here`: the side that
            changed the cell won over the one that deleted it. `metadata`: ours was kept.
        cell_id: The cell; None for the notebook's metadata.
        other: The marked cell that holds their text.
    """

    kind: ConflictKind
    cell_id: CellId | None
    other: CellId | None = None


@dataclass(frozen=True)
class MergeResult:
    """The merged notebook and how it differs from ours.

    Attributes:
        notebook: The whole result, with our ids.
        ours: What was merged into.
        added: Cells that ours lacked, in the result's order; a page may have deleted one of that id before.
        changed: Cells of ours whose source, type, metadata or attachments change.
        deleted: Cells of ours that go.
        reordered: Whether cells of ours change their order among themselves.
        outputs_changed: Cells, added ones too, whose outputs or count are no longer ours.
    """

    notebook: Notebook
    ours: Notebook
    added: tuple[CellId, ...]
    changed: tuple[CellId, ...]
    deleted: tuple[CellId, ...]
    reordered: bool
    outputs_changed: tuple[CellId, ...]
    conflicts: tuple[Conflict, ...]

    @property
    def changes_document(self) -> bool:
        """Whether the document (cells and metadata, not outputs) becomes another."""
        return bool(self.added or self.changed or self.deleted or self.reordered) or not same(
            self.notebook.metadata, self.ours.metadata
        )


def merge(base: Notebook, ours: Notebook, theirs: Notebook) -> MergeResult:
    """Both changes of `base` in one notebook.

    Files without ids: give the cells of `base` and `theirs` our ids first (`core.align.adopt_ids`).
    """
    base, theirs = _with_our_ids(base, ours, theirs)
    conflicts: list[Conflict] = []
    b, o, t = ({cell.id: cell for cell in side.cells} for side in (base, ours, theirs))
    kept: dict[CellId, Cell] = {}
    for cell_id in dict.fromkeys([*o, *t]):
        merged = _merge_presence(b.get(cell_id), o.get(cell_id), t.get(cell_id), conflicts)
        if merged is not None:
            kept[cell_id] = merged
    order = _merge_order([list(side) for side in (b, o, t)], kept.keys())
    taken = b.keys() | o.keys() | t.keys()
    cells = _place_conflicts([kept[cell_id] for cell_id in order], t, conflicts, MadeIds(taken))
    metadata = _merge_mapping(base.metadata, ours.metadata, theirs.metadata)
    if metadata is None:
        conflicts.append(Conflict("metadata", None))
        metadata = _merge_mapping(base.metadata, ours.metadata, theirs.metadata, ours_wins=True) or {}
    minor = ours.nbformat_minor if theirs.nbformat_minor == base.nbformat_minor else theirs.nbformat_minor
    notebook = replace(ours, nbformat_minor=minor, metadata=metadata, cells=tuple(cells))
    return _result(notebook, ours, tuple(conflicts))


def _result(notebook: Notebook, ours: Notebook, conflicts: tuple[Conflict, ...]) -> MergeResult:
    before = {cell.id: cell for cell in ours.cells}
    after = {cell.id: cell for cell in notebook.cells}
    return MergeResult(
        notebook=notebook,
        ours=ours,
        added=tuple(cell_id for cell_id in after if cell_id not in before),
        changed=tuple(
            cell_id for cell_id, cell in after.items() if cell_id in before and not same_text(cell, before[cell_id])
        ),
        deleted=tuple(cell_id for cell_id in before if cell_id not in after),
        reordered=[i for i in before if i in after] != [i for i in after if i in before],
        outputs_changed=tuple(
            cell_id
            for cell_id, cell in after.items()
            if not same_outputs(cell, before.get(cell_id, replace(cell, outputs=(), execution_count=None)))
        ),
        conflicts=conflicts,
    )


def same_text(a: Cell, b: Cell) -> bool:
    """Whether two cells are the same document: all but id and outputs."""
    return (
        a.type == b.type
        and a.source == b.source
        and same(a.metadata, b.metadata)
        and same(a.attachments, b.attachments)
    )


def same_outputs(a: Cell, b: Cell) -> bool:
    """Whether two cells show the same outputs and count."""
    return a.execution_count == b.execution_count and same(a.outputs, b.outputs)


def _with_our_ids(base: Notebook, ours: Notebook, theirs: Notebook) -> tuple[Notebook, Notebook]:
    """Base and theirs in which a cell has our id if it is ours, else the base's if it is the base's, else its own."""
    # In the same direction: the same change on both sides is then seen as the same one, also where cells are alike.
    ours_base = align(base.cells, ours.cells)
    base_ours = {to: at for at, to in ours_base.items()}
    theirs_base = align(base.cells, theirs.cells)
    used = {cell.id for cell in ours.cells}
    base_ids = _named(base.cells, {at: ours.cells[to].id for at, to in base_ours.items()}, used)
    known = {at: base_ids[to] for at, to in theirs_base.items()}
    new_here = [cell for index, cell in enumerate(ours.cells) if index not in ours_base]
    new_there = [index for index in range(len(theirs.cells)) if index not in theirs_base]
    for at, to in align(new_here, [theirs.cells[at] for at in new_there], similar=False).items():
        known[new_there[at]] = new_here[to].id
    theirs_ids = _named(theirs.cells, known, used | set(base_ids))
    return _renamed(base, base_ids), _renamed(theirs, theirs_ids)


def _named(cells: Sequence[Cell], known: Mapping[int, CellId], used: AbstractSet[CellId]) -> list[CellId]:
    made = MadeIds(used)
    found: list[CellId] = []
    for index, cell in enumerate(cells):
        name = known.get(index)
        if name is None:
            name = cell.id if cell.id not in made.taken else made.make(cell)
        made.taken.add(name)
        found.append(name)
    return found


def _renamed(notebook: Notebook, ids: Sequence[CellId]) -> Notebook:
    pairs = zip(notebook.cells, ids, strict=True)
    return replace(notebook, cells=tuple(cell if cell.id == name else replace(cell, id=name) for cell, name in pairs))


def _merge_presence(
    base: Cell | None, ours: Cell | None, theirs: Cell | None, conflicts: list[Conflict]
) -> Cell | None:
    """The cell of the result, or None where it goes."""
    if ours is not None and theirs is not None:
        return _merge_cell(base or replace(ours, source="", metadata={}, attachments=None), ours, theirs, conflicts)
    if base is None:
        return ours or theirs
    if ours is not None and not same_text(ours, base):
        conflicts.append(Conflict("deleted_outside", ours.id))
        return ours
    if theirs is not None and not same_text(theirs, base):
        conflicts.append(Conflict("deleted_here", theirs.id))
        return theirs
    return None


def _merge_cell(base: Cell, ours: Cell, theirs: Cell, conflicts: list[Conflict]) -> Cell:
    source = merge_text(base.source, ours.source, theirs.source)
    if source is None:
        conflicts.append(Conflict("source", ours.id))
    metadata = _merge_mapping(base.metadata, ours.metadata, theirs.metadata)
    if metadata is None:
        conflicts.append(Conflict("metadata", ours.id))
        metadata = _merge_mapping(base.metadata, ours.metadata, theirs.metadata, ours_wins=True) or {}
    shown = ours if same_outputs(theirs, base) else theirs
    merged_type = ours.type if theirs.type == base.type else theirs.type
    return Cell(
        id=ours.id,
        type=merged_type,
        source=ours.source if source is None else source,
        metadata=metadata,
        attachments=_merge_attachments(base, ours, theirs),
        outputs=shown.outputs if merged_type == "code" else (),
        execution_count=shown.execution_count if merged_type == "code" else None,
    )


def _merge_attachments(base: Cell, ours: Cell, theirs: Cell) -> Mapping[str, Json] | None:
    if same(ours.attachments, theirs.attachments) or same(base.attachments, theirs.attachments):
        return ours.attachments
    merged = _merge_mapping(base.attachments or {}, ours.attachments or {}, theirs.attachments or {}, ours_wins=True)
    return merged or theirs.attachments


def _merge_mapping(
    base: Mapping[str, Json], ours: Mapping[str, Json], theirs: Mapping[str, Json], *, ours_wins: bool = False
) -> Mapping[str, Json] | None:
    """Key by key; None where both changed one key in different ways, unless `ours_wins`."""
    if same(base, theirs) or same(ours, theirs):
        return ours
    if same(base, ours):
        return theirs
    missing = object()
    merged: dict[str, Json] = {}
    for key in dict.fromkeys([*ours, *theirs]):
        b, o, t = (side.get(key, missing) for side in (base, ours, theirs))
        if o is not missing and t is not missing and isinstance(o, dict) and isinstance(t, dict):
            inner = _merge_mapping(b if isinstance(b, dict) else {}, o, t, ours_wins=ours_wins)
            if inner is None:
                return None
            merged[key] = dict(inner)
            continue
        if not (same(b, t) or same(o, t) or same(b, o) or ours_wins):
            return None
        if (chosen := t if same(b, o) else o) is not missing:
            merged[key] = ours[key] if chosen is o else theirs[key]
    return merged


_Id = TypeVar("_Id")


def longest_rising(places: Sequence[int]) -> list[int]:
    """Indices of a longest strictly rising subsequence, rising."""
    best: list[int] = []  # best[k]: index that ends the lowest rising sequence of length k + 1
    before: list[int] = []
    for index, place in enumerate(places):
        low, high = 0, len(best)
        while low < high:
            middle = (low + high) // 2
            if places[best[middle]] < place:
                low = middle + 1
            else:
                high = middle
        before.append(best[low - 1] if low else -1)
        best[low : low + 1] = [index]
    found = []
    at = best[-1] if best else -1
    while at >= 0:
        found.append(at)
        at = before[at]
    return found[::-1]


def moved(old: Sequence[_Id], new: Sequence[_Id]) -> set[_Id]:
    """The fewest members of both whose moving turns the old order into the new."""
    place = {member: index for index, member in enumerate(old)}
    common = [member for member in new if member in place]
    stayed = {common[index] for index in longest_rising([place[member] for member in common])}
    return set(common) - stayed


def _merge_order(orders: Sequence[list[CellId]], kept: AbstractSet[CellId]) -> list[CellId]:
    """Our order; cells that only theirs moved or added stand behind the cell they stand behind in theirs."""
    base, ours, theirs = orders
    moved_there = moved(base, theirs) - moved(base, ours)
    result = [cell_id for cell_id in ours if cell_id in kept and cell_id not in moved_there]
    standing = set(result)
    previous: CellId | None = None
    for cell_id in theirs:
        if cell_id not in kept:
            continue
        if cell_id not in standing:
            result.insert(0 if previous is None else result.index(previous) + 1, cell_id)
            standing.add(cell_id)
        previous = cell_id
    return result


def _place_conflicts(
    cells: Sequence[Cell], theirs: Mapping[CellId, Cell], conflicts: list[Conflict], ids: MadeIds
) -> list[Cell]:
    """Their version of each cell whose source could not be merged, marked, right behind ours."""
    clashing = {conflict.cell_id for conflict in conflicts if conflict.kind == "source"}
    placed: list[Cell] = []
    for cell in cells:
        placed.append(cell)
        if cell.id not in clashing:
            continue
        other = theirs[cell.id]
        if any(_conflict_of(known) == cell.id and known.source == other.source for known in cells):
            continue  # kept by the same merge, before a crash
        twin = ids.make(other)
        placed.append(replace(other, id=twin, metadata=mark_conflict(other.metadata, cell.id)))
        conflicts[conflicts.index(Conflict("source", cell.id))] = Conflict("source", cell.id, twin)
    return placed


def mark_conflict(metadata: Mapping[str, Json], of: CellId) -> dict[str, Json]:
    """Cell metadata that says: this is the file's version of cell `of`."""
    ours = metadata.get(RUNHERE_KEY)
    kept = ours if isinstance(ours, dict) else {}
    return {**metadata, RUNHERE_KEY: {**kept, CONFLICT_KEY: {"of": str(of), "side": "file"}}}


def open_conflicts(notebook: Notebook) -> tuple[CellId, ...]:
    """Marked cells whose other half is still there; deleting either one settles a conflict."""
    alive = {cell.id for cell in notebook.cells}
    return tuple(cell.id for cell in notebook.cells if _conflict_of(cell) in alive)


def _conflict_of(cell: Cell) -> str | None:
    ours = cell.metadata.get(RUNHERE_KEY)
    mark = ours.get(CONFLICT_KEY) if isinstance(ours, dict) else None
    of = mark.get("of") if isinstance(mark, dict) else None
    return of if isinstance(of, str) else None
