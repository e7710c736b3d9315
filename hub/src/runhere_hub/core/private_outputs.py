"""Outputs that stay at home (architecture 10a): what of a notebook may reach the hub's store when its record says so.

The record decides; `metadata.colab.private_outputs` is its projection into documents and files. What passes is built
from lists of what is allowed, never by taking away what is known to be bad.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from runhere_hub.core.notebook import Cell, Json, Notebook

ROOTS = frozenset({"cells", "metadata", "format"})
"""Root maps of a document (SPEC 1.1)."""

CELL_KEYS = frozenset({"type", "position", "source", "metadata", "attachments", "deleted", "deleted_seen"})
"""Members of a cell in a document (SPEC 1.4)."""

NOTEBOOK_METADATA = frozenset(
    {
        "accelerator",
        "authors",
        "colab",
        "jupytext",
        "kernelspec",
        "language_info",
        "rise",
        "runhere",
        "title",
        "toc",
        "toc-autonumbering",
        "toc-showcode",
        "toc-showmarkdowntxt",
    }
)
"""Metadata of a notebook that says nothing of what ran."""

CELL_METADATA = frozenset(
    {
        "cellView",
        "collapsed",
        "deletable",
        "editable",
        "format",
        "id",
        "jupyter",
        "name",
        "runhere",
        "scrolled",
        "slideshow",
        "tags",
    }
)
"""Metadata of a cell that says nothing of what ran: no `executionInfo`, `outputId`, `execution`, no widget state."""

WIDGETS = "widgets"
"""Metadata of a notebook that holds what widgets of all its cells hold."""

CELL_MARK = "runhere"
"""Where a cell's metadata says that its outputs stay at home: the member `private_outputs` of this one."""
_FLAG = "private_outputs"


@dataclass(frozen=True)
class AtHome:
    """Whose outputs stay at home: the notebook's, or those of some cells (ids)."""

    everything: bool = False
    cells: frozenset[str] = frozenset()

    def keeps(self, cell_id: str) -> bool:
        """Whether this cell's outputs stay at home."""
        return self.everything or cell_id in self.cells

    def allows_metadata(self, key: str) -> bool:
        """Whether the notebook's metadata may have this member."""
        return key in NOTEBOOK_METADATA if self.everything else not (self.cells and key == WIDGETS)

    def __or__(self, other: "AtHome") -> "AtHome":
        return AtHome(self.everything or other.everything, self.cells | other.cells)

    def without(self, other: "AtHome") -> "AtHome":
        """The same but for these."""
        return AtHome(self.everything and not other.everything, self.cells - other.cells)

    def __bool__(self) -> bool:
        return self.everything or bool(self.cells)


NOWHERE = AtHome()


def is_wished(metadata: Mapping[str, object]) -> bool:
    """True where a file or document says that its outputs stay at home, as Colab writes it."""
    colab = metadata.get("colab")
    return isinstance(colab, dict) and colab.get("private_outputs") is True


def cell_is_wished(metadata: Mapping[str, object]) -> bool:
    """True where a cell says that its outputs stay at home."""
    own = metadata.get(CELL_MARK)
    return isinstance(own, dict) and own.get(_FLAG) is True


def wished(notebook: Notebook) -> AtHome:
    """What a file or document says of itself and of its cells."""
    marked = frozenset(cell.id for cell in notebook.cells if cell_is_wished(cell.metadata))
    return AtHome(is_wished(notebook.metadata), marked)


def projected(metadata: Mapping[str, Json], omit: bool) -> dict[str, Json]:
    """The metadata with the record's word in it; untouched where it says so already."""
    if is_wished(metadata) == omit:
        return dict(metadata)
    found = metadata.get("colab")
    return _flagged(metadata, "colab", found, omit)


def cell_projected(metadata: Mapping[str, Json], omit: bool) -> dict[str, Json]:
    """The metadata of a cell with the record's word in it; untouched where it says so already."""
    if cell_is_wished(metadata) == omit:
        return dict(metadata)
    return _flagged(metadata, CELL_MARK, metadata.get(CELL_MARK), omit)


def _flagged(metadata: Mapping[str, Json], key: str, found: Json, flag: bool) -> dict[str, Json]:
    own: dict[str, Json] = dict(found) if isinstance(found, dict) else {}
    if flag:
        own[_FLAG] = True
    else:
        own.pop(_FLAG, None)
    after = {name: value for name, value in metadata.items() if name != key}
    return {**after, key: own} if own else after


def marked(notebook: Notebook, at_home: AtHome) -> Notebook:
    """The notebook with the record's word in its metadata and in that of its cells."""
    cells = tuple([_marked(cell, cell.id in at_home.cells) for cell in notebook.cells])
    return replace(notebook, metadata=projected(notebook.metadata, at_home.everything), cells=cells)


def _marked(cell: Cell, omit: bool) -> Cell:
    if cell_is_wished(cell.metadata) == omit:
        return cell
    return replace(cell, metadata=cell_projected(cell.metadata, omit))


def stored(notebook: Notebook, at_home: AtHome) -> Notebook:
    """The notebook as it may be stored: what stays at home is not in it, and it says what does."""
    if at_home.everything:
        return marked(without_outputs(notebook), at_home)
    if not at_home.cells:
        return notebook
    cells = tuple([_bare(cell) if cell.id in at_home.cells else cell for cell in notebook.cells])
    metadata = {key: value for key, value in notebook.metadata.items() if at_home.allows_metadata(key)}
    return marked(replace(notebook, metadata=metadata, cells=cells), at_home)


def without_outputs(notebook: Notebook) -> Notebook:
    """The notebook as it may be stored: no outputs, counts, execution detail, widget state, and marked as such."""
    kept = {key: value for key, value in notebook.metadata.items() if key in NOTEBOOK_METADATA}
    return replace(
        notebook,
        metadata=projected(kept, omit=True),
        cells=tuple([_bare(cell) for cell in notebook.cells]),
    )


def _bare(cell: Cell) -> Cell:
    metadata = {key: value for key, value in cell.metadata.items() if key in CELL_METADATA}
    attachments = cell.attachments if cell.type == "markdown" else None
    return replace(cell, metadata=metadata, attachments=attachments, outputs=(), execution_count=None)
