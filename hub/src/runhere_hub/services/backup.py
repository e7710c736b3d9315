"""Everything that a hub keeps, as one archive, and back. Every function blocks.

The archive is the same whether the database is SQLite's file in the data folder or a PostgreSQL `server`, and goes back
into either.

The database is copied first, then the files that it names: what comes while the copy is made is then too much, never
too little.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from runhere_hub.core import backup
from runhere_hub.core.backup import Manifest
from runhere_hub.core.errors import BackupBroken, Conflict, FileMissing
from runhere_hub.folders import archive, places
from runhere_hub.store import backup as copies
from runhere_hub.store.session import Database

Say = Callable[[str, int, int], None]
"""Told what is done, how much of it is, and of how much."""

_STAGING = ".restoring"
_LOCK = "hub.lock"


@dataclass(frozen=True)
class Kept:
    """A backup that was made.

    Attributes:
        lacking: Blobs that notebooks refer to and that were not in the data folder.
    """

    files: int
    lacking: int


def make(data_dir: Path, file: Path, *, server: Database | None, now_ms: int, say: Say) -> Kept:
    """Back a hub up, whether it runs or not.

    Args:
        server: Where the database is, connected; None: in the data folder.

    Raises:
        FileMissing: There is no hub's data in the folder, or in the database.
        Conflict: `file` is there; it was left as it is.
        DatabaseDamaged, DatabaseUnavailable, DiskFull, FolderReadOnly: Nothing was made.
    """
    database = data_dir / backup.DATABASE
    if server is None and not database.is_file():
        raise FileMissing(f"There is no hub's data in {data_dir}. Say where it is: --data DIR, or --config FILE.")
    with archive.writing(file) as writing, tempfile.TemporaryDirectory(prefix=".runhere-", dir=file.parent) as place:
        copy = Path(place) / backup.DATABASE
        if server is None:
            copies.copy_sqlite(database, copy, lambda done, total: say("bytes of the database", done, total))
        else:
            copies.copy_postgres(server, copy, lambda done, total: say("rows of the database", done, total))
        writing.add(backup.DATABASE, copy)
        files = list(_files(data_dir))
        for number, (name, path) in enumerate(files, start=1):
            writing.add(name, path)
            say("files", number, len(files))
        lacking = sum(f"blobs/{sha[:2]}/{sha}" not in writing.files for sha in copies.blob_names(copy))
        writing.close(Manifest(str(data_dir), now_ms, writing.files))
        return Kept(len(writing.files), lacking)


def _files(data_dir: Path) -> Iterator[tuple[str, Path]]:
    for top in ("blobs", "trash"):
        for path in sorted((data_dir / top).glob("*/*")):
            name = "/".join((top, path.parent.name, path.name))
            if backup.may_hold(name):
                yield name, path


def is_free(data_dir: Path) -> bool:
    """True when a backup may be restored there: there is nothing, or an empty folder."""
    return not data_dir.exists() or (data_dir.is_dir() and {one.name for one in data_dir.iterdir()} <= {_LOCK})


def require_empty(server: Database) -> None:
    """Return when a backup may be restored into the database.

    Raises:
        Conflict: It has tables, of whomever.
        DatabaseUnavailable: It does not answer.
    """
    copies.require_empty(server)


def prove(file: Path, *, say: Say) -> Manifest:
    """Read a backup through.

    Raises:
        BackupBroken: It cannot be restored; the message says so of the file.
        FileMissing, FileUnreadable: There is none to be read.
    """
    try:
        return archive.read(file, None, lambda done, total: say("bytes checked", done, total))
    except BackupBroken as error:
        raise _of_file(file, error) from error


def _of_file(file: Path, error: BackupBroken) -> BackupBroken:
    return BackupBroken(f"{file} cannot be restored: {error.message}. Nothing was changed. Take another backup.")


def restore(file: Path, data_dir: Path, *, server: Database | None, say: Say) -> Manifest:
    """Put a backup into a data folder that exists, is free, and is held by the caller. The database comes last.

    Args:
        server: Where the database is to be, connected and empty; None: in the data folder.

    Raises:
        Conflict: The folder is not free, or the database not empty; nothing was changed.
        BackupBroken, DatabaseDamaged, DatabaseUnavailable, DiskFull, FolderReadOnly: Both are as they were.
    """
    if not is_free(data_dir):
        raise Conflict(f"The folder {data_dir} is not empty; nothing was changed.")
    staging = data_dir / _STAGING
    try:
        with places.our_errors(str(data_dir)):
            staging.mkdir(mode=0o700)
        manifest = archive.read(file, staging, lambda done, total: say("bytes restored", done, total))
        copies.settle(
            staging / backup.DATABASE,
            trash_was=str(Path(manifest.data_dir) / "trash"),
            trash_is=str(data_dir / "trash"),
        )
        if server is None:
            _move(staging, data_dir, "blobs", "trash", backup.DATABASE)
        else:
            _fill(server, staging, data_dir, say)
        return manifest
    except BackupBroken as error:
        raise _of_file(file, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _fill(server: Database, staging: Path, data_dir: Path, say: Say) -> None:
    try:
        copies.fill_postgres(
            server,
            staging / backup.DATABASE,
            lambda done, total: say("rows of the database", done, total),
            before_commit=lambda: _move(staging, data_dir, "blobs", "trash"),
        )
    except BaseException:
        for name in ("blobs", "trash"):  # the folder was free: these came out of the archive
            shutil.rmtree(data_dir / name, ignore_errors=True)
        raise


def _move(staging: Path, data_dir: Path, *names: str) -> None:
    with places.our_errors(str(data_dir)):
        for name in names:
            if (staging / name).exists():
                (staging / name).rename(data_dir / name)
