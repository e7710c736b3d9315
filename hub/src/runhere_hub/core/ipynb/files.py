r"""Notebook files: text in, `Notebook` out, and back.

`parse` opens nbformat 4.0 to 4.5 (and later minors as far as they are alike), `upgrade` lifts nbformat 2 and 3 to it,
`salvage` reads what can be read of anything, `render` writes a notebook over its previous text so that what was not
changed keeps its bytes.

What the document cannot hold is made right on reading and left alone in the file: line ends are `\n`, lone surrogates
U+FFFD, NaN is null, multi-line strings are joined; missing, invalid and doubled cell ids are made from the cell's
content, the same ones on each reading (`ParsedFile.made_ids`), and not written into files below 4.5.
"""

import json
from dataclasses import dataclass, field

from runhere_hub.core.errors import NotebookInvalid, NotebookNeedsUpgrade
from runhere_hub.core.ipynb import damaged, write
from runhere_hub.core.ipynb.json_text import scan
from runhere_hub.core.ipynb.read import FileNodes, read_file, read_written
from runhere_hub.core.notebook import CellId, Json, Notebook

conflict_markers_line = damaged.conflict_markers_line


@dataclass(frozen=True)
class ParsedFile:
    """A notebook file that was read.

    Attributes:
        ids_in_file: Whether files of this minor have cell ids (4.5 and later).
        made_ids: Ids of `notebook` that the file does not have.
        nodes: Where everything stands in the text, for `render_over`.
    """

    notebook: Notebook
    nbformat: int
    nbformat_minor: int
    ids_in_file: bool
    made_ids: frozenset[CellId]
    nodes: FileNodes = field(compare=False, repr=False)


def parse(text: str) -> ParsedFile:
    """Read the text of a notebook file.

    Raises:
        NotebookInvalid: It is no notebook of nbformat 4; with the place and the reason.
        NotebookNeedsUpgrade: It is one of nbformat 2 or 3.
    """
    return _parsed(read_file(text))


def parse_written(text: str, over: ParsedFile) -> ParsedFile:
    """The same for a text that `render_over` gave: cells that stand in it as before are not read again.

    Raises:
        As `parse`.
    """
    return _parsed(read_written(text, over.nodes))


def _parsed(found: FileNodes) -> ParsedFile:
    notebook = found.notebook
    return ParsedFile(
        notebook,
        notebook.nbformat,
        notebook.nbformat_minor,
        notebook.nbformat_minor >= write.IDS_SINCE,
        found.made_ids,
        found,
    )


def render(notebook: Notebook, *, previous_text: str | None) -> str:
    """The text of the notebook's file.

    Args:
        previous_text: What the file holds: everything that says the same keeps its bytes. None: a new file, in
            nbformat's own manner.

    Raises:
        NotebookInvalid: The previous text is no notebook; there is nothing to write over.
    """
    if previous_text is None:
        return write.new_text(notebook)
    return write.over_text(notebook, read_file(previous_text))


def render_over(notebook: Notebook, previous: ParsedFile) -> str:
    """The same as `render` over the text that was parsed, without reading it again."""
    return write.over_text(notebook, previous.nodes)


def upgrade(text: str) -> str:
    """The text of the notebook in the newest format, as a new file; one of format 4 is given back as it is.

    Raises:
        NotebookInvalid: It cannot be converted.
    """
    try:
        read_file(text)
    except NotebookNeedsUpgrade as old:
        return write.new_text(parse(_converted(scan(text).value, old.nbformat)).notebook)
    return text


def _converted(value: Json, version: int) -> str:
    """Nbformat's own conversion, without the random ids and the traces that it leaves."""
    # Here, because its schema checker takes almost a second to load and few files are that old.
    import nbformat

    if not isinstance(value, dict):
        raise NotebookInvalid("the file", "a notebook is a JSON object")
    worksheets = value.get("worksheets")
    for worksheet in worksheets if isinstance(worksheets, list) else []:
        if isinstance(worksheet, dict):
            worksheet.setdefault("cells", [])
    minor = value.get("nbformat_minor")
    try:
        old = nbformat.versions[version].to_notebook_json(value, minor=minor if isinstance(minor, int) else 0)
        new = nbformat.convert(old, 4)  # type: ignore[no-untyped-call]
    except (LookupError, AttributeError, TypeError, ValueError, AssertionError, nbformat.ValidationError) as error:
        reason = f"it has format {version}, and nbformat cannot convert it ({type(error).__name__}: {error})"
        raise NotebookInvalid("the whole file", reason) from error
    for key in ("orig_nbformat", "orig_nbformat_minor"):
        new.metadata.pop(key, None)
    for cell in new.cells:
        cell.pop("id", None)
    return json.dumps(new)


def salvage(text: str) -> Notebook:
    """Every cell that can be recognised in a damaged file, as a notebook of the newest format.

    Raises:
        NotebookInvalid: Nothing can be recognised.
    """
    return damaged.salvage_text(text)
