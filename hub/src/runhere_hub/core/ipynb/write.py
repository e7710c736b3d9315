"""Notebooks as text: over the previous text of their file, or in nbformat's own manner.

Only what says something else than before is written; the rest keeps its bytes, however unusual.
"""

from collections.abc import Mapping, Sequence

from runhere_hub.core.ipynb.json_style import Style, dump
from runhere_hub.core.ipynb.json_text import Node
from runhere_hub.core.ipynb.read import FileNodes, cleaned
from runhere_hub.core.ipynb.text import Piece, Splicer, Write
from runhere_hub.core.json_values import same, with_unix_lines
from runhere_hub.core.merge import same_outputs, same_text
from runhere_hub.core.merge.align import align
from runhere_hub.core.notebook import Cell, Json, Notebook, Output
from runhere_hub.core.outputs import is_json_mime, join_lines, normalise

_SPLIT_TOO = {"application/javascript", "image/svg+xml"}
IDS_SINCE = 5


def new_text(notebook: Notebook) -> str:
    """The notebook in nbformat's own manner: one space of indent, sorted keys, lists of lines, a final newline."""
    style = Style()
    with_ids = notebook.nbformat_minor >= IDS_SINCE
    cells: list[Json] = [file_cell(cell, style, with_id=with_ids) for cell in notebook.cells]
    return (
        dump(
            {
                "cells": cells,
                "metadata": dict(notebook.metadata),
                "nbformat": notebook.nbformat,
                "nbformat_minor": notebook.nbformat_minor,
            },
            style,
            "",
        )
        + "\n"
    )


def over_text(notebook: Notebook, previous: FileNodes) -> str:
    """The notebook over its file's previous text."""
    return _Writer(notebook, previous).text()


class _Writer:
    def __init__(self, notebook: Notebook, previous: FileNodes) -> None:
        self.notebook = notebook
        self.previous = previous
        self.style = previous.style
        self.splice = Splicer(previous.text, self.style)
        self.with_ids = notebook.nbformat_minor >= IDS_SINCE
        self.all_ids = self.with_ids and previous.notebook.nbformat_minor < IDS_SINCE

    def text(self) -> str:
        root, before = self.previous.root, self.previous.notebook
        wanted: dict[str, Write] = {"cells": lambda node, _: self.cells(node or root)}
        if not same(before.metadata, self.notebook.metadata):
            wanted["metadata"] = self.metadata_writer(self.notebook.metadata)
        if before.nbformat_minor != self.notebook.nbformat_minor:
            wanted["nbformat_minor"] = self.splice.writer(self.notebook.nbformat_minor)
        text = self.previous.text
        return text[: root.start] + self.splice.members(root, wanted) + text[root.end :]

    def metadata_writer(self, metadata: Mapping[str, Json]) -> Write:
        return self.splice.writer(dict(metadata))

    def cells(self, node: Node) -> str:
        before = self.previous.notebook.cells
        pairs = align(before, self.notebook.cells, unsure=self.previous.made_ids)
        indent = self.splice.child_indent(node)
        pieces = [
            Piece(pairs[index], self.cell(pairs[index], cell))
            if index in pairs
            else Piece(None, dump(self.new_cell(cell), self.style, indent))
            for index, cell in enumerate(self.notebook.cells)
        ]
        return self.splice.rebuild(node, pieces)

    def new_cell(self, cell: Cell) -> dict[str, Json]:
        """A cell with its keys in the order of its brothers."""
        made = file_cell(cell, self.style, with_id=self.with_ids)
        both = zip(self.previous.cells, self.previous.notebook.cells, strict=True)
        brother = next((node for node, old in both if old.type == cell.type), None)
        model = brother or (self.previous.cells or (self.previous.root,))[0]
        places = {member.key: place for place, member in enumerate(model.members)}
        return {key: made[key] for key in sorted(made, key=lambda key: places.get(key, len(places)))}

    def cell(self, index: int, cell: Cell) -> str:
        node, old = self.previous.cells[index], self.previous.notebook.cells[index]
        made_up = old.id in self.previous.made_ids
        unchanged = same_text(old, cell) and same_outputs(old, cell)
        if unchanged and not self.all_ids and (old.id == cell.id or made_up or not self.with_ids):
            return self.splice.raw(node)
        wanted: dict[str, Write] = {}
        if self.with_ids and (made_up or old.id != cell.id or self.all_ids):
            wanted["id"] = self.splice.writer(cell.id)
        if old.type != cell.type:
            wanted["cell_type"] = self.splice.writer(cell.type)
        if old.source != cell.source:
            wanted["source"] = lambda source, _: self.source(source or node, cell.source)
        if not same(old.metadata, cell.metadata):
            wanted["metadata"] = self.metadata_writer(cell.metadata)
        if not same(old.attachments, cell.attachments) and cell.attachments is not None:
            wanted["attachments"] = self.attachments_writer(cell.attachments)
        wanted.update(self.shown(old, cell))
        return self.splice.members(node, wanted, without=_gone(old, cell))

    def source(self, node: Node, text: str) -> str:
        """The new source over the old one, in its form: a list of lines or one string."""
        newline = "\r\n" if "\r\n" in str(join_lines(node.value)) else "\n"
        return self.multiline(node, text, newline=newline)

    def multiline(self, node: Node, text: str, *, newline: str = "\n") -> str:
        if node.kind != "array":
            return self.style.string(text.replace("\n", newline))
        parts = [str(cleaned(item.value)) for item in node.items]
        if newline != "\n":
            parts = [with_unix_lines(part) for part in parts]
        return self.splice.lines(node, text, parts, newline=newline)

    def multiline_writer(self, text: str, mime: str = "text/plain") -> Write:
        def write(node: Node | None, indent: str | None) -> str:
            if node is None:
                return dump(_split(text, self.style, mime), self.style, indent)
            same_text = join_lines(cleaned(node.value)) == text
            return self.splice.raw(node) if same_text else self.multiline(node, text)

        return write

    def bundle_writer(self, bundle: Mapping[str, Json]) -> Write:
        """A MIME bundle: texts in their present form, JSON types as values."""
        entries = {
            mime: self.multiline_writer(value, mime)
            if isinstance(value, str) and not is_json_mime(mime)
            else self.splice.writer(value)
            for mime, value in bundle.items()
        }

        def write(node: Node | None, indent: str | None) -> str:
            if node is None or node.kind != "object":
                return dump(_file_bundle(bundle, self.style), self.style, indent)
            gone = {member.key for member in node.members} - entries.keys()
            return self.splice.members(node, entries, without=gone)

        return write

    def attachments_writer(self, attachments: Mapping[str, Json]) -> Write:
        def write(node: Node | None, indent: str | None) -> str:
            if node is None:
                return dump(_file_attachments(attachments, self.style), self.style, indent)
            entries = {
                name: self.bundle_writer(bundle) for name, bundle in attachments.items() if isinstance(bundle, dict)
            }
            gone = {member.key for member in node.members} - entries.keys()
            return self.splice.members(node, entries, without=gone)

        return write

    def shown(self, old: Cell, cell: Cell) -> dict[str, Write]:
        """Outputs and count, where they changed or a cell became a code cell."""
        wanted: dict[str, Write] = {}
        if cell.type != "code":
            return wanted
        became = old.type != "code"
        if became or not same(old.outputs, cell.outputs):
            wanted["outputs"] = self.outputs_writer(cell.outputs, () if became else old.outputs)
        if became or old.execution_count != cell.execution_count:
            wanted["execution_count"] = self.splice.writer(cell.execution_count)
        return wanted

    def outputs_writer(self, outputs: Sequence[Output], before: Sequence[Output]) -> Write:
        def write(node: Node | None, indent: str | None) -> str:
            if node is None or node.kind != "array":
                return dump([file_output(output, self.style) for output in outputs], self.style, indent)
            inner = self.splice.child_indent(node)
            pieces = []
            for index, output in enumerate(outputs):
                if index < len(before):
                    pieces.append(Piece(index, self.output(node.items[index], before[index], output, inner)))
                else:
                    pieces.append(Piece(None, dump(file_output(output, self.style), self.style, inner)))
            return self.splice.rebuild(node, pieces)

        return write

    def output(self, node: Node, before: Output, output: Output, indent: str | None) -> str:
        if same(before, normalise(output)):
            return self.splice.raw(node)
        if before.get("output_type") != output.get("output_type"):
            return dump(file_output(output, self.style), self.style, indent)
        wanted: dict[str, Write] = {}
        for key, value in output.items():
            if key == "text" and isinstance(value, str):
                wanted[key] = self.multiline_writer(value)
            elif key == "data" and isinstance(value, dict):
                wanted[key] = self.bundle_writer(value)
            else:
                wanted[key] = self.splice.writer(value)
        return self.splice.members(node, wanted, without={member.key for member in node.members} - wanted.keys())


def _gone(old: Cell, cell: Cell) -> set[str]:
    """Keys that the file's cell loses."""
    gone = {"outputs", "execution_count"} if cell.type != "code" and old.type == "code" else set()
    return gone | {"attachments"} if cell.attachments is None and old.attachments is not None else gone


def file_cell(cell: Cell, style: Style, *, with_id: bool) -> dict[str, Json]:
    """A cell as nbformat's JSON, multi-line texts in the file's form."""
    made: dict[str, Json] = {"cell_type": cell.type}
    if with_id:
        made["id"] = cell.id
    made["metadata"] = dict(cell.metadata)
    made["source"] = _split(cell.source, style)
    if cell.attachments is not None:
        made["attachments"] = _file_attachments(cell.attachments, style)
    if cell.type == "code":
        made["execution_count"] = cell.execution_count
        made["outputs"] = [file_output(output, style) for output in cell.outputs]
    return made


def file_output(output: Output, style: Style) -> dict[str, Json]:
    """An output as nbformat's JSON, multi-line texts in the file's form."""
    made = dict(output)
    text, data = made.get("text"), made.get("data")
    if made.get("output_type") == "stream" and isinstance(text, str):
        made["text"] = _split(text, style)
    if isinstance(data, dict):
        made["data"] = _file_bundle(data, style)
    return made


def _file_attachments(attachments: Mapping[str, Json], style: Style) -> dict[str, Json]:
    return {
        name: _file_bundle(bundle, style) if isinstance(bundle, dict) else bundle
        for name, bundle in attachments.items()
    }


def _file_bundle(bundle: Mapping[str, Json], style: Style) -> dict[str, Json]:
    return {mime: _split(value, style, mime) if isinstance(value, str) else value for mime, value in bundle.items()}


def _split(text: str, style: Style, mime: str = "text/plain") -> Json:
    """Nbformat's form of a text: lines, for the types that it splits. Source: nbformat v4 `rwbase.split_lines`."""
    if not style.as_lines or not (mime.startswith("text/") or mime in _SPLIT_TOO):
        return text
    lines: list[Json] = []
    lines += text.splitlines(keepends=True)
    return lines
