"""Where a file went that is not in its place any more."""

import os
from pathlib import Path

from runhere_hub.core.errors import RunhereError
from runhere_hub.folders.watch import IGNORED_FOLDERS, NOTEBOOK_SUFFIX
from runhere_hub.folders.write import read_text


def has_sha256(path: Path, sha256: str) -> bool:
    """Whether there is a readable file whose bytes have this hash."""
    try:
        return read_text(path).sha256 == sha256
    except RunhereError:
        return False


def find_renamed(folder: Path, *, sha256: str, size_bytes: int, since_ns: int) -> Path | None:
    """The notebook file below `folder` that got its name since then and has these bytes, or None.

    For what a watcher misses: a file moved into a folder that was made just before. Older files with the same bytes are
    copies, not the file. Blocks.
    """
    for directory, inner, names in os.walk(folder):
        inner[:] = sorted(set(inner) - IGNORED_FOLDERS)
        for name in sorted(names):
            path = Path(directory, name)
            if path.suffix == NOTEBOOK_SUFFIX and _is_fresh(path, size_bytes, since_ns) and has_sha256(path, sha256):
                return path
    return None


def _is_fresh(path: Path, size_bytes: int, since_ns: int) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    # A rename changes the time of the entry (ctime), not that of the content.
    return status.st_size == size_bytes and status.st_ctime_ns >= since_ns
