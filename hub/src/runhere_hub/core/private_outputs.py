"""Outputs that stay at home (architecture 10a): what of a notebook may reach the hub's store when its record says so.

The record decides; `metadata.colab.private_outputs` is its projection into documents and files. What passes is built
from lists of what is allowed, never by taking away what is known to be bad.
"""

from collections.abc import Mapping
from dataclasses import replace

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


def is_wished(metadata: Mapping[str, object]) -> bool:
    """True where a file or document says that its outputs stay at home, as Colab writes it."""
    colab = metadata.get("colab")
    return isinstance(colab, dict) and colab.get("private_outputs") is True


def projected(metadata: Mapping[str, Json], omit: bool) -> dict[str, Json]:
    """The metadata with the record's word in it; untouched where it says so already."""
    if is_wished(metadata) == omit:
        return dict(metadata)
    found = metadata.get("colab")
    colab: dict[str, Json] = dict(found) if isinstance(found, dict) else {}
    if omit:
        colab["private_outputs"] = True
    else:
        colab.pop("private_outputs", None)
    after = {key: value for key, value in metadata.items() if key != "colab"}
    return {**after, "colab": colab} if colab else after


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
