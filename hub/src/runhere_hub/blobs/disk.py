"""Blobs in a folder, one file each: `ab/abcdef…`. Written beside, synced, renamed: a file under its name is whole."""

import asyncio
import errno
import os
import re
import tempfile
from pathlib import Path

from runhere_hub.core.blobs import sha256_of
from runhere_hub.core.errors import BlobHashWrong, BlobMissing, DiskFull, Unavailable

_NAME = re.compile(r"[0-9a-f]{64}")
_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})


class DiskBlobStore:
    """A `BlobStore` in `folder`, which is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, sha256: str, data: bytes) -> None:
        """See `BlobStore`."""
        if sha256_of(data) != sha256:
            raise BlobHashWrong("The bytes do not have this hash.", sha256=sha256)
        await asyncio.to_thread(self._write, self._path(sha256), data)

    async def get(self, sha256: str) -> bytes:
        """See `BlobStore`."""
        return await asyncio.to_thread(self._read, sha256)

    async def has(self, sha256: str) -> bool:
        """See `BlobStore`."""
        return _NAME.fullmatch(sha256) is not None and await asyncio.to_thread(self._path(sha256).is_file)

    async def delete(self, sha256: str) -> None:
        """See `BlobStore`."""
        if _NAME.fullmatch(sha256) is not None:
            await asyncio.to_thread(self._path(sha256).unlink, missing_ok=True)

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def _read(self, sha256: str) -> bytes:
        missing = BlobMissing("A part of an output is missing from the hub's store, or damaged.", sha256=sha256)
        if _NAME.fullmatch(sha256) is None:  # never a path
            raise missing
        try:
            data = self._path(sha256).read_bytes()
        except OSError as error:
            raise missing from error
        if sha256_of(data) != sha256:
            raise missing
        return data

    def _write(self, path: Path, data: bytes) -> None:
        if path.is_file() and path.stat().st_size == len(data) and sha256_of(path.read_bytes()) == path.name:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_whole(path, data)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise DiskFull("The disk of the hub's data folder is full. Free some space.", path=str(path)) from error
            raise Unavailable(f"An output cannot be stored: {error.strerror}.", path=str(path)) from error


def _write_whole(path: Path, data: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # directories cannot be opened there, and renames are journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
