"""Files and directories inside a bound folder: found, listed, made, moved.

Never outside the folder, never over something that is there. Every function blocks. `core.paths` has checked the
spelling of a path before it comes here; this module checks what the disk makes of it (symbolic links), and turns the
system's errors into ours.
"""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runhere_hub.core import paths
from runhere_hub.core.drive import Entry, EntryKind
from runhere_hub.core.errors import (
    Conflict,
    DiskFull,
    FileMissing,
    FileUnreadable,
    FolderReadOnly,
    NotFound,
    Unavailable,
)

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK, errno.EACCES)
_MOST_COPIES = 10_000
NUMBERED = "{stem} ({n}){suffix}"


@contextmanager
def our_errors(what: str) -> Iterator[None]:
    """Turn the system's errors inside the block into ours; `what` names the file or folder for people."""
    try:
        yield
    except FileExistsError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileMissing(f"“{what}” is not there any more.", name=what) from error
    except PermissionError as error:
        raise FolderReadOnly(f"The hub may not change “{what}”: {error.strerror}.", name=what) from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFull(f"The disk that holds “{what}” is full. Nothing was changed.", name=what) from error
        if error.errno == errno.EROFS:
            raise FolderReadOnly(f"“{what}” is on a read-only disk.", name=what) from error
        raise Unavailable(f"“{what}” cannot be used: {error.strerror or error}.", name=what) from error


def locate(root: str, parts: tuple[str, ...]) -> Path:
    """Path of something in a bound folder, whether it exists or not.

    Raises:
        NotFound: A symbolic link leads out of the folder.
    """
    path = Path(root, *parts)
    real_root = os.path.realpath(root)
    real = os.path.realpath(path)
    if real != real_root and not real.startswith(os.path.join(real_root, "")):
        raise NotFound("There is no such file in this folder.")
    return path


def existing_file(root: str, parts: tuple[str, ...]) -> Path:
    """As `locate`, for a regular file that must be there.

    Raises:
        NotFound: There is none.
    """
    path = locate(root, parts)
    if not os.path.isfile(path):  # unlike pathlib's, it says no where the system refuses to look
        raise NotFound("There is no such file in this folder.")
    return path


def existing_folder(root: str, parts: tuple[str, ...]) -> Path:
    """As `locate`, for a directory that must be there.

    Raises:
        FileMissing: The bound folder itself is gone.
        NotFound: The directory inside it is.
    """
    path = locate(root, parts)
    if os.path.isdir(path):
        return path
    if not os.path.isdir(root):
        raise FileMissing(f"The folder {root} is not there any more. Is its disk connected?")
    raise NotFound("There is no such folder.")


def entries(root: str, parts: tuple[str, ...]) -> tuple[Entry, ...]:
    """What is in a directory, one level: folders first, then by name without regard to case.

    Raises:
        NotFound, FileMissing, FileUnreadable: There is no such directory, or it may not be read.
    """
    directory = existing_folder(root, parts)
    try:
        with os.scandir(directory) as found:
            listed = [_entry(root, parts, item) for item in found if paths.is_shown(item.name)]
    except OSError as error:
        raise FileUnreadable(f"The folder {directory} cannot be read: {error.strerror}.") from error
    return tuple(sorted((e for e in listed if e), key=lambda e: (e.kind != "folder", e.name.casefold(), e.name)))


def _entry(root: str, parts: tuple[str, ...], item: os.DirEntry[str]) -> Entry | None:
    """None for what is no file or folder, is gone by now, or is a link that leads out."""
    try:
        if item.is_symlink():
            locate(root, (*parts, item.name))
        found = item.stat()
    except (OSError, NotFound):
        return None
    return entry_of((*parts, item.name), found)


def entry_of(parts: tuple[str, ...], found: os.stat_result) -> Entry | None:
    """The entry of something with this status; None when it is neither file nor folder."""
    name = parts[-1]
    modified_at = found.st_mtime_ns // 1_000_000
    path = "/".join(parts)
    if stat.S_ISDIR(found.st_mode):
        return Entry(name=name, path=path, kind="folder", size_bytes=0, modified_at=modified_at)
    if not stat.S_ISREG(found.st_mode):
        return None
    kind: EntryKind = "notebook" if paths.is_notebook(name) else "file"
    return Entry(name=name, path=path, kind=kind, size_bytes=found.st_size, modified_at=modified_at)


def make_folder(root: str, parts: tuple[str, ...]) -> None:
    """Make one directory in an existing one.

    Raises:
        Conflict: There is something of this name.
    """
    existing_folder(root, parts[:-1])
    path = locate(root, parts)
    with our_errors(path.name):
        try:
            path.mkdir()
        except FileExistsError as error:
            raise Conflict(f"There is already something called “{path.name}” here.", name=path.name) from error


def create(directory: Path, name: str, data: bytes, *, pattern: str = NUMBERED) -> Path:
    """Write a new file under the first free name; where it lies. Whole or not at all, and on disk when this returns."""
    with our_errors(name):
        temporary = _temporary(directory)
        try:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            return move_to_free_name(temporary, directory, name, pattern=pattern)
        finally:
            temporary.unlink(missing_ok=True)


def move_to_free_name(source: Path, directory: Path, name: str, *, pattern: str = NUMBERED) -> Path:
    """Move a file into a directory under the first free name (`pattern` puts the number in); where it lies now."""
    stem, suffix = paths.split_suffix(name)
    for n in range(1, _MOST_COPIES):
        target = directory / (name if n == 1 else pattern.format(stem=stem, n=n, suffix=suffix))
        with suppress(FileExistsError):
            move(source, target)
            return target
    raise Conflict(f"There are too many files called “{name}” here.", name=name)


def move(source: Path, target: Path) -> None:
    """Move a file, also to another disk; never over something.

    Raises:
        FileExistsError: Something is at `target`; nothing was moved.
    """
    if os.path.lexists(target):
        if not _is_same_entry(source, target):
            raise FileExistsError(target)
        with our_errors(source.name):
            os.rename(source, target)  # only the spelling changes, on a disk that ignores case
        return
    with our_errors(source.name):
        if source.is_symlink() or not _moved_by_link(source, target):
            _move_to_claimed(source, target)


def move_folder(source: Path, target: Path) -> None:
    """Move a directory with all that is in it, on the same disk; never over something, and never what a link leads to.

    Raises:
        FileExistsError: Something is at `target`; nothing was moved.
        NotFound: `source` is no directory of this place itself.
        Unavailable: The target is on another disk.
    """
    if source.is_symlink():
        raise NotFound("This folder is a link to somewhere else. Rename it where it lies.")
    if os.path.lexists(target) and _is_same_entry(source, target):
        with our_errors(source.name):
            os.rename(source, target)
        return
    with our_errors(source.name):
        if os.name != "posix":
            os.rename(source, target)  # refuses by itself what is taken
            return
        target.mkdir()  # claims the name: a directory may replace an empty one, and would without a word
        try:
            os.rename(source, target)
        except BaseException:
            target.rmdir()
            raise


def _is_same_entry(source: Path, target: Path) -> bool:
    same_name = source.parent == target.parent and source.name.casefold() == target.name.casefold()
    return same_name and source.name != target.name and os.path.samefile(source, target)


def _moved_by_link(source: Path, target: Path) -> bool:
    """Link, then unlink: atomic, and never overwrites. False where the disk has no hard links."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in _NO_LINKS:
            return False
        raise
    try:
        source.unlink()
    except OSError:
        target.unlink()
        raise
    return True


def _move_to_claimed(source: Path, target: Path) -> None:
    """Claim the name with an empty file, then put the content there in one step."""
    with open(target, "xb"):
        pass
    try:
        _replace(source, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _replace(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _replace_across_disks(source, target)


def _replace_across_disks(source: Path, target: Path) -> None:
    temporary = _temporary(target.parent)
    try:
        shutil.copy2(source, temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    source.unlink()


def _temporary(directory: Path) -> Path:
    # A leading dot keeps it out of every list; watchers of notebooks ignore it too.
    return directory / f".runhere-{secrets.token_hex(8)}.tmp"
