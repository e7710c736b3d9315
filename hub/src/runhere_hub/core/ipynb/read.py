"""From JSON to a `Notebook`: what nbformat 4 demands, checked; refusals name the place in the text.

Stricter than "it did not crash", laxer than nbformat's schema: what is missing and has one obvious meaning
(`metadata`, `outputs`, `execution_count` of a cell) is taken as empty; a wrong type is refused, so is a cell with no
source or type. Minors above 5 may bring types of cells and outputs that we do not know: such cells are shown raw, such
outputs are kept.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from runhere_hub.core.errors import NotebookInvalid, NotebookNeedsUpgrade
from runhere_hub.core.ipynb.json_style import Style, style_of
from runhere_hub.core.ipynb.json_text import Node, line_and_column, outline, outline_again
from runhere_hub.core.json_values import with_unix_lines, without_surrogates
from runhere_hub.core.merge.align import MadeIds, is_cell_id
from runhere_hub.core.notebook import Cell, CellId, CellType, Json, Notebook, Output
from runhere_hub.core.outputs import is_json_mime, join_bundle, join_lines, normalise

NEWEST_MINOR = 5

_CELL_TYPES: dict[Json, CellType] = {"code": "code", "markdown": "markdown", "raw": "raw"}
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

_Object: TypeAlias = Mapping[str, Json]
_Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the root to a value."""


@dataclass(frozen=True)
class FileNodes:
    """A notebook file, read: its values with their places, and what they mean.

    Attributes:
        cells: One node for each cell of the notebook, in order.
        made_ids: Cell ids that the file does not have.
    """

    text: str
    root: Node
    cells: tuple[Node, ...]
    notebook: Notebook
    made_ids: frozenset[CellId]
    written_in: Style | None = None
    """The manner in which it was written here; None: it has to be found out."""

    @cached_property
    def style(self) -> Style:
        """The manner in which the text is written."""
        return self.written_in or style_of(self.text, self.root)


def read_file(text: str) -> FileNodes:
    """Read a notebook of nbformat 4.

    Raises:
        NotebookInvalid: It is none; with the place.
        NotebookNeedsUpgrade: It is one of nbformat 2 or 3.
    """
    return _read(text, outline(text), _Reader(unusual=_is_unusual(text), known={}))


def read_written(text: str, over: FileNodes) -> FileNodes:
    """Read what was written over a file: cells that are written as before are those of before.

    Raises:
        As `read_file`.
    """
    known = {} if over.made_ids else dict(zip(map(_identity, over.cells), over.notebook.cells, strict=True))
    # Looking through the whole text for what is unusual takes longer than cleaning the few cells that are read.
    reader = _Reader(unusual=True, known=known)
    return _read(text, outline_again(text, over.text, over.cells), reader, written_in=over.style)


def _identity(node: Node) -> int:
    return id(node.value)


def _read(text: str, root: Node, reader: "_Reader", *, written_in: Style | None = None) -> FileNodes:
    try:
        notebook, made = reader.notebook(root.value)
    except _Refused as refused:
        line, column = line_and_column(text, _node_at(root, refused.path).start)
        raise NotebookInvalid(refused.place, refused.reason, line, column) from None
    cells = root.member("cells")
    return FileNodes(text, root, tuple(cells.items) if cells is not None else (), notebook, made, written_in)


def _is_unusual(text: str) -> bool:
    """Whether it may hold lone surrogates or NaN, which neither Yjs nor a browser's JSON can hold."""
    return "NaN" in text or "Infinity" in text or ("\\u" in text and _SURROGATE.search(text) is not None)


class _Refused(Exception):
    """What stands there is not what nbformat demands."""

    def __init__(self, path: _Path, reason: str, *, place: str | None = None) -> None:
        super().__init__(reason)
        self.path = path
        self.place = _place(path) if place is None else place
        self.reason = reason


def _place(path: _Path) -> str:
    """The path in words: `cell 3 › outputs[0] › data`."""
    if not path:
        return "the notebook"
    said, rest = str(path[0]), path[1:]
    if path[0] == "cells" and rest and isinstance(rest[0], int):
        said, rest = f"cell {rest[0] + 1}", rest[1:]
    return said + "".join(f"[{step}]" if isinstance(step, int) else f" › {step}" for step in rest)


def _node_at(root: Node, path: _Path) -> Node:
    """The value there, or the last one on the way to it."""
    node = root
    for step in path:
        inner = node.items[step] if isinstance(step, int) else node.member(step)
        if inner is None:
            return node
        node = inner
    return node


class _Reader:
    """`known`: cells by the identity of the value that they were made from, which somebody else keeps alive."""

    def __init__(self, *, unusual: bool, known: Mapping[int, Cell]) -> None:
        self.unusual = unusual
        self.known = known
        self.newer = False  # written by a later minor than we know

    def notebook(self, value: Json) -> tuple[Notebook, frozenset[CellId]]:
        if not isinstance(value, dict):
            reason = "a notebook is a JSON object, with cells, metadata and nbformat"
            raise _Refused((), reason, place="the file")
        _check_version(value)
        minor = _number(_need(value, "nbformat_minor", ()), ("nbformat_minor",))
        self.newer = minor > NEWEST_MINOR
        cell_list = _need(value, "cells", ())
        if not isinstance(cell_list, list):
            raise _Refused(("cells",), "must be a list")
        known = self.known
        bare = [known.get(id(cell)) or self.cell(cell, ("cells", index)) for index, cell in enumerate(cell_list)]
        cells, made = _with_ids(bare)
        return Notebook(4, minor, self.mapping(value, "metadata", ()), cells), made

    def cell(self, cell: Json, path: _Path) -> Cell:
        if not isinstance(cell, dict):
            raise _Refused(path, "must be an object")
        given = _need(cell, "cell_type", path)
        cell_type = _CELL_TYPES.get(given) if isinstance(given, str) else None
        if cell_type is None and not (self.newer and isinstance(given, str)):
            raise _Refused((*path, "cell_type"), "must be code, markdown or raw")
        optional = cell_type is None and "source" not in cell
        source = "" if optional else _multiline(_need(cell, "source", path), (*path, "source"))
        attachments = self.attachments(cell, path)
        is_code = cell_type == "code"
        return Cell(
            id=_given_id(cell),
            type=cell_type or "raw",
            source=with_unix_lines(without_surrogates(source)),
            metadata=self.mapping(cell, "metadata", path),
            attachments=attachments,
            outputs=self.outputs(cell, path) if is_code else (),
            execution_count=_count(cell, path) if is_code else None,
        )

    def attachments(self, cell: _Object, path: _Path) -> dict[str, Json] | None:
        if "attachments" not in cell:
            return None
        found = self.mapping(cell, "attachments", path)
        made: dict[str, Json] = {}
        for name, bundle in found.items():
            if not isinstance(bundle, dict):
                raise _Refused((*path, "attachments", name), "must be an object")
            made[name] = join_bundle(bundle)
        return made

    def outputs(self, cell: _Object, path: _Path) -> tuple[Output, ...]:
        found = cell.get("outputs", [])
        if not isinstance(found, list):
            raise _Refused((*path, "outputs"), "must be a list")
        return tuple([self.output(output, (*path, "outputs", index)) for index, output in enumerate(found)])

    def output(self, output: Json, path: _Path) -> Output:
        if not isinstance(output, dict):
            raise _Refused(path, "must be an object")
        match _need(output, "output_type", path):
            case "stream":
                _text(_need(output, "name", path), (*path, "name"))
                _multiline(_need(output, "text", path), (*path, "text"))
            case "display_data" | "execute_result":
                self.check_shown(output, path)
            case "error":
                _check_error(output, path)
            case str() if self.newer:
                pass
            case _:
                known = "must be stream, display_data, execute_result or error"
                raise _Refused((*path, "output_type"), known)
        value = self.clean(output)
        return normalise(value) if isinstance(value, dict) else {}

    def check_shown(self, output: _Object, path: _Path) -> None:
        _need(output, "data", path)
        for mime, value in join_bundle(self.mapping(output, "data", path)).items():
            if not isinstance(value, str) and not is_json_mime(mime):
                raise _Refused((*path, "data", mime), "must be text or a list of texts")
        self.mapping(output, "metadata", path)
        _count(output, path)

    def mapping(self, parent: _Object, key: str, path: _Path) -> dict[str, Json]:
        if key not in parent:
            return {}
        value = self.clean(parent[key])
        if not isinstance(value, dict):
            raise _Refused((*path, key), "must be an object")
        return value

    def clean(self, value: Json) -> Json:
        """Without lone surrogates and NaN, which neither Yjs nor a browser's JSON can hold."""
        return cleaned(value) if self.unusual else value


def _check_version(notebook: _Object) -> None:
    version = _number(_need(notebook, "nbformat", ()), ("nbformat",))
    if version in (2, 3):
        raise NotebookNeedsUpgrade(version)
    if version != 4:
        wanted = "is newer than this program knows" if version > 4 else "is too old to be read"
        raise _Refused(("nbformat",), f"format {version} {wanted}")


def _check_error(output: _Object, path: _Path) -> None:
    for key in ("ename", "evalue"):
        _text(_need(output, key, path), (*path, key))
    traceback = _need(output, "traceback", path)
    if not isinstance(traceback, list):
        raise _Refused((*path, "traceback"), "must be a list")
    for index, line in enumerate(traceback):
        _text(line, (*path, "traceback", index))


def _need(parent: _Object, key: str, path: _Path) -> Json:
    if key not in parent:
        raise _Refused(path, f"{key} is missing")
    return parent[key]


def _count(parent: _Object, path: _Path) -> int | None:
    value = parent.get("execution_count")
    return None if value is None else _number(value, (*path, "execution_count"))


def _number(value: Json, path: _Path) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Refused(path, "must be a whole number")
    return value


def _text(value: Json, path: _Path) -> str:
    if not isinstance(value, str):
        raise _Refused(path, "must be text")
    return value


def _multiline(value: Json, path: _Path) -> str:
    joined = join_lines(value)
    if not isinstance(joined, str):
        raise _Refused(path, "must be text or a list of texts")
    return joined


def cleaned(value: Json) -> Json:
    """The value with lone surrogates replaced, and null for NaN and infinities."""
    match value:
        case str():
            return without_surrogates(value)
        case float():
            return value if math.isfinite(value) else None
        case list():
            return [cleaned(item) for item in value]
        case dict():
            return {without_surrogates(key): cleaned(item) for key, item in value.items()}
        case _:
            return value


_NO_ID = CellId("")


def _with_ids(bare: Sequence[Cell]) -> tuple[tuple[Cell, ...], frozenset[CellId]]:
    """The cells with ids for those that have none, or one that a cell before them has: made from their content."""
    maker = MadeIds(cell.id for cell in bare if cell.id != _NO_ID)
    cells: list[Cell] = []
    made: set[CellId] = set()
    seen: set[CellId] = set()
    for given in bare:
        cell = given
        if given.id == _NO_ID or given.id in seen:
            cell = replace(given, id=maker.make(given))
            made.add(cell.id)
        seen.add(cell.id)
        cells.append(cell)
    return tuple(cells), frozenset(made)


def _given_id(cell: _Object) -> CellId:
    """The id that the file gives; none if it is not one that nbformat lets be."""
    found = cell.get("id")
    return CellId(found) if isinstance(found, str) and is_cell_id(found) else _NO_ID
