"""Files and folders that only this user can read. Nothing here follows a link that somebody else may have put there."""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

WANT_OF_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says of a disk or a quota that is full."""


def private_folder(path: Path) -> Path:
    """The folder, made if needed, readable by this user only."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix":
        path.chmod(0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically by one of mode 0600 that was never readable by others, nor a link."""
    private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(draft, flags, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def read_private(path: Path) -> Mapping[str, object]:
    """The JSON object in one of our private files; empty when it is missing, broken or not ours.

    A file that another user could have written is not believed.
    """
    try:
        info = path.lstat()
        if not stat.S_ISREG(info.st_mode):
            return {}
        if os.name == "posix" and (info.st_uid != os.getuid() or info.st_mode & 0o077):
            return {}
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
