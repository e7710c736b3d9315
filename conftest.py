"""In which order the test files run, and what holds for all that Hypothesis makes. Their fixtures stand beside them."""

import pytest
from hypothesis import HealthCheck, settings

# A machine that stands still for a moment says nothing of the code: a test that never ends has pytest's limit.
settings.register_profile("runhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("runhere")

# Longest first (`pytest --durations=0`), so that no worker is left alone with one at the end.
LONGEST = (
    "test_container.py",
    "test_ssh.py",
    "test_rights_matrix.py",
    "test_channels.py",
    "test_jupyterhub.py",
    "test_keeping.py",
    "test_start.py",
    "test_team.py",
    "test_convergence.py",
    "test_several_processes.py",
    "test_stock_clients.py",
    "test_serve.py",
    "test_waiting.py",
    "test_kill.py",
    # stories: by how many there are in a file
    "test_files.py",
    "test_widgets.py",
    "test_notebook_page.py",
    "test_sharing_never_shares.py",
    "test_home.py",
    "test_two_browsers.py",
    "test_together.py",
    "test_power_cuts.py",
    "test_machine.py",
    "test_l0.py",
    "test_journal.py",
    "test_main_job.py",
    "test_connect_ladder.py",
    "test_connect_kinds.py",
    "test_queue.py",
    "test_foreign_outputs.py",
    "test_sixty_frames.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that are not named keep their order behind those that are."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))
