"""Files that were read to be opened and found to be notebooks: one that did not change since is not read again.

Opening reads and checks a whole file; the second person of a notebook of 1,000 cells waited 40 ms for it. What is stale
here does no harm: the room reads the file itself, whenever it changes.
"""

import os
from collections import OrderedDict
from typing import TypeAlias

from runhere_hub.core.ipynb import ParsedFile

_MOST = 1_000
_LONGEST_KEPT = 16 * 1024 * 1024  # characters

_Stamp: TypeAlias = tuple[int, ...]


def _stamp(found: os.stat_result) -> _Stamp:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class AcceptedFiles:
    """The last ones, in memory. Used by many threads: each of its steps is one operation of a dictionary."""

    def __init__(self) -> None:
        self._wishes: OrderedDict[_Stamp, bool] = OrderedDict()
        self._last: tuple[str, ParsedFile] | None = None

    def known(self, state: os.stat_result) -> bool | None:
        """Whether the file in this state wishes outputs to stay home; None when it must be read."""
        return self._wishes.get(_stamp(state))

    def remember(self, state: os.stat_result, *, wishes_private_outputs: bool) -> None:
        """The file that was in this state before it was read is a notebook."""
        self._wishes[_stamp(state)] = wishes_private_outputs
        while len(self._wishes) > _MOST:
            self._wishes.popitem(last=False)

    def keep(self, sha256: str, parsed: ParsedFile) -> None:
        """What the file with these bytes says: its room, which opens next, need not read that again. One is kept."""
        self._last = (sha256, parsed) if len(parsed.nodes.text) <= _LONGEST_KEPT else None

    def take(self, sha256: str) -> ParsedFile | None:
        """What was kept, if it is of these bytes; it is handed out once."""
        last, self._last = self._last, None
        return last[1] if last is not None and last[0] == sha256 else None
