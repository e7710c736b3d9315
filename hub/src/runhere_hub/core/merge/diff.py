"""The smallest practical change from one text to another, so that cursors and other people's edits survive it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_TOKEN = re.compile(r"\w+|\s|.", re.DOTALL)
_FINE_LIMIT = 2_000  # tokens on both sides; above it a replaced block is replaced whole


@dataclass(frozen=True)
class TextEdit:
    """Replace `old[start:end]` by `text`. Offsets count code points of the old text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Hunk:
    """`a[a_start:a_end]` became `b[b_start:b_end]`; indices count items."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int


def hunks(a: Sequence[str], b: Sequence[str]) -> list[Hunk]:
    """What differs between two sequences, in order, separated by at least one equal item."""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[len(a) - 1 - tail] == b[len(b) - 1 - tail]:
        tail += 1
    middle_a, middle_b = a[head : len(a) - tail], b[head : len(b) - tail]
    if not middle_a and not middle_b:
        return []
    codes = SequenceMatcher(None, middle_a, middle_b, autojunk=False).get_opcodes()
    return [Hunk(head + a0, head + a1, head + b0, head + b1) for tag, a0, a1, b0, b1 in codes if tag != "equal"]


def lines(text: str) -> list[str]:
    r"""Lines with their ends; only `\n` ends a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def tokens(text: str) -> list[str]:
    """Words, single spaces and single signs; together they are the text."""
    return _TOKEN.findall(text)


def text_edits(old: str, new: str) -> tuple[TextEdit, ...]:
    """Edits from `old` to `new`: by lines first, then by words within changed lines. In order, not overlapping."""
    old_lines, new_lines = lines(old), lines(new)
    found: list[TextEdit] = []
    starts = offsets(old_lines)
    for hunk in hunks(old_lines, new_lines):
        before = "".join(old_lines[hunk.a_start : hunk.a_end])
        after = "".join(new_lines[hunk.b_start : hunk.b_end])
        found += _fine(before, after, starts[hunk.a_start])
    return tuple(found)


def _fine(before: str, after: str, start: int) -> list[TextEdit]:
    a, b = tokens(before), tokens(after)
    if not a or not b or len(a) + len(b) > _FINE_LIMIT:
        return [TextEdit(start, start + len(before), after)]
    at = offsets(a)
    return [
        TextEdit(start + at[hunk.a_start], start + at[hunk.a_end], "".join(b[hunk.b_start : hunk.b_end]))
        for hunk in hunks(a, b)
    ]


def offsets(parts: Sequence[str]) -> list[int]:
    """Where each part begins in their concatenation, and where the last one ends."""
    found = [0]
    for part in parts:
        found.append(found[-1] + len(part))
    return found
