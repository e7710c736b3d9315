"""The search of test_sharing_never_shares.py once more where everything else is other: in Firefox, on PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

import pytest
from people import team_hub
from playwright.sync_api import BrowserContext
from test_sharing_never_shares import search_everywhere

from runhere_hub.testing import postgres


@pytest.mark.parametrize("browser_name", ["firefox"], indirect=True)
@pytest.mark.timeout(300)
def test_a_shared_notebook_leads_nobody_to_its_runtime_in_firefox_on_postgresql(
    new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed here (initdb and postgres)")
    with (
        postgres.throw_away_cluster(binaries) as url,
        team_hub(tmp_path, f'database_url = "{url}"', log_level="debug") as team,
    ):
        # What passes through sockets is not told by Firefox; what the hub made of it is in the rows and the log.
        search_everywhere(team, new_context, tmp_path, postgres_url=url, hears_frames=False)
