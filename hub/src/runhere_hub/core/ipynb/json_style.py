"""How one JSON file is written: indent, separators, escapes, order of keys. New values follow the file's own manner."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from runhere_hub.core.ipynb.json_text import Node, string_value
from runhere_hub.core.notebook import Json

_ESCAPED = re.compile(r'\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])')
_PLAIN = frozenset({str, int, float, bool, type(None)})
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True)
class Style:
    r"""The manner of one file; the defaults are nbformat's own.

    Attributes:
        unit: What one level is indented by; None: everything stands on one line.
        newline: Line end of the JSON text itself.
        comma: What stands between values on one line.
        colon: What stands between key and value.
        sorted_keys: Whether all objects have their keys in order.
        ascii_only: Whether everything beyond ASCII is escaped.
        upper_hex: Whether escapes are spelled `\u00E9`, not `\u00e9`.
        escapes: Further characters that this file escapes wherever they occur, and how.
        as_lines: Whether sources are lists of lines.
    """

    unit: str | None = " "
    newline: str = "\n"
    comma: str = ", "
    colon: str = ": "
    sorted_keys: bool = True
    ascii_only: bool = False
    upper_hex: bool = False
    escapes: Mapping[str, str] = field(default_factory=dict)
    as_lines: bool = True

    def string(self, text: str) -> str:
        """The text as a JSON string. Lone surrogates are always escaped: UTF-8 cannot hold them."""
        return '"' + self._special.sub(lambda found: self._escape(found.group()), text) + '"'

    @cached_property
    def _special(self) -> re.Pattern[str]:
        beyond = "\x80-\U0010ffff" if self.ascii_only else "\ud800-\udfff"
        return re.compile('["\\\\\x00-\x1f' + beyond + "".join(map(re.escape, self.escapes)) + "]")

    def _escape(self, character: str) -> str:
        known = self.escapes.get(character) or _SHORT.get(character)
        if known:
            return known
        units = character.encode("utf-16-be", "surrogatepass").hex()
        units = units.upper() if self.upper_hex else units
        return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def style_of(text: str, root: Node) -> Style:
    """The manner in which this text is written.

    Args:
        root: The text's whole value, a notebook.
    """
    spelled = set(_ESCAPED.findall(text)) if "\\" in text else set()
    has_raw = not text.isascii()
    ascii_only = not has_raw and any(_is_beyond_ascii(escape) for escape in spelled)
    inside = text[root.start + 1 : root.members[0].start] if root.members else ""
    return Style(
        unit=inside.rpartition("\n")[2] if "\n" in inside else None,
        newline="\r\n" if "\r\n" in inside else "\n",
        comma=_gap(text, root),
        colon=_colon(text, root),
        sorted_keys=_is_sorted(root.value),
        ascii_only=ascii_only,
        upper_hex=any(re.search(r"u.*[A-F]", escape) for escape in spelled),
        escapes=_further(text, spelled, ascii_only=ascii_only),
        as_lines=_as_lines(root),
    )


def _is_beyond_ascii(escape: str) -> bool:
    return escape[1] == "u" and int(escape[2:], 16) >= 0x80


def _further(text: str, spelled: set[str], *, ascii_only: bool) -> dict[str, str]:
    """Characters that need no escape, or have an unusual one here, and are escaped wherever the text has them."""
    found: dict[str, str] = {}
    for escape in sorted(spelled):
        code = int(escape[2:], 16) if escape[1] == "u" else 0
        if 0xD800 <= code < 0xE000 or (ascii_only and code >= 0x80):
            continue
        character = string_value(f'"{escape}"')
        usual = _SHORT.get(character)
        if escape == usual or (character < " " and (usual is None or usual in spelled)):
            continue
        raw = re.search(r"(?<!\\)/", text) if character == "/" else character in text
        if character < " " or not raw:
            found[character] = escape
    return {character: escape for character, escape in found.items() if character not in '"\\'}


def _gap(text: str, root: Node) -> str:
    if len(root.members) < 2:
        return ", "
    between = text[root.members[0].node.end : root.members[1].start]
    return ", " if "\n" in between else between


def _colon(text: str, root: Node) -> str:
    if not root.members:
        return ": "
    before_value = text[root.members[0].start : root.members[0].node.start]
    return before_value[before_value.rindex('"') + 1 :]


def _is_sorted(value: Json) -> bool:
    """Whether every object in it has its keys in order."""
    waiting: list[Json] = [value]
    while waiting:
        container = waiting.pop()
        inner: Iterable[Json] = ()
        if isinstance(container, dict):
            keys = list(container)
            if keys != sorted(keys):
                return False
            inner = container.values()
        elif isinstance(container, list):
            inner = container
        if not _PLAIN.issuperset(map(type, inner)):
            waiting += [one for one in inner if type(one) is dict or type(one) is list]
    return True


def _as_lines(root: Node) -> bool:
    cells = root.member("cells")
    for cell in cells.items if cells else []:
        source = cell.value.get("source") if isinstance(cell.value, dict) else None
        if source:
            return isinstance(source, list)
    return True


def dump(value: Json, style: Style, indent: str | None) -> str:
    """A value as text.

    Args:
        indent: That of the line on which the value begins; None: on one line.
    """
    match value:
        case dict():
            keys = sorted(value) if style.sorted_keys else list(value)
            parts = [style.string(key) + style.colon + dump(value[key], style, _deeper(style, indent)) for key in keys]
            return _wrap("{", parts, "}", style, indent)
        case list():
            return _wrap("[", [dump(item, style, _deeper(style, indent)) for item in value], "]", style, indent)
        case str():
            return style.string(value)
        case _:
            return _scalar(value)


def _deeper(style: Style, indent: str | None) -> str | None:
    return None if indent is None or style.unit is None else indent + style.unit


def _wrap(begin: str, parts: list[str], end: str, style: Style, indent: str | None) -> str:
    if not parts:
        return begin + end
    inner = _deeper(style, indent)
    if inner is None:
        return begin + style.comma.join(parts) + end
    return begin + style.newline + inner + f",{style.newline}{inner}".join(parts) + style.newline + (indent or "") + end


def _scalar(value: float | bool | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)
