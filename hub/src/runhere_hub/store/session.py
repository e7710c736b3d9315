"""The hub's one database: opened and migrated here, used from worker threads only.

SQLite by default (WAL, `synchronous=FULL`: a commit that returned survives a power cut) with one writer thread, so that
writers queue up here instead of finding the file locked. PostgreSQL through psycopg where the URL says so, without
transaction pooling (advisory locks).

    work(conn) -> value      runs in one transaction, in a thread: committed when it returns, rolled back when it raises
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from runhere_hub.core.errors import DatabaseDamaged, DatabaseUnavailable, DiskFull, RunhereError
from runhere_hub.store import migrations

__all__ = ["Connection", "Database"]

T = TypeVar("T")

_BUSY_TIMEOUT_MS = 10_000
_READERS = 4
_QUICK_CHECK_BELOW_BYTES = 64 * 1024 * 1024
"""Up to this size the whole file is checked when it is opened (about 50 ms); beyond it damage shows when it is met."""


class Database:
    """Transactions on the hub's database. Made by `open`; closed by whoever opened it."""

    def __init__(self, *, writer: Engine, reader: Engine, write_threads: int, read_threads: int, name: str) -> None:
        self._writer = writer
        self._reader = reader
        self._name = name
        self._write_pool = ThreadPoolExecutor(write_threads, thread_name_prefix="hub-db-write")
        one_connection = writer is reader and write_threads == 1  # in memory
        self._read_pool = (
            self._write_pool if one_connection else ThreadPoolExecutor(read_threads, thread_name_prefix="hub-db-read")
        )
        self._closed = False

    @classmethod
    def open(cls, url: str) -> "Database":
        """Connect, check and migrate. Blocks; call it before the loop has work.

        Args:
            url: `sqlite:////absolute/file`, `sqlite://` (in memory) or `postgresql://…`.

        Raises:
            DatabaseDamaged: The file is no database, or a damaged one. It is left as it is.
            DiskFull: Nothing was written.
            DatabaseUnavailable: Not reachable, read-only, of a newer version, or somebody else's.
        """
        database = cls.connect(url)
        try:
            database.write_now(lambda conn: migrations.bring_up_to_date(conn, database.name))
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def connect(cls, url: str) -> "Database":
        """As `open`, and whatever version it has stays: for what copies whole databases."""
        parsed = make_url(url)
        database = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgres(parsed)
        try:
            database._check()
        except BaseException:
            database.close()
            raise
        return database

    @property
    def name(self) -> str:
        """What messages call it; without a password."""
        return self._name

    @property
    def is_postgres(self) -> bool:
        """True on PostgreSQL, where several hub processes may share the database."""
        return self._writer.dialect.name == "postgresql"

    async def read(self, work: Callable[[Connection], T]) -> T:
        """The value of `work`, run in a transaction that sees one state of the database.

        Raises:
            DatabaseDamaged, DatabaseUnavailable: As `open`.
        """
        return await asyncio.get_running_loop().run_in_executor(self._read_pool, self._run, self._reader, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """The value of `work`, once its transaction is on disk.

        Raises:
            DiskFull, DatabaseDamaged, DatabaseUnavailable: Nothing of the transaction was kept.
        """
        return await asyncio.get_running_loop().run_in_executor(self._write_pool, self._run, self._writer, work)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """As `write`, blocking: for command lines and start-up, never on the loop."""
        return self._write_pool.submit(self._run, self._writer, work).result()

    async def scrub(self) -> None:
        """Overwrite what deleted and replaced rows left in the file: SQLite only, PostgreSQL's vacuum is its own.

        Raises:
            DatabaseUnavailable: It could not be done now; the database is as it was.
        """
        if not self.is_postgres:
            await asyncio.get_running_loop().run_in_executor(self._write_pool, self._scrub)

    def _scrub(self) -> None:
        connection = self._writer.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
        except sqlite3.Error as error:
            raise DatabaseUnavailable(
                f"Deleted outputs may still lie in free space of {self._name}: it could not be rewritten ({error}). "
                "Free some disk space and save the setting again.",
                database=self._name,
            ) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Wait for running transactions and disconnect. May be called again."""
        if self._closed:
            return
        self._closed = True
        self._read_pool.shutdown()
        self._write_pool.shutdown()
        self._reader.dispose()
        self._writer.dispose()

    def _run(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        try:
            with engine.begin() as conn:
                return work(conn)
        except SQLAlchemyError as error:
            raise _ours(error, self._name) from error

    def _check(self) -> None:
        if self._writer.dialect.name == "sqlite" and _file_bytes(self._writer.url) < _QUICK_CHECK_BELOW_BYTES:
            self.write_now(lambda conn: _quick_check(conn, self._name))
        if self.is_postgres:
            self.write_now(lambda conn: _check_encoding(conn, self._name))


def _sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:":
        engine = _sqlite_engine(url, begin="BEGIN", poolclass=StaticPool)
        return Database(writer=engine, reader=engine, write_threads=1, read_threads=1, name="in memory")
    writer = _sqlite_engine(url, begin="BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
    reader = _sqlite_engine(url, begin="BEGIN", pool_size=_READERS, max_overflow=0)
    return Database(writer=writer, reader=reader, write_threads=1, read_threads=_READERS, name=url.database)


def _sqlite_engine(url: URL, *, begin: str, **options: Any) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False}, **options)

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own transactions start late and commit by themselves around DDL: SQLAlchemy's documented way out.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    return engine


def _postgres(url: URL) -> Database:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        pool_pre_ping=True,
        # Without it a database of another encoding answers in bytes, before it can be asked for its encoding.
        connect_args={"client_encoding": "UTF8"},
    )
    # Of its own accord each statement sees another state: a head could be read whose run was not there a moment before.
    reader = engine.execution_options(isolation_level="REPEATABLE READ")
    name = url.render_as_string(hide_password=True)
    return Database(writer=engine, reader=reader, write_threads=_READERS, read_threads=_READERS, name=name)


def _file_bytes(url: URL) -> int:
    path = Path(url.database) if url.database else None
    return path.stat().st_size if path is not None and path.exists() else 0


def _quick_check(conn: Connection, name: str) -> None:
    found = conn.execute(text("PRAGMA quick_check(1)")).scalar()
    if found != "ok":
        raise _damaged(name, str(found))


def _check_encoding(conn: Connection, name: str) -> None:
    found = conn.execute(text("SHOW server_encoding")).scalar()
    if found != "UTF8":
        raise DatabaseUnavailable(
            f"The database {name} keeps text as {found}, and notebooks need UTF8. Nothing was written. "
            "Make another one: createdb --encoding UTF8 --template template0 NAME",
            database=name,
        )


def _damaged(name: str, why: str) -> DatabaseDamaged:
    return DatabaseDamaged(
        f"The database {name} is damaged ({why}). It was left as it is: "
        "put a backup in its place, or start with another --data folder.",
        database=name,
    )


def _ours(error: SQLAlchemyError, name: str) -> RunhereError:
    """The error of our tree for one of SQLAlchemy; statements and values of the failed query stay out of its text."""
    origin = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(origin, "sqlite_errorname", None) or getattr(origin, "sqlstate", None) or ""
    # SQLite says FULL for "no space" only; over a quota or a size limit it says that a write failed.
    if code in ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "53100"):
        return DiskFull(
            f"The database {name} cannot grow: the disk is full, or over a quota or size limit. Free some space.",
            database=name,
        )
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "XX001", "XX002")):
        return _damaged(name, str(origin))
    return DatabaseUnavailable(f"The database {name} cannot be used now: {origin or error}", database=name)
