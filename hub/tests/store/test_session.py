"""Opening, migrating and using the database; how it fails."""

import asyncio
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, make_url, select, text
from sqlalchemy.pool import NullPool

from runhere_hub.core.errors import DatabaseDamaged, DatabaseUnavailable, DiskFull
from runhere_hub.store import migrations, tables
from runhere_hub.store.session import Connection, Database


def _add_person(conn: Connection, name: str) -> None:
    conn.execute(insert(tables.people).values(id=name[:32].ljust(32, "0"), name=name, color="#000000", created_at=0))


def _names(conn: Connection) -> list[str]:
    return list(conn.execute(select(tables.people.c.name).order_by(tables.people.c.name)).scalars())


async def test_a_transaction_is_kept_whole_or_not_at_all(db: Database) -> None:
    def fail(conn: Connection) -> None:
        _add_person(conn, "Bob")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.write(fail)
    await db.write(lambda conn: _add_person(conn, "Cleo"))
    assert await db.read(_names) == ["Ada", "Cleo"]


async def test_many_writers_at_once_lose_nothing(db: Database) -> None:
    await asyncio.gather(*(db.write(partial(_add_person, name=f"p{n:02}")) for n in range(40)))
    assert await db.read(_names) == ["Ada", *(f"p{n:02}" for n in range(40))]


async def test_what_was_written_is_there_after_reopening(database_url: str) -> None:
    first = Database.open(database_url)
    await first.write(lambda conn: _add_person(conn, "Dora"))
    first.close()
    first.close()  # may be called again
    second = Database.open(database_url)
    assert await second.read(_names) == ["Dora"]
    second.close()


async def test_migrations_make_exactly_the_tables_of_tables_py(db: Database) -> None:
    def differences(conn: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(conn), tables.metadata))

    assert await db.read(differences) == []


async def test_head_is_the_newest_revision(db: Database) -> None:
    def newest(conn: Connection) -> str | None:
        return ScriptDirectory.from_config(migrations.alembic_config(conn)).get_current_head()

    assert await db.read(newest) == migrations.HEAD


def test_an_up_to_date_database_opens_without_importing_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    Database.open(url).close()
    code = (
        "import sys; from runhere_hub.store.session import Database; "
        f"Database.open({url!r}).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


async def test_sqlite_keeps_the_promise_of_durability(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'hub.sqlite3'}")

    def pragmas(conn: Connection) -> tuple[object, ...]:
        return tuple(
            conn.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        )

    assert await database.write(pragmas) == ("wal", 2, 1)
    assert await database.read(pragmas) == ("wal", 2, 1)
    database.close()


async def test_a_reader_sees_one_state_while_somebody_writes(db: Database) -> None:
    loop = asyncio.get_running_loop()

    def read_twice(conn: Connection) -> tuple[list[str], list[str]]:
        before = _names(conn)
        asyncio.run_coroutine_threadsafe(db.write(lambda c: _add_person(c, "Eve")), loop).result(10)
        return before, _names(conn)

    assert await db.read(read_twice) == (["Ada"], ["Ada"])
    assert await db.read(_names) == ["Ada", "Eve"]


async def test_in_memory_database_is_one_database_for_readers_and_writers() -> None:
    database = Database.open("sqlite://")
    await database.write(lambda conn: _add_person(conn, "Finn"))
    assert await database.read(_names) == ["Finn"]
    database.close()


@pytest.mark.parametrize("damage", ["not a database", "torn page"])
def test_a_damaged_file_is_told_and_left_as_it_is(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "hub.sqlite3"
    if damage == "not a database":
        path.write_bytes(b"this is no database " * 500)
    else:
        Database.open(f"sqlite:///{path}").close()
        whole = bytearray(path.read_bytes())
        whole[4096 : 4096 * 4] = b"\xa5" * (4096 * 3)
        path.write_bytes(bytes(whole))
    before = path.read_bytes()
    with pytest.raises(DatabaseDamaged, match=r"hub\.sqlite3 is damaged"):
        Database.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.close()
    with pytest.raises(DatabaseUnavailable, match="something else"):
        Database.open(f"sqlite:///{path}")
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    other.close()


def test_a_database_of_a_newer_version_is_not_touched(database_url: str) -> None:
    database = Database.open(database_url)
    database.write_now(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    database.close()
    with pytest.raises(DatabaseUnavailable, match="newer version of Runhere"):
        Database.open(database_url)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="unable to open database file"):
        Database.open(f"sqlite:///{tmp_path / 'nowhere' / 'hub.sqlite3'}")
    assert not (tmp_path / "nowhere").exists()


def test_a_postgres_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot be used now"):
        Database.open(f"postgresql://hub@/nothing?host={tmp_path}")


@pytest.mark.postgres
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_postgres_of_another_encoding_is_told_and_not_touched(postgres_url: str, encoding: str) -> None:
    name = f"t{secrets.token_hex(8)}"
    engine = create_engine(
        make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    with engine.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"))
    url = make_url(postgres_url).set(database=name)
    with pytest.raises(DatabaseUnavailable, match=f"{encoding}, and notebooks need UTF8"):
        Database.open(url.render_as_string(hide_password=False))
    theirs = create_engine(
        url.set(drivername="postgresql+psycopg"), poolclass=NullPool, connect_args={"client_encoding": "UTF8"}
    )
    with theirs.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar() == 0
    with engine.connect() as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


_FULL_DISK = """
import asyncio, resource, signal, sys
from runhere_hub.core.errors import DiskFull
from runhere_hub.store import tables
from runhere_hub.store.session import Database
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
db = Database.open(sys.argv[1])

def add(conn, name, size):
    conn.execute(tables.people.insert().values(id=name.ljust(32, "0"), name="x" * size, color="#000000", created_at=0))

async def main():
    await db.write(lambda conn: add(conn, "before", 1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
    try:
        await db.write(lambda conn: add(conn, "large", 2_000_000))
    except DiskFull as error:
        print(type(error).__name__, error.code)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await db.write(lambda conn: add(conn, "after", 1))
    print(await db.read(lambda conn: [row.id.strip("0") for row in conn.execute(tables.people.select())]))

asyncio.run(main())
db.close()
"""


def test_a_full_disk_is_told_and_writing_goes_on_once_there_is_space(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    done = subprocess.run([sys.executable, "-c", _FULL_DISK, url], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["DiskFull disk_full", "['before', 'after']"], done.stderr


@pytest.fixture
def on_a_tiny_disk(postgres_url: str) -> Iterator[tuple[str, Path]]:
    """An empty PostgreSQL database whose tables lie on a disk of 24 MiB, and that disk."""
    disk = Path(tempfile.mkdtemp(prefix="tiny-", dir="/tmp"))
    words = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    server = make_url(postgres_url)
    os.chown(disk, os.stat(str(server.query["host"])).st_uid, -1)
    engine = create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as conn:
            conn.execute(text(f"CREATE TABLESPACE tiny LOCATION '{disk}'"))
            conn.execute(text("CREATE DATABASE on_tiny TABLESPACE tiny"))
            yield server.set(database="on_tiny").render_as_string(hide_password=False), disk
            conn.execute(text("DROP DATABASE on_tiny WITH (FORCE)"))
            conn.execute(text("DROP TABLESPACE tiny"))
    finally:
        engine.dispose()
        subprocess.run(["umount", "-l", disk], check=True)
        disk.rmdir()


@pytest.mark.postgres
async def test_a_full_disk_of_postgresql_is_told_and_writing_goes_on_once_there_is_space(
    on_a_tiny_disk: tuple[str, Path],
) -> None:
    url, disk = on_a_tiny_disk
    db = Database.open(url)
    try:
        await db.write(lambda conn: _add_person(conn, "before"))
        filler = disk / "filler"
        filler.write_bytes(bytes(shutil.disk_usage(disk).free - 100_000))
        large = secrets.token_hex(2_000_000)
        with pytest.raises(DiskFull, match="Free some space"):
            await db.write(lambda conn: _add_person(conn, large))
        filler.unlink()
        await db.write(lambda conn: _add_person(conn, "after"))
        assert await db.read(_names) == ["after", "before"]
    finally:
        db.close()
