r"""What a terminal would show of a stream: `\r`, `\b` and "erase line" folded, line by line.

The result is text again, and folding it again changes nothing: a cursor that stands inside the last line is kept as a
trailing `\r` (first column) or as trailing `\b`s. So a stream can be folded chunk by chunk, and the state is the text
itself. A column is one Unicode code point. Escape sequences take no column; they stay in front of the character they
preceded, and go when that is overwritten; malformed ones are dropped.
The TypeScript twin is `frontend/src/core/stream-text.ts`; both read `protocol/examples/outputs/`.
"""

import re

_CONTROLS = re.compile("[\r\b\x1b]")
_ESCAPE = re.compile(
    "\x1b(?:"
    r"(?P<whole>\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^-~])"
    r"|(?P<cut>(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)\Z)"  # its rest may come with the next chunk
    r"|(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*|[ -/]*)"  # malformed
    ")"
)


# An escape sequence that the end of the text cut off; its rest may come with the next chunk.
_CUT = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)")
_ERASE_LINE = "\x1b[2K"


def fold(shown: str, chunk: str) -> str:
    """The text shown after `chunk` was printed behind `shown`, which is itself a result of this function (or empty).

    While the cursor stands at the end of the last line, only what is new is looked at: a line of megabytes that comes
    in a thousand chunks costs a thousand copies, not a thousand foldings.
    """
    start = shown.rfind("\n") + 1
    at = _settled(shown, start)
    first, *others = (shown[at:] + chunk).split("\n")
    if at > start and ("\r" in first or "\b" in first or _ERASE_LINE in first):
        first, at = shown[start:at] + first, start  # the cursor goes back into what was settled
    lines = [first, *others]
    return shown[:at] + "\n".join([*(_whole(line) for line in lines[:-1]), _unfinished(lines[-1])])


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


def _unfinished(line: str) -> str:
    return _fold_line(line, kept=("whole", "cut")).text() if _CONTROLS.search(line) else line


def _whole(line: str) -> str:
    """A finished line: where the cursor stood does not matter any more."""
    return _fold_line(line, kept=("whole",)).finished() if _CONTROLS.search(line) else line


class _Line:
    """One line of a terminal: characters, each with the escapes in front of it, and a cursor."""

    def __init__(self) -> None:
        self.cells: list[tuple[str, str]] = []  # escapes before it, character
        self.column = 0
        self.pending = ""  # escapes read at the cursor
        self.tail = ""  # escapes behind the last character; only while the cursor stands before it

    def put(self, character: str) -> None:
        cell = (self.pending, character)
        if self.column == len(self.cells):
            self.cells.append(cell)
        else:
            self.cells[self.column] = cell
        self.pending = ""
        self.column += 1
        if self.column == len(self.cells):
            self.tail = ""

    def move(self, column: int) -> None:
        if self.column == len(self.cells):
            if column < self.column:
                self.tail, self.pending = self.pending, ""
        elif self.pending:
            self.cells[self.column] = (self.pending, self.cells[self.column][1])
            self.pending = ""
        self.column = column

    def escape(self, sequence: str) -> None:
        if sequence in ("\x1b[K", "\x1b[0K"):
            del self.cells[self.column :]
            self.tail = ""
        elif sequence == "\x1b[2K":
            self.cells = [("", " ")] * self.column
            self.tail = ""
        else:
            self.pending += sequence

    def finished(self) -> str:
        if self.column < len(self.cells):
            self.move(len(self.cells))
        return self._characters() + self.tail + self.pending

    def text(self) -> str:
        behind = len(self.cells) - self.column
        back = ("\b" * behind if self.column else "\r") if behind else ""
        return self._characters() + self.tail + back + self.pending

    def _characters(self) -> str:
        return "".join(before + character for before, character in self.cells)


def _fold_line(line: str, *, kept: tuple[str, ...]) -> _Line:
    folded = _Line()
    at = 0
    while at < len(line):
        character = line[at]
        escape = _ESCAPE.match(line, at) if character == "\x1b" else None
        if escape:
            if escape.lastgroup in kept:
                folded.escape(escape.group())
            at = escape.end()
            continue
        if character == "\r":
            folded.move(0)
        elif character == "\b":
            folded.move(max(0, folded.column - 1))
        else:
            folded.put(character)
        at += 1
    return folded
