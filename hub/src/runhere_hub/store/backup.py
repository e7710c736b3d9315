"""A copy of the hub's SQLite file while a hub writes to it, and what a copy needs before it is used elsewhere."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from runhere_hub.core.errors import DatabaseDamaged, DatabaseUnavailable

_PAGES_A_STEP = 1024


def copy_sqlite(source: Path, target: Path, on_progress: Callable[[int, int], None]) -> None:
    """Copy the database as it is at this moment. Writers go on meanwhile, and are not waited for.

    Args:
        source: The database of a hub that runs, or does not.
        target: A file that is not there yet.
        on_progress: Told how many bytes are copied, and of how many.

    Raises:
        DatabaseDamaged, DatabaseUnavailable: There is no usable copy.
    """
    with _our_errors(source), closing(_open(source)) as live, closing(_open(target, makes=True)) as copy:
        page_bytes = int(live.execute("PRAGMA page_size").fetchone()[0])
        # Read from one snapshot: a copy in steps would begin anew at every commit of the hub.
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(
            copy,
            pages=_PAGES_A_STEP,
            progress=lambda _status, left, total: on_progress((total - left) * page_bytes, total * page_bytes),
        )
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        _check(copy, target)


def blob_names(database: Path) -> frozenset[str]:
    """SHA-256 of every blob that some notebook of this copy refers to."""
    with _our_errors(database), closing(_open(database)) as copy:
        return frozenset(str(row[0]) for row in copy.execute("SELECT DISTINCT sha256 FROM blobs"))


def settle(database: Path, *, trash_was: str, trash_is: str) -> None:
    """Make a restored copy fit its new place: trashed notebooks name their file by its absolute path.

    Raises:
        DatabaseDamaged, DatabaseUnavailable: It cannot be used.
    """
    with _our_errors(database), closing(_open(database)) as copy:
        _check(copy, database)
        copy.execute("BEGIN")
        rows = copy.execute("SELECT id, trash_path FROM notebooks WHERE trash_path IS NOT NULL").fetchall()
        for notebook_id, path in rows:
            if path.startswith(trash_was):
                below = path[len(trash_was) :].replace("\\", "/").strip("/").split("/")
                moved = (os.path.join(trash_is, *below), notebook_id)
                copy.execute("UPDATE notebooks SET trash_path = ? WHERE id = ?", moved)
        copy.execute("COMMIT")


def _open(path: Path, *, makes: bool = False) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if makes else 'rw'}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DatabaseDamaged(f"The database {path} is damaged ({found}).", database=str(path))


@contextmanager
def _our_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise DatabaseDamaged(f"The database {path} is damaged ({error}).", database=str(path)) from error
        raise DatabaseUnavailable(f"The database {path} cannot be copied now: {error}.", database=str(path)) from error
