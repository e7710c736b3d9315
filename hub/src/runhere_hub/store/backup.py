"""A copy of the hub's database, one SQLite file, made while a hub writes to it; and what it needs to be used elsewhere.

SQLite is copied by its own online backup and used as it is. PostgreSQL is copied row by row, and so is an empty
PostgreSQL database filled.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, func, insert, select, text

from runhere_hub.core.errors import DatabaseDamaged, DatabaseUnavailable
from runhere_hub.store import migrations
from runhere_hub.store.session import Database
from runhere_hub.store.tables import metadata

_PAGES_A_STEP = 1024
_ROWS_A_STEP = 200


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


def copy_postgres(live: Database, target: Path, on_progress: Callable[[int, int], None]) -> None:
    """Copy every row as it is at this moment into a SQLite file. Writers go on meanwhile, and are not waited for.

    Args:
        live: The database of hubs that run, or do not; connected, of any version.
        target: A file that is not there yet.
        on_progress: Told how many rows are copied, and of how many.

    Raises:
        FileMissing: No hub ever used the database.
        DatabaseUnavailable: Of another version, or it cannot be copied now. There is no usable copy.
    """
    copy = Database.open(f"sqlite:///{target}")

    def work(conn: Connection) -> None:
        conn.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))  # one snapshot, of all tables
        migrations.require_current(conn, live.name)
        copy.write_now(lambda into: _copy_rows(conn, into, on_progress))

    try:
        live.write_now(work)
    finally:
        copy.close()
    with _our_errors(target), closing(_open(target)) as made:
        made.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        _check(made, target)


def fill_postgres(
    target: Database, copy: Path, on_progress: Callable[[int, int], None], *, before_commit: Callable[[], None]
) -> None:
    """Put every row of a copy into an empty database, in one transaction.

    Args:
        target: Connected, and empty.
        copy: A copy of any version that this program knows; it is brought up to date in its place.
        on_progress: Told how many rows are in, and of how many.
        before_commit: Called once all are; if it raises, the database stays empty.

    Raises:
        Conflict: The database is not empty.
        DatabaseDamaged, DatabaseUnavailable, DiskFull: It is as empty as it was.
    """
    source = Database.open(f"sqlite:///{copy}")

    def work(conn: Connection) -> None:
        migrations.require_empty(conn, target.name)
        migrations.bring_up_to_date(conn, target.name)
        source.write_now(lambda rows: _copy_rows(rows, conn, on_progress))
        for table in metadata.sorted_tables:
            counted = table.autoincrement_column
            if counted is not None:  # what comes next gets a number that none has
                used = conn.execute(select(func.max(counted))).scalar() or 0
                sequence = select(func.pg_get_serial_sequence(table.name, counted.name)).scalar_subquery()
                conn.execute(select(func.setval(sequence, used + 1, False)))
        before_commit()

    try:
        target.write_now(work)
    finally:
        source.close()


def require_empty(target: Database) -> None:
    """Return when a copy may be put into the database.

    Raises:
        Conflict: It has tables, of whomever.
    """
    target.write_now(lambda conn: migrations.require_empty(conn, target.name))


def _copy_rows(source: Connection, target: Connection, on_progress: Callable[[int, int], None]) -> None:
    tables = metadata.sorted_tables  # what others refer to comes first
    total = sum(source.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
    done = 0
    for table in tables:
        rows = source.execute(select(table), execution_options={"yield_per": _ROWS_A_STEP}).mappings()
        for step in rows.partitions():
            target.execute(insert(table), [dict(row) for row in step])
            done += len(step)
            on_progress(done, total)


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
