"""Locks on files of the data folder. The system lets go when the process ends, however it ends."""

import os
from pathlib import Path


class FileLock:
    """One lock of this process on a file, which is made if it is not there.

    Raises:
        OSError: The file cannot be made or opened.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = open(path, "ab")  # noqa: SIM115  # held until `close`, not for a block

    def take(self, *, is_shared: bool = False) -> bool:
        """Take it, alone or with others who share it; False: somebody else has it in a way that excludes this."""
        try:
            if os.name == "posix":
                import fcntl  # not there on Windows

                fcntl.flock(self._file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            elif not is_shared:  # locks of files are never shared there
                import msvcrt  # only there on Windows

                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # typed on Windows only
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go. May be called again."""
        self._file.close()
