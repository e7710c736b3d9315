"""Memory of a process and everything that it started, from /proc; where the system has none, nobody knows."""

import os
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")


def used_bytes(root: int) -> int | None:
    """Resident memory of the process and all below it; None: not known. Shared pages count for each."""
    if not (_PROC / "self" / "statm").exists():
        return None
    parents = {pid: parent for pid in _pids() if (parent := _parent(pid)) is not None}
    return sum(_resident(pid) for pid in below(root, parents))


def below(root: int, parents: dict[int, int]) -> set[int]:
    """The process and all below it, by each one's parent."""
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _pids() -> Iterable[int]:
    return (int(name) for name in os.listdir(_PROC) if name.isdigit())


def _parent(pid: int) -> int | None:
    try:
        # The name, in parentheses, may hold anything.
        return int((_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def _resident(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
