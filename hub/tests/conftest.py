"""Fixtures that many tests of the hub share."""

import secrets
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


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: every test that takes this runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    maintenance = make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql+psycopg")
    name = f"t{secrets.token_hex(8)}"
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return maintenance.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """An open database with one person, once on SQLite (a file) and once on PostgreSQL."""
    database = Database.open(database_url)
    database.write_now(
        lambda conn: conn.execute(
            text("INSERT INTO people (id, name, color, created_at) VALUES (:id, 'Ada', '#336699', 0)"),
            {"id": OWNER_ID},
        )
    )
    yield database
    database.close()
