"""Fixtures that many tests of the hub share."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

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
def empty_postgres(postgres_url: str) -> str:
    """An empty PostgreSQL database."""
    return _create_postgres(postgres_url, template="template1")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: every test that takes this runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    return _create_postgres(request.getfixturevalue("postgres_url"), template="template1")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "hub.sqlite3"
    Database.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """Name of a migrated PostgreSQL database, to be copied."""
    url = _create_postgres(postgres_url, template="template1")
    Database.open(url).close()
    return str(make_url(url).database)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open database with one person, once on SQLite (a file) and once on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "hub.sqlite3")
        url = f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    else:
        template = request.getfixturevalue("postgres_template")
        url = _create_postgres(request.getfixturevalue("postgres_url"), template=template)
    database = Database.open(url)
    database.write_now(
        lambda conn: conn.execute(
            text("INSERT INTO people (id, name, color, created_at) VALUES (:id, 'Ada', '#336699', 0)"),
            {"id": OWNER_ID},
        )
    )
    yield database
    database.close()


def _create_postgres(maintenance_url: str, *, template: str) -> str:
    maintenance = make_url(maintenance_url).set(drivername="postgresql+psycopg")
    name = f"t{secrets.token_hex(8)}"
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return maintenance.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
