"""JSON read so that every value knows where it stands in the text: what is not changed can be copied as it is.

Accepts what Python's `json` accepts (`NaN` and infinities, repeated keys: the last one counts) and a byte order mark.
Knows nothing of notebooks but its error, `NotebookInvalid`, which names line and column.

`outline` has C read the inside of everything below the second level, which takes a tenth of the time; such a value's
own children are looked for when somebody asks for them. `scan` reads every value in Python and knows each wrong place.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from json.decoder import JSONDecoder, scanstring  # type: ignore[attr-defined]  # public in CPython and PyPy, absent from the stubs
from typing import Literal, NoReturn

from runhere_hub.core.errors import NotebookInvalid
from runhere_hub.core.notebook import Json

MAX_DEPTH = 200

_SPACE = re.compile("[ \t\r\n]*")
_COMMA = re.compile("[ \t\r\n]*,[ \t\r\n]*")
_COLON = re.compile("[ \t\r\n]*:[ \t\r\n]*")
STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Json] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
_WORD = re.compile("-?[A-Za-z]+")


Kind = Literal["object", "array", "string", "scalar"]


class Node:
    """One value of the text.

    Attributes:
        start: Offset in code points of its first character.
        end: Offset behind its last one.
        value: What it says, as Python's `json` would give it.
    """

    __slots__ = ("_items", "_members", "_unread", "end", "kind", "start", "value")

    def __init__(
        self,
        kind: Kind,
        start: int,
        end: int,
        value: Json,
        *,
        items: "Sequence[Node]" = (),
        members: "Sequence[Member]" = (),
        unread: str | None = None,
    ) -> None:
        """A value; `unread` is the whole text if the places of its children are not known yet."""
        self.kind: Kind = kind
        self.start = start
        self.end = end
        self.value = value
        self._items = items
        self._members = members
        self._unread = unread

    @property
    def items(self) -> "Sequence[Node]":
        """Of an array: its elements."""
        if self._unread is not None:
            self._read()
        return self._items

    @property
    def members(self) -> "Sequence[Member]":
        """Of an object, in order, repeated keys too."""
        if self._unread is not None:
            self._read()
        return self._members

    def member(self, key: str) -> "Node | None":
        """The value under this key (the last one), or None where there is none or this is no object."""
        return next((member.node for member in reversed(self.members) if member.key == key), None)

    def _read(self) -> None:
        if self._unread is not None and self.kind in ("object", "array"):
            whole = _Scanner(self._unread).value(self.start, 0)
            self._items, self._members = whole.items, whole.members
        self._unread = None


@dataclass(slots=True)
class Member:
    """One entry of an object; `start` is the offset of its key's quotation mark."""

    key: str
    start: int
    node: Node


def scan(text: str) -> Node:
    """The whole text as one value.

    Raises:
        NotebookInvalid: It is no JSON; with line and column.
    """
    return _whole(_Scanner(text))


def _whole(scanner: "_Scanner") -> Node:
    text = scanner.text
    at = scanner.space(1 if text.startswith("\ufeff") else 0)
    if at == len(text):
        fail(text, at, "the file is empty")
    node = scanner.value(at, 0)
    at = scanner.space(node.end)
    if at < len(text):
        fail(text, at, "there is more text behind the end of the notebook")
    return node


def outline(text: str) -> Node:
    """The same as `scan`, several times faster for long texts without errors.

    Raises:
        NotebookInvalid: It is no JSON; with line and column.
    """
    try:
        return _whole(_Outliner(text))
    except (NotebookInvalid, ValueError, RecursionError):
        return scan(text)  # finds the place, or reads what C refuses (integers of thousands of digits)


def outline_again(text: str, before_text: str, before: Sequence[Node]) -> Node:
    """The same as `outline` where much stands as it stood in an earlier text: what is written alike is not read again.

    Args:
        before: Objects of the earlier text, in order. A value of theirs that is found again is the very same object.

    Raises:
        NotebookInvalid: As `outline`.
    """
    try:
        return _whole(_Outliner(text, _Known(before_text, before)))
    except (NotebookInvalid, ValueError, RecursionError):
        return scan(text)


def fail(text: str, at: int, reason: str) -> NoReturn:
    """Refuse the text because of what stands at this offset."""
    line, column = line_and_column(text, at)
    raise NotebookInvalid(f"line {line}, column {column}", reason, line, column)


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Both counted from 1; columns are code points."""
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def string_value(raw: str) -> str:
    """What a JSON string says; `raw` has its quotation marks."""
    return str(json.loads(raw)) if "\\" in raw else raw[1:-1]


def number_value(raw: str, *, is_integer: bool) -> Json:
    """What a JSON number says; integers too long for Python's limit are floats."""
    if not is_integer:
        return float(raw)
    try:
        return int(raw)
    except ValueError:
        return float(raw)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text

    def space(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def value(self, at: int, depth: int) -> Node:
        """The value that begins exactly here."""
        first = self.text[at : at + 1]
        if first == '"':
            said, end = self.string(at)
            return Node("string", at, end, said)
        if first in ("{", "["):
            if depth >= MAX_DEPTH:
                fail(self.text, at, f"values are nested more than {MAX_DEPTH} deep")
            return self.object(at, depth) if first == "{" else self.array(at, depth)
        return self.scalar(at)

    def string(self, at: int) -> tuple[str, int]:
        """What the string that begins here says, and where it ends."""
        if self.text[at : at + 1] != '"':
            fail(self.text, at, self.wanted(at, "a string"))
        try:
            found: tuple[str, int] = scanstring(self.text, at + 1, True)
        except ValueError:
            fail(self.text, at, "this string does not end, or holds a line break or an unknown escape")
        return found

    def scalar(self, at: int) -> Node:
        if number := _NUMBER.match(self.text, at):
            is_integer = number.group(1) is None and number.group(2) is None
            return Node("scalar", at, number.end(), number_value(number.group(), is_integer=is_integer))
        word = _WORD.match(self.text, at)
        if word and word.group() in _WORDS:
            return Node("scalar", at, word.end(), _WORDS[word.group()])
        fail(self.text, at, self.wanted(at, "a value"))

    def array(self, at: int, depth: int) -> Node:
        items: list[Node] = []
        start, at = at, self.space(at + 1)
        is_more = self.text[at : at + 1] != "]"
        while is_more:
            items.append(self.value(at, depth + 1))
            at, is_more = self.next(items[-1].end, "]")
        return Node("array", start, at + 1, [item.value for item in items], items=items)

    def object(self, at: int, depth: int) -> Node:
        members: list[Member] = []
        start, at = at, self.space(at + 1)
        is_more = self.text[at : at + 1] != "}"
        while is_more:
            key, end = self.string(at)
            colon = _COLON.match(self.text, end)
            if colon is None:
                end = self.space(end)
                fail(self.text, end, self.wanted(end, "a colon"))
            members.append(Member(key, at, self.value(colon.end(), depth + 1)))
            at, is_more = self.next(members[-1].node.end, "}")
        value = {member.key: member.node.value for member in members}
        return Node("object", start, at + 1, value, members=members)

    def next(self, at: int, closing: str) -> tuple[int, bool]:
        """Behind a value: where the next one begins, or where the container closes."""
        comma = _COMMA.match(self.text, at)
        if comma:
            return comma.end(), True
        at = self.space(at)
        if self.text[at : at + 1] != closing:
            fail(self.text, at, self.wanted(at, f"a comma or {closing}"))
        return at, False

    def wanted(self, at: int, name: str) -> str:
        if at >= len(self.text):
            return f"the file ends here, but {name} should follow"
        return f"{name} should stand here, not {self.text[at]!r}"


_OUTLINED = 2  # levels that are read in Python: a notebook's own keys, and its cells one by one
_KINDS: dict[type, Kind] = {dict: "object", list: "array", str: "string"}
_decode = JSONDecoder().raw_decode


class _Known:
    """Objects of an earlier text, to be known again by how they are written."""

    def __init__(self, text: str, nodes: Sequence[Node]) -> None:
        self._text = text
        self._nodes = [node for node in nodes if node.kind == "object"]
        self._next = 0
        self._misses = 0  # one after the other
        self._places: dict[str, int] | None = None

    def at(self, text: str, at: int) -> Node | None:
        """The one that is expected here, if it stands here; or the one behind it, if the one before was changed."""
        for place in (self._next, self._next + 1):
            if place < len(self._nodes) and text.startswith(self._raw(place), at):
                return self._found(place)
        self._misses += 1
        return None

    def elsewhere(self, raw: str) -> Node | None:
        """The one that is written like this: after a second miss something was put in, moved or taken out."""
        if self._misses < 2:
            return None
        if self._places is None:
            self._places = {self._raw(place): place for place in range(len(self._nodes))}
        place = self._places.get(raw)
        return None if place is None else self._found(place)

    def _found(self, place: int) -> Node:
        self._next, self._misses = place + 1, 0
        return self._nodes[place]

    def _raw(self, place: int) -> str:
        return self._text[self._nodes[place].start : self._nodes[place].end]


class _Outliner(_Scanner):
    """Leaves the inside of values to C. Its errors say nothing of the place."""

    def __init__(self, text: str, known: _Known | None = None) -> None:
        super().__init__(text)
        self.known = known

    def value(self, at: int, depth: int) -> Node:
        if depth < _OUTLINED:
            return super().value(at, depth)
        if self.known is None or self.text[at : at + 1] != "{":
            return self.read(at, depth)
        same = self.known.at(self.text, at)
        if same is not None:
            return Node("object", at, at + same.end - same.start, same.value, unread=self.text)
        node = self.read(at, depth)
        moved = self.known.elsewhere(self.text[at : node.end])
        return node if moved is None else Node("object", at, node.end, moved.value, unread=self.text)

    def read(self, at: int, depth: int) -> Node:
        value: Json
        value, end = _decode(self.text, at)
        levels = MAX_DEPTH - depth
        if self.text.count("[", at, end) + self.text.count("{", at, end) > levels and _is_deeper(value, levels):
            raise ValueError("nested too deep")
        return Node(_KINDS.get(type(value), "scalar"), at, end, value, unread=self.text)


def _is_deeper(value: Json, levels: int) -> bool:
    """Whether containers stand in each other more than this deep."""
    layer: list[Json] = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        if not layer:
            return False
        layer = [
            inner
            for container in layer
            for inner in (container.values() if isinstance(container, dict) else container)  # type: ignore[union-attr]
            if type(inner) is dict or type(inner) is list
        ]
    return bool(layer)
