"""From JSON with places to a `Notebook`: what nbformat 4 demands, checked where it stands.

Stricter than "it did not crash", laxer than nbformat's schema: what is missing and has one obvious meaning
(`metadata`, `outputs`, `execution_count` of a cell) is taken as empty; a wrong type is refused, so is a cell with no
source or type. Minors above 5 may bring types of cells and outputs that we do not know: such cells are shown raw, such
outputs are kept.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from runhere_hub.core.align import MadeIds, is_cell_id
from runhere_hub.core.errors import NotebookInvalid, NotebookNeedsUpgrade
from runhere_hub.core.json_text import Node, line_and_column, scan
from runhere_hub.core.json_values import with_unix_lines, without_surrogates
from runhere_hub.core.notebook import Cell, CellId, CellType, Json, Notebook, Output
from runhere_hub.core.outputs import is_json_mime, join_bundle, join_lines, normalise

NEWEST_MINOR = 5

_CELL_TYPES: dict[Json, CellType] = {"code": "code", "markdown": "markdown", "raw": "raw"}
_UNUSUAL = re.compile(r"\\u[dD][89a-fA-F]|\b(?:NaN|Infinity)\b")


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


def read_file(text: str) -> FileNodes:
    """Read a notebook of nbformat 4.

    Raises:
        NotebookInvalid: It is none; with the place.
        NotebookNeedsUpgrade: It is one of nbformat 2 or 3.
    """
    root = scan(text)
    return _Reader(text, unusual=_UNUSUAL.search(text) is not None).notebook(root)


class _Reader:
    def __init__(self, text: str, *, unusual: bool) -> None:
        self.text = text
        self.unusual = unusual
        self.newer = False  # written by a later minor than we know

    def notebook(self, root: Node) -> FileNodes:
        if root.kind != "object":
            self.refuse(root, "the file", "a notebook is a JSON object, with cells, metadata and nbformat")
        self.check_version(root)
        minor = self.number(self.need(root, "nbformat_minor", "the notebook"), "nbformat_minor")
        self.newer = minor > NEWEST_MINOR
        cell_list = self.need(root, "cells", "the notebook")
        if cell_list.kind != "array":
            self.refuse(cell_list, "cells", "must be a list")
        bare = [self.cell(node, f"cell {index}") for index, node in enumerate(cell_list.items, 1)]
        ids, made = _cell_ids(cell_list.items, bare)
        cells = tuple(replace(cell, id=cell_id) for cell, cell_id in zip(bare, ids, strict=True))
        notebook = Notebook(4, minor, self.mapping(root, "metadata", "metadata"), cells)
        return FileNodes(self.text, root, tuple(cell_list.items), notebook, made)

    def check_version(self, root: Node) -> None:
        node = self.need(root, "nbformat", "the notebook")
        version = self.number(node, "nbformat")
        if version in (2, 3):
            raise NotebookNeedsUpgrade(version)
        if version != 4:
            wanted = "is newer than this program knows" if version > 4 else "is too old to be read"
            self.refuse(node, "nbformat", f"format {version} {wanted}")

    def cell(self, node: Node, place: str) -> Cell:
        if node.kind != "object":
            self.refuse(node, place, "must be an object")
        type_node = self.need(node, "cell_type", place)
        cell_type = _CELL_TYPES.get(type_node.value) if type_node.kind == "string" else None
        if cell_type is None and not (self.newer and type_node.kind == "string"):
            self.refuse(type_node, f"{place} › cell_type", "must be code, markdown or raw")
        optional = cell_type is None and node.member("source") is None
        source = "" if optional else self.multiline(self.need(node, "source", place), f"{place} › source")
        attachments = self.attachments(node, place)
        is_code = cell_type == "code"
        return Cell(
            id=CellId(""),
            type=cell_type or "raw",
            source=with_unix_lines(without_surrogates(source)),
            metadata=self.mapping(node, "metadata", f"{place} › metadata"),
            attachments=attachments,
            outputs=self.outputs(node, place) if is_code else (),
            execution_count=self.count(node, f"{place} › execution_count") if is_code else None,
        )

    def attachments(self, cell: Node, place: str) -> dict[str, Json] | None:
        if cell.member("attachments") is None:
            return None
        found = self.mapping(cell, "attachments", f"{place} › attachments")
        joined: dict[str, Json] = {}
        for name, bundle in found.items():
            if not isinstance(bundle, dict):
                self.refuse(cell, f"{place} › attachments › {name}", "must be an object")
            joined[name] = join_bundle(bundle)
        return joined

    def outputs(self, cell: Node, place: str) -> tuple[Output, ...]:
        node = cell.member("outputs")
        if node is None:
            return ()
        if node.kind != "array":
            self.refuse(node, f"{place} › outputs", "must be a list")
        return tuple(self.output(item, f"{place} › outputs[{index}]") for index, item in enumerate(node.items))

    def output(self, node: Node, place: str) -> Output:
        if node.kind != "object":
            self.refuse(node, place, "must be an object")
        kind = self.need(node, "output_type", place)
        match kind.value:
            case "stream":
                self.text_of(self.need(node, "name", place), f"{place} › name")
                self.multiline(self.need(node, "text", place), f"{place} › text")
            case "display_data" | "execute_result":
                self.need(node, "data", place)
                self.bundle(node, place)
                self.mapping(node, "metadata", f"{place} › metadata")
                self.count(node, f"{place} › execution_count")
            case "error":
                for key in ("ename", "evalue"):
                    self.text_of(self.need(node, key, place), f"{place} › {key}")
                traceback = self.need(node, "traceback", place)
                if traceback.kind != "array":
                    self.refuse(traceback, f"{place} › traceback", "must be a list")
                for index, line in enumerate(traceback.items):
                    self.text_of(line, f"{place} › traceback[{index}]")
            case str() if self.newer:
                pass
            case _:
                known = "must be stream, display_data, execute_result or error"
                self.refuse(kind, f"{place} › output_type", known)
        value = self.clean(node.value)
        return normalise(value) if isinstance(value, dict) else {}

    def bundle(self, output: Node, place: str) -> None:
        found = self.mapping(output, "data", f"{place} › data")
        data = output.member("data")
        for mime, value in join_bundle(found).items():
            if not isinstance(value, str) and not is_json_mime(mime):
                inner = data.member(mime) if data else None
                self.refuse(inner or output, f"{place} › data › {mime}", "must be text or a list of texts")

    def mapping(self, parent: Node, key: str, place: str) -> dict[str, Json]:
        node = parent.member(key)
        if node is None:
            return {}
        value = self.clean(node.value)
        if not isinstance(value, dict):
            self.refuse(node, place, "must be an object")
        return value

    def count(self, parent: Node, place: str) -> int | None:
        node = parent.member("execution_count")
        return None if node is None or node.value is None else self.number(node, place)

    def number(self, node: Node, place: str) -> int:
        if not isinstance(node.value, int) or isinstance(node.value, bool):
            self.refuse(node, place, "must be a whole number")
        return node.value

    def text_of(self, node: Node, place: str) -> str:
        if not isinstance(node.value, str):
            self.refuse(node, place, "must be text")
        return node.value

    def multiline(self, node: Node, place: str) -> str:
        joined = join_lines(node.value)
        if not isinstance(joined, str):
            self.refuse(node, place, "must be text or a list of texts")
        return joined

    def need(self, node: Node, key: str, place: str) -> Node:
        found = node.member(key)
        if found is None:
            self.refuse(node, place, f"{key} is missing")
        return found

    def refuse(self, node: Node, place: str, reason: str) -> NoReturn:
        line, column = line_and_column(self.text, node.start)
        raise NotebookInvalid(place, reason, line, column)

    def clean(self, value: Json) -> Json:
        """Without lone surrogates and NaN, which neither Yjs nor a browser's JSON can hold."""
        return cleaned(value) if self.unusual else value


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


def _cell_ids(nodes: Sequence[Node], cells: Sequence[Cell]) -> tuple[list[CellId], frozenset[CellId]]:
    """An id for each cell; those that the file lacks, or has twice, are made from the cell's content."""
    given = [_given_id(node) for node in nodes]
    maker = MadeIds(found for found in given if found is not None)
    ids: list[CellId] = []
    made: set[CellId] = set()
    seen: set[CellId] = set()
    for cell, found in zip(cells, given, strict=True):
        if found is None or found in seen:
            found = maker.make(cell)
            made.add(found)
        seen.add(found)
        ids.append(found)
    return ids, frozenset(made)


def _given_id(node: Node) -> CellId | None:
    found = node.member("id")
    return CellId(str(found.value)) if found is not None and is_cell_id(found.value) else None
