"""New JSON text from old: what is not changed is copied, what is changed is written in the file's manner."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from runhere_hub.core.ipynb.json_style import Style, dump
from runhere_hub.core.ipynb.json_text import Node
from runhere_hub.core.json_values import same
from runhere_hub.core.notebook import Json

Write = Callable[[Node | None, str | None], str]
"""Gives the text of a member: from its present node, or None for a new one at this indent (None: on one line)."""


@dataclass(frozen=True)
class Piece:
    """One child of a container in the new text; `old` is its index among the old children, None for a new one."""

    old: int | None
    text: str


class Splicer:
    """Writes changed values over one text."""

    def __init__(self, text: str, style: Style) -> None:
        self.text = text
        self.style = style

    def raw(self, node: Node) -> str:
        """The value as it stands."""
        return self.text[node.start : node.end]

    def value(self, node: Node, wanted: Json) -> str:
        """The text of `wanted` in the place of this node; equal parts keep theirs."""
        if same(node.value, wanted):
            return self.raw(node)
        if node.kind == "object" and isinstance(wanted, dict):
            gone = {member.key for member in node.members} - wanted.keys()
            return self.members(node, {key: self.writer(value) for key, value in wanted.items()}, without=gone)
        if node.kind == "array" and isinstance(wanted, list):
            return self.array(node, wanted)
        return dump(wanted, self.style, self.line_indent(node.start))

    def writer(self, wanted: Json) -> Write:
        """How `members` writes this value."""
        return lambda node, indent: dump(wanted, self.style, indent) if node is None else self.value(node, wanted)

    def members(self, node: Node, wanted: Mapping[str, Write], *, without: Collection[str] = ()) -> str:
        """An object with these keys written, those gone, the others kept. New keys stand where they sort, or last."""
        last = {member.key: index for index, member in enumerate(node.members)}
        pieces: list[tuple[str, Piece]] = []
        for index, member in enumerate(node.members):
            if member.key in wanted and last[member.key] == index:
                key_text = self.text[member.start : member.node.start]
                pieces.append((member.key, Piece(index, key_text + wanted[member.key](member.node, None))))
            elif member.key not in wanted and member.key not in without:
                pieces.append((member.key, Piece(index, self.text[member.start : member.node.end])))
        in_order = [key for key, _ in pieces] == sorted(key for key, _ in pieces)
        indent = self.child_indent(node)
        for key in [key for key in wanted if key not in last]:
            text = self.style.string(key) + self.style.colon + wanted[key](None, indent)
            at = sum(other < key for other, _ in pieces) if in_order else len(pieces)
            pieces.insert(at, (key, Piece(None, text)))
        return self.rebuild(node, [piece for _, piece in pieces])

    def array(self, node: Node, wanted: Sequence[Json]) -> str:
        """An array of these values; what stands at both ends unchanged is kept, the rest is written over one by one."""
        items = node.items
        shorter = min(len(items), len(wanted))
        head = 0
        while head < shorter and same(items[head].value, wanted[head]):
            head += 1
        tail = 0
        while tail < shorter - head and same(items[-1 - tail].value, wanted[-1 - tail]):
            tail += 1
        indent = self.child_indent(node)
        pieces = [Piece(index, self.raw(items[index])) for index in range(head)]
        for index in range(head, len(wanted) - tail):
            old = items[index] if index < len(items) - tail else None
            text = dump(wanted[index], self.style, indent) if old is None else self.value(old, wanted[index])
            pieces.append(Piece(None if old is None else index, text))
        pieces += [Piece(index, self.raw(items[index])) for index in range(len(items) - tail, len(items))]
        return self.rebuild(node, pieces)

    def lines(self, node: Node, wanted: str, parts: Sequence[str], *, newline: str = "\n") -> str:
        """An array of lines that says `wanted`, in which unchanged lines keep their text.

        Args:
            parts: What each present element says.
            newline: How new lines end in the file.
        """
        head, at = 0, 0
        while head < len(parts) and wanted.startswith(parts[head], at) and _ends_line(parts[head], at, wanted):
            at += len(parts[head])
            head += 1
        tail, end = len(parts), len(wanted)
        while tail > head and end - len(parts[tail - 1]) >= at and wanted.endswith(parts[tail - 1], at, end):
            start = end - len(parts[tail - 1])
            if start > at and wanted[start - 1] != "\n":
                break
            end, tail = start, tail - 1
        known = {part: self.raw(item) for part, item in zip(parts, node.items, strict=True)}
        pieces = [Piece(index, self.raw(node.items[index])) for index in range(head)]
        for offset, line in enumerate(wanted[at:end].splitlines(keepends=True)):
            old = head + offset if head + offset < tail else None
            pieces.append(Piece(old, known.get(line) or self.style.string(line.replace("\n", newline))))
        pieces += [Piece(index, self.raw(node.items[index])) for index in range(tail, len(parts))]
        return self.rebuild(node, pieces)

    def rebuild(self, node: Node, pieces: Sequence[Piece]) -> str:
        """The container with these children; between children that were neighbours stands what stood there."""
        spans = [(item.start, item.end) for item in node.items] or [
            (member.start, member.node.end) for member in node.members
        ]
        begin, end = self.text[node.start], self.text[node.end - 1]
        if not pieces:
            return begin + end if spans else self.raw(node)
        indent = self.child_indent(node)
        if spans:
            opening, closing = self.text[node.start : spans[0][0]], self.text[spans[-1][1] : node.end]
        else:
            opening, closing = self._around(node, indent)
        between = "," + self.style.newline + indent if indent is not None else self.style.comma
        if len(spans) > 1:
            between = self.text[spans[0][1] : spans[1][0]]
        made = [opening, pieces[0].text]
        for before, piece in pairwise(pieces):
            gap = between
            if before.old is not None and piece.old == before.old + 1:
                gap = self.text[spans[before.old][1] : spans[piece.old][0]]
            made.append(gap)
            made.append(piece.text)
        return "".join([*made, closing])

    def _around(self, node: Node, indent: str | None) -> tuple[str, str]:
        begin, end = self.text[node.start], self.text[node.end - 1]
        if indent is None:
            return begin, end
        return begin + self.style.newline + indent, self.style.newline + (self.line_indent(node.start) or "") + end

    def child_indent(self, node: Node) -> str | None:
        """The indent of this container's children; None where they stand on its line."""
        first = node.items[0].start if node.items else node.members[0].start if node.members else None
        if first is not None:
            before = self.text[node.start + 1 : first]
            return before.rpartition("\n")[2] if "\n" in before else None
        own = self.line_indent(node.start)
        return None if own is None or self.style.unit is None else own + self.style.unit

    def line_indent(self, at: int) -> str | None:
        """The white space at the beginning of this offset's line; None in a file that stands on one line."""
        if self.style.unit is None:
            return None
        line = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        return line[: len(line) - len(line.lstrip(" \t"))]


def _ends_line(part: str, at: int, wanted: str) -> bool:
    return part.endswith("\n") or at + len(part) == len(wanted)
