"""One archive file (`.tar.gz`) that proves itself: its last member lists the digest of every other.

What it may hold is said by `core/backup.py`; nothing of it is ever written outside the folder it is opened into. Every
function blocks.
"""

import gzip
import hashlib
import io
import os
import secrets
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from runhere_hub.core import backup
from runhere_hub.core.backup import Digest, Manifest
from runhere_hub.core.errors import BackupBroken, Conflict, FileMissing, FileUnreadable, Unavailable
from runhere_hub.folders import places

_PIECE_BYTES = 1024 * 1024
_LARGEST_LIST_BYTES = 256 * 1024 * 1024


class Writing:
    """An archive that is being made."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: dict[str, Digest] = {}

    def add(self, name: str, path: Path) -> bool:
        """Put a file in. False: it is gone by now, or is no plain file.

        Raises:
            Unavailable: It was changed meanwhile.
        """
        try:
            if path.is_symlink() or not path.is_file():
                return False
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                reading = _Digesting(file)
                self._tar.addfile(_member(name, size), reading)
        except FileNotFoundError:
            return False
        except OSError as error:
            if "unexpected end of data" in str(error):
                raise Unavailable(f"{path} was changed while it was copied. Try again.") from error
            raise
        self.files[name] = Digest(reading.digest.hexdigest(), size)
        return True

    def close(self, manifest: Manifest) -> None:
        """Put the list in: the last thing."""
        data = backup.as_json(manifest)
        self._tar.addfile(_member(backup.MANIFEST, len(data)), io.BytesIO(data))


class _Digesting(io.RawIOBase):
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


@contextmanager
def writing(file: Path) -> Iterator[Writing]:
    """Make an archive at `file`, readable by this account only: whole when the block ends, or not at all.

    Raises:
        Conflict: Something is there; it was left as it is.
        DiskFull, FolderReadOnly, FileMissing: Nothing was made.
    """
    if os.path.lexists(file):
        raise there(file)
    temporary = file.parent / f".runhere-{secrets.token_hex(8)}.tmp"
    with places.our_errors(str(file)):
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as raw:
                with (
                    gzip.GzipFile(fileobj=raw, mode="wb", filename="", compresslevel=1) as packed,
                    tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
                ):
                    yield Writing(tar)
                raw.flush()
                os.fsync(raw.fileno())
            try:
                places.move(temporary, file)
            except FileExistsError as error:
                raise there(file) from error
        finally:
            temporary.unlink(missing_ok=True)


def there(file: Path) -> Conflict:
    """The refusal to write over a file."""
    return Conflict(f"There is already a file {file}. Choose another name: nothing is overwritten.")


def read(file: Path, into: Path | None, on_progress: Callable[[int, int], None]) -> Manifest:
    """Read an archive through, and prove every file of it.

    Args:
        file: The archive.
        into: An empty folder that gets the files; None: nothing is written.
        on_progress: Told how many bytes of the archive are read, and of how many.

    Raises:
        BackupBroken: It is not whole, or no backup. What is in `into` by then is the caller's to remove.
        FileMissing, FileUnreadable: There is no such file, or it may not be read.
        DiskFull, FolderReadOnly: `into` cannot hold it.
    """
    found: dict[str, Digest] = {}
    manifest: Manifest | None = None
    with _opened(file) as raw, _broken():
        total = os.fstat(raw.fileno()).st_size
        with gzip.GzipFile(fileobj=raw, mode="rb") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if manifest is not None or content is None or member.name in found:
                    raise BackupBroken("it was changed")
                if member.name == backup.MANIFEST:
                    manifest = backup.from_json(content.read(_LARGEST_LIST_BYTES))
                    continue
                if not backup.may_hold(member.name):
                    raise BackupBroken(f"it holds {member.name!r}, which no backup has")
                found[member.name] = _take(content, None if into is None else into.joinpath(*member.name.split("/")))
                on_progress(raw.tell(), total)
            while packed.read(_PIECE_BYTES):  # the check sum of the packing comes last
                pass
    if manifest is None:
        raise BackupBroken("its end is missing")
    backup.compare(manifest, found)
    return manifest


def _take(content: IO[bytes], target: Path | None) -> Digest:
    digest, size = hashlib.sha256(), 0
    with _target(target) as file:
        while data := content.read(_PIECE_BYTES):
            digest.update(data)
            size += len(data)
            if file is not None and target is not None:
                with places.our_errors(target.name):
                    file.write(data)
    return Digest(digest.hexdigest(), size)


@contextmanager
def _target(path: Path | None) -> Iterator[IO[bytes] | None]:
    if path is None:
        yield None
        return
    with places.our_errors(path.name):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        file = os.fdopen(os.open(path, flags, 0o600), "wb")
    with file:
        yield file
        with places.our_errors(path.name):
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    try:
        raw = open(file, "rb")  # noqa: SIM115 -- closed below
    except FileNotFoundError as error:
        raise FileMissing(f"There is no file {file}.") from error
    except OSError as error:
        raise FileUnreadable(f"{file} cannot be read: {error.strerror}.") from error
    with raw:
        yield raw


@contextmanager
def _broken() -> Iterator[None]:
    try:
        yield
    except gzip.BadGzipFile as error:
        raise BackupBroken("it is no archive of runhere backup, or it is damaged") from error
    except EOFError as error:
        raise BackupBroken("its end is missing") from error
    except (tarfile.TarError, zlib.error) as error:
        raise BackupBroken("it is damaged") from error
