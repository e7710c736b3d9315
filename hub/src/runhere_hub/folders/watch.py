"""Changes in a bound folder, made by other programs or by ourselves.

Local disks tell us; network drives, which do not hear of other machines' changes, are polled. A hint only: whoever gets
one reads the file and compares it with what it knows.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

from watchfiles import Change, awatch

from runhere_hub.core.errors import FileMissing

IGNORED_FOLDERS = frozenset(
    {".git", "node_modules", ".venv", "venv", "__pycache__", ".ipynb_checkpoints", ".hg", ".svn"}
)
NOTEBOOK_SUFFIX = ".ipynb"

_NETWORK = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "afs",
    "ceph",
    "glusterfs",
    "lustre",
    "vboxsf",
    "prl_fs",
    "drvfs",
    "davfs",
    "fuse.",
)
_POLL_MS = 1_000
_GATHER_MS = 100


async def watch(folder: Path, *, polled: bool | None = None) -> AsyncIterator[frozenset[Path]]:
    """Notebook files below `folder` that appeared, changed or went, in batches, until the iteration is closed.

    Args:
        polled: Whether to look regularly instead of being told; None: on network drives.

    Raises:
        FileMissing: There is no such folder.
        OSError: It cannot be watched (any more); ask again later.
    """
    root = Path(await asyncio.to_thread(os.path.realpath, folder))
    polling = await asyncio.to_thread(on_network, root) if polled is None else polled

    def is_wanted(_: Change, path: str) -> bool:
        return is_notebook(root, Path(path))

    try:
        async for changes in awatch(
            root,
            watch_filter=is_wanted,
            debounce=_GATHER_MS,
            step=_GATHER_MS // 2,
            force_polling=polling or None,
            poll_delay_ms=_POLL_MS,
            recursive=True,
        ):
            yield frozenset(Path(path) for _, path in changes)
    except FileNotFoundError as error:
        raise FileMissing(f"The folder “{folder}” is not there.", path=str(folder)) from error
    except RuntimeError as error:  # what watchfiles raises when a watched folder goes away
        raise OSError(f"{folder} can no longer be watched: {error}") from error


def is_notebook(root: Path, path: Path) -> bool:
    """Whether this is a notebook file of the folder, not one of a checkpoint, a repository or an environment."""
    if path.suffix != NOTEBOOK_SUFFIX or not path.is_relative_to(root):
        return False
    return IGNORED_FOLDERS.isdisjoint(path.relative_to(root).parts[:-1])


def on_network(folder: Path) -> bool:
    """Whether the folder lies on a drive that other machines change; known on Linux only.

    Elsewhere the variable `WATCHFILES_FORCE_POLLING=1` makes every folder polled.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return network_type(mounts, folder) is not None


def network_type(mounts: str, folder: Path) -> str | None:
    """Type of the network drive on which a folder lies, by the text of `/proc/mounts`; None: a local disk."""
    best, found = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = PurePosixPath(fields[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), fields[2]
    return found if found.startswith(_NETWORK) else None
