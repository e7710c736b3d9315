"""What a notebook is, as values: the words that every layer uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NewType, TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

CellId = NewType("CellId", str)
"""An nbformat cell id: 1 to 64 characters of `[a-zA-Z0-9_-]`, unique within its notebook."""

CellType = Literal["code", "markdown", "raw"]

Output: TypeAlias = Mapping[str, Json]
"""One output as nbformat 4.5 has it; multi-line strings are joined (`core.outputs.normalise`)."""


@dataclass(frozen=True)
class Cell:
    r"""One cell.

    Attributes:
        source: Text whose lines end in `\n`; no lone surrogates.
        attachments: Attachment name to MIME bundle; None when the cell has no such key.
        outputs: Only code cells have any.
        execution_count: Only code cells have one.
    """

    id: CellId
    type: CellType
    source: str
    metadata: Mapping[str, Json] = field(default_factory=dict)
    attachments: Mapping[str, Json] | None = None
    outputs: tuple[Output, ...] = ()
    execution_count: int | None = None


@dataclass(frozen=True)
class Notebook:
    """A whole notebook, cells in the order in which they are shown.

    Attributes:
        nbformat_minor: That of the file; a notebook made here has 5.
    """

    nbformat: int
    nbformat_minor: int
    metadata: Mapping[str, Json]
    cells: tuple[Cell, ...]

    def cell(self, cell_id: CellId) -> Cell | None:
        """The cell with this id, or None."""
        return next((cell for cell in self.cells if cell.id == cell_id), None)
