"""Which cell of one notebook is which cell of another: by id, then by equal source, then by similarity."""

import hashlib
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from difflib import SequenceMatcher

from runhere_hub.core.notebook import Cell, CellId, Notebook

_SIMILAR = 0.5  # of Dice's coefficient over words
_CANDIDATES = 20  # cells of a gap that one cell is compared with
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")


def is_cell_id(value: object) -> bool:
    """Whether nbformat 4.5 lets this be a cell id."""
    return isinstance(value, str) and _ID.match(value) is not None


class MadeIds:
    """Gives ids to cells that have none, from their content: the same file gives the same ids whenever it is read.

    Attributes:
        taken: Ids that are in use; what is given out is added.
    """

    def __init__(self, taken: Iterable[CellId]) -> None:
        self.taken = set(taken)
        self._tried: dict[tuple[str, str], int] = {}  # so that a thousand empty cells cost a thousand digests

    def make(self, cell: Cell) -> CellId:
        """An id that is not taken."""
        key = (cell.type, cell.source)
        while True:
            salt = self._tried.get(key, 0)
            self._tried[key] = salt + 1
            content = f"{cell.type}\0{salt}\0{cell.source}".encode("utf-8", "replace")
            found = CellId(hashlib.sha256(content).hexdigest()[:12])
            if found not in self.taken:
                self.taken.add(found)
                return found


def align(
    old: Sequence[Cell], new: Sequence[Cell], *, unsure: AbstractSet[CellId] = frozenset(), similar: bool = True
) -> dict[int, int]:
    """Pairs of the same cell, as index in `new` to index in `old`. Each index occurs once.

    Args:
        old: Cells with ids that are unique among them.
        new: The same.
        unsure: Ids (of either side) that were made up on reading; they say nothing, so content and place decide.
        similar: Whether cells that are merely alike are the same.
    """
    by_id = {cell.id: index for index, cell in enumerate(old)}
    pairs = {index: by_id[cell.id] for index, cell in enumerate(new) if cell.id in by_id and cell.id not in unsure}
    _pair_equal(old, new, pairs)
    if similar:
        _pair_similar(old, new, pairs, unsure)
    return pairs


def _rest(count: int, used: Collection[int]) -> list[int]:
    taken = set(used)
    return [index for index in range(count) if index not in taken]


def _pair_equal(old: Sequence[Cell], new: Sequence[Cell], pairs: dict[int, int]) -> None:
    """Same type and source: first in the same order, then wherever they stand."""
    for same_outputs in (True, False):

        def key(cell: Cell, with_count: bool = same_outputs) -> Hashable:
            return (cell.type, cell.source, cell.execution_count if with_count else None)

        _pair_in_order(old, new, pairs, key)
    left: dict[Hashable, list[int]] = {}
    for index in reversed(_rest(len(old), pairs.values())):
        left.setdefault((old[index].type, old[index].source), []).append(index)
    for index in _rest(len(new), pairs):
        found = left.get((new[index].type, new[index].source))
        if found:
            pairs[index] = found.pop()


def _pair_in_order(
    old: Sequence[Cell], new: Sequence[Cell], pairs: dict[int, int], key: Callable[[Cell], Hashable]
) -> None:
    a, b = _rest(len(old), pairs.values()), _rest(len(new), pairs)
    a_keys, b_keys = [key(old[index]) for index in a], [key(new[index]) for index in b]
    head = 0
    while head < min(len(a), len(b)) and a_keys[head] == b_keys[head]:
        pairs[b[head]] = a[head]
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a_keys[-1 - tail] == b_keys[-1 - tail]:
        pairs[b[-1 - tail]] = a[-1 - tail]
        tail += 1
    a_middle, b_middle = a_keys[head : len(a) - tail], b_keys[head : len(b) - tail]
    for block in SequenceMatcher(None, a_middle, b_middle, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            pairs[b[head + block.b + step]] = a[head + block.a + step]


def _pair_similar(old: Sequence[Cell], new: Sequence[Cell], pairs: dict[int, int], unsure: AbstractSet[CellId]) -> None:
    """Cells between the same neighbours that are alike. Where ids say nothing, a lone pair need not even be alike."""
    for a, b in _gaps(len(old), len(new), pairs):
        if len(a) == len(b) == 1 and (new[b[0]].id in unsure or old[a[0]].id in unsure):
            if old[a[0]].type == new[b[0]].type:
                pairs[b[0]] = a[0]
            continue
        left = a
        for index in b:
            scored = [(_similarity(old[other], new[index]), -other) for other in left[:_CANDIDATES]]
            best, other = max(scored, default=(0.0, 0))
            if best >= _SIMILAR:
                pairs[index] = -other
                left = [later for later in left if later > -other]  # keeps the order


def _gaps(old_count: int, new_count: int, pairs: Mapping[int, int]) -> list[tuple[list[int], list[int]]]:
    """Unpaired cells of both sides that stand behind the same paired neighbour."""
    back = {a: b for b, a in pairs.items()}
    runs: dict[int, tuple[list[int], list[int]]] = {}
    last = -1
    for index in range(old_count):
        if index in back:
            last = index
        else:
            runs.setdefault(last, ([], []))[0].append(index)
    last = -1
    for index in range(new_count):
        if index in pairs:
            last = pairs[index]
        else:
            runs.setdefault(last, ([], []))[1].append(index)
    return [(a, b) for a, b in runs.values() if a and b]


_WORD = re.compile(r"\w+")


def _similarity(a: Cell, b: Cell) -> float:
    """0 to 1: the share of common words; 0 for different types."""
    if a.type != b.type:
        return 0.0
    words_a, words_b = set(_WORD.findall(a.source)), set(_WORD.findall(b.source))
    if not words_a and not words_b:
        return 1.0 if a.source == b.source else 0.0
    return 2 * len(words_a & words_b) / (len(words_a) + len(words_b))


def adopt_ids(
    reference: Notebook, notebook: Notebook, *, unsure: AbstractSet[CellId], taken: Collection[CellId] = ()
) -> Notebook:
    """`notebook` with the reference's ids on the cells that are the reference's; only `unsure` ids change.

    Args:
        unsure: Ids of `notebook` that were made up on reading the file.
        taken: Further ids that a new cell must not get.
    """
    if not unsure:
        return notebook
    pairs = align(reference.cells, notebook.cells, unsure=unsure)
    kept = {cell.id for cell in notebook.cells if cell.id not in unsure}
    made = MadeIds(kept | {cell.id for cell in reference.cells} | set(taken))
    cells: list[Cell] = []
    for index, cell in enumerate(notebook.cells):
        found = cell.id
        if cell.id in unsure:
            known = reference.cells[pairs[index]].id if index in pairs else None
            found = known if known is not None and known not in kept else made.make(cell)
        cells.append(cell if found == cell.id else replace(cell, id=found))
    return replace(notebook, cells=tuple(cells))
