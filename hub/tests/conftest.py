"""Fixtures that many tests of the hub share."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from runhere_hub.store.session import Database
from runhere_hub.testing import postgres

OWNER_ID = "0" * 32


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The maintenance database of a PostgreSQL that ends with the tests."""
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed here (initdb and postgres)")
    with postgres.throw_away_cluster(binaries) as url:
        yield url


@pytest.fixture
def empty_postgres(postgres_url: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    with _postgres_database(postgres_url, template="template1") as url:
        yield url


@pytest.fixture
def another_postgres(postgres_url: str) -> Iterator[str]:
    """A second empty PostgreSQL database."""
    with _postgres_database(postgres_url, template="template1") as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: every test that takes this runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    return str(request.getfixturevalue("empty_postgres"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "hub.sqlite3"
    Database.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """Name of a migrated PostgreSQL database, to be copied."""
    with _postgres_database(postgres_url, template="template1") as url:
        Database.open(url).close()
        yield str(make_url(url).database)


@pytest.fixture
def migrated_postgres(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database."""
    with _postgres_database(postgres_url, template=postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open database with one person, once on SQLite (a file) and once on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "hub.sqlite3")
        url = f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    else:
        url = request.getfixturevalue("migrated_postgres")
    database = Database.open(url)
    database.write_now(
        lambda conn: conn.execute(
            text("INSERT INTO people (id, name, color, created_at) VALUES (:id, 'Ada', '#336699', 0)"),
            {"id": OWNER_ID},
        )
    )
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def team_database(request: pytest.FixtureRequest) -> str | None:
    """Database of a hub for several people, as its settings have it; None: SQLite in its data folder."""
    return None if request.param == "sqlite" else str(request.getfixturevalue("migrated_postgres"))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def module_team_database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The same, one for all tests of a module."""
    if request.param == "sqlite":
        yield None
        return
    template = request.getfixturevalue("postgres_template")
    with _postgres_database(request.getfixturevalue("postgres_url"), template=template) as url:
        yield url


@contextmanager
def _postgres_database(maintenance_url: str, *, template: str) -> Iterator[str]:
    """A database of its own, dropped afterwards: each takes 8 MB."""
    maintenance = make_url(maintenance_url).set(drivername="postgresql+psycopg")
    name = f"t{secrets.token_hex(8)}"
    # No pool: one test cuts every connection that it finds.
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield maintenance.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with engine.connect() as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
