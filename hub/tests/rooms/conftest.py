"""A hub without a server, on both databases."""

from collections.abc import AsyncIterator

import pytest

from runhere_hub.store.session import Database
from runhere_hub.testing.fakes import FakeClock
from runhere_hub.testing.small_hub import NOTEBOOK, Hub, add_notebook


@pytest.fixture
def clock() -> FakeClock:
    """A clock that the test moves."""
    return FakeClock()


@pytest.fixture
async def hub(db: Database, clock: FakeClock) -> AsyncIterator[Hub]:
    """A hub with one empty notebook, on SQLite and on PostgreSQL."""
    await db.write(lambda conn: add_notebook(conn, NOTEBOOK))
    running = Hub(db, clock)
    yield running
    await running.registry.close()
