"""One file read whole, and written whole: after any crash there is the old text or the new one, never half of either.

Every function blocks. The system's errors become ours at this border.
"""

import errno
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from runhere_hub.core.errors import (
    DiskFull,
    FileChangedOutside,
    FileMissing,
    FileUnreadable,
    FolderReadOnly,
    RunhereError,
    Unavailable,
)

LARGEST_BYTES = 256 * 1024 * 1024
_TEMPORARY = ".runhere-"  # hidden, and short: a notebook's own name may be as long as the system allows
_STALE_S = 3600.0
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR}


@dataclass(frozen=True)
class FileText:
    """A file as it was read.

    Attributes:
        text: Decoded, line ends and byte order mark as they are.
        sha256: Of the bytes, in hex.
    """

    text: str
    sha256: str
    mtime_ns: int


@dataclass(frozen=True)
class Written:
    """A file as it was written."""

    sha256: str
    mtime_ns: int


def read_text(path: Path) -> FileText:
    """Read a file, following symbolic links.

    Raises:
        FileMissing: There is none.
        FileUnreadable: It may not be read, is no regular file, no UTF-8, or larger than `LARGEST_BYTES`.
    """
    with _our_read_errors(path):
        # Without O_NONBLOCK, opening a pipe would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileUnreadable(f"“{path.name}” is not a regular file.", path=str(path), why="no_file")
            if status.st_size > LARGEST_BYTES:
                mib = LARGEST_BYTES >> 20
                raise FileUnreadable(
                    f"“{path.name}” is larger than {mib} MiB.", path=str(path), why="too_large", mib=mib
                )
            data = file.read()
    try:
        return FileText(data.decode(), hashlib.sha256(data).hexdigest(), status.st_mtime_ns)
    except UnicodeDecodeError as error:
        message = f"“{path.name}” is not UTF-8 text: byte {error.start} is not."
        raise FileUnreadable(message, path=str(path), why="no_text", byte=error.start) from error


def write_atomically(path: Path, text: str, *, expected_sha256: str | None) -> Written:
    """Replace a file's text if it still is what the caller last saw; symbolic links are followed, the mode is kept.

    The text is on the disk when this returns. Other hard links to the file keep the old text.

    Args:
        expected_sha256: Of the bytes that the file must have now; None: there must be no file yet.

    Raises:
        FileChangedOutside: It has others, or is there although it must not be.
        FileMissing: Its folder is gone, or the file is although it must be there.
        FolderReadOnly: The folder or the file may not be written.
        DiskFull: No space, quota or size limit.
        Unavailable: The disk failed otherwise.
            In all these cases the old file is as it was.
    """
    data = text.encode()
    target = Path(os.path.realpath(path))
    with _our_write_errors(path):
        before = _status(target)
        _check_may_write(path, before)
        _remove_stale(target.parent)
        temporary = target.parent / f"{_TEMPORARY}{secrets.token_hex(8)}.tmp"
        try:
            written = _write_whole(temporary, data, before)
            _check_unchanged(path, target, expected_sha256)
            if expected_sha256 is None:
                _appear(temporary, target, path)
            else:
                os.replace(temporary, target)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        _sync_folder(target.parent)
        return written


def _status(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _check_may_write(path: Path, before: os.stat_result | None) -> None:
    """A rename replaces write-protected files too: whoever protected this one meant it."""
    if before is None:
        return
    if not stat.S_ISREG(before.st_mode):
        raise FolderReadOnly(f"“{path.name}” is not a regular file.", path=str(path))
    if not before.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise FolderReadOnly(f"“{path.name}” is write-protected.", path=str(path))


def _write_whole(temporary: Path, data: bytes, before: os.stat_result | None) -> Written:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666 if before is None else 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if before is not None:
            _keep_owner(temporary, before)
        os.fsync(descriptor)
        return Written(hashlib.sha256(data).hexdigest(), os.fstat(descriptor).st_mtime_ns)


def _keep_owner(temporary: Path, before: os.stat_result) -> None:
    if hasattr(os, "chown"):
        with suppress(PermissionError):  # only the superuser can give files away; the group often can be kept
            os.chown(temporary, before.st_uid, before.st_gid)
    temporary.chmod(stat.S_IMODE(before.st_mode))


def _check_unchanged(path: Path, target: Path, expected_sha256: str | None) -> None:
    """As late as can be: what changes between this and the rename is the race that remains."""
    try:
        found = hashlib.sha256(target.read_bytes()).hexdigest()
    except FileNotFoundError:
        found = None
    if found == expected_sha256:
        return
    if found is None:
        raise FileMissing(f"“{path.name}” is not there any more.", path=str(path))
    raise FileChangedOutside(f"“{path.name}” was changed by another program.", sha256=found)


def _appear(temporary: Path, target: Path, path: Path) -> None:
    """Give the new file its name, never over another one where the file system can promise it."""
    try:
        os.link(temporary, target)
    except FileExistsError as error:
        raise FileChangedOutside(f"“{path.name}” was made by another program.", sha256=None) from error
    except OSError:  # no hard links here; the check just before must do
        os.replace(temporary, target)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; Windows has no such call and needs none."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems know no such thing
            raise
    finally:
        os.close(descriptor)


def _remove_stale(folder: Path) -> None:
    """Remove what killed processes left behind; a write takes seconds, not an hour."""
    oldest = time.time() - _STALE_S
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_TEMPORARY) and entry.name.endswith(".tmp"):
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < oldest:
                        os.unlink(entry.path)


@contextmanager
def _our_read_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except RunhereError:
        raise
    except OSError as error:
        if error.errno in _NOT_THERE:
            raise FileMissing(f"“{path.name}” is not there.", path=str(path)) from error
        why = {"why": "not_allowed"} if error.errno in _NOT_ALLOWED else {}
        raise FileUnreadable(f"“{path.name}” cannot be read: {error.strerror}.", path=str(path), **why) from error


@contextmanager
def _our_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = path.parent
        if error.errno in _NO_ROOM:
            message = f"There is no space for “{path.name}” in “{folder.name}”. The file is as it was."
            raise DiskFull(message, path=str(path)) from error
        if error.errno in _NOT_ALLOWED:
            raise FolderReadOnly(
                f"The folder “{folder.name}” may not be written: {error.strerror}.", path=str(path)
            ) from error
        if error.errno in _NOT_THERE:
            raise FileMissing(f"The folder “{folder.name}” is not there any more.", path=str(path)) from error
        raise Unavailable(f"“{path.name}” cannot be written: {error.strerror}.", path=str(path)) from error
