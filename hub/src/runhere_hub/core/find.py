"""Where a text occurs in a notebook: the rule of search, without files."""

import re
from collections.abc import Iterator

from runhere_hub.core.drive import Match

_NEVER_ESCAPED = re.compile(r"[a-z0-9_ .,:;()\[\]{}*+-]*")
_AROUND = 60
_MOST_IN_ONE_NOTEBOOK = 20


def may_contain(raw: bytes, needle: str) -> bool:
    """False when a notebook's file surely holds no source with this text; cheap, so that most files are never parsed.

    Only for text that JSON writers never escape (some write < as a number); for other text every file may contain it.
    """
    folded = needle.casefold()
    return _NEVER_ESCAPED.fullmatch(folded) is None or folded.encode() in raw.lower()


def in_sources(content: object, needle: str) -> tuple[Match, ...]:
    """Matches in the cells of a parsed notebook file, in order, at most twenty; damaged parts are passed over."""
    folded = needle.casefold()
    found = []
    for cell_id, source in _sources(content):
        for line in source.splitlines():
            at = line.casefold().find(folded)
            if at >= 0:
                found.append(Match(cell_id=cell_id, kind="source", snippet=snippet(line, at, len(needle))))
                break
        if len(found) == _MOST_IN_ONE_NOTEBOOK:
            break
    return tuple(found)


def in_name(name: str, needle: str) -> Match | None:
    """A match in the file's name."""
    return Match(cell_id=None, kind="name", snippet=name) if needle.casefold() in name.casefold() else None


def snippet(line: str, at: int, length: int) -> str:
    """A piece of a line around a match, with … where something was left out."""
    start, end = max(0, at - _AROUND), min(len(line), at + length + _AROUND)
    return ("…" if start else "") + line[start:end].strip() + ("…" if end < len(line) else "")


def _sources(content: object) -> Iterator[tuple[str | None, str]]:
    cells = content.get("cells") if isinstance(content, dict) else None
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict):
            continue
        cell_id = cell.get("id")
        yield (cell_id if isinstance(cell_id, str) else None), _joined(cell.get("source"))


def _joined(source: object) -> str:
    if isinstance(source, str):
        return source
    return "".join(part for part in source if isinstance(part, str)) if isinstance(source, list) else ""
