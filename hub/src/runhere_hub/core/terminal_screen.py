r"""Rows of a terminal and its cursor: what `stream_text.py` folds text with once it moves the cursor or erases.

Each character carries the escapes in front of it. How far the cursor goes is limited, as a window limits it: what a
program prints must not make a line of a billion spaces, nor have all that it ever printed looked at again.
The TypeScript twin is `frontend/src/core/terminal-screen.ts`.
"""

import re
from collections.abc import Callable, Sequence

ROWS_IN_REACH = 300
_COLUMNS_IN_REACH = 500

_CONTROLS = re.compile("[\r\b\x1b]")
# Up, down, right, left, a line down, a line up, to a column, to a line, to a place, erase all or what follows,
# erase the line.
_MOVE = re.compile(r"\x1b\[([0-9]{0,4})(?:;([0-9]{0,4})(?=[Hf]))?([A-HJKdf])")
_RESET = "\x1bc"
_ROW_MOVES = {"A": -1, "B": 1, "E": 1, "F": -1}
_ESCAPE = re.compile(
    "\x1b(?:"
    r"(?P<whole>\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^-~])"
    r"|(?P<cut>(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)\Z)"  # its rest may come with the next chunk
    r"|(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*|[ -/]*)"  # malformed
    ")"
)


class Screen:
    """`above` are the finished rows in reach; the cursor stands in an empty row below them.

    `further` gives up to so many rows before those that were given last: they come into reach when rows below are
    erased. A row that is still a string was only appended to: a cursor in it stands at its end.
    """

    def __init__(self, above: Sequence[str], further: Callable[[int], Sequence[str]] = lambda _: ()) -> None:
        self._rows: list[str | _Row] = [*above, ""]
        self._at = len(above)
        self._further = further
        # Whether all that was printed before has been erased, out of reach as well.
        self.is_emptied = False

    def print(self, text: str) -> None:
        """Print text behind the cursor, whatever it moves."""
        *lines, last = text.split("\n")
        for line in lines:
            self._print_line(line, kept=("whole",))
            self._next_line()
        self._print_line(last, kept=("whole", "cut"))

    def text(self) -> str:
        """All rows, and behind the last one where the cursor stands."""
        rows = "\n".join(row if isinstance(row, str) else row.characters() for row in self._rows)
        above = len(self._rows) - 1 - self._at
        if above:
            return f"{rows}\x1b[{above}A{self._row().mark_from_start()}"
        last = self._rows[-1]
        return rows if isinstance(last, str) else rows + last.mark()

    def _print_line(self, line: str, *, kept: tuple[str, ...]) -> None:
        row = self._rows[self._at]
        if isinstance(row, str) and not _CONTROLS.search(line):
            self._rows[self._at] = row + line
        else:
            self._print_characters(line, kept=kept)

    def _print_characters(self, line: str, *, kept: tuple[str, ...]) -> None:
        at = 0
        while at < len(line):
            control = _CONTROLS.search(line, at)
            end = control.start() if control else len(line)
            row = self._row()
            if at < end:
                row.put(line[at:end])
            if control is None:
                return
            escape = _ESCAPE.match(line, end)
            if escape and escape.lastgroup in kept:
                self._obey(escape.group())
            elif control[0] == "\r":
                row.move(0)
            elif control[0] == "\b":
                row.move(row.column - 1)
            at = escape.end() if escape else end + 1

    def _obey(self, sequence: str) -> None:
        move = _MOVE.fullmatch(sequence)
        if sequence == _RESET:
            self._empty(0)
        elif move is None:
            self._row().escape(sequence)
        elif move[3] in ("J", "K"):
            self._erase(sequence, (move[3], int(move[1] or 0)))
        else:
            self._move(move[3], max(1, int(move[1] or 0)), max(1, int(move[2] or 0)))

    def _move(self, kind: str, count: int, column: int) -> None:
        row = self._row()
        if kind in _ROW_MOVES:
            self._go_to(self._at + _ROW_MOVES[kind] * count, row.column if kind in ("A", "B") else 0)
        elif kind in ("C", "D"):
            row.move(row.column + (count if kind == "C" else -count))
        elif kind == "G":
            row.move(count - 1)
        else:
            self._go_to_line(count, row.column if kind == "d" else column - 1)

    def _erase(self, sequence: str, what: tuple[str, int]) -> None:
        row = self._row()
        if what == ("J", 0):
            # Nothing is left of the rows below: in an output that has no window they would be blank lines.
            row.erase_behind()
            del self._rows[self._at + 1 :]
        elif what == ("J", 2):
            self._empty(row.column)
        elif what == ("J", 3):
            pass  # what a window scrolled out of sight: here is none
        elif what == ("K", 0):
            row.erase_behind()
        elif what == ("K", 2):
            row.erase()
        else:
            row.escape(sequence)

    def _next_line(self) -> None:
        if self._at < len(self._rows) - 1:
            self._go_to(self._at + 1, 0)
            return
        row = self._rows[self._at]
        if not isinstance(row, str):
            row.leave()
        self._rows.append("")
        self._at += 1

    def _go_to(self, row: int, column: int) -> None:
        self._row().leave()
        wanted = max(row, self._top())
        above = self._further(-wanted) if wanted < 0 and not self.is_emptied else ()
        self._rows[:0] = above
        self._at = min(len(self._rows) - 1, max(wanted + len(above), 0))
        self._row().move(column)

    def _top(self) -> int:
        """The first row in reach. Below 0: not all in reach were given yet, if there are so many."""
        return len(self._rows) - 1 - ROWS_IN_REACH

    def _go_to_line(self, line: int, column: int) -> None:
        """Lines are counted from the first in reach, as if it was a window's first.

        Those that nothing was printed on yet are there, too.
        """
        self._go_to(self._top(), 0)
        wanted = self._at + min(line - 1, ROWS_IN_REACH)
        self._rows += [""] * (wanted + 1 - len(self._rows))
        self._go_to(wanted, column)

    def _empty(self, column: int) -> None:
        """The cursor's line becomes the first one: an output has no window that blank lines would have to fill."""
        row = self._row()
        row.erase_all()
        row.move(column)
        self._rows = [row]
        self._at = 0
        self.is_emptied = True

    def _row(self) -> "_Row":
        """The row of the cursor, as characters."""
        row = self._rows[self._at]
        if not isinstance(row, str):
            return row
        opened = self._rows[self._at] = _Row()
        self._print_characters(row, kept=("whole", "cut"))
        return opened


class _Row:
    """Characters, each with the escapes in front of it, and a cursor."""

    def __init__(self) -> None:
        self.cells: list[tuple[str, str]] = []  # escapes before it, character
        self.column = 0
        self.pending = ""  # escapes read at the cursor
        self.tail = ""  # escapes behind the last character that were read before

    def put(self, text: str) -> None:
        while len(self.cells) < self.column:
            self.cells.append((self.tail, " "))
            self.tail = ""
        end = self.column + len(text)
        before = self.pending if self.column < len(self.cells) else self.tail + self.pending
        if end >= len(self.cells):
            self.tail = ""
        self.cells[self.column : end] = [(before, text[0]), *(("", character) for character in text[1:])]
        self.pending = ""
        self.column = end

    def move(self, column: int) -> None:
        self.leave()
        self.column = max(0, min(column, max(len(self.cells), _COLUMNS_IN_REACH)))

    def leave(self) -> None:
        """Escapes that were read here stay here."""
        if self.column >= len(self.cells):
            self.tail += self.pending
        elif self.pending:
            self.cells[self.column] = (self.pending, self.cells[self.column][1])
        self.pending = ""

    def escape(self, sequence: str) -> None:
        self.pending += sequence

    def erase_behind(self) -> None:
        if self.column < len(self.cells):
            del self.cells[self.column :]
            self.tail = ""

    def erase(self) -> None:
        if self.column >= len(self.cells):
            self.pending = self.tail + self.pending
        self.cells = [("", " ")] * self.column
        self.tail = ""

    def erase_all(self) -> None:
        if self.column >= len(self.cells):
            self.pending = self.tail + self.pending
        self.cells = []
        self.tail = ""

    def characters(self) -> str:
        return "".join(before + character for before, character in self.cells) + self.tail

    def mark(self) -> str:
        """What brings a cursor back from the end of the characters to where it stands, and what was read there."""
        behind = len(self.cells) - self.column
        if behind == 0:
            return self.pending
        return "\b" * behind + self.pending if behind > 0 and self.column else self.mark_from_start()

    def mark_from_start(self) -> str:
        return "\r" + (f"\x1b[{self.column}C" if self.column else "") + self.pending
