"""A document with what its cells show, as a file has it. Used from the room's loop only."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from runhere_hub.core.notebook import Cell, CellId, Notebook, Output
from runhere_hub.core.run_records import Run, RunsState
from runhere_hub.core.widget_state import as_filed
from runhere_hub.rooms.output_blobs import OutputBlobs

ShownOutputs = tuple[int | None, tuple[Output, ...]]
"""Execution count and outputs of one cell."""


@dataclass(frozen=True)
class Shown:
    """A notebook with what its cells show.

    Attributes:
        lacking: Cells of whose outputs some part is missing from the hub's store.
    """

    notebook: Notebook
    lacking: frozenset[CellId]


@dataclass(frozen=True)
class _Made:
    """A cell with what its run showed, and what it was made of."""

    cell: Cell
    document: Cell
    run: Run


class Showing:
    """Puts outputs to cells. A cell that is as it was, with the run that it had, is not made again.

    What has values in the blob store is made each time: a value may be missing, or there again, and it is large.
    """

    def __init__(self, blobs: OutputBlobs) -> None:
        self._blobs = blobs
        self._made: Mapping[CellId, _Made] = {}

    async def shown(self, document: Notebook, state: RunsState) -> Shown:
        """The document with what its heads show."""
        cells: list[Cell] = []
        lacking: set[CellId] = set()
        before, made = self._made, dict[CellId, _Made]()
        for cell in document.cells:
            run = state.runs.get(state.heads.get(cell.id) or "")
            if run is None or cell.type != "code":
                cells.append(cell)
                continue
            known = before.get(cell.id)
            if known is None or known.document is not cell or known.run is not run:
                resolved = [await self._blobs.resolved(output) for output in run.folded.outputs]
                outputs = tuple([one.output for one in resolved])
                known = _Made(replace(cell, outputs=outputs, execution_count=run.execution_count), cell, run)
                if not all(one.is_whole for one in resolved):
                    lacking.add(cell.id)
                if any(one.is_stored for one in resolved):
                    cells.append(known.cell)
                    continue
            made[cell.id] = known
            cells.append(known.cell)
        self._made = made
        return Shown(as_filed(replace(document, cells=tuple(cells))), frozenset(lacking))
