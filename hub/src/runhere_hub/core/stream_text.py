r"""What a terminal would show of a stream: `\r`, `\b`, cursor moves and erasing folded (SPEC 4.3).

The result is text again, and folding it again changes nothing: a cursor that does not stand at the end is kept behind
the last line, as a trailing `\r` (first column), as trailing `\b`s, or as the moves that lead there. So a stream can be
folded chunk by chunk, and the state is the text itself. A column is one Unicode code point. Escape sequences take no
column; they stay in front of the character they preceded, and go when that is overwritten; malformed ones are dropped.
The TypeScript twin is `frontend/src/core/stream-text.ts`; both read `protocol/examples/outputs/`.
"""

import re

from runhere_hub.core.terminal_screen import ROWS_IN_REACH, Screen

_CONTROLS = re.compile("[\r\b\x1b]")
_ROW_MOVES = re.compile(r"\x1b(?:\[[0-9]{0,4}(?:;[0-9]{0,4})?[ABEFHJdf]|c)")
# What makes the cursor go back into what stands before it, in its line.
_BACK = re.compile(r"[\r\b]|\x1b\[(?:[0-9]{0,4}[CDG]|2K)")
# An escape sequence that the end of the text cut off; its rest may come with the next chunk.
_CUT = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)")


def fold(shown: str, chunk: str) -> str:
    """The text shown after `chunk` was printed behind `shown`, which is itself a result of this function (or empty).

    While the cursor stands at the end of the last line, only what is new is looked at: a line of megabytes that comes
    in a thousand chunks costs a thousand copies, not a thousand foldings.
    """
    start = shown.rfind("\n") + 1
    at = _settled(shown, start)
    new = shown[at:] + chunk
    if _ROW_MOVES.search(new):
        return _printed_above(shown, start, shown[start:at] + new)
    if at > start and _BACK.search(new.partition("\n")[0]):
        new, at = shown[start:at] + new, start
    return shown[:at] + _printed(new)


def _printed(text: str) -> str:
    if not _CONTROLS.search(text):
        return text
    screen = Screen([])
    screen.print(text)
    return screen.text()


def _printed_above(shown: str, start: int, text: str) -> str:
    """`text`: the last line of `shown`, which begins at `start`, and what was printed behind it and leaves the line."""
    above = start

    def further(count: int) -> list[str]:
        nonlocal above
        end, above = above, _rows_before(shown, above, count)
        return shown[above:end].split("\n")[:-1]

    screen = Screen(further(ROWS_IN_REACH), further)
    screen.print(text)
    return ("" if screen.is_emptied else shown[:above]) + screen.text()


def _rows_before(shown: str, start: int, count: int) -> int:
    """Where the `count` rows before the line at `start` begin."""
    for _ in range(count):
        if start == 0:
            break
        start = shown.rfind("\n", 0, start - 1) + 1
    return start


def _settled(shown: str, start: int) -> int:
    """How far the last line, which begins at `start`, can only be appended to: to its end, or to a cut escape in it.

    To `start` where the cursor stands inside the line.
    """
    if max(shown.rfind("\r", start), shown.rfind("\b", start)) >= 0:
        return start
    escape = shown.rfind("\x1b", start)
    if escape == len(shown) - 1:  # alone, or the first half of what ends an OSC sequence
        before = shown.rfind("\x1b", start, max(escape, start))
        if before >= 0 and _CUT.fullmatch(shown, before):
            return before
    return escape if escape >= 0 and _CUT.fullmatch(shown, escape) else len(shown)
